"""Seal a finished agreement: an invisible PAdES signature that allows no later change.

The panel people read is part of the page (`ipa_pdf`): a visible stamp would break PDF/A and PDF/UA. Sealed
bytes differ each time, so keep the hash of the unsealed file too. Keys are in `sealing_keys`, checking is in
`sealing_check`.
"""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko_certvalidator.registry import SimpleCertificateStore

from contracts.sealing_check import Verification as Verification
from contracts.sealing_check import verify_pdf as verify_pdf
from contracts.sealing_keys import SealingKey as SealingKey
from contracts.sealing_keys import SealingNotConfigured as SealingNotConfigured
from contracts.sealing_keys import load_sealing_key as load_sealing_key
from contracts.sealing_keys import load_trusted_certificates as load_trusted_certificates
from contracts.sealing_keys import rotate_demo_key as rotate_demo_key

FIELD = "Seal"


class SealingFailed(Exception):
    """The file could not be sealed; nothing was produced."""


class _SignerAt(signers.PdfSigner):
    """pyHanko's signer with the caller's clock instead of the host's."""

    def __init__(self, moment: dt.datetime, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._moment = moment

    def init_signing_session(self, pdf_out: BasePdfFileWriter, existing_fields_only: bool = False) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self._moment
        return session


def seal_pdf(pdf: bytes, *, key: SealingKey, reason: str, location: str, moment: dt.datetime) -> bytes:
    """The same file with our seal, which certifies that nothing may be added or changed.

    `moment` is when it is sealed (with time zone) and must lie in the certificate's life.
    Raises SealingFailed, also for a file that bears a seal already.
    """
    if moment.tzinfo is None:
        raise SealingFailed("the moment of sealing needs its time zone")
    certificate = key.certificate
    if not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
        raise SealingFailed("the sealing certificate is not valid at this moment")
    if b"/ByteRange" in pdf:
        raise SealingFailed("the file is sealed already")
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        reason=reason,
        location=location,
        name=key.name,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    signer = _SignerAt(moment, metadata, _cms_signer(key), new_field_spec=SigFieldSpec(FIELD))
    try:
        output = signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))
    except Exception as error:
        raise SealingFailed(f"the file could not be sealed: {error}") from error
    return bytes(output.getvalue())


def _cms_signer(key: SealingKey) -> signers.SimpleSigner:
    store = SimpleCertificateStore()
    der = serialization.Encoding.DER
    # A root adds nothing a reader could trust, and bytes no signature covers: leave it out.
    between = [certificate for certificate in key.chain if certificate.subject != certificate.issuer]
    for certificate in between:
        store.register(asn1_x509.Certificate.load(certificate.public_bytes(der)))
    private = key.private_key.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(key.certificate.public_bytes(der)),
        signing_key=asn1_keys.PrivateKeyInfo.load(private),
        cert_registry=store,
    )
