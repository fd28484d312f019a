"""Papers of a referral: add after checking, remove, and hand out by a link that soon ends.

Files are kept under random names in the file store; their own names live in the table. Whoever may see the referral
may read them; what a provider may read is listed in its release.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import BinaryIO, cast
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from brokerage.core import locks
from brokerage.core.audit.record import record
from brokerage.core.clock import database_now
from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.actors import Actor
from placements.actions.releases import rewrite_releases
from placements.models import Referral, ReferralDocument
from placements.queries.referrals import referral_of
from placements.states import REFERRAL
from placements.uploads import check_size, check_upload
from placements.virus_scanner import scan

#: A link to a file ends after five minutes, and is one person's.
LINK_SECONDS = 300
DOCUMENTS_AT_MOST = 30
_SIGNER = TimestampSigner(salt="placements.document")


@dataclass(frozen=True)
class StoredFile:
    """A file that may be handed out now."""

    stored_name: str
    name: str
    content_type: str
    size: int


@transaction.atomic
def add_document(
    actor: Actor, *, reference: str, upload: UploadedFile, kind: str, is_for_all_invited: bool = False
) -> ReferralDocument:
    """Check and keep a file. `is_for_all_invited` shows it to everyone invited; otherwise to shortlisted providers.

    A draft takes papers from whoever drafts, a published referral from whoever may amend it; then those providers who
    may read it see it at once. Refused: see `uploads.check_upload` and `virus_scanner.scan`; too many papers; a
    referral that is over (NotNow).
    """
    referral = _for_change(actor, reference)
    if kind not in ReferralDocument.Kind.values:
        raise RuleBroken("kind_missing", _("Select what kind of document it is"), "kind")
    if ReferralDocument.objects.filter(referral=referral, removed_at__isnull=True).count() >= DOCUMENTS_AT_MOST:
        raise RuleBroken(
            "too_many_documents",
            _("A referral can have %(count)s documents. Remove one first.") % {"count": DOCUMENTS_AT_MOST},
            "file",
        )
    check_size(upload.size or 0, upload.name or "", limit=settings.UPLOAD_MAX_BYTES)
    content = upload.read()
    passed = check_upload(upload.name or "", content, limit=settings.UPLOAD_MAX_BYTES)
    scan(content)
    stored = default_storage.save(f"documents/{secrets.token_hex(20)}", ContentFile(content))
    try:
        document: ReferralDocument = ReferralDocument.objects.create(
            authority_id=actor.organisation_id,
            referral=referral,
            kind=kind,
            name=passed.name,
            content_type=passed.content_type,
            size=passed.size,
            sha256=passed.sha256,
            stored_name=stored,
            is_for_all_invited=is_for_all_invited,
            uploaded_by_name=actor.name,
        )
        _record("document.added", actor, referral, document)
        _show(referral)
    except Exception:
        default_storage.delete(stored)
        raise
    return document


@transaction.atomic
def remove_document(actor: Actor, *, reference: str, document_id: UUID) -> ReferralDocument:
    """Take a paper out of the referral. The row stays, so that its readings can be told; removing twice is once."""
    referral = _for_change(actor, reference)
    document = _document(referral, document_id)
    if document.removed_at is None:
        document.removed_at = database_now()
        document.save(update_fields=["removed_at"])
        _record("document.removed", actor, referral, document)
        _show(referral)
    return document


def link_to_document(actor: Actor, *, reference: str, document_id: UUID) -> str:
    """A signature with which this person may fetch the file for five minutes. Http404 if it is not theirs to see."""
    actor.require("document.view")
    document = _document(referral_of(actor, reference), document_id)
    if document.removed_at is not None:
        raise Http404("Removed.")
    return sign(actor, document.pk)


@transaction.atomic
def read_document(actor: Actor, *, reference: str, document_id: UUID, signature: str) -> StoredFile:
    """The file, after checking the link and that the person may still see it; the reading is recorded."""
    actor.require("document.view")
    if not is_signed(actor, document_id, signature):
        raise Http404("The link has ended.")
    referral = referral_of(actor, reference)
    document = _document(referral, document_id)
    if document.removed_at is not None:
        raise Http404("Removed.")
    _record("document.read", actor, referral, document)
    return StoredFile(document.stored_name, document.name, document.content_type, document.size)


def open_stored(stored: StoredFile) -> BinaryIO:
    """The stored file, open for reading. Http404 when the store has lost it."""
    try:
        return cast(BinaryIO, default_storage.open(stored.stored_name, "rb"))
    except FileNotFoundError:
        raise Http404("The file is not in the store.") from None


def sign(actor: Actor, document_id: UUID) -> str:
    """The end of a link to a file: who and which are inside the signature, only time and signature are shown."""
    signed = _SIGNER.sign(f"{actor.user_id}/{document_id}")
    return signed.removeprefix(f"{actor.user_id}/{document_id}:")


def is_signed(actor: Actor, document_id: UUID, signature: str) -> bool:
    """Whether the signature was made for this person and file within the last five minutes."""
    try:
        _SIGNER.unsign(f"{actor.user_id}/{document_id}:{signature}", max_age=LINK_SECONDS)
    except BadSignature:
        return False
    return True


def _for_change(actor: Actor, reference: str) -> Referral:
    actor.require("referral.draft", "referral.amend")
    locks.hold(referrals=[referral_of(actor, reference).pk])
    referral = referral_of(actor, reference)
    if referral.status == "draft":
        REFERRAL.after(referral.status, "edit")
    else:
        actor.require("referral.amend")
        REFERRAL.after(referral.status, "amend")
    return referral


def _show(referral: Referral) -> None:
    """Providers' views list exactly the papers that are there: a removed one is gone for them at once."""
    if referral.status != "draft":
        rewrite_releases(referral, now=database_now())


def _document(referral: Referral, document_id: UUID) -> ReferralDocument:
    found: ReferralDocument | None = ReferralDocument.objects.filter(referral=referral, pk=document_id).first()
    if found is None:
        raise Http404("No such document.")
    return found


def _record(kind: str, actor: Actor, referral: Referral, document: ReferralDocument) -> None:
    """Kind and size only: a file's name may tell who somebody is."""
    record(
        kind,
        subject=referral,
        actor=actor,
        data={"document": str(document.pk), "kind": str(document.kind), "size": document.size},
    )
