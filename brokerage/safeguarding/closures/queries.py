"""What pages read of closures: the list, one of them, its counts by authority, and the banner on top of every page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from brokerage.core.pages.glances import Glance
from brokerage.core.pages.templatetags.pages import day
from brokerage.core.references import normalise_reference
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import address
from brokerage.safeguarding.closures.models import Closure, ClosureReason, ClosureRecipient, ClosureResident
from brokerage.safeguarding.closures.states import CLOSURE_RUNNING, RESIDENT_OPEN
from placements.models import Placement, Referral

#: At most so many banners on one page; the list has them all.
BANNERS = 3


@dataclass(frozen=True)
class Progress:
    """How far one authority is, in numbers of people."""

    organisation_id: UUID
    organisation_name: str
    people: int
    not_started: int
    looking: int
    found: int
    ended: int
    told_at: dt.datetime
    seen_at: dt.datetime | None
    last_change_at: dt.datetime | None
    reminded: int

    @property
    def still_to_move(self) -> int:
        return self.people - self.ended


def listed_closures(*, status: str = "", q: str = "") -> QuerySet[ClosureRecipient]:
    """The closures that the organisation acted for was told of: those that run first, the nearest day first."""
    rows = ClosureRecipient.objects.select_related("closure").annotate(
        is_running=Q(closure__status__in=CLOSURE_RUNNING)
    )
    if status:
        rows = rows.filter(closure__status=status)
    if words := q.strip():
        rows = rows.filter(Q(reference=normalise_reference(words)) | Q(closure__about__icontains=words))
    return rows.order_by("-is_running", "closure__closes_on", "id")


def told_closure(reference: str) -> ClosureRecipient:
    """One closure as the organisation acted for was told of it; raises Http404."""
    found = ClosureRecipient.objects.select_related("closure").filter(reference=normalise_reference(reference)).first()
    if found is None:
        raise Http404
    return found


def closures_about(provider_id: UUID, establishment_id: UUID | None) -> list[Closure]:
    """The closures of this home, or of its whole provider, that the organisation acted for was told of."""
    rows = Closure.objects.filter(provider_id=provider_id)
    if establishment_id is not None:
        rows = rows.filter(Q(establishment_id=establishment_id) | Q(establishment_id__isnull=True))
    return list(rows.order_by("announced_at", "id"))


def residents_of(closure: Closure) -> list[ClosureResident]:
    """The authority's own people there, those still to move first."""
    rows = ClosureResident.objects.filter(closure=closure).order_by("added_at", "placement_reference")
    return sorted(rows, key=lambda resident: resident.status not in RESIDENT_OPEN)


def open_by_closure(closures: Iterable[UUID]) -> dict[UUID, int]:
    """How many of the authority's own people are still to move, by closure. One query."""
    rows = ClosureResident.objects.filter(closure_id__in=list(closures), status__in=RESIDENT_OPEN)
    return dict(rows.order_by().values_list("closure_id").annotate(Count("id")))


def progress(reference: str) -> list[Progress]:
    """Each authority with people there, those with most still to move first; nothing but for a central team that was
    told."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM closure_counts(%s)", [reference])
        names = [column.name for column in cursor.description]
        return [Progress(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def reason_labels(told: ClosureRecipient) -> list[str]:
    """Why the organisation is told, the nearest reason first."""
    return [str(ClosureReason(reason).label) for reason in ClosureReason.values if reason in told.reasons]


@dataclass(frozen=True)
class Options:
    """What may be the next step for one person: our own referrals and placements of theirs since."""

    old: Placement | None
    referrals: list[Referral]
    placements: list[Placement]


def options_for(resident: ClosureResident) -> Options:
    """Referrals and other placements of the same person, the newest first. Three queries."""
    old = Placement.objects.select_related("referral").filter(pk=resident.placement_id).first()
    if old is None:
        return Options(None, [], [])
    referrals = Referral.objects.filter(person_id=old.person_id).exclude(placements=old).defer("answers")
    placements = Placement.objects.filter(person_id=old.person_id).exclude(pk=old.pk).exclude(status="cancelled")
    return Options(
        old,
        list(referrals.order_by("-created_at", "-id")[:10]),
        list(placements.order_by("-planned_start_on", "-id")[:10]),
    )


def may_change(actor: Actor, told: ClosureRecipient) -> bool:
    """Whether the actor may move the day or withdraw it."""
    return actor.may("closure.manage", "closure.report") and bool({"announced", "central"} & set(told.reasons))


#: Almost always nobody waits, and then no closure is looked at.
_CLOSING = """\
SELECT ARRAY(
  SELECT json_build_array(reference, closes_on) FROM closures_closure
  WHERE id = ANY (ARRAY(SELECT DISTINCT closure_id FROM closures_closureresident WHERE status = 'not_started'))
    AND status = ANY (%s)
  ORDER BY closes_on, reference LIMIT %s
)
"""


def closing_banners(actor: Actor) -> list[Glance]:
    """Closures in which nobody looks yet for a home for somebody of ours: on every page."""
    if not (actor.is_authority and actor.may("closure.track")):
        return []

    def told(closures: list[tuple[str, str]]) -> list[dict[str, Any]]:
        return [
            {
                "title": _("A home is closing: %(reference)s") % {"reference": reference},
                "text": _("It closes on %(day)s. Nobody looks yet for a home for somebody of yours there.")
                % {"day": day(dt.date.fromisoformat(closes_on))},
                "url": address(actor, "closures:closure", reference=reference),
                "link": _("Read the closure"),
            }
            for reference, closes_on in closures
        ]

    return [Glance(_CLOSING, [list(CLOSURE_RUNNING), BANNERS], told)]
