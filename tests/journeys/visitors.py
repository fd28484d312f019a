"""A person in front of a browser, who notices everything that goes wrong: console errors, failed requests, bad answers.

Chromium tells a failed document or file twice, on the console and as a response; only the response counts here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, Response

from tests.cast import user_of
from tests.signing_in import prove

Result = TypeVar("Result")
PASSWORD = "otter-lantern-meadow-42"
#: A request given up because the page went on (a double click, a download) is not a fault.
GIVEN_UP = "net::ERR_ABORTED"
#: What htmx says of one; a request that fails by itself it calls "sendError".
GIVEN_UP_BY_HTMX = ("htmx:afterRequest", "htmx:sendAbort")


def client_of(who: str, *, proved: bool = False) -> Client:
    """A signed-in client of the same person, for looking behind links without a browser."""
    client = Client(headers={"host": "localhost"})
    client.force_login(user_of(who))
    if proved:
        prove(client, who)
    return client


def give_password(*people: str) -> None:
    """Let people of the cast sign in and prove themselves with `PASSWORD`; their addresses are known to be theirs."""
    from allauth.account.models import EmailAddress

    for who in people:
        user = user_of(who)
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
        EmailAddress.objects.get_or_create(user=user, email=user.email, verified=True, primary=True)


def off_loop(work: Callable[[], Result]) -> Result:
    """Run work that needs an event loop of its own (sealing does); the browser's driver keeps this thread's."""
    from django.db import connections

    found: list[Result] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found[0]


class Visitor:
    """One person's browser window at one address. `faults` is what must be empty at the end."""

    def __init__(self, context: BrowserContext, base: str, *, has_scripts: bool = True) -> None:
        self.context, self.base, self.has_scripts = context, base, has_scripts
        self.who = ""
        self.faults: list[str] = []
        self.allowed: set[int] = set()
        self.page = self.open_tab()

    def open_tab(self) -> Page:
        """Another tab of the same window, listened to like the first."""
        page = self.context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))
        page.on("requestfailed", self._lost)
        page.on("response", self._answered)
        return page

    def _hear(self, message: Any) -> None:
        is_error = message.type == "error" and "Failed to load resource" not in message.text
        is_error = is_error and not message.text.startswith(GIVEN_UP_BY_HTMX)
        if is_error or any(word in message.text for word in ("SupportError", "Content Security Policy")):
            self.faults.append(f"console: {message.text}")

    def _lost(self, request: Any) -> None:
        # With scripts off, Chromium reports the module's preload as blocked: nothing that a person would see.
        is_unwanted_script = not self.has_scripts and request.resource_type == "script"
        if GIVEN_UP not in (request.failure or "") and not is_unwanted_script:
            self.faults.append(f"request failed: {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.allowed:
            self.faults.append(f"{response.status}: {response.request.method} {response.url}")

    def sign_in(self, who: str, *, proved: bool = False) -> Visitor:
        """Become the person by a session made on the server's side."""
        self.who = who
        value = client_of(who, proved=proved).cookies[settings.SESSION_COOKIE_NAME].value
        self.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": self.base}])
        return self

    def sign_out_unasked(self) -> None:
        """The session ends by itself: the cookie is gone."""
        self.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)

    def go(self, path: str) -> Page:
        """Open a path of the service; with scripts, wait until they have started. Some pages have none."""
        self.page.goto(self.base + path)
        if self.has_scripts and self.page.locator("script").count():
            self.page.locator("[data-govuk-skip-link-init]").wait_for(state="attached")
        return self.page

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.base)

    @property
    def heading(self) -> str:
        return self.page.locator("h1").first.inner_text()

    def press(self, name: str) -> None:
        """Press the button (or the link drawn as one) of this name and wait for the next page."""
        self.page.get_by_role("button", name=name, exact=True).first.click()
        self.page.wait_for_load_state()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name).first.click()
        self.page.wait_for_load_state()

    def sees(self, text: str) -> bool:
        return self.page.get_by_text(text).first.is_visible()
