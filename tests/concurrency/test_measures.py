"""A measure comes into force while somebody invites, offers, chooses or signs under what it covers: whoever was first
is finished before it holds, and after its commit nothing new is made. Real transactions, real threads.

Each has a twin with the locks off, which shows the race: something made after the measure held.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connections

from brokerage.core import locks
from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.context import acting
from contracts.actions import agreements
from contracts.models import Agreement, Signature
from dpv.actions import measures
from dpv.models import Measure
from placements.actions import awards, offers, publishing
from placements.models import Award, Invitation, Offer
from tests import scenarios
from tests.cast import actor_of, ident
from tests.dpv.measuring import proposed

#: Seconds in which an act that waits for nobody is long done.
SOON = 1.5


@dataclass
class Running:
    """An act in its own thread, and what came of it."""

    act: Callable[[], Any]
    outcome: Any = None
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.outcome = self.act()
        except Exception as error:
            self.outcome = error
        finally:
            connections.close_all()

    def is_done(self, seconds: float) -> bool:
        self.thread.join(seconds)
        return not self.thread.is_alive()


@dataclass
class Pause:
    """Holds whoever has passed a check until told to go on."""

    reached: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    def put(self, monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
        """Hold after `module.name`."""
        real = getattr(module, name)

        def held(*given: Any, **named: Any) -> Any:
            answer = real(*given, **named)
            self.reached.set()
            assert self.go.wait(30)
            return answer

        monkeypatch.setattr(module, name, held)


@dataclass
class Story:
    """An act under Birch House, where it checks whether that may be used, and how often it has been done."""

    act: Callable[[], Any]
    module: Any
    check: str
    count: Callable[[], int]
    #: The code when it comes too late.
    code: str


def _publishing() -> Story:
    draft = scenarios.draft_referral("olive")

    def act() -> Any:
        with acting(actor_of("olive")) as olive:
            return publishing.publish_referral(
                olive,
                reference=draft.reference,
                lot_ids=[ident("lot T-RES")],
                chosen=[str(ident("admission birch-house"))],
                left_out_reason="Full.",
            )

    return Story(act, publishing, "candidates", lambda: _counted("olive", Invitation), "not_eligible")


def _offering() -> Story:
    draft = scenarios.drafted_offer(story=scenarios.invited("birch-house"))

    def act() -> Any:
        with acting(actor_of("bob")) as bob:
            return offers.submit_offer(bob, offer_id=draft.pk)

    def count() -> int:
        with acting(actor_of("bob")):
            return Offer.objects.filter(status="submitted").count()

    return Story(act, offers, "require_eligible", count, "measure_suspended")


def _choosing() -> Story:
    _story, (offer,) = scenarios.chosen("birch-house")
    return Story(
        lambda: scenarios.award(offer),
        awards,
        "require_usable",
        lambda: _counted("oscar", Award),
        "measure_suspended",
    )


def _signing() -> Story:
    _story, made = scenarios.awarded("birch-house")
    with acting(actor_of("oscar")):
        Agreement.objects.filter(award_id=made.pk).update(status="awaiting_signatures")
        agreement = Agreement.objects.get(award_id=made.pk)
    return Story(
        lambda: scenarios.sign(agreement, who="bob"),
        agreements,
        "_require_home",
        lambda: _counted("oscar", Signature),
        "measure_suspended",
    )


def _counted(who: str, model: Any) -> int:
    with acting(actor_of(who)):
        return int(model.objects.count())


each_act = pytest.mark.parametrize("story", [_publishing, _offering, _choosing, _signing])


def _confirm(reference: str) -> Callable[[], Measure]:
    def act() -> Measure:
        with acting(actor_of("mark")) as mark:
            return measures.confirm_measure(mark, reference=reference)

    return act


@each_act
def test_whoever_has_looked_finishes_before_it_holds(
    committed: str, monkeypatch: pytest.MonkeyPatch, story: Callable[[], Story]
) -> None:
    told, measure, pause = story(), proposed(), Pause()
    pause.put(monkeypatch, told.module, told.check)
    acting_now = Running(told.act)
    assert pause.reached.wait(30), acting_now.outcome
    confirming = Running(_confirm(measure.reference))
    assert not confirming.is_done(SOON), "it waits for what is under way"
    pause.go.set()
    assert acting_now.is_done(30) and confirming.is_done(30)
    assert not isinstance(acting_now.outcome, Exception), acting_now.outcome
    assert confirming.outcome.status == "in_force"
    assert told.count() == 1
    with acting(actor_of("carol")):
        assert Measure.objects.get().in_force_at is not None


@each_act
def test_whoever_comes_while_it_is_put_in_force_waits_and_is_refused(
    committed: str, monkeypatch: pytest.MonkeyPatch, story: Callable[[], Story]
) -> None:
    told, measure, pause = story(), proposed(), Pause()
    pause.put(monkeypatch, measures, "_came_into_force")
    confirming = Running(_confirm(measure.reference))
    assert pause.reached.wait(30), confirming.outcome
    late = Running(told.act)
    assert not late.is_done(SOON), "it waits for the measure"
    pause.go.set()
    assert confirming.is_done(30) and late.is_done(30)
    assert isinstance(late.outcome, RuleBroken) and late.outcome.code == told.code, late.outcome
    assert told.count() == 0


@each_act
def test_without_the_locks_something_is_made_after_it_holds(
    committed: str, monkeypatch: pytest.MonkeyPatch, story: Callable[[], Story]
) -> None:
    told, measure, pause = story(), proposed(), Pause()
    monkeypatch.setattr(locks, "hold", lambda **_ids: None)
    pause.put(monkeypatch, told.module, told.check)
    acting_now = Running(told.act)
    assert pause.reached.wait(30), acting_now.outcome
    confirming = Running(_confirm(measure.reference))
    assert confirming.is_done(30) and confirming.outcome.status == "in_force"
    assert told.count() == 0, "nothing was made yet"
    pause.go.set()
    assert acting_now.is_done(30)
    assert told.count() == 1, "made under a measure that holds: what the locks prevent"


def test_a_home_admitted_at_that_moment_is_covered(committed: str) -> None:
    """Admitting and the measure wait for each other by the provider's lock: either way the new place is stopped."""
    from decimal import Decimal

    from dpv.actions.admissions import admit_establishment, end_admission
    from dpv.actions.ceilings import NewCeiling
    from dpv.eligibility import problems_of

    with acting(actor_of("carol")) as carol:
        end_admission(carol, admission_id=ident("admission birch-house"), reason="To be admitted anew.")
    measure = proposed()

    def admit() -> Any:
        with acting(actor_of("carol")) as carol:
            return admit_establishment(
                carol,
                lot_id=ident("lot T-RES"),
                establishment_id=ident("birch-house"),
                quality_score=None,
                tier="preferred",
                ceilings=[NewCeiling(0, 17, weekly=Decimal("4000.00"))],
                reason="Evaluated.",
            )

    running = [Running(admit), Running(_confirm(measure.reference))]
    assert all(each.is_done(30) for each in running)
    admitted = running[0].outcome
    assert not isinstance(admitted, Exception), admitted
    with acting(actor_of("olive")):
        assert problems_of([admitted.pk], dt.date.today())[admitted.pk] == ["measure_suspended"]


def test_two_second_persons_decide_once(committed: str) -> None:
    measure = proposed()

    def refuse() -> Measure:
        with acting(actor_of("mark")) as mark:
            return measures.refuse_measure(mark, reference=measure.reference, note="No.")

    running = [Running(_confirm(measure.reference)), Running(refuse)]
    assert all(each.is_done(30) for each in running)
    assert sum(isinstance(each.outcome, Exception) for each in running) == 1, running
