"""A young person with a telephone and a poster: says it, keeps the receipt, comes back. No cookie, accessible."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from brokerage.safeguarding.voice.codes import new_code
from tests.journeys.conftest import WalkIn
from tests.journeys.test_every_page import NARROW, RULES


def _looked_at(page: Page) -> None:
    page.wait_for_load_state()
    broken = Axe().run(page, options=RULES).response["violations"]
    found = [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in broken]
    assert not found, f"{page.url}: {found}"
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW, page.url
    assert page.get_by_role("link", name="Leave this page").is_visible()


def test_saying_something_and_coming_back_for_the_answer(walk_in: WalkIn, live: str) -> None:
    visitor = walk_in(width=NARROW)
    page = visitor.go("/speak/")
    page.get_by_label("Code on the poster").fill("0000-0001")
    page.get_by_role("button", name="Continue").click()
    _looked_at(page)
    page.get_by_label("Code on the poster").fill(new_code())
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("I live here").check()
    page.get_by_label("What do you want to say?").fill("They lock the kitchen.")
    _looked_at(page)
    page.get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Send").click()
    receipt = page.locator(".app-speak__receipt").inner_text()
    _looked_at(page)
    page.get_by_role("link", name="Here you can read the answer later").click()
    page.get_by_label("Your secret code").fill(receipt)
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("They lock the kitchen.").wait_for()
    assert receipt not in page.url
    _looked_at(page)
    assert visitor.context.cookies() == []
