"""The forms of the pages that people open, filled in as a person would and sent: what each asks of the database.

Everything that was done is undone, so that each form is sent as it was found, among few rows and among many.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from html import unescape
from random import Random
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, reset_queries, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import Resolver404, resolve, reverse

from tests.benchmarks.plans import Watch
from tests.cast import TODAY, ident
from tests.pages.typed import CONFIRMED
from tests.proofs.forms import Form, Typed, forms_of, plausible
from tests.signing_in import prove

#: What a person writes where words are asked for.
WORDS = "Nothing more."
#: Today, where a day is asked for.
PARTS = {"_day": str(TODAY.day), "_month": str(TODAY.month), "_year": str(TODAY.year)}
WRITTEN = re.compile(r"\s*INSERT INTO \"?audit_entry\b")


@dataclass(frozen=True)
class Sent:
    """One form sent: the status and what was asked."""

    status: int
    queries: tuple[str, ...]
    said: str = field(default="", compare=False)
    #: Whether the page still showed it.
    is_shown: bool = True

    @property
    def is_done(self) -> bool:
        """Whether it did something: every act writes a row of audit."""
        return self.status < 400 and any(WRITTEN.match(sql) for sql in self.queries)


#: Who sends it, the page it is found on, where to, by which button.
Key = tuple[str, str, str, str]
CENTRAL = "west-london-central"
#: Forms at the head or foot of every page.
EVERYWHERE = {"set_language"}


def view_of(path: str) -> str:
    """The route's name."""
    try:
        return resolve(path.partition("?")[0]).view_name
    except Resolver404:
        return path


def ways_of(form: Form, typed: dict[str, dict[str, Any]]) -> Iterator[tuple[str, Typed]]:
    """The form filled in, once for each of its buttons; `typed` says by route what is written otherwise."""
    filled = plausible(form, Random(0), WORDS)
    for control in form.controls:
        # One box of each kind is ticked: what must be confirmed is, and of a choice one is taken.
        if control.kind == "checkbox" and control.name not in filled:
            filled[control.name] = [control.value or "on"]
    buttons = [each for each in form.controls if each.kind == "submit"]
    for control in form.controls:
        for end, part in PARTS.items():
            if control.name.endswith(end) and not control.value:
                filled[control.name] = [part]
    names = {control.name for control in form.controls}
    said = typed.get(view_of(form.path), {})
    filled |= {name: [value] for name, value in said.items() if name in names}
    filled |= {name: [value] for name, value in CONFIRMED.get(view_of(form.path), {}).items()}
    for button in {(each.name, each.value) for each in buttons} or {("", "")}:
        others = {each.name for each in buttons}
        chosen = {name: values for name, values in filled.items() if name not in others}
        yield "=".join(button), {**chosen, **({button[0]: [button[1]]} if button[0] else {})}


def more_pages(values: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Pages with forms that are opened with something in mind, by name and who opens them."""
    birch, cedar = f"?provider={ident('birch')}", f"?provider={ident('cedar')}"
    running = reverse("placements:referral_match", args=["harrow", values["reference"]])
    return {
        ("placements:referral_match", "oscar"): running,
        ("safeguarding:alert_raise", "oscar"): reverse("safeguarding:alert_raise", args=["harrow"]) + birch,
        ("concerns:concern_new", "oscar"): reverse("concerns:concern_new", args=["harrow"]) + birch,
        ("closures:closure_announce", "carol"): reverse("closures:closure_announce", args=[CENTRAL]) + cedar,
        ("dpv:measure_propose", "carol"): reverse("dpv:measure_propose", args=[CENTRAL]) + cedar,
    }


@dataclass
class Sender:
    """Who sends forms, and what came of them by form; what a watch is told while it watches."""

    clients: dict[str, Client]
    typed: dict[str, dict[str, Any]]
    watch: Watch = field(default_factory=Watch)
    sent: dict[Key, Sent] = field(default_factory=dict)
    #: Each form as it was found first, filled in.
    first: dict[Key, tuple[Form, Typed]] = field(default_factory=dict)

    def send_all(self, *pages: dict[tuple[str, str], str]) -> dict[Key, Sent]:
        """Every form of these pages, each once, by whoever opens the page."""
        self.sent = {}
        for name, who, path in _in_turn(pages):
            for key, form, typed in self._found(name, who, path):
                if key not in self.sent:
                    self.first.setdefault(key, (form, typed))
                    self.sent[key] = self._send(form, typed)
        return self.sent

    def send_again(self, known: Collection[Key], *pages: dict[tuple[str, str], str]) -> dict[Key, Sent]:
        """These forms as their pages show them now; one that is on a later page of its list by now, as it was first."""
        self.sent = {}
        found_on = {(name, who) for who, name, _path, _button in known}
        for name, who, path in _in_turn(pages):
            found = self._found(name, who, path) if (name, who) in found_on else ()
            for key, form, typed in found:
                if key in known and key not in self.sent:
                    self.sent[key] = self._send(form, typed)
        for key in sorted(set(known) - self.sent.keys()):
            self.sent[key] = replace(self._send(*self.first[key]), is_shown=False)
        return self.sent

    def _found(self, name: str, who: str, path: str) -> Iterator[tuple[Key, Form, Typed]]:
        """The forms of one page, filled in."""
        for form in self._forms(who, path):
            found_on = "" if view_of(form.path) in EVERYWHERE else name
            for button, typed in ways_of(form, self.typed):
                yield (who, found_on, form.path, button), form, typed

    def _forms(self, who: str, path: str) -> list[Form]:
        with transaction.atomic():
            response = self.clients[who].get(path)
            body = b"".join(response.streaming_content) if response.streaming else response.content
            transaction.set_rollback(True)
        if response.status_code != 200 or "html" not in response.get("Content-Type", ""):
            return []
        return [form for form in forms_of(body.decode(), who, path, with_bare=True) if form.method.lower() == "post"]

    def _send(self, form: Form, typed: Typed) -> Sent:
        self.watch.reader, self.watch.page = form.who, f"{view_of(form.path)} sent by {form.who or 'nobody'}"
        client = self.clients[form.who]
        cookies = client.cookies.copy()
        cache.clear()
        reset_queries()
        with transaction.atomic():
            if form.who:
                prove(client, form.who)
            with CaptureQueriesContext(connection) as asked:
                if form.has_file:
                    response = client.post(form.path, {**typed, **_files(form)})
                else:
                    encoded = urlencode(typed, doseq=True)
                    response = client.post(form.path, encoded, content_type="application/x-www-form-urlencoded")
                body = b"".join(response.streaming_content) if response.streaming else response.content
            transaction.set_rollback(True)
        client.cookies = cookies
        queries = tuple(query["sql"] for query in asked.captured_queries if "SAVEPOINT" not in query["sql"][:17])
        return Sent(response.status_code, queries, _faults(body.decode(errors="replace")))


def _in_turn(pages: tuple[dict[tuple[str, str], str], ...]) -> Iterator[tuple[str, str, str]]:
    return ((name, who, path) for paths in pages for (name, who), path in sorted(paths.items()))


def _files(form: Form) -> Typed:
    return {
        each.name: [SimpleUploadedFile("paper.txt", b"Nothing but plain words.", "text/plain")]
        for each in form.controls
        if each.kind == "file"
    }


def _faults(page: str) -> str:
    """What a form that is shown again says is wrong."""
    summary = re.search(r"govuk-error-summary__list.*?</ul>", page, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", summary[0])).split())[30:] if summary else ""
