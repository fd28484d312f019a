"""Papers of a referral: list, add the file's bytes, take one out, fetch one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers as s

from brokerage.core.api.inputs import Query, Shape
from brokerage.core.api.operations import Call, Created, Page, Stream, operation
from placements.actions.documents import add_document, link_to_document, open_stored, read_document, remove_document
from placements.models import ReferralDocument
from placements.queries.referrals import referral_of

BYTES = "application/octet-stream"
INVITED, SHORTLISTED = "invited", "shortlisted"

FIELDS = {
    "id": "id",
    "kind": "kind",
    "name": "name",
    "content_type": "content_type",
    "size": "size",
    "sha256": "sha256",
    "is_for_all_invited": "is_for_all_invited",
    "uploaded_by_name": "uploaded_by_name",
    "uploaded_at": "uploaded_at",
}


class ReferralDocumentRow(Shape):
    """A paper of a referral."""

    id = s.UUIDField()
    kind = s.ChoiceField(choices=ReferralDocument.Kind.choices)
    name = s.CharField()
    content_type = s.CharField()
    size = s.IntegerField(help_text="In bytes.")
    sha256 = s.CharField()
    is_for_all_invited = s.BooleanField(help_text="Otherwise only shortlisted providers may read it.")
    uploaded_by_name = s.CharField()
    uploaded_at = s.DateTimeField()
    example = {
        "id": "b3f1c9a0-5f5e-4a6b-9d57-3a1f7c2e8d40",
        "kind": "care_plan",
        "name": "care-plan.pdf",
        "content_type": "application/pdf",
        "size": 48211,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "is_for_all_invited": False,
        "uploaded_by_name": "Case system (API client of Adam Admin)",
        "uploaded_at": "2026-11-20T09:40:00Z",
    }


class NewReferralDocument(Query):
    """What the file is. Its bytes are the request's body."""

    kind = s.ChoiceField(choices=ReferralDocument.Kind.choices)
    readers = s.ChoiceField(
        choices=[(SHORTLISTED, "Shortlisted providers only"), (INVITED, "Everyone invited")],
        default=SHORTLISTED,
        help_text="`invited` only for papers without names, addresses or dates of birth.",
    )


@operation(scope="documents:read", answer=ReferralDocumentRow, paged=True)
def list_referral_documents(call: Call, reference: str) -> Page:
    """List a referral’s documents

    Oldest first, without those taken out.
    """
    referral = referral_of(call.actor, reference)
    papers = ReferralDocument.objects.filter(referral=referral, removed_at__isnull=True)
    return call.page(papers, by=("uploaded_at", "id"), fields=FIELDS)


@operation(
    scope="referrals:write",
    query=NewReferralDocument,
    upload=True,
    named=True,
    answer=ReferralDocumentRow,
    status=201,
    codes=(
        "referral_not_now",
        "file_name_missing",
        "kind_missing",
        "too_many_documents",
        "file_empty",
        "file_too_big",
        "file_type_not_allowed",
        "file_is_program",
        "file_is_not_its_type",
        "file_damaged",
        "file_unpacks_too_big",
        "file_has_macros",
        "file_is_two_things",
        "file_infected",
        "scanner_away",
    ),
)
def add_referral_document(call: Call, reference: str) -> Created:
    """Add a document

    Send the file’s bytes as the body, its name (ending in pdf, docx, odt, png, jpg or txt) in Content-Disposition and
    its kind in the query. Its type is found by its content. Of a published referral, whoever may read it sees it at
    once.
    """
    assert call.file is not None
    document = add_document(
        call.actor,
        reference=reference,
        upload=call.file,
        kind=call.query["kind"],
        is_for_all_invited=call.query["readers"] == INVITED,
    )
    body: dict[str, Any] = {name: getattr(document, column) for name, column in FIELDS.items()}
    return Created(body, location=f"/referrals/{reference}/documents/{document.pk}")


@operation(scope="documents:read", stream=BYTES)
def download_referral_document(call: Call, reference: str, document: UUID) -> Stream:
    """Fetch a document

    The file itself, as an attachment of plain bytes; what it is, `content_type` says. The reading is logged.
    """
    signature = link_to_document(call.actor, reference=reference, document_id=document)
    stored = read_document(call.actor, reference=reference, document_id=document, signature=signature)
    return Stream(open_stored(stored), BYTES, stored.name)


@operation(scope="referrals:write", codes=("referral_not_now",))
def remove_referral_document(call: Call, reference: str, document: UUID) -> None:
    """Take a document out

    Providers lose sight of it at once. Taking it out twice is once.
    """
    remove_document(call.actor, reference=reference, document_id=document)
