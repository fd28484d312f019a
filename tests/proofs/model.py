"""A plain model of the main road plays against the real thing: offers, withdrawals, suspensions, lowered ceilings,
closing by time, awards that fall through, people who move in and out, and the next referral for the same two homes.

Hypothesis draws the steps, which are the real actions on real PostgreSQL, each with its role and its commit. Whatever
the model says is refused must be refused and change nothing, and the other way round: after each step the database says
of the referral what the model says, at a road's end of everything else that it touched.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting
from contracts import acceptance
from dpv.actions.ceilings import NewCeiling, set_ceiling
from dpv.actions.suspensions import lift_suspension, suspend_admission
from placements.actions import offers
from placements.actions.offers import OfferAnswers, save_offer_draft, start_offer, submit_offer, withdraw_offer
from placements.actions.placements import end_placement, start_placement
from placements.actions.running import end_without_placement
from placements.models import Offer
from placements.ssda903 import END_REASONS
from tests import scenarios
from tests.cast import TODAY, actor_of, ident
from tests.proofs.racing import Watch
from tests.proofs.turns import STEPS, WHOLE
from tests.scenarios import BID_WRITERS, HOMES

FEW = ("birch-house", "cedar-house")
STANDARD = {"birch-house": Decimal("4000.00"), "cedar-house": Decimal("4500.00")}
PRICES = ("3400.00", "3600.00", "3900.00", "4300.00", "4600.00")
REFUSALS = (NotNow, RuleBroken)
#: Rights do not change on these roads: each person is looked up once.
person = cache(actor_of)

#: What the road before left behind, put back as no act does. {} is its referrals.
_PUT_BACK = f"""
SET session_replication_role = replica;
DELETE FROM dpv_suspension;
UPDATE dpv_admission SET status = 'admitted' WHERE status <> 'admitted';
UPDATE placements_offer SET status = 'lapsed', ceiling_row_id = (SELECT c.id FROM dpv_ceiling c WHERE c.admission_id =
  placements_offer.admission_id ORDER BY c.valid_from LIMIT 1) WHERE referral_id IN ({{0}});
DELETE FROM dpv_ceiling WHERE valid_from = '{TODAY}';
UPDATE placements_placement SET status = 'cancelled' WHERE referral_id IN ({{0}});
UPDATE providers_occupancy SET taken = 0, places = 1;
SET session_replication_role = origin;
"""
#: What is looked at after each step: the referral with all its offers, its award, agreement and placement, the places.
SEEN = """
PREPARE seen (uuid) AS SELECT r.status,
  (SELECT coalesce(jsonb_object_agg(o.id, o.status), '{}') FROM placements_offer o WHERE o.referral_id = r.id),
  (SELECT count(*) FROM placements_award a WHERE a.referral_id = r.id AND a.status = 'confirmed'),
  (SELECT count(*) FROM contracts_agreement g WHERE g.referral_id = r.id AND g.status <> 'cancelled'),
  (SELECT coalesce(string_agg(p.status, ' '), '') FROM placements_placement p WHERE p.referral_id = r.id
    AND p.status <> 'cancelled'),
  (SELECT coalesce(sum(taken), 0)::integer FROM providers_occupancy)
FROM placements_referral r WHERE r.id = $1
"""
#: And at the end of a road: of each home whether it is suspended, on record too, its ceiling, and whether it is full.
_ALL = """
SELECT e.id, a.status = 'suspended',
  EXISTS (SELECT 1 FROM dpv_suspension s WHERE s.admission_id = a.id AND s.lifted_at IS NULL),
  (SELECT c.weekly FROM dpv_ceiling c WHERE c.admission_id = a.id ORDER BY c.valid_from DESC LIMIT 1), n.taken
FROM dpv_admission a JOIN providers_establishment e ON e.id = a.establishment_id
JOIN providers_occupancy n ON n.establishment_id = e.id WHERE e.id = ANY(%s::uuid[])
"""


@dataclass(frozen=True)
class Drawn:
    """What Hypothesis draws of a step: which of the acts that make sense, and with what."""

    number: int
    home: str
    weekly: str
    flag: bool


DRAWN = st.builds(
    Drawn,
    number=st.integers(0, 27719),
    home=st.sampled_from(FEW),
    weekly=st.sampled_from(PRICES),
    flag=st.booleans(),
)


def writer_of(home: str) -> str:
    """Who offers for a home."""
    return BID_WRITERS[HOMES[home][0]]


class Road(RuleBasedStateMachine):
    """One referral after another with two homes of one place each. Money in pounds a week."""

    watch: Watch
    #: What all roads came to; the referrals of the last one, whoever walked it.
    figures: Counter[str]
    left: ClassVar[list[str]] = []

    @initialize()
    def begin(self) -> None:
        self.watch.ask(_PUT_BACK.format(", ".join(f"'{each}'" for each in self.left) or "NULL"))
        self.left.clear()
        self.made, self.agreed = -1, False
        #: Acts refused since something changed last; every act in words.
        self.refused: set[str] = set()
        self.told: list[str] = []
        self.suspended: set[str] = set()
        self.ceilings = dict(STANDARD)
        #: The placements that take the place of a home; of those, who has moved in.
        self.taken: dict[str, Any] = {}
        self.living: set[str] = set()
        self._next_referral()

    def _next_referral(self) -> None:
        self.story = scenarios.with_person(scenarios.invited(*FEW, closes_in=dt.timedelta(hours=1)))
        self.referral = str(self.story.referral.pk)
        self.left.append(self.referral)
        self.status, self.closed = "published", False
        #: The last offer of each home, and the status of every offer.
        self.offers: dict[str, str] = {}
        self.said: dict[str, str] = {}
        self.asked = dict.fromkeys(FEW, True)
        self.won = ""
        self.award_id: Any = None
        self.placement = ""

    @rule(drawn=DRAWN)
    def step(self, drawn: Drawn) -> None:
        """One of the acts that make sense now, allowed or not; none is refused twice before something has changed."""
        can = [name for name, when in ACTS.items() if when(self)]
        can = [name for name in can if name not in self.refused] or can
        name = can[drawn.number % len(can)]
        self.refused.add(name)
        getattr(self, name)(drawn)

    def _do(self, allowed: bool, what: str, who: str, act: Callable[..., Any], **named: Any) -> Any:
        """As `who`, in a transaction that commits. Refused exactly when the model says so."""
        self.figures["acts made" if allowed else "acts refused"] += 1
        self.agreed = False
        self.told.append(what)
        try:
            with acting(person(who)) as actor:
                done = act(actor, **named)
        except REFUSALS as refusal:
            assert not allowed, f"{what} was refused: {refusal!r} ({refusal}), after {self.told}"
            return None
        assert allowed, f"{what} was not refused, after {self.told}"
        self.refused.clear()
        return True if done is None else done

    def _of(self, home: str) -> str:
        """The status of the home's last offer."""
        return self.said.get(self.offers.get(home, ""), "")

    def _is_open(self, home: str) -> bool:
        return self.status == "published" and not self.closed and self.asked[home]

    def _which(self, drawn: Drawn) -> str:
        """A home that has offered."""
        return drawn.home if drawn.home in self.offers else next(iter(self.offers))

    # -- the provider's ---------------------------------------------------------------------------------------------

    def offer(self, drawn: Drawn) -> None:
        home, price = drawn.home, Decimal(drawn.weekly)
        is_live = self._of(home) in ("submitted", "accepted")
        fits = price <= self.ceilings[home]
        allowed = self._is_open(home) and home not in self.suspended and fits and not is_live
        answers = OfferAnswers(**scenarios.offer_answers(self.story, weekly_core=price))
        asked = self.story.invitations[home].pk

        def act(writer: Actor) -> Offer:
            if drawn.flag:
                return offers.make_offer(writer, invitation_id=asked, answers=answers)
            begun = start_offer(writer, invitation_id=asked)
            save_offer_draft(writer, offer_id=begun.pk, answers=answers)
            return submit_offer(writer, offer_id=begun.pk)

        done = self._do(allowed, f"an offer of {home} at {price}", writer_of(home), act)
        if done is not None:
            self.offers[home] = str(done.pk)
            self.said[str(done.pk)] = "submitted"

    def withdraw(self, drawn: Drawn) -> None:
        home = self._which(drawn)
        offer_id = self.offers[home]
        allowed = self._of(home) == "submitted" and self._is_open(home)
        if self._do(allowed, f"withdrawing {home}", writer_of(home), withdraw_offer, offer_id=offer_id) is not None:
            self.said[offer_id] = "withdrawn"

    # -- the authority's --------------------------------------------------------------------------------------------

    def choose(self, drawn: Drawn) -> None:
        home = self._which(drawn)
        offer_id = self.offers[home]
        may = self.status == "published" and self._of(home) == "submitted" and home not in self.suspended
        allowed = may and home not in self.taken

        def act(oscar: Actor) -> Any:
            found = Offer.objects.get(pk=offer_id)
            made = scenarios.award(found, who=oscar, before_closing=True, reason="It answers every need.")
            return made.pk, made.placement.pk

        made = self._do(allowed, f"choosing {home}", "oscar", act)
        if made is not None:
            self.status, self.won, self.placement = "awarded", home, "planned"
            self.award_id, self.taken[home] = made
            for other, status in self.said.items():
                if status == "submitted":
                    self.said[other] = "accepted" if other == offer_id else "unsuccessful"
            self.asked = {each: each == home for each in FEW}

    def fall_through(self, drawn: Drawn) -> None:
        won, allowed = self.won, self.status == "awarded"
        facts = {"award_id": self.award_id, "reason": "It closed.", "because_of_provider": drawn.flag}
        if self._do(allowed, "falling through", "oscar", acceptance.let_fall_through, **facts) is not None:
            self.status, self.placement = "published", ""
            del self.taken[won]
            self.said[self.offers[won]] = "withdrawn" if drawn.flag else "submitted"
            self.asked[won] = not drawn.flag
            for home, offer_id in self.offers.items():
                if self.said[offer_id] == "unsuccessful":
                    self.said[offer_id], self.asked[home] = "submitted", True

    def move_in(self, drawn: Drawn) -> None:
        placement_id = self.taken.get(self.won) or self._placement()
        facts = {"started_on": TODAY, "placement_type": "K2", "placement_provider": "PR4"}
        allowed = self.status == "awarded"
        if self._do(allowed, "moving in", "oscar", start_placement, placement_id=placement_id, **facts) is not None:
            self.status, self.placement = "placed", "active"
            self.living.add(self.won)

    def _placement(self) -> Any:
        """The placement of the last award, which is over."""
        return self.watch.ask("SELECT id FROM placements_placement WHERE award_id = %s", str(self.award_id))[0][0]

    def move_out(self, drawn: Drawn) -> None:
        """Whoever takes a place there leaves, of this referral or of one before."""
        home = drawn.home if drawn.home in self.taken else next(iter(self.taken))
        facts = {"placement_id": self.taken[home], "ended_on": TODAY, "end_reason": next(iter(END_REASONS))}
        if self._do(home in self.living, f"leaving {home}", "oscar", end_placement, **facts) is not None:
            del self.taken[home]
            self.living.discard(home)
            if self.won == home and self.placement == "active":
                self.placement = "ended"

    def give_up(self, drawn: Drawn) -> None:
        facts = {"reference": self.story.reference, "reason": "No home is needed."}
        allowed = self.status == "published"
        if self._do(allowed, "ending without a placement", "oscar", end_without_placement, **facts) is not None:
            self.status = "not_placed"
            self.asked = dict.fromkeys(FEW, False)
            for offer_id, status in self.said.items():
                if status == "submitted":
                    self.said[offer_id] = "lapsed"

    def next_referral(self, drawn: Drawn) -> None:
        """Somebody else needs one of the same two homes."""
        self._next_referral()
        self.told.append("the next referral")
        self.refused.clear()

    # -- the region's -----------------------------------------------------------------------------------------------

    def suspend(self, drawn: Drawn) -> None:
        home = drawn.home
        facts = {"admission_id": ident(f"admission {home}"), "reason": "A concern.", "review_on": TODAY}
        if self._do(home not in self.suspended, f"suspending {home}", "carol", suspend_admission, **facts) is not None:
            self.suspended.add(home)

    def lift(self, drawn: Drawn) -> None:
        home = drawn.home
        facts = {"admission_id": ident(f"admission {home}"), "reason": "It was looked into."}
        if self._do(home in self.suspended, f"lifting {home}", "mark", lift_suspension, **facts) is not None:
            self.suspended.discard(home)

    def reprice(self, drawn: Drawn) -> None:
        """From today on: the price before is fixed no longer, today's own may be corrected. Never from a day past."""
        home, is_late = drawn.home, drawn.flag
        facts = {
            "admission_id": ident(f"admission {home}"),
            "ceiling": NewCeiling(0, 17, Decimal(drawn.weekly)),
            "valid_from": TODAY - dt.timedelta(days=int(is_late)),
            "reason": "A new price.",
        }
        what = f"the ceiling of {home} at {drawn.weekly}"
        if self._do(not is_late, what, "carol", set_ceiling, **facts) is not None:
            self.ceilings[home] = Decimal(drawn.weekly)

    # -- time, and what is seen -------------------------------------------------------------------------------------

    def time_passes(self, drawn: Drawn) -> None:
        """Closing time comes."""
        self.watch.ask(
            "UPDATE placements_release SET closes_at = now() - interval '1 second' WHERE referral_id = %s;"
            "UPDATE placements_referral SET closes_at = now() - interval '1 second' WHERE id = %s",
            self.referral,
            self.referral,
        )
        self.closed = True
        self.told.append("closing time")
        self.refused.clear()

    @invariant()
    def database_says_the_same(self) -> None:
        if not hasattr(self, "made"):
            return
        self.made += 1
        (seen,) = self.watch.ask(f"EXECUTE seen ('{self.referral}')")
        is_won = int(self.status in ("awarded", "placed"))
        expected = (self.status, self.said, is_won, is_won, self.placement, len(self.taken))
        assert seen == expected, f"the database says {seen}, the model {expected}, after {self.told}"
        self.agreed = True

    def teardown(self) -> None:
        """The road's end: everything else that it touched."""
        if not getattr(self, "agreed", False):
            return
        self.figures["steps"] += self.made
        self.figures[WHOLE] += self.made >= STEPS
        seen = {str(row[0]): row[1:] for row in self.watch.ask(_ALL, [str(ident(home)) for home in FEW])}
        for home in FEW:
            stopped = home in self.suspended
            expected = (stopped, stopped, self.ceilings[home], int(home in self.taken))
            found = seen[str(ident(home))]
            assert found == expected, f"at the end the database says of {home} {found}, the model {expected}"


#: When an act makes sense at all.
ACTS: dict[str, Callable[[Road], object]] = {
    "offer": lambda _road: True,
    "withdraw": lambda road: road.offers,
    "choose": lambda road: road.offers,
    "fall_through": lambda road: road.award_id,
    "move_in": lambda road: road.award_id,
    "move_out": lambda road: road.taken,
    "give_up": lambda road: road.closed,
    "next_referral": lambda road: road.status in ("placed", "not_placed"),
    "suspend": lambda _road: True,
    "lift": lambda road: road.suspended,
    "reprice": lambda _road: True,
    "time_passes": lambda road: road.offers and not road.closed,
}
