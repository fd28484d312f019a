"""Where a home stands in things the upper storeys know of (lots, suspensions): they register how to tell it.

Providers know nothing of vehicles; their pages still show which lots a home is on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise

from brokerage.core.tenants.actors import Actor


@dataclass(frozen=True)
class Standing:
    """One line about a home: what, in which state, and the page about it ("" if there is none)."""

    text: str
    state: str
    state_label: str | Promise
    url: str = ""


#: For these establishments, what the actor may know; one query, however many homes.
Teller = Callable[[Actor, Collection[UUID]], Mapping[UUID, Sequence[Standing]]]
_tellers: list[Teller] = []


def tells_standing(teller: Teller) -> Teller:
    """Register a function that tells how homes stand."""
    _tellers.append(teller)
    return teller


def standings_of(actor: Actor, establishment_ids: Collection[UUID]) -> dict[UUID, list[Standing]]:
    """Everything that is told about each home, in the order of registration."""
    found: dict[UUID, list[Standing]] = {pk: [] for pk in establishment_ids}
    if found:
        for teller in _tellers:
            for pk, lines in teller(actor, establishment_ids).items():
                found[pk].extend(lines)
    return found
