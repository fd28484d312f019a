"""Two at once: one award and one agreement per referral, one bed for one person. Real transactions, real threads.

Each race has a twin with the locks off, which shows that the race happens and what stands behind the lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, connections
from django.db.models import F

from brokerage.core import locks
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.context import acting
from contracts import acceptance
from contracts.models import Agreement
from placements.actions import award_effects, awards
from placements.models import Award, Offer, Placement
from providers.models import Occupancy
from tests.cast import actor_of, ident
from tests.scenarios import award, chosen

Outcome = Award | Exception


def at_once(*acts: Callable[[], Award]) -> list[Outcome]:
    """Run the acts in threads that start together; what each returned or raised."""
    start = threading.Barrier(len(acts))
    outcomes: list[Outcome | None] = [None] * len(acts)

    def run(number: int, act: Callable[[], Award]) -> None:
        try:
            start.wait(20)
            outcomes[number] = act()
        except Exception as error:
            outcomes[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return [outcome for outcome in outcomes if outcome is not None]


def _kinds(outcomes: Sequence[Outcome]) -> list[str]:
    return sorted(outcome.status if isinstance(outcome, Award) else type(outcome).__name__ for outcome in outcomes)


def _meet(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """Make two threads both pass `module.name` before either goes on: the window of the race, held open."""
    together = threading.Barrier(2)
    real = getattr(module, name)

    def wait() -> None:
        try:
            together.wait(5)
        except threading.BrokenBarrierError:
            pass

    def met(*given: Any, **named: Any) -> Any:
        answer = real(*given, **named)
        wait()
        return answer

    monkeypatch.setattr(module, name, met)


def _without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "hold", lambda **_ids: None)


def test_two_officers_accept_different_offers_at_once(committed: str) -> None:
    _story, offers = chosen()
    outcomes = at_once(*[lambda offer=offer: award(offer, reason="It answers every need of his.") for offer in offers])
    assert _kinds(outcomes) == ["NotNow", "confirmed"]
    with acting(actor_of("oscar")):
        assert Award.objects.count() == Agreement.objects.count() == Placement.objects.count() == 1
        assert sorted(Offer.objects.values_list("status", flat=True)) == ["accepted", "unsuccessful"]
        assert sum(Occupancy.objects.values_list("taken", flat=True)) == 1


def test_the_same_click_eight_times_has_one_effect(committed: str) -> None:
    _story, offers = chosen()
    losers = {offers[1].pk: "Further away."}
    outcomes = at_once(*[lambda: award(offers[0], losers=losers)] * 8)
    assert _kinds(outcomes) == ["NotNow"] * 7 + ["confirmed"]
    with acting(actor_of("oscar")):
        assert Award.objects.count() == Agreement.objects.count() == 1
        assert Occupancy.objects.get(establishment_id=ident("birch-house")).taken == 1


def test_without_the_lock_two_officers_collide_and_the_index_keeps_one(
    committed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _story, offers = chosen()
    _without_locks(monkeypatch)
    _meet(monkeypatch, awards, "require_usable")
    outcomes = at_once(*[lambda offer=offer: award(offer, reason="It answers every need of his.") for offer in offers])
    raced = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert len(raced) == 1 and isinstance(raced[0], IntegrityError), _kinds(outcomes)
    assert "award_live_once" in str(raced[0])
    with acting(actor_of("oscar")):
        assert Award.objects.count() == Agreement.objects.count() == 1


def _two_councils_one_bed() -> tuple[Callable[[], Award], Callable[[], Award]]:
    """Birch Lodge has one bed left. Harrow is about to award it; Ealing's nominated officer is about to approve it."""
    _harrow, (first,) = chosen("birch-lodge", who="oscar")
    _ealing, (second,) = chosen("birch-lodge", who="edith")
    waiting = award(second, who="edith", reason="The only home that answers.")
    assert waiting.needs == ["out_of_area"]
    with acting(actor_of("bob")):
        Occupancy.objects.filter(establishment_id=ident("birch-lodge")).update(taken=1)
    nominated = replace(actor_of("edith"), user_id=ident("ealing nominated"), permissions=actor_of("nora").permissions)

    def approve() -> Award:
        with acting(nominated):
            return acceptance.approve(nominated, award_id=waiting.pk, kind="out_of_area")

    return lambda: award(first), approve


def test_two_councils_want_one_bed(committed: str) -> None:
    outcomes = at_once(*_two_councils_one_bed())
    assert len([each for each in outcomes if isinstance(each, Award)]) == 1, outcomes
    refused = next(each for each in outcomes if isinstance(each, Exception))
    assert isinstance(refused, RuleBroken) and refused.code == "no_place"
    with acting(actor_of("bob")):
        assert Occupancy.objects.get(establishment_id=ident("birch-lodge")).taken == 2
        assert Agreement.objects.count() == 1


def test_without_the_lock_the_counter_still_gives_one_bed_once(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The update's own condition is read again under the row's lock; the check constraint stands behind that."""
    councils = _two_councils_one_bed()
    _without_locks(monkeypatch)
    _meet(monkeypatch, award_effects, "require_held")
    outcomes = at_once(*councils)
    assert len([each for each in outcomes if isinstance(each, Award)]) == 1, outcomes


def test_without_lock_and_look_the_database_gives_one_bed_once(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    councils = _two_councils_one_bed()
    _without_locks(monkeypatch)
    both_have_read = threading.Barrier(2)

    def careless(offer: Offer) -> bool:
        counter = Occupancy.objects.get(establishment_id=offer.establishment_id)
        assert counter.taken < counter.places
        both_have_read.wait(20)
        return True

    monkeypatch.setattr(award_effects, "require_place", careless)
    outcomes = at_once(*councils)
    raced = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert len(raced) == 1 and isinstance(raced[0], RuleBroken) and raced[0].code == "no_place", outcomes
    with acting(actor_of("bob")), pytest.raises(IntegrityError, match="occupancy_not_overfull"):
        Occupancy.objects.filter(establishment_id=ident("birch-lodge")).update(taken=F("taken") + 1)


def test_an_award_and_its_falling_through_at_once(committed: str) -> None:
    """One waits for the other: either way the places taken and the awards that are confirmed agree."""
    _story, offers = chosen()
    made = award(offers[0])

    def undo() -> Award:
        oscar = actor_of("oscar")
        with acting(oscar):
            return acceptance.let_fall_through(oscar, award_id=made.pk, reason="Closed", because_of_provider=False)

    outcomes = at_once(undo, undo)
    assert _kinds(outcomes) == ["NotNow", "fallen_through"]
    with acting(actor_of("oscar")):
        assert Occupancy.objects.get(establishment_id=ident("birch-house")).taken == 0
        assert Award.objects.filter(status="confirmed").count() == 0


def test_approving_and_taking_back_at_once(committed: str) -> None:
    _story, offers = chosen(who="olive")
    waiting = award(offers[0], who="olive")

    def approve() -> Award:
        tessa = actor_of("tessa")
        with acting(tessa):
            return acceptance.approve(tessa, award_id=waiting.pk, kind="money")

    def take_back() -> Award:
        olive = actor_of("olive")
        with acting(olive):
            return awards.take_back_award(olive, award_id=waiting.pk, reason="Thought again")

    outcomes = at_once(approve, take_back)
    assert len([each for each in outcomes if isinstance(each, NotNow)]) == 1, outcomes
    with acting(actor_of("olive")):
        status = Award.objects.get().status
        assert status in ("confirmed", "taken_back")
        assert Agreement.objects.count() == (1 if status == "confirmed" else 0)
