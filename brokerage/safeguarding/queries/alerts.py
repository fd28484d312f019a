"""What pages read of alerts: those received, those raised, who has answered, and the banner on top of every page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.lookups import IsNull
from django.http import Http404
from django.utils.translation import gettext as _

from brokerage.core.pages.glances import Glance
from brokerage.core.references import normalise_reference
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import OrganisationRequest, address
from brokerage.safeguarding.models import Alert, AlertRecipient, Reason, WelfareCheck
from placements.models import Placement
from placements.states import PLACEMENT_LIVE

#: At most so many banners on one page; the list has them all.
BANNERS = 3


@dataclass(frozen=True)
class Told:
    """One line of an alert's roster: an organisation, why it was told, and what it did."""

    organisation_id: UUID
    organisation_name: str
    kind: str
    reasons: tuple[str, ...]
    people: int
    told_at: dt.datetime
    people_told: int
    e_mails_sent: int
    people_texted: int
    texted_at: dt.datetime | None
    seen_at: dt.datetime | None
    acknowledged_at: dt.datetime | None
    acknowledged_by_name: str
    response: str
    reminded: int
    reminded_at: dt.datetime | None
    #: People who came to live there after it answered a live alert, and whom no plan is for.
    people_without_plan: int

    @property
    def reason_labels(self) -> list[str]:
        return [str(Reason(reason).label) for reason in Reason.values if reason in self.reasons]


def received_alerts(*, unanswered: bool = False) -> QuerySet[AlertRecipient]:
    """The alerts that the organisation acted for was told of, newest first."""
    rows = AlertRecipient.objects.order_by("-told_at", "-id")
    return rows.filter(acknowledged_at__isnull=True, closed_at__isnull=True) if unanswered else rows


def received_alert(reference: str) -> AlertRecipient:
    """One alert as told to the organisation acted for; raises Http404."""
    found = AlertRecipient.objects.filter(reference=reference).first()
    if found is None:
        raise Http404
    return found


def raised_alert(organisation_id: UUID, reference: str) -> Alert | None:
    """The alert itself, for whoever raised it."""
    return Alert.objects.filter(reference=reference, raised_by_id=organisation_id).first()


def people_there(told: AlertRecipient) -> list[Placement]:
    """The organisation's own placements that the alert is about, running or to start."""
    rows = Placement.objects.filter(provider_id=told.provider_id, status__in=PLACEMENT_LIVE)
    if told.establishment_id:
        rows = rows.filter(establishment_id=told.establishment_id)
    if told.household_id:
        rows = rows.filter(household_id=told.household_id)
    rows = rows.select_related("establishment", "household", "referral").defer("referral__answers")
    return list(rows.order_by("planned_start_on", "reference"))


def people_without_plan(told: AlertRecipient) -> list[Placement]:
    """The authority's people there whom none of its plans is for: once it has answered, those who came later."""
    planned = set(WelfareCheck.objects.filter(recipient=told).values_list("placement_id", flat=True))
    return [placement for placement in people_there(told) if placement.pk not in planned]


def is_plan_missing() -> Exists:
    """Whether somebody of the authority's lives there whom no plan is for: `people_without_plan` as a condition on
    alerts received. For authorities alone: nobody else reads placements."""
    planned = WelfareCheck.objects.filter(recipient_id=OuterRef(OuterRef("pk")), placement_id=OuterRef("pk"))
    people = Placement.objects.filter(
        *(
            Q(**{place: OuterRef(place)}) | Q(IsNull(OuterRef(place), True))
            for place in ("establishment_id", "household_id")
        ),
        provider_id=OuterRef("provider_id"),
        status__in=PLACEMENT_LIVE,
    )
    return Exists(people.exclude(Exists(planned)))


def awaiting_plans() -> QuerySet[AlertRecipient]:
    """The live alerts that the authority acted for answered before somebody of its own came there, newest first."""
    answered = AlertRecipient.objects.filter(acknowledged_at__isnull=False, closed_at__isnull=True)
    return answered.filter(is_plan_missing()).order_by("-told_at", "-id")


def roster(reference: str) -> list[Told]:
    """Everybody who was told, those without an answer first; empty for whoever may not see it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM alert_roster(%s)", [reference])
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [Told(**row | {"reasons": tuple(row["reasons"])}) for row in rows]


def roster_for(actor: Actor, reference: str) -> list[Told]:
    """As `roster`; nobody for providers, whose database role may not ask."""
    return roster(reference) if actor.is_authority or actor.is_central else []


@dataclass(frozen=True)
class Checks:
    """How far the welfare checks of one authority are, in numbers of people."""

    organisation_id: UUID
    organisation_name: str
    planned: int
    done: int
    safe: int
    unsafe: int
    late: int
    first_planned_at: dt.datetime

    @property
    def to_do(self) -> int:
        return self.planned - self.done


def collected_checks(reference: str) -> list[Checks]:
    """The welfare checks of every authority, those with somebody not safe first; empty for whoever may not see it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM alert_checks(%s)", [reference])
        names = [column.name for column in cursor.description]
        return [Checks(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


@dataclass(frozen=True)
class Unfinished:
    """What is not done yet about an alert, in numbers of organisations and of people."""

    unanswered: int
    without_plan: int
    to_do: int
    unsafe: int


def unfinished(reference: str) -> Unfinished:
    """For whoever may see who was told; nothing for others."""
    checks, lines = collected_checks(reference), roster(reference)
    return Unfinished(
        unanswered=sum(line.acknowledged_at is None for line in lines),
        without_plan=sum(line.people_without_plan for line in lines),
        to_do=sum(line.to_do for line in checks),
        unsafe=sum(line.unsafe for line in checks),
    )


_UNANSWERED = """\
SELECT ARRAY(
  SELECT reference FROM safeguarding_alertrecipient
  WHERE acknowledged_at IS NULL AND closed_at IS NULL AND reference <> %s ORDER BY told_at DESC, id DESC LIMIT %s
)
"""


def banners(request: OrganisationRequest) -> list[Glance]:
    """The alerts without an answer of the organisation acted for: on every page but those of the alert itself."""
    actor = request.actor
    if not actor.may("alert.view"):
        return []

    def told(references: list[str]) -> list[dict[str, Any]]:
        return [
            {
                "title": _("Safeguarding alert %(reference)s") % {"reference": reference},
                "text": _("Your organisation has not answered it."),
                "url": address(actor, "safeguarding:alert", reference=reference),
            }
            for reference in references
        ]

    return [Glance(_UNANSWERED, [_alert_of_page(request), BANNERS], told)]


def _alert_of_page(request: OrganisationRequest) -> str:
    """The reference of the alert whose page this is, or nothing."""
    match = request.resolver_match
    if match is None or match.app_name != "safeguarding":
        return ""
    return normalise_reference(str(match.kwargs.get("reference", "")))
