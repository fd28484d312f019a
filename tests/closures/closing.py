"""Closures through the real actions, for tests."""

from __future__ import annotations

import datetime as dt
from typing import Any

from brokerage.core.tenants.context import acting
from brokerage.safeguarding.closures.actions.announcing import ClosureFacts, announce_closure
from brokerage.safeguarding.closures.actions.residents import record_next_home
from brokerage.safeguarding.closures.models import Closure, ClosureResident
from tests.cast import TODAY, actor_of, ident

IN_A_MONTH = TODAY + dt.timedelta(days=30)


def facts(**changes: Any) -> ClosureFacts:
    """Birch House closes in a month."""
    said = {
        "provider_id": ident("birch"),
        "establishment_id": ident("birch-house"),
        "why": "money",
        "closes_on": IN_A_MONTH,
        "notice_on": TODAY,
        "explanation": "The lease ends.",
    }
    return ClosureFacts(**{**said, **changes})


def announced(who: str = "carol", **changes: Any) -> Closure:
    """Announced by this person of the cast, for their organisation."""
    with acting(actor_of(who)) as actor:
        return announce_closure(actor, facts=facts(**changes))


def resident(who: str = "olive") -> ClosureResident:
    """The first row of the organisation's own people."""
    with acting(actor_of(who)):
        found = ClosureResident.objects.select_related("closure").first()
    assert found is not None
    return found


def recorded(row: ClosureResident, status: str, who: str = "olive", **said: Any) -> ClosureResident:
    """How far the search for this person's next home is."""
    with acting(actor_of(who)) as actor:
        return record_next_home(actor, resident_id=row.pk, status=status, **said)
