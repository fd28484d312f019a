"""Every page there is, as somebody entitled to it: accessible, narrow enough, leading somewhere, alive without scripts.

The pages come from the URL table. Each person walks through all of theirs and reports everything found at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urldefrag, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Page

from tests.accounts.mobiles import BACKEND, give_number
from tests.isolation.test_urls import ALL
from tests.journeys.conftest import WalkIn
from tests.journeys.places import ACCOUNT, EVERYBODY, HOMES, PUBLIC, Walk, build_walk, pages_of
from tests.journeys.visitors import Visitor, client_of, give_password, off_loop

RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}
NARROW = 320
#: A person's pages are looked at in so many tests, so that none takes long.
PARTS = 3
#: Addresses without a page of their own for anybody in this world, and why.
NO_PAGE = {
    "placements:inbox_list": "a part of the inbox, fetched by it",
    "placements:document_open": "a file; nothing is uploaded here",
    "placements:document_file": "a file; nothing is uploaded here",
    "placements:opportunity_document": "a file; nothing is uploaded here",
    "placements:opportunity_file": "a file; nothing is uploaded here",
    "providers:certificate": "a file; no policy has one here",
    "providers:certificate_file": "a file; no policy has one here",
    "reports:spend_csv": "a file; the page's links to it are followed",
    "reports:market_csv": "a file; the page's links to it are followed",
    "safeguarding:alert_file": "a file; the signature is nonsense",
    "safeguarding:alert_file_open": "a file; no alert has one here",
    "safeguarding:alert_roster_pdf": "a file; nobody asked for it here",
    "safeguarding:alert_roster_csv": "a file; the page's links to it are followed",
}


@pytest.fixture(scope="module")
def walk(live: str) -> Iterator[Walk]:
    yield build_walk()


class Inspector:
    """Looks at one page after another for one person; `findings` is the report."""

    def __init__(self, visitor: Visitor, plain: Visitor, client: Client) -> None:
        self.visitor, self.plain, self.client = visitor, plain, client
        self.axe = Axe()
        self.findings: list[str] = []
        self.links: dict[str, str] = {}

    def look_at(self, path: str) -> None:
        """One page, wide and narrow, with and without scripts."""
        page = self.visitor.go(path)
        heading = self._structure(page, path)
        self._accessibility(page, path)
        self._links(page, path)
        page.set_viewport_size({"width": NARROW, "height": 800})
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > NARROW:
            self._say(path, f"scrolls sideways at {NARROW} px: {width} px wide, by {self._widest(page)}")
        page.set_viewport_size({"width": 1280, "height": 900})
        self._without_scripts(path, heading)

    def _say(self, path: str, text: str) -> None:
        self.findings.append(f"{path}\n    {text}")

    def _structure(self, page: Page, path: str) -> str:
        if not page.title().split("–")[0].strip():
            self._say(path, f"the title says nothing: {page.title()!r}")
        headings = page.locator("h1").all_inner_texts()
        if len(headings) != 1 or not headings[0].strip():
            self._say(path, f"one main heading is expected, not {headings}")
        return headings[0] if headings else ""

    def _accessibility(self, page: Page, path: str) -> None:
        for broken in self.axe.run(page, options=RULES).response["violations"]:
            where = "; ".join(node["html"][:160] for node in broken["nodes"][:3])
            self._say(path, f"{broken['id']} ({broken['impact']}): {where}")

    def _links(self, page: Page, path: str) -> None:
        found = page.eval_on_selector_all("a[href]", "all => all.map(each => each.href)")
        own = f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}"
        for link in found:
            target, fragment = urldefrag(link)
            if not target.startswith(own):
                continue
            if fragment and target == urldefrag(page.url)[0]:
                if not page.evaluate("id => document.getElementById(id) !== null", fragment):
                    self._say(path, f"leads to #{fragment}, which is not there")
                continue
            self.links.setdefault(target.removeprefix(own), path)

    def _widest(self, page: Page) -> str:
        return str(
            page.evaluate(
                """limit => [...document.querySelectorAll('main *, header *, footer *')]
                  .filter(each => each.getBoundingClientRect().right > limit + 1).slice(0, 3)
                  .map(each => each.tagName + '.' + each.className + ' ' + each.textContent.trim().slice(0, 40))
                  .join(' | ')""",
                NARROW,
            )
        )

    def _without_scripts(self, path: str, heading: str) -> None:
        page = self.plain.go(path)
        if not page.locator("h1").first.is_visible() or page.locator("h1").first.inner_text() != heading:
            self._say(path, "without scripts the main heading is missing")
        buttons = page.locator("main form button[type=submit]:not(details:not([open]) *)")
        if buttons.count() and not any(button.is_visible() for button in buttons.all()):
            self._say(path, "without scripts no button can be pressed")

    def follow_links(self) -> None:
        """No dead links: each address that any page leads to answers this person."""
        for target, source in self.links.items():
            response = self.client.get(target, follow=True)
            if response.status_code >= 400:
                self._say(source, f"leads to {target}, which answers {response.status_code}")
            response.close()


def _inspect(walk_in: WalkIn, who: str, paths: list[str]) -> None:
    client = client_of(who, proved=True) if who else Client(headers={"host": "localhost"})
    inspector = Inspector(walk_in(who, proved=True), walk_in(who, javascript=False, proved=True), client)
    for path in paths:
        inspector.look_at(path)
    inspector.follow_links()
    assert not inspector.findings, "\n" + "\n".join(inspector.findings)


def test_every_address_is_a_page_for_somebody(walk: Walk) -> None:
    """What no page test would ever open must be known, with its reason."""
    people = {**EVERYBODY, "alice": "alder"}
    clients = {who: client_of(who, proved=True) for who in people}
    unseen = []
    for address in ALL:
        statuses = set()
        for who, organisation in people.items():
            for path in walk.paths(address, organisation):
                with closing(clients[who].get(path)) as response:
                    statuses.add(response.status_code)
        if not statuses & {200, 405} and address.name not in NO_PAGE:
            unseen.append(f"{address.name}: {sorted(statuses)}")
    assert not unseen, "\n".join(unseen)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("who", EVERYBODY)
def test_pages_of_an_organisation(walk: Walk, walk_in: WalkIn, who: str, part: int) -> None:
    _inspect(walk_in, who, pages_of(walk, who, EVERYBODY[who])[part::PARTS])


def test_pages_of_a_fostering_agency(walk: Walk, walk_in: WalkIn) -> None:
    _inspect(walk_in, "alice", pages_of(walk, "alice", "alder", begin="providers:household"))


def test_first_pages_of_every_job(walk: Walk, walk_in: WalkIn) -> None:
    findings = []
    for who, organisation in HOMES.items():
        try:
            _inspect(walk_in, who, [f"/o/{organisation}/"])
        except AssertionError as error:
            findings.append(f"{who}: {error}")
    assert not findings, "\n".join(findings)


def test_public_pages(walk_in: WalkIn, live: str) -> None:
    _inspect(walk_in, "", list(PUBLIC))


def test_account_pages(walk_in: WalkIn, walk: Walk, settings: Any) -> None:
    give_password("hugh")
    settings.SMS_BACKEND = BACKEND
    off_loop(lambda: give_number("hugh", asked="+447700900124"))
    _inspect(walk_in, "hugh", list(ACCOUNT))
