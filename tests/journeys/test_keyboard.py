"""Without a mouse: skip to the form, reach every control in order, always see where one is, go from an error to its
control."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page

from tests import scenarios
from tests.journeys.conftest import WalkIn
from tests.journeys.visitors import Visitor, off_loop

MOST_TABS = 160
#: What has the focus: its name, and whether a person can see that it has it.
FOCUSED = """() => {
  const it = document.activeElement
  const label = it.nextElementSibling
  const box = it.getBoundingClientRect()
  const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight)
  const on = document.elementFromPoint(box.left + Math.min(box.width / 2, 60), (top + bottom) / 2)
  const look = () => [it, label].filter(Boolean).flatMap(each => [null, '::before'].map(part => {
    const style = getComputedStyle(each, part)
    return [style.outline, style.boxShadow, style.backgroundColor, style.borderColor].join()
  })).join()
  const focused = look()
  it.blur()
  const marked = look() !== focused
  it.focus({ preventScroll: true })
  return {
    name: it.getAttribute('name') || '', value: it.value || '', type: it.type || '', tag: it.tagName,
    id: it.id, text: it.innerText || '',
    classes: it.className, inMain: it.closest('main') !== null,
    inView: bottom - top >= Math.min(box.height, 40) - 1,
    covered: !(on && [it, label].some(each => each && (each.contains(on) || on.contains(each)))),
    marked,
  }
}"""
#: The controls of the page's main form that a person can use: a group of radios counts once.
CONTROLS = """() => {
  const usable = [...document.querySelectorAll('main form [name]')].filter(each =>
    each.type !== 'hidden' && !each.disabled && each.tabIndex >= 0 && each.checkVisibility())
  return [...new Set(usable.map(each => each.type === 'radio' || each.tagName === 'BUTTON' ? each.name
    : each.type === 'checkbox' ? each.name + '=' + each.value : each.name))]
}"""


@dataclass(frozen=True)
class Desk:
    """A page with a form, who sits there, and the button that asks for what is missing."""

    who: str
    path: str
    button: str
    empty: tuple[str, ...] = ()


def _section() -> Desk:
    draft = scenarios.draft_referral("olive")
    path = f"/o/harrow/referrals/{draft.reference}/sections/matters/"
    return Desk("olive", path, "Save and continue", ("voice", "family_time"))


def _offer() -> Desk:
    offer = scenarios.drafted_offer(home="birch-house")
    return Desk("bob", f"/o/birch/offers/{offer.pk}/edit/", "Check your offer", ("weekly_core", "staffing"))


def _award() -> Desk:
    story, offers = scenarios.chosen("birch-house", "cedar-house")
    path = f"/o/harrow/referrals/{story.reference}/offers/{offers[0].pk}/accept/"
    return Desk("oscar", path, "Continue")


def _signing() -> Desk:
    agreement = off_loop(lambda: scenarios.signable_agreement("birch-house"))
    return Desk("sam", f"/o/harrow/agreements/{agreement.reference}/sign/", "Sign the agreement")


DESKS = pytest.mark.parametrize("prepared", [_section, _offer, _award, _signing], ids=lambda each: each.__name__[1:])


def _sit_down(walk_in: WalkIn, desk: Desk) -> Visitor:
    visitor = walk_in(desk.who, proved=True)
    visitor.allowed.add(422)
    visitor.go(desk.path)
    return visitor


def _tab(page: Page) -> dict[str, Any]:
    page.keyboard.press("Tab")
    found: dict[str, Any] = page.evaluate(FOCUSED)
    return found


@DESKS
def test_every_control_is_reached_in_order_and_seen(walk_in: WalkIn, live: str, prepared: Callable[[], Desk]) -> None:
    desk = prepared()
    page = _sit_down(walk_in, desk).page
    skip = _tab(page)
    assert "govuk-skip-link" in skip["classes"] and skip["inView"], "the first thing is the skip link"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main-content"
    expected: list[str] = page.evaluate(CONTROLS)
    reached: list[str] = []
    faults = []
    for _step in range(MOST_TABS):
        it = _tab(page)
        if not it["inMain"]:
            break
        what = f"{it['tag']} {it['name'] or it['text'][:40]}"
        faults += [f"{what} is {word}" for word in ("covered",) if it[word]]
        faults += [f"{what} is not {word}" for word in ("inView", "marked") if not it[word]]
        if it["name"]:
            name = (
                it["name"]
                if it["type"] != "checkbox"
                else f"{it['name']}={page.evaluate('document.activeElement.value')}"
            )
            if name not in reached:
                reached.append(name)
    assert not faults, "\n".join(faults)
    assert reached == expected, "the tab key visits the controls in the order in which they are read"


@DESKS
def test_an_error_leads_to_its_control(walk_in: WalkIn, live: str, prepared: Callable[[], Desk]) -> None:
    desk = prepared()
    visitor = _sit_down(walk_in, desk)
    page = visitor.page
    for name in desk.empty:
        page.locator(f'[name="{name}"]').fill("")
    button = page.get_by_role("button", name=desk.button, exact=True)
    button.focus()
    page.keyboard.press("Enter")
    page.locator(".govuk-error-summary:focus").wait_for()
    assert page.title().startswith("Error:"), page.title()
    links = page.locator(".govuk-error-summary__list a")
    assert links.count() == page.locator(".govuk-error-summary__list li").count() > 0, "each error leads somewhere"
    for number in range(links.count()):
        target = (links.nth(number).get_attribute("href") or "").removeprefix("#")
        links.nth(number).focus()
        page.keyboard.press("Enter")
        it = page.evaluate(FOCUSED)
        assert it["id"] == target and it["tag"] in ("INPUT", "TEXTAREA", "SELECT", "BUTTON"), (target, it)
        assert it["inView"] and it["marked"] and not it["covered"], it
