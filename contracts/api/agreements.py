"""Agreements for both sides: the list, one with its signatures, its terms as data, its PDF, signing and checking."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from rest_framework import serializers as s

from brokerage.core import locks
from brokerage.core.api.inputs import Input, MoneyField, Query, Shape
from brokerage.core.api.operations import Call, Page, Stream, operation
from contracts.actions.agreements import document_name, download_document, sign_agreement
from contracts.api.terms_shapes import EXAMPLE, TermsOut
from contracts.measures import admission_of
from contracts.models import Agreement, Signature
from contracts.queries.agreements import agreement_by_reference, agreement_list, may_sign
from contracts.states import AGREEMENT
from contracts.verifying import TEXTS, Answer, check_agreement, check_stored
from dpv.eligibility import PROBLEM_TEXTS

PDF = "application/pdf"


class AgreementRow(Shape):
    """An agreement as lists show it."""

    reference = s.CharField()
    version = s.IntegerField()
    status = s.ChoiceField(choices=AGREEMENT.choices)
    referral = s.CharField()
    authority_name = s.CharField()
    provider_name = s.CharField(help_text="The provider's legal name.")
    weekly_total = MoneyField()
    starts_on = s.DateField()
    created_at = s.DateTimeField()
    signed_at = s.DateTimeField(allow_null=True)
    sealed_at = s.DateTimeField(allow_null=True)
    cancelled_at = s.DateTimeField(allow_null=True)
    example = {
        "reference": "A-5T8N-2WQK",
        "version": 1,
        "status": "part_signed",
        "referral": "R-7K3M-9QX2",
        "authority_name": "London Borough of Harrow",
        "provider_name": "Larkfield Care Limited",
        "weekly_total": "4560.50",
        "starts_on": "2026-12-03",
        "created_at": "2026-11-30T16:42:11Z",
        "signed_at": None,
        "sealed_at": None,
        "cancelled_at": None,
    }


class SignatureOut(Shape):
    """One side's signature, and the system that gave it where no person did."""

    side = s.ChoiceField(choices=Signature.Side.choices)
    name = s.CharField(help_text="Who signed; of an API client, the person who owns it.")
    role = s.CharField()
    client_id = s.UUIDField(allow_null=True, help_text="The API client that signed.")
    client_name = s.CharField(allow_null=True)
    method = s.CharField(help_text="How the signer proved who they are; `api_client` for an API client.")
    signed_at = s.DateTimeField()
    terms_hash = s.CharField()
    evidence_hash = s.CharField(help_text="SHA-256 of the evidence kept.")


class AgreementDocument(Shape):
    """The PDF as it stands."""

    status = s.ChoiceField(choices=["none", "working_copy", "sealed"])
    sha256 = s.CharField(allow_null=True)


class AgreementOut(AgreementRow):
    """One agreement: where it stands, its signatures, its document."""

    language = s.ChoiceField(choices=["en", "cy"])
    terms_hash = s.CharField(help_text="SHA-256 of the terms: what both sides sign.")
    establishment_name = s.CharField()
    household = s.CharField(allow_null=True, help_text="A carer household's code.")
    signatures = SignatureOut(many=True)
    document = AgreementDocument()
    may_sign = s.BooleanField(help_text="Whether this client's side may sign now, if its organisation lets it.")
    cancel_reason = s.CharField(allow_null=True, help_text="For the authority only.")
    example = {
        **AgreementRow.example,
        "language": "en",
        "terms_hash": "0b7bd8d0e9b0a4ed9fd9ff3a2cf3a4f6a2b2b1c0d9d3e64b4a1ba3e1c6f8d7e1",
        "establishment_name": "Larkfield House",
        "household": None,
        "signatures": [
            {
                "side": "authority",
                "name": "Adam Admin",
                "role": "Head of placements",
                "client_id": "1f7f3c52-2f0a-4c56-8b8f-0f3f0d5f8a10",
                "client_name": "Case system",
                "method": "api_client",
                "signed_at": "2026-12-01T09:14:30Z",
                "terms_hash": "0b7bd8d0e9b0a4ed9fd9ff3a2cf3a4f6a2b2b1c0d9d3e64b4a1ba3e1c6f8d7e1",
                "evidence_hash": "3f0a9c55d1b24e8897c6aa01b4d7e2f9113c5a6677889900aabbccddeeff0011",
            }
        ],
        "document": {
            "status": "working_copy",
            "sha256": "a41be07d9c3366f2581d0e4ab97c11d20f6e5d4c3b2a19087766554433221100",
        },
        "may_sign": False,
        "cancel_reason": None,
    }


class AgreementTermsOut(Shape):
    """Everything the document prints, and its hash."""

    terms_hash = s.CharField()
    terms = TermsOut()
    example = {
        "terms_hash": "0b7bd8d0e9b0a4ed9fd9ff3a2cf3a4f6a2b2b1c0d9d3e64b4a1ba3e1c6f8d7e1",
        "terms": EXAMPLE,
    }


class AgreementQuery(Query):
    """Which agreements."""

    status = s.ChoiceField(choices=AGREEMENT.choices, required=False)
    referral = s.CharField(required=False, max_length=20, help_text="A referral's reference.")
    example = {"status": "awaiting_signatures"}


class NewSignature(Input):
    """What is signed, and in which position."""

    terms_hash = s.CharField(max_length=64, help_text="Of the terms that were read.")
    role = s.CharField(max_length=160, help_text="The position in which the client's owner signs.")
    example = {
        "terms_hash": "0b7bd8d0e9b0a4ed9fd9ff3a2cf3a4f6a2b2b1c0d9d3e64b4a1ba3e1c6f8d7e1",
        "role": "Head of placements",
    }


class CheckOut(Shape):
    """Whether a PDF is a genuine agreement: what the public checking page says."""

    verdict = s.ChoiceField(choices=list(TEXTS))
    is_genuine = s.BooleanField()
    title = s.CharField()
    text = s.CharField()
    sealed_at = s.DateTimeField(allow_null=True)
    example = {
        "verdict": "genuine",
        "is_genuine": True,
        "title": "Genuine",
        "text": "This agreement was sealed by this service and has not been changed since.",
        "sealed_at": "2026-12-01T11:02:09Z",
    }


class StoredCheckOut(CheckOut):
    """The same of the document we hold, with its hash."""

    sha256 = s.CharField()
    is_as_sealed = s.BooleanField(help_text="Whether the stored file still has the hash recorded when it was sealed.")
    example = {
        **CheckOut.example,
        "sha256": "a41be07d9c3366f2581d0e4ab97c11d20f6e5d4c3b2a19087766554433221100",
        "is_as_sealed": True,
    }


_COLUMNS = {
    "reference": "reference",
    "version": "version",
    "status": "status",
    "referral": "referral_reference",
    "authority_name": "authority__name",
    "provider_name": "provider__legal_name",
    "weekly_total": "weekly_total",
    "starts_on": "starts_on",
    "created_at": "created_at",
    "signed_at": "signed_at",
    "sealed_at": "sealed_at",
    "cancelled_at": "cancelled_at",
}


@operation(scope="agreements:read", query=AgreementQuery, answer=AgreementRow, paged=True)
def list_agreements(call: Call) -> Page:
    """List agreements.

    Those of the client's own organisation, newest first. Filters: `status`, `referral`.
    """
    call.actor.require("agreement.view")
    rows = agreement_list(status=call.query.get("status", ""))
    if "referral" in call.query:
        rows = rows.filter(referral_reference=call.query["referral"])
    return call.page(rows, by=("-created_at", "-id"), fields=_COLUMNS, by_keys=True)


@operation(scope="agreements:read", answer=AgreementOut)
def get_agreement(call: Call, reference: str) -> dict[str, Any]:
    """Read an agreement.

    Its newest version, with its signatures and the state of its document.
    """
    call.actor.require("agreement.view")
    return _answer(call, agreement_by_reference(reference))


@operation(scope="agreements:read", answer=AgreementTermsOut)
def get_agreement_terms(call: Call, reference: str) -> dict[str, Any]:
    """Read an agreement's terms.

    Everything the document prints, as data. `terms_hash` is the SHA-256 of their canonical JSON (sorted keys, no
    spaces, UTF-8): the hash that both sides sign.
    """
    call.actor.require("agreement.view")
    agreement = agreement_by_reference(reference)
    return {"terms_hash": agreement.terms_hash, "terms": agreement.terms}


@operation(scope="agreements:read", stream=PDF)
def get_agreement_document(call: Call, reference: str) -> Stream:
    """Download an agreement.

    The sealed PDF, or the working copy while it is not sealed; 404 while none has been drawn. Every download is kept
    in the audit trail.
    """
    agreement = agreement_by_reference(reference)
    document = download_document(call.actor, agreement=agreement)
    return Stream(cast("BinaryIO", document), PDF, document_name(agreement))


@operation(scope="agreements:read", answer=StoredCheckOut)
def verify_stored_agreement(call: Call, reference: str) -> dict[str, Any]:
    """Check the document we hold of an agreement.

    The same check as for a PDF that is sent in; 404 while no document has been drawn.
    """
    call.actor.require("agreement.view")
    found = check_stored(agreement_by_reference(reference))
    return {**_verdict(found.answer), "sha256": found.sha256, "is_as_sealed": found.is_as_sealed}


@operation(scope="agreements:read", upload=True, answer=CheckOut)
def verify_document(call: Call) -> dict[str, Any]:
    """Check a PDF.

    Send its bytes as the body. Says whether it is an agreement sealed by this service and unchanged since, and
    nothing else about it; it is not kept.
    """
    assert call.file is not None
    return _verdict(check_agreement(call.file.read()))


def _hold(call: Call, reference: str) -> None:
    """The locks of signing, in their order, for If-Match."""
    agreement = agreement_by_reference(reference)
    admission = admission_of(agreement.pk)
    locks.hold(
        admissions=[admission] if admission else [],
        standings=[agreement.provider_id],
        referrals=[agreement.referral_id],
    )


@operation(
    scope="agreements:sign",
    body=NewSignature,
    answer=AgreementOut,
    codes=(
        "machine_signing_off",
        "agreement_not_now",
        "already_signed",
        "signed_other_side",
        "terms_changed",
        "role_missing",
        "admission_unknown",
        *PROBLEM_TEXTS,
    ),
    current=get_agreement,
    lock=_hold,
)
def sign_agreement_by_client(call: Call, reference: str) -> dict[str, Any]:
    """Sign an agreement.

    For the client's side, where its organisation allows its API clients to sign (`machine_signing_off` otherwise).
    The evidence names the client and the person who owns it, who answers for the signature. With the second
    signature the document is sealed, a few seconds later.
    """
    agreement = agreement_by_reference(reference)
    with call.renaming({"agree": "terms_hash"}):
        sign_agreement(
            call.actor, agreement_id=agreement.pk, terms_hash=call.body["terms_hash"], role=call.body["role"]
        )
    return _answer(call, agreement_by_reference(reference))


def _answer(call: Call, agreement: Agreement) -> dict[str, Any]:
    placement = agreement.terms["placement"]
    sealed = bool(agreement.sealed_file)
    return {
        "reference": agreement.reference,
        "version": agreement.version,
        "status": agreement.status,
        "referral": agreement.referral_reference,
        "authority_name": agreement.authority.name,
        "provider_name": agreement.provider.legal_name,
        "weekly_total": agreement.weekly_total,
        "starts_on": agreement.starts_on,
        "created_at": agreement.created_at,
        "signed_at": agreement.signed_at,
        "sealed_at": agreement.sealed_at,
        "cancelled_at": agreement.cancelled_at,
        "language": agreement.language,
        "terms_hash": agreement.terms_hash,
        "establishment_name": placement["name"],
        "household": placement["carer_household"] or None,
        "signatures": [_signature(each) for each in agreement.signatures.all()],
        "document": {
            "status": "sealed" if sealed else "working_copy" if agreement.unsealed_file else "none",
            "sha256": (agreement.sealed_sha256 if sealed else agreement.unsealed_sha256) or None,
        },
        "may_sign": may_sign(call.actor, agreement),
        "cancel_reason": None if call.actor.is_provider else agreement.cancel_reason or None,
    }


def _signature(signature: Signature) -> dict[str, Any]:
    return {
        "side": signature.side,
        "name": signature.name,
        "role": signature.role,
        "client_id": signature.client_id,
        "client_name": signature.client_name or None,
        "method": signature.method,
        "signed_at": signature.at,
        "terms_hash": signature.terms_hash,
        "evidence_hash": signature.evidence_hash,
    }


def _verdict(answer: Answer) -> dict[str, Any]:
    return {
        "verdict": answer.verdict,
        "is_genuine": answer.is_genuine,
        "title": answer.title,
        "text": answer.text,
        "sealed_at": answer.sealed_at,
    }
