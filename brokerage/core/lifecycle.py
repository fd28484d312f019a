"""Lifecycles as data: a table of named moves, each from some states to one.

Only actions move things, and they ask `after` first; this module neither stores nor changes anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import NotNow

Text = str | Promise
Moves = Mapping[str, tuple[tuple[str, ...], str]]


@dataclass(frozen=True, eq=False)
class Lifecycle:
    """The states of one noun. `moves` maps a move's name to (states it may start from, state it leads to).

    `noun` is what people call the thing ("referral"), `labels` what they call each state; both translatable.
    """

    name: str
    initial: str
    moves: Moves
    labels: Mapping[str, Text] = field(default_factory=dict)
    noun: Text = ""

    def __post_init__(self) -> None:
        unlabelled = set(self.states) - set(self.labels) if self.labels else set()
        unknown = set(self.labels) - set(self.states)
        if unlabelled or unknown:
            raise ValueError(f"{self.name}: labels do not match the states: {sorted(unlabelled | unknown)}")

    @cached_property
    def states(self) -> tuple[str, ...]:
        """Every state, the initial one first, then in the order the table names them."""
        found = {self.initial: None}
        for sources, target in self.moves.values():
            found.update(dict.fromkeys(sources))
            found[target] = None
        return tuple(found)

    @cached_property
    def final(self) -> frozenset[str]:
        """The states that nothing leaves."""
        left = {source for sources, _target in self.moves.values() for source in sources}
        return frozenset(self.states) - left

    @cached_property
    def choices(self) -> list[tuple[str, Text]]:
        """(state, label) pairs for a model field."""
        return [(state, self.label(state)) for state in self.states]

    def label(self, state: str) -> Text:
        """What people call `state`."""
        return self.labels.get(state, state.replace("_", " "))

    def allowed(self, state: str) -> tuple[str, ...]:
        """The moves that may be made from `state`, in the table's order."""
        self._require_state(state)
        return tuple(move for move, (sources, _target) in self.moves.items() if state in sources)

    def may(self, state: str, move: str) -> bool:
        """Whether `move` may be made from `state`."""
        return self._require_state(state) in self._move(move)[0]

    def sources(self, move: str) -> tuple[str, ...]:
        """The states that `move` may be made from: with `target`, for moving many rows in one statement."""
        return self._move(move)[0]

    def target(self, move: str) -> str:
        """The state that `move` leads to."""
        return self._move(move)[1]

    def after(self, state: str, move: str) -> str:
        """The state after `move`. Raises NotNow (code `<name>_not_now`) where `state` does not allow it.

        A move or state that the table does not have is a fault in code: ValueError.
        """
        sources, target = self._move(move)
        if self._require_state(state) not in sources:
            raise NotNow(
                f"{self.name}_not_now",
                _("You cannot do this now: the status of this %(noun)s is “%(state)s”.")
                % {"noun": self.noun or self.name.replace("_", " "), "state": self.label(state)},
            )
        return target

    def _move(self, move: str) -> tuple[tuple[str, ...], str]:
        if move not in self.moves:
            raise ValueError(f"{self.name} has no move {move!r}")
        return self.moves[move]

    def _require_state(self, state: str) -> str:
        if state not in self.states:
            raise ValueError(f"{self.name} has no state {state!r}")
        return state
