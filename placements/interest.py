"""Saying that an authority looks at homes: whoever knows of a danger there tells it, in an upper storey."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from brokerage.core.audit.record import enqueue
from brokerage.core.tenants.actors import Actor

KIND = "interest_shown"


def show_interest(actor: Actor, homes: Iterable[tuple[UUID, UUID]]) -> None:
    """Queue word of these homes, each (provider, establishment). Part of the act that invites or places."""
    found = sorted({(str(provider), str(home)) for provider, home in homes})
    providers, establishments = sorted({provider for provider, _home in found}), [home for _provider, home in found]
    enqueue(KIND, queue="alerts", actor=actor, payload={"providers": providers, "establishments": establishments})
