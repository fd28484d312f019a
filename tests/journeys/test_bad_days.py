"""Impatience, the back button, a session that ends, two tabs at once: nothing happens twice and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from brokerage.core.audit.models import Entry
from brokerage.core.tenants.context import acting
from contracts.models import Agreement, Signature
from placements.models import Award, Invitation, Offer, Referral
from tests import scenarios
from tests.cast import actor_of, email_of
from tests.journeys import steps
from tests.journeys.conftest import WalkIn
from tests.journeys.filling import fill
from tests.journeys.visitors import PASSWORD, Visitor, give_password, off_loop

SCRIPTS = pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])


def _press_twice(visitor: Visitor, name: str) -> None:
    """Two clicks as fast as a hand makes them, then wait until the page has gone on."""
    before = visitor.page.url
    visitor.page.get_by_role("button", name=name, exact=True).dblclick()
    # Not `wait_for_url`: the second click ends the way to a page that the first began, which is no fault.
    expect(visitor.page).not_to_have_url(before, timeout=30_000)
    visitor.page.wait_for_load_state()


def _entries(who: str, kind: str, subject: Any) -> int:
    with acting(actor_of(who)):
        return Entry.objects.filter(kind=kind, subject_id=str(subject.pk)).count()


@SCRIPTS
def test_publishing_with_a_double_click(walk_in: WalkIn, javascript: bool) -> None:
    draft = scenarios.draft_referral("oscar")
    officer = walk_in("oscar", javascript=javascript)
    officer.go(f"/o/harrow/referrals/{draft.reference}/publish/")
    _press_twice(officer, "Publish and invite")
    assert officer.path == f"/o/harrow/referrals/{draft.reference}/"
    assert _entries("oscar", "referral.published", draft) == 1
    with acting(actor_of("oscar")):
        assert Invitation.objects.filter(referral_id=draft.pk).count() == 3


@SCRIPTS
def test_submitting_an_offer_with_a_double_click(walk_in: WalkIn, javascript: bool) -> None:
    offer = scenarios.drafted_offer(home="birch-house")
    writer = walk_in("bob", javascript=javascript)
    writer.go(f"/o/birch/offers/{offer.pk}/check/")
    _press_twice(writer, "Submit offer")
    assert writer.path == f"/o/birch/offers/{offer.pk}/"
    assert _entries("bob", "offer.submitted", offer) == 1
    with acting(actor_of("bob")):
        assert Offer.objects.get(pk=offer.pk).status == "submitted"


@SCRIPTS
def test_awarding_with_a_double_click_and_the_back_button(walk_in: WalkIn, javascript: bool) -> None:
    story, _offers = scenarios.chosen("cedar-house")
    officer = walk_in("oscar", javascript=javascript)
    steps.choose(officer, story.reference, "Cedar House")
    _press_twice(officer, "Award")
    assert officer.path.startswith("/o/harrow/approvals/")
    with acting(actor_of("oscar")):
        assert Award.objects.filter(referral=story.referral).count() == 1
        assert Agreement.objects.filter(referral_reference=story.reference).count() == 1
    officer.go(f"/o/harrow/referrals/{story.reference}/compare/")
    officer.page.go_back()
    assert officer.path.startswith("/o/harrow/approvals/")


def test_the_back_button_after_an_award(walk_in: WalkIn) -> None:
    story, offers = scenarios.chosen("birch-house")
    officer = walk_in("oscar")
    steps.choose(officer, story.reference, "Birch House")
    officer.press("Award")
    accept = f"/o/harrow/referrals/{story.reference}/offers/{offers[0].pk}/accept/"
    officer.page.evaluate("history.go(-2)")
    officer.page.get_by_text("Nothing was done twice").wait_for()
    officer.go(accept)
    assert officer.path.startswith("/o/harrow/approvals/")
    with acting(actor_of("oscar")):
        assert Award.objects.filter(referral=story.referral).count() == 1


@SCRIPTS
def test_signing_with_a_double_click(walk_in: WalkIn, javascript: bool) -> None:
    agreement = off_loop(lambda: scenarios.signable_agreement("birch-house"))
    signatory = walk_in("sam", javascript=javascript, proved=True)
    signatory.go(f"/o/harrow/agreements/{agreement.reference}/sign/")
    fill(signatory.page, {"role": "Head of Placements"})
    signatory.page.locator('[name="agree"]').check()
    _press_twice(signatory, "Sign the agreement")
    assert signatory.path == f"/o/harrow/agreements/{agreement.reference}/"
    assert signatory.sees("Signed by Sam Signatory")
    with acting(actor_of("sam")):
        assert Signature.objects.filter(agreement=agreement).count() == 1


def test_the_session_ends_half_way_through_a_referral(walk_in: WalkIn) -> None:
    give_password("olive")
    draft = scenarios.draft_referral("olive")
    officer = walk_in("olive")
    page = f"/o/harrow/referrals/{draft.reference}/sections/matters/"
    officer.go(page)
    fill(officer.page, {"voice": "I want to live by the sea."})
    with officer.page.expect_response(lambda response: response.request.method == "POST"):
        officer.page.locator('[name="voice"]').blur()
    officer.page.locator("#saved").get_by_text("Saved").wait_for()
    officer.sign_out_unasked()
    fill(officer.page, {"interests": "Swimming"})
    officer.page.locator('[name="interests"]').blur()
    officer.page.get_by_text("You have been signed out").wait_for()
    assert officer.page.locator('[name="interests"]').input_value() == "Swimming", "the words stay on the page"
    with officer.page.expect_popup() as opened:
        officer.page.get_by_role("link", name="Sign in again").click()
    login = opened.value
    fill(login, {"login": email_of("olive"), "password": PASSWORD})
    login.get_by_role("button", name="Sign in", exact=True).click()
    login.wait_for_url(f"{officer.base}/o/harrow/")
    officer.press("Save and continue")
    assert officer.path == f"/o/harrow/referrals/{draft.reference}/tasks/", officer.page.locator("main").inner_text()
    with acting(actor_of("olive")):
        kept = Referral.objects.get(pk=draft.pk).answers["matters"]
        assert kept["voice"] == "I want to live by the sea." and kept["interests"] == "Swimming"


def test_the_session_ends_and_the_page_is_left(walk_in: WalkIn) -> None:
    give_password("olive")
    draft = scenarios.draft_referral("olive")
    officer = walk_in("olive", javascript=False)
    page = f"/o/harrow/referrals/{draft.reference}/sections/matters/"
    officer.go(page)
    officer.sign_out_unasked()
    officer.press("Save and continue")
    assert officer.path.startswith("/accounts/login/"), officer.path
    fill(officer.page, {"login": email_of("olive"), "password": PASSWORD})
    officer.press("Sign in")
    assert officer.path == page, "signing in leads back to where one was"
    assert "stay near my friends" in officer.page.locator('[name="voice"]').input_value()


def test_two_tabs_two_organisations(walk_in: WalkIn) -> None:
    broker = walk_in("hugh")
    broker.go("/organisations/")
    assert broker.sees("Ealing") and broker.sees("West London Central Team")
    reference = steps.start_draft(broker, "ealing")
    other = broker.open_tab()
    other.goto(f"{broker.base}/o/west-london-central/")
    for tab, name in ((broker.page, "Ealing"), (other, "West London Central Team"), (broker.page, "Ealing")):
        tab.reload()
        assert tab.locator(".app-header__name").inner_text() == name
        assert tab.title().count(name) == 1
    broker.page.locator(".govuk-task-list__link").first.click()
    broker.press("Save and come back later")
    assert broker.path == f"/o/ealing/referrals/{reference}/tasks/"
    with acting(actor_of("edith")):
        assert Referral.objects.get(reference=reference).authority.slug == "ealing"
    broker.allowed.update((403, 404))
    assert other.goto(f"{broker.base}/o/west-london-central/referrals/{reference}/").status in (403, 404)
    other.goto(f"{broker.base}/o/harrow/")
    assert "not found" in other.title().lower(), "no delegation, no door"


def test_the_language_changes_in_place(walk_in: WalkIn) -> None:
    officer = walk_in("oscar")
    officer.go("/o/harrow/referrals/?status=draft")
    for name, code in (("Cymraeg", "cy"), ("English", "en")):
        officer.press(name)
        assert officer.path == "/o/harrow/referrals/?status=draft"
        assert officer.page.locator("html").get_attribute("lang") == code
        assert officer.page.locator('[name="status"]').input_value() == "draft"
    visitor = walk_in()
    visitor.go("/accounts/login/")
    visitor.press("Cymraeg")
    assert visitor.path == "/accounts/login/" and visitor.page.locator("html").get_attribute("lang") == "cy"


@pytest.mark.parametrize("look", [lambda story: f"/o/birch/inbox/{story.reference}/"], ids=["opportunity"])
def test_on_paper_only_what_is_meant_to_be_read(walk_in: WalkIn, look: Callable[[Any], str]) -> None:
    story = scenarios.invited("birch-house")
    writer = walk_in("bob")
    writer.go(look(story))
    writer.page.emulate_media(media="print")
    assert writer.page.locator("h1").is_visible() and writer.sees("Calm, steady adults.")
    for each in (
        ".govuk-service-navigation",
        ".app-search",
        ".govuk-footer__inline-list",
        "main form",
        ".app-no-print",
    ):
        shown = [found for found in writer.page.locator(each).all() if found.is_visible()]
        assert not shown, f"{each} would be printed"
    assert writer.page.pdf().startswith(b"%PDF-")
