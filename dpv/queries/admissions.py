"""What pages read of vehicles, lots and admissions. Row security narrows every query to the region's (a provider's)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from brokerage.core.tenants.actors import Actor
from brokerage.core.vocabulary import KINDS_FOR_CATEGORY
from dpv.ceilings import validity_for
from dpv.models import Admission, Ceiling, Lot, RuleVersion, Suspension, Vehicle
from dpv.queries.rules import rules_of
from dpv.states import ADMISSION, ADMISSION_LIVE
from providers.models import Establishment

#: A lookup on the establishments' page answers at most this many.
FOUND_AT_MOST = 20


def vehicle_by_code(code: str) -> Vehicle:
    """The region's vehicle with that code, or Http404."""
    found = Vehicle.objects.select_related("lead_authority", "region").filter(code=code).first()
    if found is None:
        raise Http404("No such vehicle.")
    return found


def bar_of(admission: Admission) -> Suspension | None:
    """The suspension that became the bar that stands, with who barred: it was closed in the moment of the bar. None of
    what is not barred, or was barred without a suspension, as one person once could."""
    if admission.status != "barred":
        return None
    return Suspension.objects.filter(admission=admission, lifted_at=admission.changed_at).first()


def lot_by_code(vehicle: str, lot: str) -> Lot:
    """The lot with that code on the region's vehicle, or Http404."""
    found = Lot.objects.select_related("vehicle", "region").filter(vehicle__code=vehicle, code=lot).first()
    if found is None:
        raise Http404("No such lot.")
    return found


def admission_by_id(admission_id: UUID) -> Admission:
    """The admission with its lot, vehicle, establishment and provider, or Http404."""
    found = (
        Admission.objects.select_related("vehicle", "lot", "region", "provider__organisation", "establishment")
        .filter(pk=admission_id)
        .first()
    )
    if found is None:
        raise Http404("No such admission.")
    return found


def vehicles_listed() -> QuerySet[Vehicle]:
    """The vehicles by name, each with how many lots it has."""
    return Vehicle.objects.select_related("lead_authority", "region").annotate(lot_count=Count("lots")).order_by("name")


def admitted_counts(vehicles: Iterable[UUID]) -> dict[UUID, int]:
    """Establishments admitted (not suspended) on each vehicle, each counted once."""
    rows = (
        Admission.objects.filter(vehicle_id__in=list(vehicles), status=ADMISSION.initial)
        .order_by()
        .values_list("vehicle_id")
        .annotate(Count("establishment_id", distinct=True))
    )
    return dict(rows)


def counts_by_lot(vehicle_id: UUID) -> dict[UUID, dict[str, int]]:
    """How many admissions each lot has in each status."""
    counts: dict[UUID, dict[str, int]] = {}
    rows = Admission.objects.filter(vehicle_id=vehicle_id).order_by().values_list("lot_id", "status")
    for lot_id, status, count in rows.annotate(Count("pk")):
        counts.setdefault(lot_id, {})[status] = count
    return counts


def admissions_of(lot: Lot, *, status: str = "", tier: str = "", text: str = "") -> QuerySet[Admission]:
    """The lot's admissions by establishment's name; `text` is part of the name, the provider's name or the URN."""
    rows = Admission.objects.filter(lot=lot).select_related("provider", "establishment")
    if status:
        rows = rows.filter(status=status)
    if tier:
        rows = rows.filter(tier=tier)
    if text.strip():
        words = text.strip()
        rows = rows.filter(
            Q(establishment__name__icontains=words)
            | Q(provider__legal_name__icontains=words)
            | Q(establishment__urn__iexact=words)
        )
    return rows.order_by("establishment__name", "pk")


@dataclass(frozen=True)
class CeilingRange:
    """The lowest and highest ceiling in force of an admission, over its age bands, in pounds a week."""

    lowest: Decimal
    highest: Decimal


def ceilings_today(admissions: Iterable[UUID], on: dt.date) -> dict[UUID, CeilingRange]:
    """The range of the ceilings in force on that day, for each admission that has one."""
    in_force = (
        Ceiling.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=on), valid_from__lte=on)
        .filter(admission_id__in=list(admissions))
        .order_by("admission_id", "age_min", "age_max", "-valid_from")
        .distinct("admission_id", "age_min", "age_max")
        .values_list("admission_id", "weekly")
    )
    found: dict[UUID, CeilingRange] = {}
    for admission_id, weekly in in_force:
        before = found.get(admission_id)
        found[admission_id] = CeilingRange(
            min(weekly, before.lowest) if before else weekly, max(weekly, before.highest) if before else weekly
        )
    return found


def other_live_admissions(admission: Admission) -> list[Admission]:
    """The establishment's other admitted places on lots of the same region."""
    rows = Admission.objects.select_related("vehicle", "lot", "provider__organisation")
    return list(
        rows.filter(
            establishment_id=admission.establishment_id, region_id=admission.region_id, status=ADMISSION.initial
        )
        .exclude(pk=admission.pk)
        .order_by("vehicle__code", "lot__code")
    )


def admittable(lot: Lot, text: str) -> list[Establishment]:
    """Establishments of the lot's kind not on it yet whose name, provider or URN matches; at most FOUND_AT_MOST."""
    words = text.strip()
    if not words:
        return []
    on_it = Admission.objects.filter(lot=lot, status__in=ADMISSION_LIVE).values("establishment_id")
    rows = Establishment.objects.select_related("provider").filter(kind__in=KINDS_FOR_CATEGORY[lot.category])
    rows = rows.filter(Q(name__icontains=words) | Q(provider__legal_name__icontains=words) | Q(urn__iexact=words))
    return list(rows.exclude(pk__in=on_it).order_by("name", "pk")[:FOUND_AT_MOST])


def may_see_establishments(actor: Actor) -> bool:
    """Associate members read vehicles and rules; who is admitted is for authorities and central teams."""
    return actor.is_authority or actor.is_central


@dataclass(frozen=True)
class CeilingLine:
    """A ceiling in an admission's history: `state` is in_force, ahead or past; `fixed_until` is by its day's rules."""

    ceiling: Ceiling
    state: str
    fixed_until: dt.date | None


def ceiling_history(admission: Admission, on: dt.date) -> list[CeilingLine]:
    """Every ceiling of the admission, by age band, the newest first."""
    versions = [
        (version.valid_from, rules_of(version))
        for version in RuleVersion.objects.filter(vehicle_id=admission.vehicle_id).order_by("-valid_from")
    ]
    lines = []
    seen: set[tuple[int, int]] = set()
    for row in Ceiling.objects.filter(admission=admission).order_by("age_min", "age_max", "-valid_from"):
        band = (row.age_min, row.age_max)
        if row.valid_from > on:
            state = "ahead"
        elif band in seen or (row.valid_to is not None and row.valid_to < on):
            state = "past"
        else:
            state = "in_force"
        if row.valid_from <= on:
            seen.add(band)
        rules = next((rules for first_on, rules in versions if first_on <= row.valid_from), None)
        lines.append(CeilingLine(row, state, validity_for(row.valid_from, rules).last_on if rules else None))
    return lines
