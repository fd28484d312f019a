"""A carer household put on hold, retired or approved for other ages while an offer of it is sent, chosen, approved or
signed: one waits for the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest

from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.context import acting
from contracts import acceptance
from contracts.models import Agreement
from placements.actions.offers import submit_offer
from tests import scenarios
from tests.cast import actor_of
from tests.firewall.test_households import CAUSES
from tests.proofs.racing import Act, Watch, interleave, watching, without_locks

HOME = "alder-fostering"


def _submit() -> Act:
    draft = scenarios.drafted_offer(home=HOME)

    def submit() -> object:
        with acting(actor_of("alice")) as alice:
            return submit_offer(alice, offer_id=draft.pk)

    return submit


def _award() -> Act:
    _story, (offer,) = scenarios.chosen(HOME)
    return partial(scenarios.award, offer)


def _approve() -> Act:
    _story, (offer,) = scenarios.chosen(HOME, who="olive")
    waiting = scenarios.award(offer, who=replace(actor_of("olive"), weekly_limit=Decimal(100)))

    def approve() -> object:
        with acting(actor_of("tessa")) as tessa:
            return acceptance.approve(tessa, award_id=waiting.pk, kind="money")

    return approve


def _sign() -> Act:
    _story, award = scenarios.awarded(HOME)
    with acting(actor_of("oscar")):
        Agreement.objects.filter(award_id=award.pk).update(status="awaiting_signatures")
        agreement = Agreement.objects.get(award_id=award.pk)
    return partial(scenarios.sign, agreement, who="sam")


ACTS: dict[str, Callable[[], Act]] = {"offered": _submit, "awarded": _award, "approved": _approve, "signed": _sign}


def as_it_was(watch: Watch) -> None:
    """The household approved for every age, not on hold, with room."""
    watch.ask("UPDATE providers_carerhousehold SET is_on_hold = false, retired_on = NULL, age_min = 0, age_max = 17")
    watch.ask("UPDATE providers_occupancy SET places = taken + 4")


@pytest.mark.parametrize("act", ACTS)
def test_a_household_that_takes_nobody_new_gets_nobody_from_the_commit_on(committed: str, act: str) -> None:
    with watching(committed) as watch:
        for code, stop in CAUSES.items():
            if act == "signed" and code == "household_on_hold":
                continue  # an agency says so too when it is full, with the child that is signed for
            as_it_was(watch)
            begun = interleave(watch, ACTS[act](), stop, 0)
            assert isinstance(begun.done, RuleBroken) and begun.done.code == code, "said before it began"
        as_it_was(watch)
        # At the statement before the last everything has been looked at.
        length = interleave(watch, ACTS[act](), lambda: None, -1).statements
        for at, code in ((length - 1, "household_on_hold"), (length * 2 // 3, "household_retired")):
            as_it_was(watch)
            found = interleave(watch, ACTS[act](), CAUSES[code], at)
            assert found.was_held and found.succeeded and found.other_succeeded, found
            assert not found.other_came_first, f"{code} was committed while it was {act}"


def test_without_the_lock_a_household_on_hold_is_awarded(committed: str) -> None:
    with watching(committed) as watch, without_locks():
        length = interleave(watch, ACTS["awarded"](), lambda: None, -1).statements
        as_it_was(watch)
        found = interleave(watch, ACTS["awarded"](), CAUSES["household_on_hold"], length - 1)
    assert found.other_came_first and found.succeeded
