"""Where a home stands in things the upper storeys know of (lots, suspensions, alerts): they register how to tell it.

Providers know nothing of vehicles; their pages still show which lots a home is on. A warning is shown wherever a home
is chosen too.
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
    reference: str = ""
    #: Of an agency: only about this carer household.
    household_id: UUID | None = None


#: For these establishments, what the actor may know; one query, however many homes.
Teller = Callable[[Actor, Collection[UUID]], Mapping[UUID, Sequence[Standing]]]
_tellers: list[Teller] = []
_warners: list[Teller] = []


def tells_standing(teller: Teller) -> Teller:
    """Register a function that tells how homes stand."""
    _tellers.append(teller)
    return teller


def tells_warnings(warner: Teller) -> Teller:
    """Register a function that tells what whoever chooses a home should know first."""
    _warners.append(warner)
    return warner


def warnings_of(actor: Actor, establishment_ids: Collection[UUID]) -> dict[UUID, list[Standing]]:
    """What whoever chooses one of these homes should know first: only of those of which there is something."""
    found: dict[UUID, list[Standing]] = {}
    for warner in _warners:
        for pk, lines in warner(actor, establishment_ids).items():
            found.setdefault(pk, []).extend(lines)
    return found


def warnings_about(
    found: Mapping[UUID, Sequence[Standing]], establishment_id: UUID, household_id: UUID | None
) -> list[Standing]:
    """Those of one home of an answer of `warnings_of`; of an agency's household without those about another one."""
    lines = found.get(establishment_id, ())
    return [line for line in lines if household_id is None or line.household_id in (None, household_id)]


def warnings_at(actor: Actor, establishment_id: UUID | None, household_id: UUID | None = None) -> list[Standing]:
    """What whoever decides about this one home should know first."""
    if establishment_id is None:
        return []
    return warnings_about(warnings_of(actor, [establishment_id]), establishment_id, household_id)


def standings_of(actor: Actor, establishment_ids: Collection[UUID]) -> dict[UUID, list[Standing]]:
    """Everything that is told about each home, in the order of registration, warnings last."""
    found: dict[UUID, list[Standing]] = {pk: [] for pk in establishment_ids}
    if found:
        for teller in (*_tellers, *_warners):
            for pk, lines in teller(actor, establishment_ids).items():
                found[pk].extend(lines)
    return found
