"""Placements as their authority's pages show them: the list with its weekly cost, one with its deadlines."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum
from django.http import Http404

from brokerage.core.geography import PlacingBand
from brokerage.core.money import NOTHING
from brokerage.core.references import normalise_reference
from brokerage.core.tenants.models import AuthorityProfile
from brokerage.core.working_days import add_working_days
from placements.models import Placement
from placements.states import PLACEMENT_LIVE

#: Working days after an emergency placement within which its host authority is told (Care Planning, Placement and
#: Case Review Regulations 2010, reg. 13; Wales: the 2015 regulations).
HOST_NOTICE_DAYS = 5
IN_AREA: PlacingBand = "in_area"


@dataclass(frozen=True)
class Totals:
    """How many of the filtered placements run or are planned, and their weekly cost in pounds."""

    live: int
    weekly: Decimal


def listed_placements(*, status: str = "", category: str = "", source: str = "", q: str = "") -> QuerySet[Placement]:
    """The authority's placements, newest start first. `q` is part of a home's or provider's name, or a reference."""
    rows = Placement.objects.select_related("establishment", "household", "provider__organisation", "referral")
    wanted = {"status": status, "category": category, "source": source}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    if q.strip():
        text = q.strip()
        rows = rows.filter(
            Q(reference__iexact=normalise_reference(text))
            | Q(establishment__name__icontains=text)
            | Q(provider__organisation__name__icontains=text)
            | Q(provider_name__icontains=text)
        )
    return rows.order_by("-planned_start_on", "id")


def totals_of(rows: QuerySet[Placement]) -> Totals:
    """Over the whole filtered list, not the page shown."""
    found = rows.filter(status__in=PLACEMENT_LIVE).aggregate(live=Count("id"), weekly=Sum("weekly_total"))
    return Totals(live=found["live"], weekly=found["weekly"] or NOTHING)


def placement_of(reference: str) -> Placement:
    """One placement with everything its page shows. Raises Http404."""
    found = (
        Placement.objects.select_related(
            "establishment", "household", "provider__organisation", "referral", "award", "vehicle", "lot", "authority"
        )
        .prefetch_related("agreements")
        .filter(reference=normalise_reference(reference))
        .first()
    )
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True)
class HostNotice:
    """The authority in whose area the home stands, and by when it is told. `due_on` None: nothing is due."""

    name: str
    due_on: dt.date | None
    is_emergency: bool
    notified_on: dt.date | None

    def is_overdue(self, on: dt.date) -> bool:
        return self.notified_on is None and self.due_on is not None and self.due_on < on


def host_notice_of(placement: Placement) -> HostNotice:
    """Due before the placement starts, or within five working days of the start in an emergency. Two queries.

    Nothing is due for a placement that was not made here (neither award nor referral): who was told of it, and when,
    is in the council's older records.
    """
    codes = AuthorityProfile.objects.select_related("organisation")
    host = codes.filter(gss_code=placement.host_gss_code).first()
    own = codes.filter(pk=placement.authority_id).first()
    is_emergency = placement.referral is not None and placement.referral.urgency == "today"
    starts_on = placement.started_on or placement.planned_start_on
    due_on: dt.date | None = None
    is_made_here = placement.award_id is not None or placement.referral_id is not None
    if is_made_here and placement.placing_band not in ("", IN_AREA) and placement.category != "adult_residential":
        nation = own.nation if own is not None else "England"
        due_on = add_working_days(starts_on, HOST_NOTICE_DAYS, nation) if is_emergency else starts_on
    return HostNotice(
        name=host.organisation.name if host else placement.host_gss_code,
        due_on=due_on,
        is_emergency=is_emergency,
        notified_on=placement.host_notified_on,
    )
