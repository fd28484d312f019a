"""The key that seals agreements, and the certificates by which a seal is recognised.

From the environment (`SEALING_KEY_FILE`, `SEALING_CERT_FILE`, `SEALING_KEY_PASSPHRASE`) or, when those are
unset, from a demonstration authority made once under `var/sealing/`. A retired one stays in `retired/`,
so that what it sealed still verifies. Knows nothing of PDF (`sealing`) or of checking (`sealing_check`).
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
DEMO_SIGNER_DAYS = 3 * 365
DEMO_ROOT_DAYS = 20 * 365
DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336


class SealingNotConfigured(Exception):
    """The sealing key or certificate is missing, unreadable, or the two do not belong together."""


@dataclass(frozen=True)
class SealingKey:
    """A private key with its certificate and the certificates between it and its root, if any."""

    private_key: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()
    is_demonstration: bool = False

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, 64 hex digits."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def name(self) -> str:
        """The certificate's common name: who seals."""
        names = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value) if names else ""


def load_sealing_key(environ: Mapping[str, str], var_dir: Path) -> SealingKey:
    """The key in force. Raises SealingNotConfigured with a sentence an operator can act on.

    `environ` is the process environment or any mapping with the three names. A demonstration authority is
    made under `var_dir`/sealing only when neither file is named.
    """
    key_file, certificate_file = environ.get("SEALING_KEY_FILE", ""), environ.get("SEALING_CERT_FILE", "")
    if not key_file and not certificate_file:
        return _demonstration_key(var_dir / "sealing")
    if not key_file or not certificate_file:
        raise SealingNotConfigured("Set SEALING_KEY_FILE and SEALING_CERT_FILE together.")
    passphrase = environ.get("SEALING_KEY_PASSPHRASE", "").encode() or None
    return _read_key(Path(key_file), Path(certificate_file), passphrase)


def load_trusted_certificates(environ: Mapping[str, str], var_dir: Path) -> tuple[bytes, ...]:
    """DER certificates whose seals are ours: the one in force, then every retired one.

    Pinned one by one: trusting a public root instead would make its every customer's seal ours.
    """
    current = load_sealing_key(environ, var_dir).certificate
    retired = Path(environ.get("SEALING_RETIRED_DIR", "") or var_dir / "sealing" / "retired")
    certificates = [current]
    for path in sorted(retired.glob("*.pem")):
        certificates.extend(_read_certificates(path))
    return tuple(dict.fromkeys(entry.public_bytes(serialization.Encoding.DER) for entry in certificates))


def rotate_demo_key(var_dir: Path, moment: dt.datetime) -> SealingKey:
    """Give the demonstration authority a new signing key; the old certificate moves to `retired/`.

    An authority with its own key rotates by copying the old certificate there and naming the new files.
    """
    folder = var_dir / "sealing"
    old = _demonstration_key(folder)
    with _alone_in(folder):
        root_key = _read_private_key(folder / "root.key.pem", None)
        root = _read_certificates(folder / "root.pem")[0]
        retired = folder / "retired"
        retired.mkdir(mode=0o700, exist_ok=True)
        _write(retired / f"{old.fingerprint[:16]}.pem", _pem(old.certificate))
        key, certificate = _issue_signer(root_key, root, moment)
        # One file holds both, so that no reader ever finds the new key beside the old certificate.
        _write(folder / "signer.pem", _pem(key) + _pem(certificate))
    return _demonstration_key(folder)


def _demonstration_key(folder: Path) -> SealingKey:
    signer = folder / "signer.pem"
    if not signer.exists():
        with _alone_in(folder):
            if not signer.exists():
                _make_demonstration_authority(folder, dt.datetime.now(dt.UTC))
    found = _read_key(signer, signer, None)
    chain = tuple(_read_certificates(folder / "root.pem"))
    return SealingKey(found.private_key, found.certificate, chain, is_demonstration=True)


def _make_demonstration_authority(folder: Path, moment: dt.datetime) -> None:
    """Root first, signer last: where the signer's file is missing, the next start makes both again."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Placement brokerage demonstration root")
    root = (
        _certificate(name, name, root_key.public_key(), moment, DEMO_ROOT_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    key, certificate = _issue_signer(root_key, root, moment)
    _write(folder / "root.key.pem", _pem(root_key))
    _write(folder / "root.pem", _pem(root))
    _write(folder / "signer.pem", _pem(key) + _pem(certificate))


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Web and worker start together: only one of them makes or changes the authority at a time."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _issue_signer(
    root_key: PrivateKey, root: x509.Certificate, moment: dt.datetime
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name("Placement brokerage demonstration seal")
    certificate = (
        _certificate(subject, root.subject, key.public_key(), moment, DEMO_SIGNER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    return key, certificate


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Placement brokerage demonstration"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    moment: dt.datetime,
    days: int,
) -> x509.CertificateBuilder:
    # An hour of grace for hosts whose clocks differ.
    start = moment - dt.timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _read_key(key_file: Path, certificate_file: Path, passphrase: bytes | None) -> SealingKey:
    certificate, *chain = _read_certificates(certificate_file)
    key = _read_private_key(key_file, passphrase)
    if key.public_key() != certificate.public_key():
        raise SealingNotConfigured(f"{key_file} is not the key of the first certificate in {certificate_file}.")
    return SealingKey(key, certificate, tuple(chain))


def _read_private_key(path: Path, passphrase: bytes | None) -> PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), passphrase)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SealingNotConfigured(f"The sealing key {path} cannot be read: {error}") from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise SealingNotConfigured(f"The sealing key {path} is neither RSA nor elliptic curve.")
    return key


def _read_certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SealingNotConfigured(f"The sealing certificate {path} cannot be read: {error}") from error


def _pem(thing: PrivateKey | x509.Certificate) -> bytes:
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(serialization.Encoding.PEM)
    return thing.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, readable by its owner only from its first byte."""
    handle, temporary = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(path)
