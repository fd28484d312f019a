"""What pages and the API read of incidents: a provider's residents, the list, one with its entries, a placement's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.references import normalise_reference
from brokerage.safeguarding.incidents.models import EPISODES, Incident, IncidentEntry
from brokerage.safeguarding.incidents.states import ENDED
from providers.models import CarerHousehold, Establishment

#: So many episodes begun within so many days are called repeated.
REPEATED, REPEATED_DAYS = 3, 90
WITHDRAWN = "withdrawn"

#: What a list can be narrowed to.
STATES: dict[str, tuple[Q, str | Promise]] = {
    "open": (~Q(status__in=ENDED), _("Open")),
    "missing": (Q(status="missing"), _("Missing now")),
    "unacknowledged": (Q(acknowledged_at__isnull=True, status__in=("missing", "reported")), _("Not acknowledged")),
    "interview": (
        Q(needs_interview=True, status__in=("returned", "interview_offered")),
        _("Return interview to do"),
    ),
    "follow_up": (Q(status="follow_up"), _("Follow-up required")),
    "closed": (Q(status__in=ENDED), _("Closed")),
}


@dataclass(frozen=True)
class Resident:
    """Somebody who lives with the provider, or left lately: known by the agreement alone, or by letters for the stay
    where there is none."""

    agreement_id: UUID | None
    agreement_reference: str
    authority_id: UUID
    authority_name: str
    authority_slug: str
    placement_id: UUID
    establishment_id: UUID | None
    household_id: UUID | None
    is_adult: bool
    started_on: dt.date | None
    ended_on: dt.date | None
    home: str = ""


def residents() -> list[Resident]:
    """The residents whom the provider acted for may report on, by home. Three queries."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM incident_residents()")
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    homes = dict(Establishment.objects.filter(pk__in=_ids(rows, "establishment_id")).values_list("pk", "name"))
    codes = dict(CarerHousehold.objects.filter(pk__in=_ids(rows, "household_id")).values_list("pk", "code"))
    found = [
        Resident(
            **row, home=", ".join(filter(None, (homes.get(row["establishment_id"]), codes.get(row["household_id"]))))
        )
        for row in rows
    ]
    return sorted(found, key=lambda each: (each.home, each.agreement_reference))


def _ids(rows: Iterable[dict[str, UUID | None]], name: str) -> set[UUID]:
    return {value for row in rows if (value := row[name]) is not None}


def resident_of(agreement: str) -> Resident:
    """The resident of that agreement or stay; raises Http404 where the provider has none."""
    wanted = normalise_reference(agreement)
    for each in residents():
        if each.agreement_reference == wanted:
            return each
    raise Http404


def all_incidents() -> QuerySet[Incident]:
    """Those of the organisation acted for, with what a line of a list shows."""
    return Incident.objects.select_related("establishment", "household", "authority", "provider__organisation")


def listed_incidents(
    *,
    kind: str = "",
    state: str = "",
    home: str = "",
    q: str = "",
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> QuerySet[Incident]:
    """Those that wait first (missing now, then not acknowledged), then the newest."""
    rows = all_incidents().annotate(is_missing=Q(status="missing"), is_new=STATES["unacknowledged"][0])
    if kind == "episodes":
        rows = rows.filter(kind__in=EPISODES)
    elif kind:
        rows = rows.filter(kind=kind)
    if state in STATES:
        rows = rows.filter(STATES[state][0])
    if home:
        rows = rows.filter(establishment_id=home)
    if since:
        rows = rows.filter(happened_at__gte=_morning(since))
    if until:
        rows = rows.filter(happened_at__lt=morning_after(until))
    if words := q.strip():
        reference = normalise_reference(words)
        rows = rows.filter(
            Q(reference=reference) | Q(agreement_reference=reference) | Q(establishment__name__icontains=words)
        )
    return rows.order_by("-is_missing", "-is_new", "-happened_at", "-id")


def homes_with_incidents() -> list[tuple[str, str]]:
    """The homes that the organisation's incidents happened at, for a filter."""
    rows = Incident.objects.filter(establishment__isnull=False).order_by("establishment__name", "establishment_id")
    found = rows.values_list("establishment_id", "establishment__name").distinct()
    return [(str(key), name) for key, name in found]


def incident_of(reference: str) -> Incident:
    """One of the organisation's; raises Http404."""
    found = all_incidents().filter(reference=normalise_reference(reference)).first()
    if found is None:
        raise Http404
    return found


def entries_of(incident: Incident) -> QuerySet[IncidentEntry]:
    """What was added, in order, as this side may read it."""
    return IncidentEntry.objects.filter(incident=incident).order_by("at", "id")


def nights_missing(incident: Incident, now: dt.datetime) -> int:
    """How many nights the episode has lasted: midnights between its begin and the return, or now."""
    end = incident.returned_at or now
    return max((timezone.localdate(end) - timezone.localdate(incident.happened_at)).days, 0)


@dataclass(frozen=True)
class OfPlacement:
    """A placement's incidents, and what its missing episodes add up to."""

    incidents: list[Incident]
    episodes: int
    nights: int
    is_missing_now: bool
    is_repeated: bool


def incidents_of_placement(placement_id: UUID, now: dt.datetime) -> OfPlacement:
    """Everything reported of one placement, newest first. Those reported by mistake count for nothing. One query."""
    rows = list(Incident.objects.filter(placement_id=placement_id).order_by("-happened_at", "-id"))
    episodes = [row for row in rows if row.is_episode and row.status != WITHDRAWN]
    lately = now - dt.timedelta(days=REPEATED_DAYS)
    return OfPlacement(
        incidents=rows,
        episodes=len(episodes),
        nights=sum(nights_missing(row, now) for row in episodes),
        is_missing_now=any(row.status == "missing" for row in episodes),
        is_repeated=sum(row.happened_at >= lately for row in episodes) >= REPEATED,
    )


def morning_after(day: dt.date) -> dt.datetime:
    """When the day is over. Of the last day that there is, its begin."""
    return _morning(day + dt.timedelta(days=1) if day < dt.date.max else day)


def _morning(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
