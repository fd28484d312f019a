"""Papers of a referral: add after checking, remove, and hand out by a link that soon ends.

Files are kept under random names in the file store; their own names live in the table. Whoever may see the referral
may read them; what a provider may read is listed in its release.
"""

from __future__ import annotations

from uuid import UUID

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from brokerage.core import locks
from brokerage.core.audit.record import record
from brokerage.core.clock import database_now
from brokerage.core.errors import RuleBroken
from brokerage.core.stored_files import StoredFile, is_signed, keep, sign
from brokerage.core.stored_files import open_stored as open_stored
from brokerage.core.tenants.actors import Actor
from placements.actions.releases import rewrite_releases
from placements.models import Referral, ReferralDocument
from placements.queries.referrals import referral_of
from placements.states import REFERRAL

DOCUMENTS_AT_MOST = 30


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
    passed, stored = keep(upload, folder="documents")
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
