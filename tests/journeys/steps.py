"""The steps of the main road, through the pages only, with or without scripts."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

from placements.questions import sections_for
from tests.journeys.filling import fill
from tests.journeys.visitors import PASSWORD, Visitor
from tests.scenarios import referral_answers

NAME, FAMILY = "Wilhelmina", "Thistledown"


def section_answers(category: str = "residential") -> dict[str, dict[str, Any]]:
    """What is typed into each section's page, in the order of the sections."""
    told = referral_answers(category)
    found = {}
    for section in sections_for(category, told["needs"]["needs"]):
        asked = {question.name for question in section.questions_for(category)}
        found[section.code] = {name: value for name, value in told[section.code].items() if name in asked}
    return found


def start_draft(officer: Visitor, organisation: str = "harrow") -> str:
    """Start a referral for somebody new; returns its reference."""
    officer.go(f"/o/{organisation}/")
    officer.follow("Referrals")
    officer.press("Start a referral")
    fill(
        officer.page,
        {
            "who": "new",
            "case_number": f"C-{uuid4().hex[:6]}",
            "given_name": NAME,
            "family_name": FAMILY,
            "date_of_birth": dt.date(dt.date.today().year - 14, 1, 1),
            "sex": "male",
            "home_postcode": "HA1 2AA",
            "category": "residential",
            "urgency": "planned",
        },
    )
    officer.press("Start the draft")
    return officer.path.split("/")[4]


def write_sections(officer: Visitor, *, slip: str = "") -> None:
    """From the task list through every section by "Save and continue"; `slip` is a name left in by mistake."""
    first = True
    for code, answers in section_answers().items():
        if first:
            officer.page.locator(".govuk-task-list__link").first.click()
            officer.page.wait_for_load_state()
            first = False
        assert f"/sections/{code}/" in officer.path, f"{officer.path} is not the page of {code}"
        if code == "matters" and slip:
            answers = {**answers, "voice": f"{slip} wants to stay near friends and play football."}
        fill(officer.page, answers)
        officer.press("Save and continue")
    assert officer.path.endswith("/tasks/"), officer.page.locator("main").inner_text()


def publish(officer: Visitor) -> None:
    """From the finished task list to the published referral, everyone eligible invited."""
    officer.follow("Choose homes and publish")
    officer.press("Continue to publish")
    officer.press("Publish and invite")
    assert officer.sees("Published."), officer.page.locator("main").inner_text()


def offer_answers(weekly: str) -> dict[str, Any]:
    today = dt.date.today()
    return {
        "weekly_core": weekly,
        "who_lives_there": "Two boys aged 13 and 15.",
        "staffing": "Two by day, one waking at night.",
        "impact_on_residents": "Low: they share interests.",
        "starts_on": today + dt.timedelta(days=10),
        "held_until": dt.datetime.combine(today + dt.timedelta(days=40), dt.time(17)),
    }


def write_offer(writer: Visitor, organisation: str, reference: str, home: str, weekly: str) -> None:
    """From the inbox to "Check your offer" of one home."""
    writer.go(f"/o/{organisation}/inbox/")
    writer.follow(reference)
    card = writer.page.locator(".govuk-summary-card", has=writer.page.get_by_role("heading", name=home))
    card.get_by_role("button", name="Make an offer").click()
    writer.page.wait_for_load_state()
    fill(writer.page, offer_answers(weekly))
    for statement in writer.page.locator('textarea[name^="statements."]').all():
        statement.fill("Trained staff, weekly supervision, a written plan.")
    writer.press("Check your offer")


def choose(officer: Visitor, reference: str, home: str, organisation: str = "harrow") -> None:
    """From the comparison to the page that says what the award will do."""
    officer.go(f"/o/{organisation}/referrals/{reference}/compare/")
    officer.page.get_by_role("button", name=f"Choose this offer {home}").click()
    officer.page.wait_for_load_state()
    answers = {"reason_code": "best_match", "reason": "It answers every need and is near his school."}
    fill(officer.page, answers)
    early = officer.page.locator('[name="before_closing"]')
    if early.count():
        early.check()
    officer.press("Continue")


def sign(signatory: Visitor, organisation: str, agreement: str) -> None:
    """Prove who one is on the real password page, then sign."""
    signatory.go(f"/o/{organisation}/agreements/{agreement}/")
    signatory.press("Read and sign")
    assert "/accounts/prove/" in signatory.path, signatory.path
    signatory.press("Password")
    signatory.page.locator('main input[type="password"]').fill(PASSWORD)
    signatory.page.locator('main form button[type="submit"]').last.click()
    signatory.page.wait_for_load_state()
    fill(signatory.page, {"role": "Head of Placements"})
    signatory.page.locator('[name="agree"]').check()
    signatory.press("Sign the agreement")
    assert signatory.sees("You have signed agreement"), signatory.page.locator("main").inner_text()
