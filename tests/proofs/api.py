"""Bad input never gives a 5xx, and no answer is one the document does not know: every operation, every kind of client.

The cases are shared out evenly over the operations whose scope a kind of client may have; a client without it sends
three of each. What was found is printed as it is found; the same seed plays the same cases.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

from brokerage.core.api.scopes import SCOPES
from tests.isolation.api_world import ApiWorld, build_api_world
from tests.proofs.attack import Found, attack, in_process, pairs
from tests.proofs.places import own_place

#: Cases in one go: then the world is as it was, and the next operation has its turn.
SERIES = 25
#: Seconds between lines of progress.
TELL_EVERY = 20


def prove_api(place: Path, cases: int, seed: int) -> Found:
    """Attack until `cases` requests were sent."""
    total = Found()
    by_kind: dict[str, Found] = {}
    with own_place("proof", place):
        _say("Building a world to attack.")
        world = build_api_world()
        round_number = 0
        with in_process() as told:
            while total.cases < cases:
                before = total.cases
                _round(world, total, by_kind, cases, seed * 1_000_000 + round_number, told)
                round_number += 1
                if total.cases == before:
                    break
    for kind, found in by_kind.items():
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(found.statuses.items()))
        _say(
            f"{kind}: {found.cases} cases, {len(found.faults)} faults, {len(found.violations)} violations ({statuses})"
        )
    return total


def _round(world: ApiWorld, total: Found, by_kind: dict[str, Found], cases: int, number: int, told: list[str]) -> None:
    """Every operation as every kind of client, once; from the second round on only by those who have the scope."""
    told_at = time.monotonic()
    for route, kind in pairs():
        if total.cases >= cases:
            return
        if number % 1_000_000 and kind not in SCOPES[route.operation.scope].kinds:
            continue
        found = attack(world, route, kind, cases=min(SERIES, cases - total.cases), number=number, told=told)
        for each in [*found.faults, *found.violations][:3]:
            _say(f"\n{each}\n")
        total.add(found)
        by_kind.setdefault(kind, Found()).add(found)
        if time.monotonic() - told_at > TELL_EVERY:
            told_at = time.monotonic()
            wrong = len(total.faults) + len(total.violations)
            _say(f"{total.cases} of {cases} cases, {wrong} wrong; {_share(total.statuses)}; now {route} as {kind}")


def _share(statuses: Counter[int]) -> str:
    sent = sum(statuses.values()) or 1
    good = sum(count for status, count in statuses.items() if status < 400)
    return f"{100 * good // sent} % were carried out"


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()
