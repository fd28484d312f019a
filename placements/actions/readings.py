"""A provider's person reads full papers or opens a released document: written down for the authority, each time.

Documents are handed out by a link that soon ends and is one person's, as on the authority's side (`documents`).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from brokerage.core.audit.record import record
from brokerage.core.clock import database_now
from brokerage.core.tenants.actors import Actor
from placements.actions.documents import StoredFile, is_signed, sign
from placements.models import Reading, Release
from placements.models.referrals import ReferralDocument
from placements.queries.inbox import documents_of
from placements.questions import STAGE_TWO


@transaction.atomic
def record_reading(actor: Actor, *, release: Release, what: str) -> Reading:
    """Write down that the actor read `what` of the release. Names who and what kind, never a fact about the person."""
    actor.require("inbox.view")
    reading = Reading(
        authority_id=release.authority_id,
        provider_id=release.provider_id,
        release=release,
        user_id=actor.user_id,
        user_name=actor.name,
        what=what[:120],
        at=database_now(),
    )
    reading.save(force_insert=True)
    record("release.read", subject=release, actor=actor, reference=release.reference, data={"stage": release.stage})
    return reading


def record_opening(actor: Actor, *, release: Release) -> Reading | None:
    """Write down that the actor opened the referral, where that shows full papers; otherwise nothing is written."""
    if release.stage != STAGE_TWO or release.state == Release.State.CLOSED:
        return None
    return record_reading(actor, release=release, what=str(_("Full papers")))


def link_to_released(actor: Actor, *, reference: str, document_id: UUID) -> str:
    """A signature with which this person may fetch the document for five minutes. Http404 if it is not open to them."""
    actor.require("inbox.view")
    _release, paper = _released(reference, document_id)
    return sign(actor, UUID(paper["id"]))


@transaction.atomic
def read_released(actor: Actor, *, reference: str, document_id: UUID, signature: str) -> StoredFile:
    """The file, after checking the link and that the release still opens it; the reading is written down.

    Http404 when the link has ended, is somebody else's, or the referral has closed or lost the paper meanwhile.
    """
    actor.require("inbox.view")
    if not is_signed(actor, document_id, signature):
        raise Http404("The link has ended.")
    release, paper = _released(reference, document_id)
    # By its kind: a file's own name may tell who somebody is.
    labels = dict(ReferralDocument.Kind.choices)
    record_reading(actor, release=release, what=str(labels.get(str(paper.get("kind", "")), _("Document"))))
    return StoredFile(
        paper["stored_name"],
        str(paper.get("name") or document_id),
        paper.get("content_type") or "application/octet-stream",
        int(paper.get("size") or 0),
    )


def _released(reference: str, document_id: UUID) -> tuple[Release, dict[str, Any]]:
    release = Release.objects.filter(reference=reference).first()
    papers = documents_of(release) if release is not None else []
    paper = next((each for each in papers if each["id"] == str(document_id)), None)
    if release is None or paper is None:
        raise Http404("No such document.")
    return release, paper
