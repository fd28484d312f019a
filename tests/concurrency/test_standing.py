"""A registration or an insurance that ends while somebody offers or is awarded: one waits for the other."""

from __future__ import annotations

import pytest

from brokerage.core.errors import RuleBroken
from tests.proofs.racing import interleave, watching, without_locks
from tests.proofs.standing import ACTS, Place
from tests.proofs.stops import STOPS, as_it_was

ENDS = ("registration suspended", "insurance ended")


@pytest.mark.parametrize("stop", ENDS)
@pytest.mark.parametrize("act", ["published", "offer revised", "awarded"])
def test_who_is_no_longer_registered_or_insured_gets_nothing_from_the_commit_on(
    committed: str, act: str, stop: str
) -> None:
    place = Place()
    with watching(committed) as watch:
        begun = interleave(watch, ACTS[act](place), STOPS[stop], 0)
        assert isinstance(begun.done, RuleBroken), "ended before it began"
        as_it_was(watch)
        # At the statement before the last everything has been looked at.
        length = interleave(watch, ACTS[act](place), lambda: None, -1).statements
        for at in (length * 2 // 3, length - 1):
            as_it_was(watch)
            found = interleave(watch, ACTS[act](place), STOPS[stop], at)
            assert found.was_held and found.succeeded and found.other_succeeded, found
            assert not found.other_came_first, f"{stop} was committed while it was {act}"


def test_without_the_lock_the_home_is_awarded_uninsured(committed: str) -> None:
    with watching(committed) as watch, without_locks():
        length = interleave(watch, ACTS["awarded"](Place()), lambda: None, -1).statements
        as_it_was(watch)
        found = interleave(watch, ACTS["awarded"](Place()), STOPS["insurance ended"], length - 1)
    assert found.other_came_first and found.succeeded
