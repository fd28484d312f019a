"""Is this PDF one we sealed, and unchanged? For files from anybody: safe and quick on any bytes.

Two steps. First the bytes: find the signature's byte ranges, demand that they cover the whole file but the
signature itself, and check that one of our certificates signed exactly these bytes. Only a file that passes,
one whose every byte we made ourselves, reaches pyHanko's PDF reader, which then judges the signature as a
viewer would: bottom line, no changes allowed (DocMDP), entire file covered. No hostile file reaches a parser.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from django.utils.translation import gettext as _
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import KeyUsageConstraints, SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko_certvalidator import ValidationContext

Verdict = Literal["genuine", "altered", "not_ours", "not_sealed", "unreadable"]
LARGEST_FILE = 30 * 1024 * 1024
LARGEST_SIGNATURE = 256 * 1024
MOST_SIGNATURES = 20
HASHES = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}

_BYTE_RANGE = re.compile(
    rb"/ByteRange\s{0,99}\[\s{0,99}(\d{1,10})\s{1,99}(\d{1,10})\s{1,99}(\d{1,10})\s{1,99}(\d{1,10})\s{0,99}\]"
)
_HEX_STRING = re.compile(rb"<(?:[0-9A-Fa-f]{2})+>")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verification:
    """The answer: `detail` is a sentence for people; the other two are known only when the seal is ours."""

    verdict: Verdict
    detail: str
    sealed_at: dt.datetime | None = None
    certificate_fingerprint: str = ""

    @property
    def is_genuine(self) -> bool:
        return self.verdict == "genuine"


@dataclass(frozen=True)
class _Candidate:
    """One signature found in the bytes; `signed` is None when its hole is no clean hexadecimal CMS."""

    ranges: tuple[int, int, int, int]
    signed: cms.SignedData | None
    certificate: asn1_x509.Certificate | None


def verify_pdf(pdf: bytes, trusted: Sequence[bytes]) -> Verification:
    """Judge `pdf` by the DER certificates in `trusted`. Never raises; time grows with size only."""
    try:
        return _verify(bytes(pdf), trusted)
    except Exception:
        # Whatever the file did, it is not a file of ours; the log holds the trace, never the content.
        _log.warning("a file could not be checked", exc_info=True)
        return _unreadable()


def _verify(pdf: bytes, trusted: Sequence[bytes]) -> Verification:
    if len(pdf) > LARGEST_FILE:
        return Verification("unreadable", _("The file is too large to be an agreement."))
    if b"%PDF-" not in pdf[:1024]:
        return _unreadable()
    matches = list(_BYTE_RANGE.finditer(pdf))
    candidates = [_candidate(pdf, match) for match in matches[:MOST_SIGNATURES]]
    ours = [found for found in candidates if found.certificate and _is_ours(found.certificate, trusted)]
    if not candidates:
        if b"startxref" not in pdf[-2048:] or b"%%EOF" not in pdf[-2048:]:
            return _unreadable()
        return Verification("not_sealed", _("This PDF has no electronic seal."))
    if not ours:
        if all(found.signed is None for found in candidates):
            return _altered()
        return Verification("not_ours", _("This PDF is sealed, but not by this service."))
    seal = ours[0]
    if len(matches) > 1 or not _covers_all_but_itself(pdf, seal.ranges) or not _is_intact(pdf, seal):
        return _altered(seal)
    return _judge_as_viewer(pdf, seal, trusted)


def _candidate(pdf: bytes, match: re.Match[bytes]) -> _Candidate:
    start, length, resume, rest = (int(number) for number in match.groups())
    ranges = (start, length, resume, rest)
    hole = pdf[start + length : resume]
    if len(hole) > LARGEST_SIGNATURE or not _HEX_STRING.fullmatch(hole):
        return _Candidate(ranges, None, None)
    try:
        content = bytes.fromhex(hole[1:-1].decode("ascii"))
        info = cms.ContentInfo.load(content)
        # After the structure itself only padding: nothing may hide in the part no signature covers.
        if content[len(info.dump()) :].strip(b"\0") or info["content_type"].native != "signed_data":
            return _Candidate(ranges, None, None)
        signed = info["content"]
        certificate = _certificate_of(signed)
        if len(info["content_type"].dump()) + len(signed.dump()) != len(info.contents):
            signed = None
        return _Candidate(ranges, signed, certificate)
    except (ValueError, TypeError, KeyError, OverflowError):
        return _Candidate(ranges, None, None)


def _certificate_of(signed: cms.SignedData) -> asn1_x509.Certificate | None:
    """The signer's certificate among those enclosed, when there is exactly one signer."""
    signer_infos = list(signed["signer_infos"])
    if len(signer_infos) != 1 or signer_infos[0]["sid"].name != "issuer_and_serial_number":
        return None
    wanted = signer_infos[0]["sid"].chosen
    for choice in signed["certificates"]:
        certificate = choice.chosen
        if isinstance(certificate, asn1_x509.Certificate) and (
            certificate.issuer == wanted["issuer"] and certificate.serial_number == wanted["serial_number"].native
        ):
            return certificate
    return None


def _is_ours(certificate: asn1_x509.Certificate, trusted: Sequence[bytes]) -> bool:
    """Pinned itself, or issued directly by a pinned authority."""
    der = certificate.dump()
    if der in trusted:
        return True
    theirs = x509.load_der_x509_certificate(der)
    for entry in trusted:
        authority = x509.load_der_x509_certificate(entry)
        try:
            constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
            if constraints.ca:
                theirs.verify_directly_issued_by(authority)
                return True
        except Exception:
            # Not an authority, or not the issuer: cryptography has a different exception for each way.
            continue
    return False


def _covers_all_but_itself(pdf: bytes, ranges: tuple[int, int, int, int]) -> bool:
    start, length, resume, rest = ranges
    return start == 0 and length < resume and resume + rest == len(pdf)


def _is_intact(pdf: bytes, seal: _Candidate) -> bool:
    if seal.signed is None or seal.certificate is None:
        return False
    signer_info = seal.signed["signer_infos"][0]
    algorithm = signer_info["digest_algorithm"]
    digest = HASHES.get(algorithm["algorithm"].native)
    if digest is None or not _is_as_we_write_it(seal.signed):
        return False
    start, length, resume, rest = seal.ranges
    actual = digest(pdf[start : start + length])
    actual.update(pdf[resume : resume + rest])
    try:
        intact, valid = validate_sig_integrity(
            signer_info, seal.certificate, expected_content_type="data", actual_digest=actual.digest()
        )
    except SignatureValidationError:
        return False
    return bool(intact and valid)


def _is_as_we_write_it(signed: cms.SignedData) -> bool:
    """Fields of the structure that no signature covers have the one value we give them."""
    signer_info = signed["signer_infos"][0]
    return (
        signed["version"].native == "v1"
        and signer_info["version"].native == "v1"
        and [entry.dump() for entry in signed["digest_algorithms"]] == [signer_info["digest_algorithm"].dump()]
        and not signed["crls"]
        and not signer_info["unsigned_attrs"]
        and signed["encap_content_info"]["content"].native is None
    )


def _judge_as_viewer(pdf: bytes, seal: _Candidate, trusted: Sequence[bytes]) -> Verification:
    if seal.certificate is None:
        return _altered()
    signatures = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    if len(signatures) != 1:
        return _altered(seal)
    embedded = signatures[0]
    sealed_at = embedded.self_reported_timestamp
    validity = seal.certificate["tbs_certificate"]["validity"]
    if sealed_at is None or not validity["not_before"].native <= sealed_at <= validity["not_after"].native:
        return Verification("not_ours", _("The seal was made outside the life of its certificate."))
    status = validate_pdf_signature(
        embedded,
        ValidationContext(
            trust_roots=[asn1_x509.Certificate.load(entry) for entry in trusted],
            allow_fetching=False,
            moment=sealed_at,
        ),
        key_usage_settings=KeyUsageConstraints(
            key_usage={"non_repudiation", "digital_signature"}, match_all_key_usages=False
        ),
    )
    if (
        status.bottom_line
        and status.docmdp_ok
        and status.coverage == SignatureCoverageLevel.ENTIRE_FILE
        and embedded.docmdp_level == MDPPerm.NO_CHANGES
    ):
        return Verification(
            "genuine",
            _("This agreement was sealed by this service and has not been changed since."),
            sealed_at.astimezone(dt.UTC),
            seal.certificate.sha256.hex(),
        )
    return _altered(seal)


def _altered(seal: _Candidate | None = None) -> Verification:
    fingerprint = seal.certificate.sha256.hex() if seal and seal.certificate else ""
    detail = _("This file has been changed after it was sealed, or its seal is damaged. Do not rely on it.")
    return Verification("altered", detail, certificate_fingerprint=fingerprint)


def _unreadable() -> Verification:
    return Verification("unreadable", _("This file is not a PDF that can be read."))
