"""How a published referral stands: time left, who was invited and what they answered, questions waiting.

Of a sealed call-off nothing about an offer is known before it opens: an invitation with a sealed offer reads like one
without an answer.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, OuterRef, Subquery

from brokerage.core.tenants.context import require_context
from placements.models import Clarification, Decline, Invitation, Offer, Referral, Release
from placements.states import OFFER_STANDING


@dataclass(frozen=True)
class Answered:
    """One invited home and what it has answered."""

    invitation_id: UUID
    release_id: UUID
    provider_id: UUID
    establishment_id: UUID
    lot_id: UUID
    provider_name: str
    home: str
    lot: str
    households: int
    miles: Decimal | None
    status: str
    status_label: str
    answered_at: dt.datetime | None
    decline_code: str
    decline_reason: str
    has_full_papers: bool
    may_get_full_papers: bool


@dataclass(frozen=True)
class Progress:
    """The figures of the panel on a published referral."""

    closes_at: dt.datetime | None
    is_open: bool
    is_sealed: bool
    invited: int
    offers: int
    declined: int
    waiting: int
    questions_waiting: int

    @property
    def is_without_offers(self) -> bool:
        """Closed, and nothing stands: the commonest Friday."""
        return not self.is_open and self.offers == 0


#: Invitations by status as a JSON object, offers that stand, questions without an answer.
_COUNTS = """\
SELECT
  (SELECT json_object_agg(i.status, i.number) FROM (SELECT status, count(*) AS number FROM placements_invitation
    WHERE referral_id = %(referral)s GROUP BY status) i),
  (SELECT count(*) FROM placements_offer WHERE referral_id = %(referral)s AND status = ANY (%(standing)s)),
  (SELECT count(*) FROM placements_clarification WHERE referral_id = %(referral)s AND answered_at IS NULL)
"""


def progress_of(referral: Referral, now: dt.datetime) -> Progress:
    """Three counts in one query, whatever the number of invitations."""
    require_context()
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"referral": referral.pk, "standing": [*OFFER_STANDING, "accepted"]})
        invitations, offers, questions = cursor.fetchone()
    statuses: Counter[str] = Counter(invitations or {})
    is_open = referral.is_open_for_offers(now)
    return Progress(
        closes_at=referral.closes_at,
        is_open=is_open,
        is_sealed=referral.is_sealed,
        invited=sum(statuses.values()) - statuses["withdrawn"],
        offers=offers,
        declined=statuses["declined"],
        waiting=statuses["open"] if not (referral.is_sealed and not is_open) else max(statuses["open"] - offers, 0),
        questions_waiting=questions,
    )


def releases_with_offer(referral: Referral) -> set[UUID]:
    """The releases whose provider has an offer standing: these may be shortlisted, and get full papers. Of a sealed
    call-off there are none before it opens."""
    return set(Offer.objects.filter(referral=referral, status__in=OFFER_STANDING).values_list("release_id", flat=True))


def invited_homes(referral: Referral) -> list[Answered]:
    """Every invitation, nearest first, with the reason of a decline."""
    declines = Decline.objects.filter(invitation_id=OuterRef("pk"), withdrawn_at__isnull=True)
    rows: Any = (
        Invitation.objects.filter(referral=referral)
        .select_related("provider__organisation", "establishment", "lot", "release")
        .annotate(
            decline_reason=Subquery(declines.values("reason")[:1]),
            household_count=Count("households"),
        )
        .order_by("miles", "establishment__name")
    )
    shortlistable = releases_with_offer(referral)
    labels = dict(Decline._meta.get_field("reason").flatchoices)
    return [
        Answered(
            invitation_id=row.pk,
            release_id=row.release_id,
            provider_id=row.provider_id,
            establishment_id=row.establishment_id,
            lot_id=row.lot_id,
            provider_name=row.provider.organisation.name,
            home=row.establishment.name,
            lot=row.lot.name,
            households=row.household_count,
            miles=row.miles,
            status=row.status,
            status_label=str(row.get_status_display()),
            answered_at=row.answered_at,
            decline_code=row.decline_reason or "",
            decline_reason=str(labels.get(row.decline_reason, "")),
            has_full_papers=row.release.stage == 2,
            may_get_full_papers=row.release.stage == 1
            and row.release.state != Release.State.CLOSED
            and row.release_id in shortlistable,
        )
        for row in rows
    ]


def clarifications_of(referral: Referral) -> tuple[list[Clarification], list[Clarification]]:
    """(waiting for an answer, answered), oldest first."""
    rows = list(Clarification.objects.filter(referral=referral).select_related("provider__organisation"))
    return [row for row in rows if row.answered_at is None], [row for row in rows if row.answered_at is not None]
