"""Measures through the real actions, for tests. Carol proposes and Mark decides, unless said otherwise."""

from __future__ import annotations

import datetime as dt
from typing import Any

from brokerage.core.tenants.context import acting
from dpv.actions import measures
from dpv.actions.measures import MeasureFacts
from dpv.models import Measure
from tests.cast import TODAY, actor_of, ident

#: A word that only the region may read.
CANARY = "Quernstone"
REASON = f"Two visits in {CANARY} found nobody awake at night."
SOON = TODAY + dt.timedelta(days=30)
#: What each level covers, around Birch House.
LEVELS: dict[str, dict[str, Any]] = {
    "provider": {},
    "establishment": {"establishment_id": ident("birch-house")},
    "lot": {"establishment_id": ident("birch-house"), "lot_id": ident("lot T-RES")},
}


def facts(**changes: Any) -> MeasureFacts:
    """A suspension of Birch."""
    said = {
        "kind": "suspend",
        "provider_id": ident("birch"),
        "reason": REASON,
        "told_provider": "We found too few staff at night.",
        "conditions": "A rota with two awake at night, seen by us.",
        "review_on": SOON,
    }
    return MeasureFacts(**{**said, **changes})


def proposed(who: str = "carol", **changes: Any) -> Measure:
    with acting(actor_of(who)) as actor:
        return measures.propose_measure(actor, facts=facts(**changes))


def in_force(who: str = "carol", then: str = "mark", **changes: Any) -> Measure:
    made = proposed(who, **changes)
    with acting(actor_of(then)) as actor:
        return measures.confirm_measure(actor, reference=made.reference)


def lifted(made: Measure, who: str = "mark", then: str = "carol") -> Measure:
    with acting(actor_of(who)) as actor:
        measures.propose_lift(actor, reference=made.reference, note="The rota was seen.", lift_conditions="Visits.")
    with acting(actor_of(then)) as actor:
        return measures.lift_measure(actor, reference=made.reference)
