"""Residents and incidents through the real actions, for tests."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from django.db.models import F

from brokerage.core.audit import outbox
from brokerage.core.audit.models import OutboxItem
from brokerage.core.clock import database_now, database_today
from brokerage.core.tenants.context import acting, worker
from brokerage.safeguarding.incidents.actions import answers, entries, reports
from brokerage.safeguarding.incidents.actions.reports import IncidentFacts
from brokerage.safeguarding.incidents.models import Incident
from contracts.acceptance import approve
from contracts.models import Agreement
from placements.actions.awards import outstanding
from placements.actions.placements import end_placement, start_placement
from placements.models import Award, Placement
from providers.models import Occupancy
from tests import scenarios
from tests.cast import actor_of, ident

#: A word that only the two parties may read.
CANARY = "Marshwiggle"
HAPPENED = f"Left after a call from {CANARY} and has not been seen since."
#: Which officer places for which authority.
OFFICERS = {"harrow": "oscar", "ealing": "edith"}


def resident(home: str = "birch-house", *, who: str = "oscar") -> Agreement:
    """Somebody who moved into the home today, and their agreement."""
    _story, award = scenarios.awarded(home, who=who)
    if award.status != "confirmed":
        _approved(award)
    with acting(actor_of(who)) as actor:
        agreement = Agreement.objects.get(award_id=award.pk)
        start_placement(
            actor,
            placement_id=agreement.placement_id,
            started_on=database_today(),
            placement_type="K2",
            placement_provider="PR4",
        )
    return agreement


def _approved(award: Award) -> None:
    """Out of Ealing's own area somebody else agrees: here Dora, as if she were a director there."""
    dora = actor_of("dora")
    ealing = replace(actor_of("edith"), user_id=dora.user_id, name=dora.name, permissions=dora.permissions)
    with acting(ealing):
        for kind in outstanding(award):
            approve(ealing, award_id=award.pk, kind=kind, reason="It is the right home.")


def one_place_more(home: str, who: str = "bob") -> None:
    """Room for a resident in a world where the home is full."""
    with acting(actor_of(who)):
        assert Occupancy.objects.filter(establishment_id=ident(home)).update(places=F("places") + 1)


def left(agreement: Agreement, *, who: str = "oscar", days_ago: int = 0) -> None:
    """They left so many days ago."""
    with acting(actor_of(who)) as actor:
        end_placement(actor, placement_id=agreement.placement_id, ended_on=database_today(), end_reason="CARPL")
        if days_ago:
            on = database_today() - dt.timedelta(days=days_ago)
            Placement.objects.filter(pk=agreement.placement_id).update(started_on=on, ended_on=on)


def facts(agreement: Agreement | str, **changes: Any) -> IncidentFacts:
    """A missing episode since an hour ago."""
    said = {
        "agreement": agreement if isinstance(agreement, str) else agreement.reference,
        "kind": "missing",
        "risk": "high",
        "happened_at": database_now() - dt.timedelta(hours=1),
        "what_happened": HAPPENED,
        "last_seen": "At the station, in a red coat.",
        "action_taken": "The police were told and staff are searching.",
        "police_told_at": database_now() - dt.timedelta(minutes=30),
        "police_reference": "CAD-1",
    }
    return IncidentFacts(**{**said, **changes})


def reported(agreement: Agreement, who: str = "bob", **changes: Any) -> Incident:
    """Reported by this person of the provider."""
    with acting(actor_of(who)) as actor:
        return reports.report_incident(actor, facts=facts(agreement, **changes))


def returned(incident: Incident, who: str = "bob", **changes: Any) -> Incident:
    """They are back."""
    said = {"returned_at": database_now(), "returned_how": "Came by bus.", "was_harmed": False}
    with acting(actor_of(who)) as actor:
        return entries.record_return(actor, reference=incident.reference, **{**said, **changes})


def interviewed(incident: Incident, who: str = "olive", outcome: str = "done") -> Incident:
    """The return interview was offered and settled."""
    with acting(actor_of(who)) as actor:
        answers.offer_interview(actor, reference=incident.reference, interview_by="The advocacy service")
        return answers.settle_interview(
            actor, reference=incident.reference, interview_outcome=outcome, interview_on=database_today()
        )


def work(*, even_later: bool = False) -> None:
    """Do what is queued for alerts and events; with `even_later` also what waits for its time. (The queue itself counts
    from the begin of a test's one transaction.)"""
    with worker():
        waiting = OutboxItem.objects.filter(queue__in=("alerts", "events"), done_at__isnull=True)
        waiting = waiting if even_later else waiting.filter(available_at__lte=database_now())
        items = list(waiting.order_by("created_at"))
    assert all(outbox.do(item) for item in items)


def one_of_each(agreement: Agreement) -> dict[str, Incident]:
    """An incident at each turn of its life, by what is to be done next; all of one person, at Harrow and Birch."""
    began = database_now() - dt.timedelta(hours=5)
    told: dict[str, Incident] = {}
    for turn in ("close", "settle", "offer"):
        told[turn] = returned(reported(agreement, happened_at=began, police_told_at=None))
    with acting(actor_of("olive")) as olive:
        answers.offer_interview(olive, reference=told["settle"].reference, interview_by="The advocacy service")
    interviewed(told["close"])
    told["return"] = reported(agreement)
    told["acknowledge"] = reported(agreement, kind="restraint")
    told["follow_up"] = reported(agreement, kind="allegation")
    with acting(actor_of("olive")) as olive:
        answers.acknowledge_incident(olive, reference=told["follow_up"].reference, text="We call you.")
        entries.add_entry(olive, reference=told["return"].reference, text=f"We ring {CANARY}.")
    return told
