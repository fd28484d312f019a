"""A row of a lifecycle with the acts that make its moves, for the matrix of moves (`matrix`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from brokerage.core.lifecycle import Lifecycle
from brokerage.core.tenants.context import acting
from tests.cast import actor_of

CODES = {"placement_type": "K2", "placement_provider": "PR4"}


@dataclass(frozen=True)
class Noun:
    """A row of a lifecycle, and for each move the act that makes it."""

    lifecycle: Lifecycle
    table: str
    pk: UUID
    acts: dict[str, Callable[[], Any]] = field(default_factory=dict)
    #: Acts upon something else from which the move follows: where it is not legal, the row stays as it is, or goes
    #: where another legal move leads.
    effects: dict[str, Callable[[], Any]] = field(default_factory=dict)
    #: States that no row of this one's history can be put in.
    never: tuple[str, ...] = ()
    #: Legal moves (state, move) that this row is in no condition for: something beside its state is missing.
    unfit: frozenset[tuple[str, str]] = frozenset()
    #: Illegal moves that do nothing and say so by no error: what is wanted is so already.
    idle: frozenset[tuple[str, str]] = frozenset()
    #: Where the state is kept.
    column: str = "status"
    #: What a state needs beside it, as assignments; "" is every other state's.
    beside: dict[str, str] = field(default_factory=dict)
    #: Who sees the row in every state.
    reader: str = "oscar"


def act_as(who: str, action: Callable[..., Any], **named: Any) -> Any:
    """The action as this person of the cast."""
    with acting(actor_of(who)) as actor:
        return action(actor, **named)
