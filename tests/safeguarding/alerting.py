"""Alerts through the real actions, for tests."""

from __future__ import annotations

from typing import Any

from brokerage.core.tenants.context import acting
from brokerage.safeguarding.actions import alerts, answers
from brokerage.safeguarding.actions.alerts import AlertFacts
from brokerage.safeguarding.models import Alert, AlertRecipient
from brokerage.safeguarding.queries.alerts import people_there, received_alert
from tests.cast import actor_of, ident

#: A word that only those may read who are told what happened.
CANARY = "Saltmarsh"
HAPPENED = f"A member of staff was arrested last night after what was seen in {CANARY}."


def facts(**changes: Any) -> AlertFacts:
    """An alert about Birch House, of medium severity."""
    said = {
        "provider_id": ident("birch"),
        "establishment_id": ident("birch-house"),
        "kind": "allegation",
        "severity": "medium",
        "what_happened": HAPPENED,
        "action_taken": "The police and the regulator know.",
        "is_checked": True,
    }
    return AlertFacts(**{**said, **changes})


def raised(who: str = "olive", **changes: Any) -> Alert:
    """Raised by this person of the cast, for their organisation."""
    with acting(actor_of(who)) as actor:
        return alerts.raise_alert(actor, facts=facts(**changes))


def answered(reference: str, who: str = "olive", plan: str = "The social worker visits today.") -> AlertRecipient:
    """The organisation's answer, with a plan for each of its people there."""
    with acting(actor_of(who)) as actor:
        there = people_there(received_alert(reference)) if actor.is_authority else []
        plans = {placement.pk: plan for placement in there}
        return answers.acknowledge_alert(actor, reference=reference, response="We visit today.", plans=plans)
