"""Offers: ceilings, completeness, the database's clock, suspension, other windows, sealed offers, who may."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import Http404
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.context import acting, current, worker
from dpv.models import Admission, Ceiling
from placements.actions.offers import (
    ExtraAsked,
    OfferAnswers,
    OfferRefused,
    reconfirm_offer,
    revise_offer,
    save_offer_draft,
    start_offer,
    submit_offer,
    withdraw_offer,
)
from placements.models import Invitation, Offer, Release
from placements.offered_prices import pricing_of
from placements.queries.offer_terms import answers_of, edition_of
from tests.cast import actor_of, ident
from tests.scenarios import Invited, drafted_offer, invited, offer_answers, submitted_offer

pytestmark = pytest.mark.django_db


def release_now(story: Invited, slug: str = "birch", **changes: Any) -> None:
    """The authority changes a release (closing time, text, state)."""
    with acting(actor_of("olive")):
        Release.objects.filter(pk=story.releases[slug].pk).update(**changes)


def new_ceiling(weekly: str, home: str = "birch-house") -> None:
    carol = actor_of("carol") if current() is None else None
    with acting(carol) if carol else nullcontext():
        admission = Admission.objects.get(pk=ident(f"admission {home}"))
        Ceiling.objects.create(
            region_id=admission.region_id,
            provider_id=admission.provider_id,
            admission=admission,
            age_min=0,
            age_max=17,
            weekly=Decimal(weekly),
            valid_from=dt.date.today(),
        )


def suspend(home: str = "birch-house") -> None:
    with acting(actor_of("carol")):
        Admission.objects.filter(pk=ident(f"admission {home}")).update(status="suspended")


def stored(offer: Offer, who: str = "bob") -> Offer:
    with acting(actor_of(who)):
        return Offer.objects.get(pk=offer.pk)


def extra(**changes: Any) -> ExtraAsked:
    today = dt.date.today()
    asked = ExtraAsked(
        code="one_to_one_hour",
        quantity_per_week=Decimal("10"),
        starts_on=today + dt.timedelta(days=7),
        ends_on=today + dt.timedelta(days=90),
        review_on=today + dt.timedelta(days=45),
        outcome="Settles at school.",
    )
    return replace(asked, **changes)


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


# --- Who sees what -------------------------------------------------------------------------------------------


def test_the_authority_sees_an_offer_from_submission_and_is_told() -> None:
    story = invited()
    draft = drafted_offer("bob", story=story)
    with acting(actor_of("olive")):
        assert not Offer.objects.filter(pk=draft.pk).exists()
    with acting(actor_of("bob")):
        submit_offer(actor_of("bob"), offer_id=draft.pk)
    with acting(actor_of("olive")):
        assert Offer.objects.get(pk=draft.pk).weekly_total == Decimal("3686.00")
    assert notices_of("placements.offer_received", story) == 1


def notices_of(template: str, story: Invited) -> int:
    with worker():
        payloads = OutboxItem.objects.filter(kind="notify").values_list("payload", flat=True)
        return sum(
            notice["template"] == template and notice["reference"] == story.reference
            for payload in payloads
            for notice in payload["notices"]
        )


def test_a_sealed_offer_leaves_no_trace_that_the_authority_can_read() -> None:
    story = invited(sealed=True)
    before = readable_by_authority(story)
    offer = submitted_offer("bob", story=story)
    bob = actor_of("bob")
    with acting(bob):
        revise_offer(bob, offer_id=offer.pk, answers=replace(answers_of(offer), weekly_core=Decimal("3500.00")))
    assert readable_by_authority(story) == before
    for template in ("placements.offer_received", "placements.offer_revised"):
        assert notices_of(template, story) == 0
    with acting(actor_of("olive")):
        now = database_now()
    with acting(bob):
        Offer.objects.filter(pk=offer.pk).update(opens_at=now - dt.timedelta(seconds=1))
    with acting(actor_of("olive")):
        assert Offer.objects.filter(pk=offer.pk).exists()


def readable_by_authority(story: Invited) -> dict[str, Any]:
    """Every row about the referral that the authority's role can read."""
    from django.apps import apps

    found = {}
    with acting(actor_of("olive")):
        for model in apps.get_models():
            names = {field.attname for field in model._meta.concrete_fields}
            if "referral_id" in names:
                found[model.__name__] = list(model._default_manager.filter(referral_id=story.referral.pk).values())
        found["Entry"] = list(Entry.objects.order_by("pk").values())
        found["Referral"] = list(type(story.referral)._default_manager.filter(pk=story.referral.pk).values())
    return found


def test_another_provider_finds_nothing() -> None:
    story = invited("birch-house", "cedar-house")
    offer = submitted_offer("bob", story=story)
    cecil = actor_of("cecil")
    with acting(cecil):
        for act in (withdraw_offer, submit_offer, reconfirm_offer):
            with pytest.raises(Http404):
                act(cecil, offer_id=offer.pk)
        with pytest.raises(Http404):
            save_offer_draft(cecil, offer_id=offer.pk, answers=OfferAnswers())
        with pytest.raises(Http404):
            start_offer(cecil, invitation_id=story.invitations["birch-house"].pk)


def test_a_role_that_may_not_write_offers_is_refused() -> None:
    story = invited()
    signatory = replace(actor_of("bob"), permissions=frozenset({"inbox.view"}))
    with acting(signatory), pytest.raises(NotPermitted):
        start_offer(signatory, invitation_id=story.invitations["birch-house"].pk)
    with acting(actor_of("olive")), pytest.raises(NotPermitted):
        start_offer(actor_of("olive"), invitation_id=story.invitations["birch-house"].pk)


# --- Pages ---------------------------------------------------------------------------------------------------

SignIn = Callable[[str], Client]


def posted(story: Invited, **changes: str) -> dict[str, Any]:
    """The form's fields as a browser sends them."""
    answers = offer_answers(story)
    starts_on, held_until = answers["starts_on"], answers["held_until"]
    fields: dict[str, Any] = {
        "weekly_core": "3,800",
        "starts_on": starts_on.isoformat(),
        "held_until_day": str(held_until.day),
        "held_until_month": str(held_until.month),
        "held_until_year": str(held_until.year),
        "held_until_time": "17:00",
        "who_lives_there": answers["who_lives_there"],
        "staffing": answers["staffing"],
        "impact_on_residents": answers["impact_on_residents"],
        "do": "continue",
    }
    fields |= {f"statements.{need}": text for need, text in answers["statements"].items()}
    return {**fields, **changes}


def begun(client: Client, story: Invited, home: str = "birch-house") -> str:
    """Start an offer through the page; returns its edit address."""
    address = f"/o/birch/inbox/{story.reference}/offer/{story.invitations[home].pk}/"
    response = client.post(address)
    assert response.status_code == 302
    return str(response.url)


def edition_on(page: Any) -> str:
    text = page.content.decode()
    return text.split('name="edition" value="')[1].split('"')[0]


def test_from_inbox_to_submitted_offer_through_the_pages(sign_in: SignIn) -> None:
    story = invited()
    client = sign_in("bob")
    edit = begun(client, story)
    page = client.get(edit)
    assert "£4,000.00" in page.content.decode()
    checked = client.post(edit, {**posted(story), "edition": edition_on(page)})
    assert checked.status_code == 302 and checked.url.endswith("/check/")
    check = client.get(checked.url)
    assert "£3,686.00" in check.content.decode() and "3% of £3,800.00" in check.content.decode()
    once = client.post(checked.url, {"edition": edition_on(check)})
    twice = client.post(checked.url, {"edition": edition_on(check)})
    assert once.status_code == twice.status_code == 302 and once.url == twice.url
    assert "Submitted" in client.get(once.url).content.decode()
    with acting(actor_of("bob")):
        assert Offer.objects.get().status == "submitted"
        assert Entry.objects.filter(kind="offer.submitted").count() == 1


def test_the_form_says_everything_that_is_missing_and_keeps_the_draft(sign_in: SignIn) -> None:
    story = invited()
    client = sign_in("bob")
    edit = begun(client, story)
    page = client.post(edit, {"weekly_core": "3800", "do": "continue", "edition": edition_on(client.get(edit))})
    text = page.content.decode()
    assert page.status_code == 422 and "Your draft is saved" in text
    assert "Say how you would meet: Self-harm" in text and 'href="#id_statements.self_harm"' in text
    with acting(actor_of("bob")):
        assert Offer.objects.get().weekly_core == Decimal("3800.00")
    # The page carries the new edition: putting it right works at once.
    again = client.post(edit, {**posted(story), "edition": edition_on(page)})
    assert again.status_code == 302


def test_a_ceiling_changed_while_typing_is_shown_and_the_typed_price_stays(sign_in: SignIn) -> None:
    story = invited()
    client = sign_in("bob")
    edit = begun(client, story)
    edition = edition_on(client.get(edit))
    new_ceiling("3700.00")
    page = client.post(edit, {**posted(story, weekly_core="3,800"), "edition": edition})
    text = page.content.decode()
    assert page.status_code == 422
    assert 'value="3,800"' in text and "from £4,000.00 to £3,700.00" in text
    assert "The weekly price must be £3,700.00 or less" in text
    with acting(actor_of("bob")):
        assert Offer.objects.get().weekly_core is None


def test_after_closing_what_was_typed_stays_on_the_page(sign_in: SignIn) -> None:
    story = invited()
    offer = submitted_offer("bob", story=story)
    client = sign_in("bob")
    edit = f"/o/birch/offers/{offer.pk}/edit/"
    edition = edition_on(client.get(edit))
    with acting(actor_of("bob")):
        now = database_now()
    release_now(story, closes_at=now)
    page = client.post(edit, {**posted(story, weekly_core="3,111.00"), "do": "revise", "edition": edition})
    assert page.status_code == 409
    assert "Offers closed on" in page.content.decode() and 'value="3,111.00"' in page.content.decode()
    assert stored(offer).weekly_core == Decimal("3800.00")


def test_rows_of_extras_are_added_and_removed_without_javascript(sign_in: SignIn) -> None:
    story = invited()
    client = sign_in("bob")
    edit = begun(client, story)
    page = client.post(edit, {**posted(story), "do": "add_extra"})
    assert 'name="extras-0-code"' in page.content.decode()
    typed = {**posted(story), "extras": ["0"], "extras-0-code": "one_to_one_hour", "extras-0-outcome": "Typed."}
    page = client.post(edit, {**typed, "do": "add_extra"})
    text = page.content.decode()
    assert "Typed." in text and 'name="extras-1-code"' in text and "There is a problem" not in text
    page = client.post(edit, {**typed, "do": "remove_extra_0"})
    assert "Typed." not in page.content.decode()
    with acting(actor_of("bob")):
        assert Offer.objects.get().extras == []


def test_faults_in_an_extra_stand_beside_it(sign_in: SignIn) -> None:
    story = invited()
    client = sign_in("bob")
    edit = begun(client, story)
    row = {
        "extras": ["3"],
        "extras-3-code": "one_to_one_hour",
        "extras-3-unit_rate": "30",
        "extras-3-quantity_per_week": "5",
    }
    page = client.post(edit, {**posted(story), **row, "edition": edition_on(client.get(edit))})
    text = page.content.decode()
    assert page.status_code == 422
    assert 'href="#id_extras-3-unit_rate"' in text and "must be £25.00 or less" in text


def test_the_price_is_computed_live_by_the_server_and_stores_nothing(sign_in: SignIn) -> None:
    story = invited()
    client = sign_in("bob")
    price = begun(client, story).replace("/edit/", "/price/")
    fragment = client.post(price, {"weekly_core": "3966.67"}).content.decode()
    assert "−£119.00" in fragment and "£3,847.67" in fragment and "<html" not in fragment
    assert "must be £4,000.00 or less" in client.post(price, {"weekly_core": "4000.01"}).content.decode()
    assert "Enter the core weekly price" in client.post(price, {}).content.decode()
    with acting(actor_of("bob")):
        assert Offer.objects.get().weekly_core is None


WEIRD = st.one_of(
    st.sampled_from(
        [
            "NaN",
            "1e3",
            "1.234,50",
            "-1",
            "−1",
            "£4,000.01",
            "4000.001",
            "inf",
            "9" * 40,
            "0x10",
            "４０００",
            "4000.00\x00",
        ]
        + ["", " ", "£", "1,23", "None", "4e9999", "-0", "+5", "5.", ".5", "1_000", "٣", "\ud800"]
    ),
    st.text(max_size=20),
    st.floats(allow_nan=True, allow_infinity=True).map(str),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.integers().map(str),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(core=WEIRD, rate=WEIRD, quantity=WEIRD, solo=WEIRD, together=WEIRD, day=WEIRD)
def test_no_input_breaks_the_form_or_is_stored_above_the_ceiling(
    sign_in: SignIn, core: str, rate: str, quantity: str, solo: str, together: str, day: str
) -> None:
    with transaction.atomic():
        story = invited("birch-house", siblings=2)
        client = sign_in("bob")
        client.raise_request_exception = True
        edit = begun(client, story)
        data = {
            **posted(story, weekly_core=core),
            "solo_uplift": solo,
            "solo_reason": "Alone.",
            "children_together": together,
            "held_until_day": day,
            "extras": ["0", day],
            "extras-0-code": "one_to_one_hour",
            "extras-0-unit_rate": rate,
            "extras-0-quantity_per_week": quantity,
            "edition": "",
        }
        data = {name: _sendable(value) for name, value in data.items()}
        del data["edition"]
        for wish in ("save", "recalculate", "add_extra"):
            assert client.post(edit, {**data, "do": wish}).status_code < 500
        assert client.post(edit.replace("/edit/", "/price/"), data).status_code == 200
        with acting(actor_of("bob")):
            offer = Offer.objects.get(referral_id=story.referral.pk)
            assert offer.weekly_core is None or Decimal(0) <= offer.weekly_core <= offer.ceiling
        transaction.set_rollback(True)


def _sendable(value: Any) -> Any:
    if isinstance(value, list):
        return [_sendable(each) for each in value]
    return value.encode("utf-8", "replace").decode()


def test_pages_of_another_provider_are_not_found_and_of_the_wrong_role_refused(sign_in: SignIn) -> None:
    story = invited()
    offer = submitted_offer("bob", story=story)
    for page in ("", "edit/", "check/", "withdraw/", "confirm/"):
        assert sign_in("cecil").get(f"/o/cedar/offers/{offer.pk}/{page}").status_code == 404
        assert sign_in("cecil").get(f"/o/birch/offers/{offer.pk}/{page}").status_code == 404
        assert sign_in("olive").get(f"/o/harrow/offers/{offer.pk}/{page}").status_code == 403
    assert sign_in("cecil").post(f"/o/cedar/offers/{offer.pk}/price/", {}).status_code == 404


def test_revise_confirm_and_withdraw_through_the_pages(sign_in: SignIn) -> None:
    story = invited()
    offer = submitted_offer("bob", story=story)
    client = sign_in("bob")
    at = f"/o/birch/offers/{offer.pk}/"
    page = client.get(f"{at}edit/")
    changed = client.post(
        f"{at}edit/", {**posted(story, weekly_core="3500"), "do": "revise", "edition": edition_on(page)}
    )
    assert changed.status_code == 302 and stored(offer).revision == 2
    with acting(actor_of("olive")):
        Offer.objects.filter(pk=offer.pk).update(status="needs_reconfirming")
    assert "Confirm it again" in client.get(at).content.decode()
    assert "Does your offer still stand?" in client.get(f"{at}confirm/").content.decode()
    assert client.post(f"{at}confirm/").status_code == 302
    assert client.post(f"{at}confirm/").status_code == 302
    assert stored(offer).status == "submitted"
    assert "Withdraw your offer?" in client.get(f"{at}withdraw/").content.decode()
    assert client.post(f"{at}withdraw/").status_code == client.post(f"{at}withdraw/").status_code == 302
    assert stored(offer).status == "withdrawn"
    listed = client.get("/o/birch/offers/").content.decode()
    assert story.reference in listed and "Withdrawn" in listed


def test_a_suspended_home_is_told_why_and_may_go_on_writing(sign_in: SignIn) -> None:
    story = invited()
    client = sign_in("bob")
    edit = begun(client, story)
    suspend()
    page = client.get(edit).content.decode()
    assert "You cannot submit this today: Suspended from this lot" in page
    saved = client.post(edit, {**posted(story), "do": "save", "edition": edition_on(client.get(edit))})
    assert saved.status_code == 302
    refused = client.post(edit.replace("/edit/", "/check/"), {})
    assert refused.status_code == 422 and "Suspended from this lot" in refused.content.decode()
