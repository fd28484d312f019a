"""The demo's missing episodes and notifiable events, reported, answered and closed through the real actions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from brokerage.core.accounts.models import User
from brokerage.core.clock import database_now, database_today
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting, loader
from brokerage.core.tenants.directory import actor_for
from brokerage.core.tenants.models import Membership
from brokerage.core.tenants.permissions import Role, permissions_of
from brokerage.core.vocabulary import Category
from brokerage.safeguarding.incidents.actions.answers import (
    acknowledge_incident,
    close_incident,
    offer_interview,
    settle_interview,
)
from brokerage.safeguarding.incidents.actions.entries import add_entry, record_return
from brokerage.safeguarding.incidents.actions.reports import IncidentFacts, report_incident
from brokerage.safeguarding.incidents.models import Incident
from contracts.models import Agreement
from placements.models import Placement

AUTHORITY = "harrow"
#: How long the residents of these stories are said to have lived there.
LIVED_THERE = dt.timedelta(days=60)


@dataclass(frozen=True)
class Tale:
    """One report: what and how long ago, what is said, and what becomes of it."""

    kind: str
    risk: str
    ago: dt.timedelta
    what_happened: str
    action_taken: str
    then: Callable[[Actor, Actor, Incident], None] | None = None
    last_seen: str = ""
    police_reference: str = ""


def load_incidents() -> str:
    """Report those that are not there, of the residents of one council; a run that was stopped goes on."""
    agreements = _residents()
    if not agreements:
        return "nobody has moved in"
    officer = _officer()
    reported = 0
    for number, tale in enumerate(TALES):
        agreement = agreements[number % len(agreements)]
        with transaction.atomic():
            reported += _tell(tale, agreement, officer)
    return f"{reported} reported"


def _tell(tale: Tale, agreement: Agreement, officer: Actor) -> int:
    """1 when reported now, with what became of it; 0 when it was there."""
    reporter = _reporter(agreement)
    with acting(reporter):
        if Incident.objects.filter(what_happened=tale.what_happened).exists():
            return 0
        happened_at = database_now() - tale.ago
        incident = report_incident(
            reporter,
            facts=IncidentFacts(
                agreement=agreement.reference,
                kind=tale.kind,
                risk=tale.risk,
                happened_at=happened_at,
                what_happened=tale.what_happened,
                action_taken=tale.action_taken,
                last_seen=tale.last_seen,
                police_reference=tale.police_reference,
                police_told_at=happened_at + dt.timedelta(minutes=40) if tale.police_reference else None,
            ),
        )
    if tale.then is not None:
        tale.then(reporter, officer, incident)
    return 1


def _residents() -> list[Agreement]:
    """The council's agreements about somebody who has moved in, who are said to have done so some weeks ago."""
    since = database_today() - LIVED_THERE
    with loader():
        found = list(
            Agreement.objects.filter(authority__slug=AUTHORITY, placement__status="active", status="sealed")
            .exclude(placement__category=Category.ADULT_RESIDENTIAL)
            .select_related("provider__organisation")
            .order_by("reference")
        )
        for agreement in found:
            Placement.objects.filter(pk=agreement.placement_id, started_on__gt=since).update(
                started_on=since, planned_start_on=since
            )
    return found


def _officer() -> Actor:
    with loader():
        user = User.objects.get(email="sorcha@harrow.example")
    actor = actor_for(user, AUTHORITY)
    assert actor is not None
    return actor


def _reporter(agreement: Agreement) -> Actor:
    """The provider's home manager; for a provider without people, one without a name."""
    organisation = agreement.provider.organisation
    with loader():
        members = Membership.objects.filter(
            organisation=organisation, roles__contains=[Role.HOME_MANAGER], is_active=True
        )
        user = User.objects.filter(pk__in=members.order_by("user__email").values_list("user_id", flat=True)[:1]).first()
    actor = None if user is None else actor_for(user, organisation.slug)
    return actor or Actor(
        user_id=None,
        name=f"Duty manager, {organisation.name}"[:120],
        organisation_id=organisation.pk,
        organisation_name=organisation.name,
        kind=organisation.kind,
        slug=organisation.slug,
        permissions=permissions_of([Role.HOME_MANAGER]),
        roles=(Role.HOME_MANAGER.value,),
    )


def _searched_for(reporter: Actor, officer: Actor, incident: Incident) -> None:
    with acting(officer):
        acknowledge_incident(
            officer, reference=incident.reference, text="The duty social worker speaks with the police."
        )
    with acting(reporter):
        add_entry(
            reporter, reference=incident.reference, text="A friend says that they spoke on the phone an hour ago."
        )


def _back(reporter: Actor, officer: Actor, incident: Incident) -> None:
    with acting(officer):
        acknowledge_incident(officer, reference=incident.reference)
    with acting(reporter):
        record_return(
            reporter,
            reference=incident.reference,
            returned_at=incident.happened_at + dt.timedelta(hours=20),
            returned_how="Came back alone by bus, hungry and tired.",
            was_harmed=False,
        )


def _over(reporter: Actor, officer: Actor, incident: Incident) -> None:
    _back(reporter, officer, incident)
    with acting(officer):
        reference = incident.reference
        offer_interview(officer, reference=reference, interview_by="The council’s return interview service")
        on = timezone.localdate(incident.happened_at) + dt.timedelta(days=2)
        settle_interview(officer, reference=reference, interview_outcome="done", interview_on=on)
        close_incident(officer, reference=reference, outcome="A plan for evenings was agreed with the home.")


def _read(reporter: Actor, officer: Actor, incident: Incident) -> None:
    with acting(officer):
        acknowledge_incident(officer, reference=incident.reference, text="We read the record on Monday’s visit.")


TALES = (
    Tale(
        "missing",
        "medium",
        dt.timedelta(days=40),
        "Did not come home after school and did not answer the phone.",
        "Staff drove round the usual places. The police were told.",
        _over,
        last_seen="At the school gate, in uniform.",
        police_reference="CAD 2291",
    ),
    Tale(
        "missing",
        "high",
        dt.timedelta(days=6),
        "Left by the back door during the night; the bed was found empty in the morning.",
        "The police were told and a missing person’s form was sent.",
        _back,
        last_seen="In the bedroom at midnight. A grey hooded top is gone.",
        police_reference="CAD 0417",
    ),
    Tale(
        "restraint",
        "low",
        dt.timedelta(days=2),
        "Held for two minutes by two trained adults to stop a fight.",
        "A nurse looked for injuries and found none. The record is written.",
        _read,
    ),
    Tale(
        "missing",
        "high",
        dt.timedelta(hours=5),
        "Went out for a walk this morning and did not come back at the time agreed.",
        "Two adults are searching. The police were told.",
        _searched_for,
        last_seen="At the corner shop, in a blue coat and white trainers.",
        police_reference="CAD 1180",
    ),
    Tale(
        "allegation",
        "medium",
        dt.timedelta(hours=3),
        "Says that a member of staff swore and pushed a door shut on their arm.",
        "The member of staff has been sent home. A doctor was asked to look at the arm.",
    ),
)
