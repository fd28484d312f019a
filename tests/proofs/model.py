"""A plain model of the main road plays against the real thing: offers, withdrawals, suspensions, lowered ceilings,
closing by time, awards that fall through, placements that start.

Hypothesis draws the steps. Whatever the model says is refused must be refused and change nothing, and the other way
round; after each step the database must say what the model says.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.context import acting
from contracts import acceptance
from dpv.actions.ceilings import NewCeiling, set_ceiling
from dpv.actions.suspensions import lift_suspension, suspend_admission
from placements.actions.offers import OfferAnswers, save_offer_draft, start_offer, submit_offer, withdraw_offer
from placements.actions.placements import start_placement
from placements.actions.running import end_without_placement
from placements.models import Offer
from tests import scenarios
from tests.cast import TODAY, actor_of, ident
from tests.proofs.play import Play
from tests.proofs.racing import Watch
from tests.scenarios import BID_WRITERS, HOMES

FEW = ("birch-house", "cedar-house")
STANDARD = {"birch-house": Decimal("4000.00"), "cedar-house": Decimal("4500.00")}
HOME = st.sampled_from(FEW)
REFUSALS = (NotNow, RuleBroken)


class Road(RuleBasedStateMachine):
    """One referral with two homes. Money in pounds a week."""

    watch: Watch
    steps = 0
    roads = 0

    @initialize()
    def begin(self) -> None:
        type(self).roads += 1
        for statement in (
            "SET session_replication_role = replica",
            "DELETE FROM dpv_suspension",
            "UPDATE dpv_admission SET status = 'admitted'",
            "UPDATE placements_offer SET ceiling_row_id = (SELECT c.id FROM dpv_ceiling c WHERE c.admission_id ="
            " placements_offer.admission_id ORDER BY c.valid_from LIMIT 1), status = 'lapsed'",
            f"DELETE FROM dpv_ceiling WHERE valid_from = '{TODAY}'",
            "UPDATE placements_placement SET status = 'cancelled' WHERE status IN ('planned', 'active')",
            "UPDATE providers_occupancy SET taken = 0, places = 1",
            "SET session_replication_role = origin",
        ):
            self.watch.ask(statement)
        self.story = scenarios.with_person(scenarios.invited(*FEW, closes_in=dt.timedelta(hours=1)))
        self.referral = str(self.story.referral.pk)
        self.status, self.closed = "published", False
        self.offers: dict[str, tuple[str, Any]] = {}
        self.asked = dict.fromkeys(FEW, True)
        self.suspended: set[str] = set()
        self.ceilings = dict(STANDARD)
        self.won: str | None = None
        self.award_id: Any = None
        self.placement = ""

    def _do(self, allowed: bool, act: Any, what: str) -> Any:
        """Refused exactly when the model says so."""
        type(self).steps += 1
        try:
            done = act()
        except REFUSALS as refusal:
            assert not allowed, f"{what} was refused: {refusal!r} ({refusal})"
            return None
        assert allowed, f"{what} was not refused"
        return done

    def _stands(self, home: str) -> bool:
        return self.offers.get(home, ("", None))[0] == "submitted"

    def _is_open(self, home: str) -> bool:
        return self.status == "published" and not self.closed and self.asked[home]

    @rule(home=HOME, weekly=st.sampled_from(("3400.00", "3600.00", "3900.00", "4300.00", "4600.00")))
    def offer(self, home: str, weekly: str) -> None:
        price, writer = Decimal(weekly), actor_of(BID_WRITERS[HOMES[home][0]])
        live = self.offers.get(home, ("", None))[0] in ("submitted", "accepted")
        fits = price <= self.ceilings[home]
        allowed = self._is_open(home) and home not in self.suspended and fits and not live

        def act() -> Offer:
            with acting(writer):
                begun = start_offer(writer, invitation_id=self.story.invitations[home].pk)
                answers = OfferAnswers(**scenarios.offer_answers(self.story, weekly_core=price))
                save_offer_draft(writer, offer_id=begun.pk, answers=answers)
                return submit_offer(writer, offer_id=begun.pk)

        done = self._do(allowed, act, f"an offer of {home} at {weekly}")
        if done is not None:
            self.offers[home] = ("submitted", done.pk)

    @precondition(lambda self: self.offers)
    @rule(home=HOME)
    def withdraw(self, home: str) -> None:
        if home not in self.offers:
            return
        writer, (_status, offer_id) = actor_of(BID_WRITERS[HOMES[home][0]]), self.offers[home]

        def act() -> bool:
            with acting(writer):
                withdraw_offer(writer, offer_id=offer_id)
            return True

        if self._do(self._stands(home) and self._is_open(home), act, f"withdrawing {home}"):
            self.offers[home] = ("withdrawn", offer_id)

    @precondition(lambda self: self.offers)
    @rule(home=HOME)
    def choose(self, home: str) -> None:
        if home not in self.offers:
            return
        offer_id = self.offers[home][1]
        allowed = self.status == "published" and self._stands(home) and home not in self.suspended

        def act() -> Any:
            with acting(actor_of("oscar")):
                found = Offer.objects.get(pk=offer_id)
            return scenarios.award(found, before_closing=True, reason="It answers every need, with school near by.")

        made = self._do(allowed, act, f"choosing {home}")
        if made is not None:
            self.status, self.won, self.award_id, self.placement = "awarded", home, made.pk, "planned"
            for other in FEW:
                if other == home:
                    self.offers[other] = ("accepted", offer_id)
                    continue
                if self._stands(other):
                    self.offers[other] = ("unsuccessful", self.offers[other][1])
                self.asked[other] = False

    @precondition(lambda self: self.award_id is not None)
    @rule(because_of_provider=st.booleans())
    def fall_through(self, because_of_provider: bool) -> None:
        won = self.won
        assert won is not None
        allowed = self.status == "awarded"

        def act() -> Any:
            with acting(actor_of("oscar")) as oscar:
                return acceptance.let_fall_through(
                    oscar, award_id=self.award_id, reason="It closed.", because_of_provider=because_of_provider
                )

        if self._do(allowed, act, "falling through") is not None:
            self.status, self.placement = "published", "cancelled"
            self.offers[won] = ("withdrawn" if because_of_provider else "submitted", self.offers[won][1])
            if because_of_provider:
                self.asked[won] = False
            for home, (status, offer_id) in self.offers.items():
                if status == "unsuccessful":
                    self.offers[home], self.asked[home] = ("submitted", offer_id), True

    @rule(home=HOME)
    def suspend(self, home: str) -> None:
        def act() -> Any:
            with acting(actor_of("carol")) as carol:
                return suspend_admission(
                    carol, admission_id=ident(f"admission {home}"), reason="A concern.", review_on=TODAY
                )

        if self._do(home not in self.suspended, act, f"suspending {home}") is not None:
            self.suspended.add(home)

    @rule(home=HOME)
    def lift(self, home: str) -> None:
        def act() -> Any:
            with acting(actor_of("mark")) as mark:
                return lift_suspension(mark, admission_id=ident(f"admission {home}"), reason="It was looked into.")

        if self._do(home in self.suspended, act, f"lifting {home}") is not None:
            self.suspended.discard(home)

    @rule(home=HOME, weekly=st.sampled_from(("3500.00", "3700.00")))
    def lower(self, home: str, weekly: str) -> None:
        price = Decimal(weekly)
        if price > self.ceilings[home]:
            return

        def act() -> Any:
            with acting(actor_of("carol")) as carol:
                return set_ceiling(
                    carol,
                    admission_id=ident(f"admission {home}"),
                    ceiling=NewCeiling(0, 17, price),
                    valid_from=TODAY,
                    reason="A new price.",
                )

        self._do(True, act, f"lowering {home} to {weekly}")
        self.ceilings[home] = price

    @precondition(lambda self: self.offers and not self.closed)
    @rule()
    def time_passes(self) -> None:
        """Closing time comes."""
        for table in ("placements_referral", "placements_release"):
            key = "id" if table == "placements_referral" else "referral_id"
            self.watch.ask(
                f"UPDATE {table} SET closes_at = now() - interval '1 second' WHERE {key} = %s", self.referral
            )
        self.closed = True

    @precondition(lambda self: self.award_id is not None)
    @rule()
    def move_in(self) -> None:
        found = self.watch.ask("SELECT id FROM placements_placement WHERE award_id = %s", str(self.award_id))[0][0]

        def act() -> Any:
            with acting(actor_of("oscar")) as oscar:
                return start_placement(
                    oscar, placement_id=found, started_on=TODAY, placement_type="K2", placement_provider="PR4"
                )

        if self._do(self.status == "awarded", act, "moving in") is not None:
            self.status, self.placement = "placed", "active"

    @precondition(lambda self: self.closed)
    @rule()
    def give_up(self) -> None:
        def act() -> Any:
            with acting(actor_of("oscar")) as oscar:
                return end_without_placement(oscar, reference=self.story.reference, reason="No home is needed.")

        if self._do(self.status == "published", act, "ending without a placement") is not None:
            self.status = "not_placed"
            for home in FEW:
                self.asked[home] = False
                if self._stands(home):
                    self.offers[home] = ("lapsed", self.offers[home][1])

    @invariant()
    def database_says_the_same(self) -> None:
        if not hasattr(self, "referral"):
            return
        ask = self.watch.ask
        status = ask("SELECT status FROM placements_referral WHERE id = %s", self.referral)[0][0]
        assert status == self.status, f"the referral is {status}, the model says {self.status}"
        for home, (expected, offer_id) in self.offers.items():
            said = ask("SELECT status FROM placements_offer WHERE id = %s", str(offer_id))[0][0]
            assert said == expected, f"the offer of {home} is {said}, the model says {expected}"
        confirmed = ask(
            "SELECT count(*), (SELECT count(*) FROM contracts_agreement WHERE referral_id = %s AND status <>"
            " 'cancelled') FROM placements_award WHERE referral_id = %s AND status = 'confirmed'",
            self.referral,
            self.referral,
        )[0]
        taken = 1 if self.status in ("awarded", "placed") else 0
        assert confirmed == (taken, taken), f"{confirmed} awards and agreements, the model says {taken}"
        counted = ask("SELECT coalesce(sum(taken), 0) FROM providers_occupancy")[0][0]
        assert counted == taken, f"{counted} places are taken, the model says {taken}"


def play_model(play: Play, watch: Watch, *, share: float) -> None:
    """Road after road, each with its own seed."""
    steps = 25 if play.short else 50

    class Watched(Road):
        """A road on this database."""

    Watched.watch = watch
    for number in play.rounds(3, share=share):
        drawn = settings(
            # The first is always the shortest.
            max_examples=5,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        )
        drawn_seed = play.seed * 1_000_000 + number
        try:
            run_state_machine_as_test(seed(drawn_seed)(Watched), settings=drawn)
        except Exception as broken:
            notes = "\n".join(getattr(broken, "__notes__", []))
            play.violated(f"the model, road {drawn_seed}: {type(broken).__name__}: {broken}\n{notes}")
            break
    play.outcome.cases += Watched.steps
    play.say(f"model: {Watched.steps} steps on {Watched.roads} roads")
