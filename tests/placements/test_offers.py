"""Offers: ceilings, completeness, the database clock, suspension, other windows, revising and withdrawing."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection

from brokerage.core.audit.models import Entry
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.context import acting
from placements.actions.offers import (
    ExtraAsked,
    OfferRefused,
    reconfirm_offer,
    revise_offer,
    save_offer_draft,
    start_offer,
    submit_offer,
    withdraw_offer,
)
from placements.models import Invitation, Offer
from placements.offered_prices import pricing_of
from placements.queries.offer_terms import answers_of, edition_of
from tests.cast import actor_of
from tests.placements.offer_steps import extra, new_ceiling, release_now, stored, suspend
from tests.scenarios import award, drafted_offer, invited, submitted_offer, with_person

pytestmark = pytest.mark.django_db


def codes(refused: pytest.ExceptionInfo[OfferRefused]) -> set[str]:
    return {broken.code for broken in refused.value.broken}


# --- The price ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("price", ["0.00", "880.00", "900.00"])
def test_a_price_at_or_under_the_ceiling_is_stored(price: str) -> None:
    offer = submitted_offer(home="alder-fostering", weekly_core=Decimal(price))
    assert (offer.weekly_core, offer.ceiling) == (Decimal(price), Decimal("900.00"))


@pytest.mark.parametrize("price", ["900.01", "1000000.00", "9999999999.99", "-0.01"])
def test_a_price_above_the_ceiling_is_never_stored_not_even_in_a_draft(price: str) -> None:
    story = invited("alder-fostering")
    before = drafted_offer("alice", story=story)
    with acting(actor_of("alice")), pytest.raises(OfferRefused) as refused:
        answers = replace(answers_of(before), weekly_core=Decimal(price), staffing="Another text.")
        save_offer_draft(actor_of("alice"), offer_id=before.pk, answers=answers)
    assert refused.value.field == "weekly_core"
    after = stored(before, "alice")
    assert (after.weekly_core, after.staffing) == (before.weekly_core, before.staffing)


def test_the_database_itself_refuses_a_price_above_the_ceiling() -> None:
    offer = drafted_offer("bob")
    refused = pytest.raises(IntegrityError, match="offer_at_or_under_ceiling")
    with refused, acting(actor_of("bob")), connection.cursor() as cursor:
        cursor.execute("UPDATE placements_offer SET weekly_core = ceiling + 0.01 WHERE id = %s", [offer.pk])
    offer.pk = uuid4()
    offer.status, offer.weekly_core = "withdrawn", Decimal("4000.01")
    offer.submitted_at, offer.weekly_total = dt.datetime.now(dt.UTC), Decimal("1.00")
    with refused, acting(actor_of("bob")):
        offer.save(force_insert=True)


def test_discounts_are_computed_on_the_server_and_can_be_replayed() -> None:
    """Residential, 12 months planned: 3% off core for permanence."""
    offer = submitted_offer("bob", extras=(extra(),))
    assert [line["code"] for line in offer.pricing["lines"]] == ["core", "permanence_discount", "extra.one_to_one_hour"]
    assert (offer.weekly_core_net, offer.weekly_extras) == (Decimal("3686.00"), Decimal("250.00"))
    assert offer.weekly_total == Decimal("3936.00")
    with acting(actor_of("bob")):
        from dpv.queries.rules import rules_of

        again = Offer.objects.select_related("rules").get(pk=offer.pk)
        assert pricing_of(again, rules_of(again.rules)).weekly_total == again.weekly_total


def test_siblings_together_have_their_discount() -> None:
    offer = submitted_offer(
        story=invited("alder-fostering", siblings=2), children_together=2, weekly_core=Decimal("850.00")
    )
    assert "sibling_discount" in {line["code"] for line in offer.pricing["lines"]}


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"unit_rate": Decimal("25.01")}, "extra_above_menu"),
        ({"code": "therapy_session"}, "extra_not_on_menu"),
        ({"outcome": " "}, "extra_outcome_missing"),
        ({"ends_on": None}, "extra_end_missing"),
        ({"review_on": None}, "extra_review_missing"),
        ({"quantity_per_week": None}, "extra_quantity_missing"),
        ({"code": ""}, "extra_code_missing"),
    ],
)
def test_extras_come_from_the_menu_with_outcome_end_and_review(wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(OfferRefused) as refused:
        submitted_offer("bob", extras=(extra(**wrong),))
    assert code in codes(refused)


def test_a_draft_may_lack_things_but_breaks_no_rule() -> None:
    offer = drafted_offer(
        "bob", weekly_core=None, starts_on=None, held_until=None, statements={}, extras=(ExtraAsked(code=""),)
    )
    assert (offer.status, offer.weekly_total, offer.pricing) == ("draft", None, {})
    with acting(actor_of("bob")), pytest.raises(OfferRefused) as refused:
        submit_offer(actor_of("bob"), offer_id=offer.pk)
    assert {"price_missing", "start_missing", "held_missing", "statement_missing"} <= codes(refused)
    assert stored(offer).status == "draft"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"who_lives_there": "A boy called Tom Bramble, 13."}, "discloses_person"),
        ({"who_lives_there": ""}, "who_lives_there_missing"),
        ({"staffing": "x" * 4001}, "text_too_long"),
        ({"starts_on": dt.date.today() - dt.timedelta(days=1)}, "start_in_past"),
        ({"starts_on": dt.date(9999, 12, 31)}, "start_too_far"),
        ({"held_until": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, "held_too_short"),
        ({"children_together": 2}, "children_invalid"),
        ({"solo_uplift": Decimal("999999.00"), "solo_reason": "Alone."}, ""),
    ],
)
def test_an_offer_says_what_the_council_must_know(wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(OfferRefused) as refused:
        submitted_offer("bob", **wrong)
    assert code in codes(refused) or not code


# --- Time, ceiling and eligibility at the moment of submitting ---------------------------------------------


def test_one_second_after_closing_the_offer_is_refused_and_the_draft_kept() -> None:
    story = invited()
    draft = drafted_offer("bob", story=story)
    with acting(actor_of("bob")):
        now = database_now()
    release_now(story, closes_at=now - dt.timedelta(seconds=1))
    with acting(actor_of("bob")), pytest.raises(NotNow, match="Offers closed on") as refused:
        submit_offer(actor_of("bob"), offer_id=draft.pk)
    assert refused.value.code == "closing_passed"
    kept = stored(draft)
    assert (kept.status, kept.weekly_core) == ("draft", Decimal("3800.00"))


def test_the_closing_moment_itself_is_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    story = invited()
    draft = drafted_offer("bob", story=story)
    closes_at = story.releases["birch"].closes_at
    bob = actor_of("bob")
    with acting(bob):
        monkeypatch.setattr("placements.actions.offers.database_now", lambda: closes_at)
        with pytest.raises(NotNow):
            submit_offer(bob, offer_id=draft.pk)
        monkeypatch.setattr("placements.actions.offers.database_now", lambda: closes_at - dt.timedelta(milliseconds=1))
        assert submit_offer(bob, offer_id=draft.pk).status == "submitted"


def test_the_webs_clock_does_not_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A web server whose clock is 400 days off neither closes nor opens anything."""
    from django.utils import timezone

    draft = drafted_offer("bob")
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + dt.timedelta(days=400))
    with acting(actor_of("bob")):
        assert submit_offer(actor_of("bob"), offer_id=draft.pk).status == "submitted"


def test_a_draft_can_be_saved_after_closing_in_case_there_is_more_time() -> None:
    story = invited("birch-house", "birch-lodge")
    draft = drafted_offer("bob", story=story)
    with acting(actor_of("bob")):
        now = database_now()
    release_now(story, closes_at=now - dt.timedelta(seconds=1))
    with acting(actor_of("bob")):
        answers = replace(answers_of(draft), staffing="One more sentence.")
        save_offer_draft(actor_of("bob"), offer_id=draft.pk, answers=answers)
        with pytest.raises(NotNow):
            start_offer(actor_of("bob"), invitation_id=story.invitations["birch-lodge"].pk)
    assert stored(draft).staffing == "One more sentence."


def test_a_ceiling_lowered_while_an_offer_is_written_holds_at_submission() -> None:
    draft = drafted_offer("bob")
    new_ceiling("3700.00")
    with acting(actor_of("bob")), pytest.raises(OfferRefused, match="£3,700.00") as refused:
        submit_offer(actor_of("bob"), offer_id=draft.pk)
    assert refused.value.code == "above_ceiling"
    assert stored(draft).status == "draft"
    with acting(actor_of("bob")):
        answers = replace(answers_of(draft), weekly_core=Decimal("3700.00"))
        save_offer_draft(actor_of("bob"), offer_id=draft.pk, answers=answers)
        offer = submit_offer(actor_of("bob"), offer_id=draft.pk)
    assert (offer.ceiling, offer.weekly_core) == (Decimal("3700.00"), Decimal("3700.00"))


def test_suspended_between_invitation_and_offer_is_refused_with_the_reason() -> None:
    story = invited("birch-house")
    draft = drafted_offer("bob", story=story)
    suspend()
    with acting(actor_of("bob")):
        with pytest.raises(RuleBroken, match="Suspended from this lot"):
            submit_offer(actor_of("bob"), offer_id=draft.pk)
        withdraw_offer(actor_of("bob"), offer_id=draft.pk)
        with pytest.raises(RuleBroken, match="Suspended from this lot"):
            start_offer(actor_of("bob"), invitation_id=story.invitations["birch-house"].pk)


def test_an_ended_invitation_takes_no_offer() -> None:
    story = invited()
    draft = drafted_offer("bob", story=story)
    with acting(actor_of("olive")):
        Invitation.objects.filter(pk=story.invitations["birch-house"].pk).update(status="withdrawn")
    with acting(actor_of("bob")), pytest.raises(NotNow, match="invitation"):
        submit_offer(actor_of("bob"), offer_id=draft.pk)


# --- One live offer, two windows, revise, confirm again, withdraw ------------------------------------------


def test_starting_twice_gives_the_same_offer() -> None:
    story = invited()
    with acting(actor_of("bob")):
        first = start_offer(actor_of("bob"), invitation_id=story.invitations["birch-house"].pk)
        assert start_offer(actor_of("bob"), invitation_id=story.invitations["birch-house"].pk) == first
        assert Offer.objects.count() == 1


def test_submitting_twice_has_one_effect() -> None:
    offer = submitted_offer("bob")
    with acting(actor_of("bob")), pytest.raises(NotNow):
        submit_offer(actor_of("bob"), offer_id=offer.pk)
    assert stored(offer).submitted_at == offer.submitted_at


def test_an_older_window_overwrites_nothing() -> None:
    draft = drafted_offer("bob")
    seen = edition_of(draft)
    bob = actor_of("bob")
    with acting(bob):
        save_offer_draft(
            bob, offer_id=draft.pk, answers=replace(answers_of(draft), staffing="First window."), edition=seen
        )
        with pytest.raises(NotNow) as refused:
            save_offer_draft(
                bob, offer_id=draft.pk, answers=replace(answers_of(draft), staffing="Second."), edition=seen
            )
        with pytest.raises(NotNow):
            submit_offer(bob, offer_id=draft.pk, edition=seen)
    assert refused.value.code == "offer_changed"
    assert stored(draft).staffing == "First window."


def test_revising_counts_the_version_and_a_refused_revision_changes_nothing() -> None:
    offer = submitted_offer("bob")
    bob = actor_of("bob")
    with acting(bob):
        with pytest.raises(OfferRefused):
            revise_offer(bob, offer_id=offer.pk, answers=replace(answers_of(offer), weekly_core=Decimal("4000.01")))
        assert Offer.objects.get(pk=offer.pk).weekly_core == Decimal("3800.00")
        revise_offer(bob, offer_id=offer.pk, answers=replace(answers_of(offer), weekly_core=Decimal("3500.00")))
    again = stored(offer)
    assert (again.revision, again.weekly_total, again.status) == (2, Decimal("3395.00"), "submitted")


def test_an_amended_referral_asks_for_confirmation_also_after_closing() -> None:
    story = invited()
    offer = submitted_offer("bob", story=story)
    with acting(actor_of("olive")):
        Offer.objects.filter(pk=offer.pk).update(status="needs_reconfirming")
        now = database_now()
    release_now(story, closes_at=now - dt.timedelta(minutes=1))
    with acting(actor_of("bob")):
        assert reconfirm_offer(actor_of("bob"), offer_id=offer.pk).status == "submitted"
        with pytest.raises(NotNow):
            reconfirm_offer(actor_of("bob"), offer_id=offer.pk)


def test_an_offer_that_does_not_answer_a_new_need_must_be_revised() -> None:
    story = invited()
    offer = submitted_offer("bob", story=story)
    with acting(actor_of("olive")):
        Offer.objects.filter(pk=offer.pk).update(status="needs_reconfirming")
    content = {**story.releases["birch"].content, "needs": ["self_harm", "missing"]}
    release_now(story, content=content)
    with acting(actor_of("bob")):
        with pytest.raises(OfferRefused, match="Going missing"):
            reconfirm_offer(actor_of("bob"), offer_id=offer.pk)
        answers = replace(answers_of(offer), statements={"self_harm": "A plan.", "missing": "A plan."})
        assert revise_offer(actor_of("bob"), offer_id=offer.pk, answers=answers).status == "submitted"


def test_withdrawing_reopens_the_invitation_until_closing_and_not_after() -> None:
    story = invited()
    offer = submitted_offer("bob", story=story)
    bob = actor_of("bob")
    with acting(bob):
        assert Invitation.objects.get(pk=offer.invitation_id).status == "offered"
        withdraw_offer(bob, offer_id=offer.pk)
        assert Invitation.objects.get(pk=offer.invitation_id).status == "open"
        assert Offer.objects.get(pk=offer.pk).withdrawn_at is not None
    again = submitted_offer("bob", story=story)
    assert again.pk != offer.pk
    with acting(bob):
        now = database_now()
    release_now(story, closes_at=now)
    with acting(bob), pytest.raises(NotNow):
        withdraw_offer(bob, offer_id=again.pk)


def test_a_draft_is_deleted_and_the_deletion_recorded() -> None:
    draft = drafted_offer("bob")
    with acting(actor_of("bob")):
        withdraw_offer(actor_of("bob"), offer_id=draft.pk)
        assert not Offer.objects.filter(pk=draft.pk).exists()
        assert Entry.objects.filter(kind="offer.discarded", subject_id=str(draft.pk)).exists()


def test_a_draft_lapses_when_another_s_offer_is_accepted() -> None:
    story = with_person(invited("birch-house", "cedar-house", who="oscar"))
    offer = submitted_offer("bob", story=story)
    draft = drafted_offer("cecil", story=story)
    assert award(offer, before_closing=True).status == "confirmed"
    cecil = actor_of("cecil")
    with acting(cecil):
        assert Offer.objects.get(pk=draft.pk).status == "lapsed"
        with pytest.raises(NotNow):
            submit_offer(cecil, offer_id=draft.pk)
    with acting(actor_of("bob")):
        assert Offer.objects.get(pk=offer.pk).status == "accepted"
