"""An authority's own sealing key, as its operator would put it on the host."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)


def own_key(folder: Path, private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, **life: int) -> dict[str, str]:
    """An authority's own self-signed certificate and encrypted key, named as the environment names them."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Harrow seal")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + dt.timedelta(days=life.get("first", -1)))
        .not_valid_after(NOW + dt.timedelta(days=life.get("last", 30)))
        .sign(private, hashes.SHA256())
    )
    (folder / "seal.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "seal.key").write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"open sesame"),
        )
    )
    return {
        "SEALING_KEY_FILE": str(folder / "seal.key"),
        "SEALING_CERT_FILE": str(folder / "seal.crt"),
        "SEALING_KEY_PASSPHRASE": "open sesame",
    }
