"""Choosing an offer: limits and approvers, reasons, holds, suspensions, and letting an award fall through.

Through `contracts.acceptance`, as pages and the API do.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from brokerage.core.audit.models import Entry
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.context import acting
from contracts import acceptance
from dpv.models import Admission
from placements.actions import awards
from placements.actions.offers import submit_offer, withdraw_offer
from placements.models import Award, Invitation, Offer, Placement, Referral, Release
from providers.models import CarerHousehold, Establishment, Occupancy
from tests.cast import actor_of, ident
from tests.scenarios import (
    award,
    awarded,
    chosen,
    drafted_offer,
    invited,
    standing_offer,
    submitted_offer,
    with_person,
)

pytestmark = pytest.mark.django_db

EALING, MANCHESTER = "E09000009", "E08000003"


def _fresh(offer: Offer, who: str = "oscar") -> Offer:
    with acting(actor_of(who)):
        return Offer.objects.get(pk=offer.pk)


def _move_home(home: str, gss_code: str) -> None:
    with acting(actor_of("carol")):
        Establishment.objects.filter(pk=ident(home)).update(gss_code=gss_code)


def _refused(code: str, offer: Offer, **changes: Any) -> RuleBroken:
    with pytest.raises(RuleBroken) as refusal:
        award(offer, **changes)
    assert refusal.value.code == code
    with acting(actor_of("oscar")):
        assert not Award.objects.exists()
    return refusal.value


def test_a_confirmed_award_accepts_one_offer_and_tells_the_others_why() -> None:
    story, (winner, loser) = chosen()
    award(winner, losers={loser.pk: "It is an hour further from his school."})
    assert (_fresh(winner).status, _fresh(loser).status) == ("accepted", "unsuccessful")
    assert _fresh(loser).outcome_reason == "It is an hour further from his school."
    with acting(actor_of("oscar")):
        states = dict(Release.objects.values_list("provider_id", "state"))
        assert states == {ident("birch"): "won", ident("cedar"): "closed"}
        assert set(Invitation.objects.values_list("status", flat=True)) == {"offered", "closed"}
        entry = Entry.objects.get(kind="award.confirmed")
        assert entry.subject_reference == story.reference and "Kestrel" not in str(entry.data)
    with acting(actor_of("cecil")):
        release = Release.objects.get()
        assert release.content == {} and release.outcome_reason == "It is an hour further from his school."


def test_the_place_is_taken_and_the_placement_planned() -> None:
    _story, made = awarded()
    with acting(actor_of("oscar")):
        placement = Placement.objects.get()
        assert Occupancy.objects.get(establishment_id=ident("birch-house")).taken == 1
        assert placement.weekly_total == made.weekly_total == placement.weekly_core + placement.weekly_extras
        assert placement.planned_start_on == made.offer.starts_on and placement.placing_band == "in_area"
        assert placement.ceiling == made.offer.ceiling and placement.legal_status == "C2"


def test_fostering_takes_a_place_in_the_household() -> None:
    awarded("alder-fostering")
    with acting(actor_of("oscar")):
        assert Occupancy.objects.get(household__code="ALD-1").taken == 1
        assert Placement.objects.get().household == CarerHousehold.objects.get(code="ALD-1")


# --- Who may decide -----------------------------------------------------------------------------------------


def test_above_the_officers_limit_a_manager_confirms() -> None:
    story, offers = chosen(who="olive")
    waiting = award(offers[0], who="olive")
    assert (waiting.status, waiting.needs) == ("awaiting_approval", ["money"])
    assert _fresh(offers[0]).status == "submitted"
    tessa = actor_of("tessa")
    with acting(tessa):
        made = awards.approve_award(tessa, award_id=waiting.pk, kind="money", reason="")
        assert made.status == "confirmed"
        assert Referral.objects.get(pk=story.referral.pk).status == "awarded"
    assert _fresh(offers[0]).status == "accepted"


def test_an_officer_may_not_approve() -> None:
    _story, offers = chosen(who="olive")
    waiting = award(offers[0], who="olive")
    for who in ("olive", "oscar", "connie"):
        actor = actor_of(who)
        with acting(actor), pytest.raises(NotPermitted):
            awards.approve_award(actor, award_id=waiting.pk, kind="money")


def test_nobody_approves_an_award_of_their_own() -> None:
    from dataclasses import replace

    _story, offers = chosen(who="olive")
    waiting = award(offers[0], who="olive")
    promoted = replace(actor_of("olive"), permissions=actor_of("tessa").permissions, weekly_limit=None)
    with acting(promoted), pytest.raises(NotPermitted) as refusal:
        awards.approve_award(promoted, award_id=waiting.pk, kind="money")
    assert refusal.value.permission == "award.approve_own"


def test_an_approver_has_a_limit_too() -> None:
    from dataclasses import replace
    from decimal import Decimal

    _story, offers = chosen(who="olive")
    waiting = award(offers[0], who="olive")
    limited = replace(actor_of("tessa"), weekly_limit=Decimal("3000.00"))
    with acting(limited), pytest.raises(NotPermitted):
        awards.approve_award(limited, award_id=waiting.pk, kind="money")


def test_out_of_area_needs_the_nominated_officer() -> None:
    _story, offers = chosen()
    _move_home("birch-house", EALING)
    waiting = award(offers[0])
    assert (waiting.needs, waiting.placing_band) == (["out_of_area"], "out_of_area")
    tessa, nora = actor_of("tessa"), actor_of("nora")
    with acting(tessa), pytest.raises(NotPermitted):
        awards.approve_award(tessa, award_id=waiting.pk, kind="out_of_area")
    with acting(nora):
        assert awards.approve_award(nora, award_id=waiting.pk, kind="out_of_area").status == "confirmed"


def test_at_a_distance_and_above_the_limit_needs_the_director_and_a_manager() -> None:
    _story, offers = chosen(who="olive")
    _move_home("birch-house", MANCHESTER)
    waiting = award(offers[0], who="olive")
    assert waiting.needs == ["money", "at_a_distance"]
    nora, dora, tessa = actor_of("nora"), actor_of("dora"), actor_of("tessa")
    with acting(nora), pytest.raises(NotPermitted):
        awards.approve_award(nora, award_id=waiting.pk, kind="at_a_distance")
    with acting(dora):
        still = awards.approve_award(dora, award_id=waiting.pk, kind="at_a_distance")
        assert still.status == "awaiting_approval" and awards.outstanding(still) == ["money"]
    with acting(dora), pytest.raises(NotNow):
        awards.approve_award(dora, award_id=waiting.pk, kind="at_a_distance")
    with acting(tessa):
        assert awards.approve_award(tessa, award_id=waiting.pk, kind="money").status == "confirmed"


def test_a_refusal_needs_a_reason_and_opens_the_choice_again() -> None:
    story, offers = chosen(who="olive")
    waiting = award(offers[0], who="olive")
    tessa = actor_of("tessa")
    with acting(tessa), pytest.raises(RuleBroken, match="why you refuse"):
        awards.refuse_award(tessa, award_id=waiting.pk, kind="money", reason=" ")
    with acting(tessa):
        assert awards.refuse_award(tessa, award_id=waiting.pk, kind="money", reason="Too dear").status == "refused"
        assert Referral.objects.get(pk=story.referral.pk).status == "published"
    assert award(offers[1], who="olive", reason="The next best, and it was free at once.").status == "awaiting_approval"


def test_the_officer_takes_back_what_waits() -> None:
    _story, offers = chosen(who="olive")
    waiting = award(offers[0], who="olive")
    olive = actor_of("olive")
    with acting(olive):
        assert awards.take_back_award(olive, award_id=waiting.pk, reason="A better offer").status == "taken_back"
    with acting(olive), pytest.raises(NotNow):
        awards.take_back_award(olive, award_id=waiting.pk, reason="Again")


def test_a_social_worker_may_not_award() -> None:
    _story, offers = chosen()
    with pytest.raises(NotPermitted):
        award(offers[0], who="sandra")


# --- Reasons ------------------------------------------------------------------------------------------------


def test_what_an_award_must_say() -> None:
    _story, (cheap, dear) = chosen()
    _refused("reason_code", cheap, reason_code="whim")
    _refused("not_cheapest", dear, reason_code="cheapest")
    _refused("not_only_offer", cheap, reason_code="only_offer")
    _refused("reason_missing", cheap, reason=" ")
    _refused("reason_too_short", dear, reason="Nicer")
    missing = _refused("loser_reason_missing", cheap, losers={dear.pk: " "})
    assert missing.field == f"loser_{dear.pk}"
    assert award(cheap, reason="Fits").is_cheapest


def test_before_closing_the_officer_says_so() -> None:
    story, offers = chosen(closes_in=dt.timedelta(days=1))
    _refused("before_closing", offers[0])
    assert award(offers[0], before_closing=True).status == "confirmed"


# --- What may have changed since the page was opened --------------------------------------------------------


def test_a_hold_that_has_run_out() -> None:
    story = with_person(invited("birch-house", who="oscar", closes_in=dt.timedelta(hours=-1)), who="oscar")
    offer = standing_offer(story, held_until=database_now() - dt.timedelta(seconds=1))
    _refused("offer_expired", offer)


def test_a_hold_that_runs_out_while_approval_is_awaited() -> None:
    story = with_person(invited("birch-house", closes_in=dt.timedelta(hours=-1)))
    offer = standing_offer(story)
    waiting = award(offer, who="olive")
    with acting(actor_of("bob")):
        Offer.objects.filter(pk=offer.pk).update(held_until=database_now() - dt.timedelta(seconds=1))
    tessa = actor_of("tessa")
    with acting(tessa), pytest.raises(RuleBroken) as refusal:
        awards.approve_award(tessa, award_id=waiting.pk, kind="money")
    assert refusal.value.code == "offer_expired"


def test_an_offer_not_confirmed_since_the_referral_changed() -> None:
    story = with_person(
        invited("birch-house", "cedar-house", who="oscar", closes_in=dt.timedelta(hours=-1)), who="oscar"
    )
    stale = standing_offer(story, "birch-house", status="needs_reconfirming")
    other = standing_offer(story, "cedar-house", "3900.00")
    with pytest.raises(NotNow) as refusal:
        award(stale)
    assert refusal.value.code == "offer_not_reconfirmed"
    made = award(other, reason="The only one that is certain today.")
    assert _fresh(stale).status == "lapsed"
    oscar = actor_of("oscar")
    with acting(oscar):
        awards.let_fall_through(oscar, award_id=made.pk, reason="Closed", because_of_provider=True)
    assert _fresh(stale).status == "lapsed", "never confirmed, so it does not stand again"


def test_an_offer_revised_since_the_officer_looked() -> None:
    _story, offers = chosen()
    with pytest.raises(NotNow) as refusal:
        award(offers[0], seen_revision=offers[0].revision + 1)
    assert refusal.value.code == "offer_changed"


def test_an_offer_revised_while_approval_is_awaited() -> None:
    _story, offers = chosen(who="olive")
    waiting = award(offers[0], who="olive")
    with acting(actor_of("bob")):
        Offer.objects.filter(pk=offers[0].pk).update(weekly_total=offers[0].weekly_total + 1)
    tessa = actor_of("tessa")
    with acting(tessa), pytest.raises(NotNow) as refusal:
        awards.approve_award(tessa, award_id=waiting.pk, kind="money")
    assert refusal.value.code == "offer_changed"


def test_nobody_offers_while_approval_is_awaited() -> None:
    story = with_person(invited("birch-house", "cedar-house", who="olive"))
    offer = submitted_offer("bob", story=story)
    draft = drafted_offer("cecil", story=story)
    waiting = award(offer, who="olive", before_closing=True)

    def cecil_submits() -> str:
        cecil = actor_of("cecil")
        with acting(cecil):
            return submit_offer(cecil, offer_id=draft.pk).status

    with pytest.raises(NotNow) as refusal:
        cecil_submits()
    assert refusal.value.code == "being_decided"
    bob = actor_of("bob")
    with acting(bob), pytest.raises(NotNow):
        withdraw_offer(bob, offer_id=offer.pk)
    tessa = actor_of("tessa")
    with acting(tessa):
        awards.refuse_award(tessa, award_id=waiting.pk, kind="money", reason="Too dear")
    assert cecil_submits() == "submitted"


def test_a_loser_never_reads_who_the_person_is() -> None:
    _story, (winner, loser) = chosen()
    refusal = _refused("discloses", winner, losers={loser.pk: "Kestrel wants to stay near her friends."})
    assert refusal.field == f"loser_{loser.pk}"


def test_an_offer_withdrawn_while_approval_is_awaited() -> None:
    _story, offers = chosen(who="olive")
    waiting = award(offers[0], who="olive")
    with acting(actor_of("bob")):
        Offer.objects.filter(pk=offers[0].pk).update(status="withdrawn", withdrawn_at=database_now())
    tessa = actor_of("tessa")
    with acting(tessa), pytest.raises(NotNow):
        awards.approve_award(tessa, award_id=waiting.pk, kind="money")
    olive = actor_of("olive")
    with acting(olive):
        awards.take_back_award(olive, award_id=waiting.pk, reason="The provider withdrew")
    assert award(offers[1], who="olive", reason="What is left answers every need.").needs == ["money"]


@pytest.mark.parametrize("status", ["suspended", "barred", "ended"])
def test_suspended_between_offer_and_award(status: str) -> None:
    _story, offers = chosen()
    with acting(actor_of("carol")):
        Admission.objects.filter(pk=ident("admission birch-house")).update(status=status)
    _refused(f"admission_{status}", offers[0])


def test_suspended_while_approval_is_awaited() -> None:
    _story, offers = chosen(who="olive")
    waiting = award(offers[0], who="olive")
    with acting(actor_of("carol")):
        Admission.objects.filter(pk=ident("admission birch-house")).update(status="suspended")
    tessa = actor_of("tessa")
    with acting(tessa), pytest.raises(RuleBroken) as refusal:
        awards.approve_award(tessa, award_id=waiting.pk, kind="money")
    assert refusal.value.code == "admission_suspended"


def test_no_place_left() -> None:
    _story, offers = chosen()
    with acting(actor_of("bob")):
        Occupancy.objects.filter(establishment_id=ident("birch-house")).update(taken=4)
    _refused("no_place", offers[0])


# --- Falling through ----------------------------------------------------------------------------------------


def test_falling_through_because_of_the_provider_lets_the_others_stand_again() -> None:
    story, (winner, loser) = chosen()
    made = award(winner)
    oscar = actor_of("oscar")
    with acting(oscar):
        acceptance.let_fall_through(oscar, award_id=made.pk, reason="Staff left", because_of_provider=True)
        assert Referral.objects.get(pk=story.referral.pk).status == "published"
        assert Occupancy.objects.get(establishment_id=ident("birch-house")).taken == 0
        assert Placement.objects.get().status == "cancelled"
        states = dict(Release.objects.values_list("provider_id", "state"))
        assert states == {ident("birch"): "closed", ident("cedar"): "open"}
    assert (_fresh(winner).status, _fresh(loser).status) == ("withdrawn", "submitted")
    assert _fresh(loser).outcome_reason == ""


def test_falling_through_for_another_reason_keeps_the_offer() -> None:
    _story, (winner, loser) = chosen()
    made = award(winner)
    oscar = actor_of("oscar")
    with acting(oscar):
        acceptance.let_fall_through(oscar, award_id=made.pk, reason="Court decided", because_of_provider=False)
    assert (_fresh(winner).status, _fresh(loser).status) == ("submitted", "submitted")
    assert award(winner).status == "confirmed"


def test_a_loser_whose_hold_has_run_out_does_not_stand_again() -> None:
    _story, (winner, loser) = chosen()
    with acting(actor_of("cecil")):
        Offer.objects.filter(pk=loser.pk).update(held_until=database_now() - dt.timedelta(seconds=1))
    made = award(winner)
    oscar = actor_of("oscar")
    with acting(oscar):
        acceptance.let_fall_through(oscar, award_id=made.pk, reason="Staff left", because_of_provider=True)
    assert _fresh(loser).status == "unsuccessful"


def test_a_provider_with_another_standing_offer_keeps_reading_the_referral() -> None:
    _story, (house, lodge) = chosen("birch-house", "birch-lodge")
    made = award(house)
    oscar = actor_of("oscar")
    with acting(oscar):
        acceptance.let_fall_through(oscar, award_id=made.pk, reason="A leak", because_of_provider=True)
        assert Release.objects.get().state == "open"
    assert _fresh(lodge).status == "submitted"


def test_after_moving_in_nothing_falls_through() -> None:
    _story, made = awarded()
    oscar = actor_of("oscar")
    with acting(oscar):
        Placement.objects.update(status="active", started_on=dt.date.today())
        with pytest.raises(NotNow) as refusal:
            awards.let_fall_through(oscar, award_id=made.pk, reason="Late", because_of_provider=True)
    assert refusal.value.code == "moved_in"


def test_falling_through_needs_a_reason() -> None:
    _story, made = awarded()
    oscar = actor_of("oscar")
    with acting(oscar), pytest.raises(RuleBroken, match="why the award fell through"):
        awards.let_fall_through(oscar, award_id=made.pk, reason="", because_of_provider=True)
