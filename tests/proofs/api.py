"""Bad input never gives a 5xx, and no answer is one the document does not know: every operation, every kind of client;
then every form (`forms`).

The cases are shared out evenly over the operations whose scope a kind of client may have; a client without it sends
one of each. What was found is printed as it is found; the same seed plays the same cases. Two twins: operations that
break on what they cannot read, and operations that answer what their document does not know.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from rest_framework.serializers import BaseSerializer

from brokerage.core.api.inputs import Input
from brokerage.core.api.operations import Operation
from brokerage.core.api.scopes import SCOPES
from tests.isolation.api_world import ApiWorld, build_api_world
from tests.proofs.attack import Found, attack, in_process, pairs
from tests.proofs.forms import play_forms
from tests.proofs.own_place import own_place
from tests.proofs.play import TELL_EVERY, Play

#: Which part of the time is the forms'.
FORMS = 0.5
#: Cases in one go: then the world is as it was, and the next operation has its turn.
SERIES = 25
#: A twin's own: operations that are tried at most, and requests of each.
TRIED, REQUESTS = 40, 6
#: Of so many requests of a kind of client one is carried out at least.
ENOUGH = 50
UNREADABLE = "It cannot be read."
UNKNOWN = "never_heard_of"


def prove(play: Play) -> None:
    """Attack until the cases or the time are used up; then the forms."""
    _play_operations(play)
    play_forms(play, share=FORMS)


def _play_operations(play: Play) -> None:
    total = Found()
    by_kind: dict[str, Found] = {}
    attack_of = Attack(play, total, by_kind, play.most or (400 if play.short else 10_000_000))
    with own_place("proof", play.place):
        play.say("Building a world to attack.")
        attack_of.world = build_api_world()
        attack_of.began = time.monotonic()
        with in_process() as told:
            for round_number in play.rounds(1, share=1 - FORMS, sized=True):
                before = total.cases
                attack_of.round(play.seed * 1_000_000 + round_number, told)
                if total.cases in (before, attack_of.cases):
                    break
            _twins(attack_of, told)
    play.outcome.cases += total.cases
    play.outcome.violations += [*total.faults, *total.violations]
    for kind, found in by_kind.items():
        is_heard = found.cases < ENOUGH or any(status < 300 for status in found.statuses)
        play.require(is_heard, f"{kind}: of {found.cases} requests none was carried out: the others prove nothing")
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(found.statuses.items()))
        play.say(
            f"{kind}: {found.cases} cases, {len(found.faults)} faults, {len(found.violations)} violations ({statuses})"
        )


@dataclass
class Attack:
    """The requests of one proof, and what they came to."""

    play: Play
    total: Found
    by_kind: dict[str, Found]
    cases: int
    world: ApiWorld = field(default_factory=ApiWorld)
    #: When there was something to attack, of the clock that only goes on.
    began: float = 0.0

    def round(self, number: int, told: list[str]) -> None:
        """Every operation as every kind of client, once; from the second round on only by those who have the scope."""
        told_at = time.monotonic()
        total, ends = self.total, self.began + self.play.seconds * (1 - FORMS)
        asked = pairs()
        series = SERIES
        if self.play.short:
            # A part of the matrix, another for each seed: one request or two of each.
            self.play.random.shuffle(asked)
            series = 2
        for route, kind in asked:
            if total.cases >= self.cases or time.monotonic() > ends:
                return
            if number % 1_000_000 and kind not in SCOPES[route.operation.scope].kinds:
                continue
            some = min(series, self.cases - total.cases)
            found = attack(self.world, route, kind, cases=some, number=number, told=told)
            for each in [*found.faults, *found.violations][:3]:
                self.play.say(f"\n{each}\n")
            total.add(found)
            self.play.played(found.cases)
            self.by_kind.setdefault(kind, Found()).add(found)
            if time.monotonic() - told_at > TELL_EVERY:
                told_at = time.monotonic()
                wrong = len(total.faults) + len(total.violations)
                done = f"{total.cases} cases, {wrong} wrong; {_share(total.statuses)}; now {route} as {kind}"
                self.play.say(done)


def _twins(attack_of: Attack, told: list[str]) -> None:
    """The same attack upon operations that are broken on purpose."""
    play = attack_of.play
    asked = [(route, kind) for route, kind in pairs() if kind in SCOPES[route.operation.scope].kinds]
    play.random.shuffle(asked)
    taking = [each for each in asked if each[0].operation.body is not None]
    telling = [each for each in asked if each[0].operation.answer is not None]
    for what, broken, tried, word in (
        ("operations that break on what they cannot read", _breaking, taking, f"ValueError: {UNREADABLE}"),
        ("operations that answer what their document does not know", _telling_more, telling, f"'{UNKNOWN}'"),
    ):
        found = Found()
        with broken():
            for route, kind in tried[:TRIED]:
                found.add(attack(attack_of.world, route, kind, cases=REQUESTS, number=play.seed, told=told))
                if any(word in each for each in [*found.faults, *found.violations]):
                    break
        play.twin(what, any(word in each for each in [*found.faults, *found.violations]))


@contextmanager
def _breaking() -> Iterator[None]:
    def is_valid(shape: Input, *, raise_exception: bool = False) -> bool:
        if not BaseSerializer.is_valid(shape):
            raise ValueError(UNREADABLE)
        return True

    with mock.patch.object(Input, "is_valid", is_valid):
        yield


@contextmanager
def _telling_more() -> Iterator[None]:
    real = Operation.respond

    def respond(operation: Operation, request: Any, result: Any) -> Any:
        return real(operation, request, {**result, UNKNOWN: 1} if isinstance(result, dict) else result)

    with mock.patch.object(Operation, "respond", respond):
        yield


def _share(statuses: Counter[int]) -> str:
    sent = sum(statuses.values()) or 1
    good = sum(count for status, count in statuses.items() if status < 400)
    return f"{100 * good // sent} % were carried out"
