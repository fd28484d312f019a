"""Every form fuzzed: forms are found in the pages that each kind of member may open, and sent with nonsense. The answer
is never a fault, and a form that is shown again says what is wrong and shows what was typed.

Everything a request did is undone, so that each form is sent as it was found. The twins: a form that breaks on what it
cannot read, one that does not say what is wrong, and one that forgets what was typed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from random import Random
from typing import Any
from unittest import mock
from urllib.parse import quote, urlencode
from uuid import uuid4

from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import Error, connection, transaction
from django.forms import BaseForm, BoundField
from django.test import Client

from brokerage.core.pages.templatetags import pages as page_parts
from tests.cast import user_of
from tests.isolation.test_urls import ALL as ADDRESSES
from tests.isolation.test_urls import ENTITLED
from tests.isolation.world import build_world, everything
from tests.proofs.attack import in_process
from tests.proofs.nonsense import DAYS, NONSENSE
from tests.proofs.own_place import own_place
from tests.proofs.play import Play
from tests.signing_in import prove as prove_oneself

#: Who opens pages without an account.
ANYBODY = "anybody"
PUBLIC = ("/verify/", "/speak/", "/speak/no-code/", "/speak/answer/", "/accounts/login/", "/accounts/password/reset/")
OWN = ("/accounts/password/change/", "/accounts/email/", "/accounts/profile/", "/accounts/prove/", "/accounts/2fa/")
#: What a form may be answered with; 405 is none: nobody takes what is sent there.
ANSWERS = (200, 302, 303, 400, 403, 404, 409, 410, 413, 422, 429)
FEW, MANY = 300, 3
#: What a form that was refused says first.
SUMMARY = "govuk-error-summary"
UNSAID = "shown again, and the page does not say what is wrong"
FORGOTTEN = "what was typed did not come back"
#: So many forms shown again are played through the twins: the short form goes on until it has them.
REPLAYED = 5
#: What a person would write where nothing stands yet, by the end of the name or the kind.
PLAUSIBLE = {
    "_day": "1",
    "_month": "6",
    "_year": "2027",
    "_time": "12:00",
    "postcode": "HA1 2AA",
    "_phone": "020 7946 0000",
}


@dataclass
class Control:
    """One named control of a form as the page shows it."""

    name: str
    kind: str
    value: str = ""
    choices: list[str] = field(default_factory=list)
    is_checked: bool = False
    most: int = 0


@dataclass
class Form:
    """A form, where it is sent, and who found it."""

    who: str
    path: str
    method: str
    controls: list[Control] = field(default_factory=list)

    @property
    def has_file(self) -> bool:
        return any(control.kind == "file" for control in self.controls)

    @property
    def words(self) -> str:
        return f"{self.method.upper()} {self.path} as {self.who}"


class _Reader(HTMLParser):
    """The forms of a page."""

    def __init__(self, who: str, path: str) -> None:
        super().__init__(convert_charrefs=True)
        self.who, self.path = who, path
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._open: Control | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            path = (said.get("action") or self.path).partition("#")[0]
            self._form = Form(self.who, self.path + path if path.startswith("?") else path, said.get("method", "get"))
            self.forms.append(self._form)
        elif self._form is None:
            return
        elif tag in ("input", "button", "select", "textarea") and said.get("name"):
            kind = {"button": "submit", "input": said.get("type", "text")}.get(tag, tag)
            most = int(said["maxlength"]) if said.get("maxlength", "").isdigit() else 0
            control = Control(said["name"], kind, said.get("value", ""), is_checked="checked" in said, most=most)
            self._form.controls.append(control)
            self._open = control if tag in ("select", "textarea") else None
        elif tag == "option" and self._open is not None:
            self._open.choices.append(said.get("value", ""))
            if "selected" in said:
                self._open.value = said.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag in ("select", "textarea"):
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._open.kind == "textarea":
            self._open.value += data


def forms_of(page: str, who: str, path: str, *, with_bare: bool = False) -> list[Form]:
    """The forms of a page that say something, and do not sign out; with those of a button alone if asked."""
    reader = _Reader(who, path)
    reader.feed(page)
    return [
        form
        for form in reader.forms
        if form.path.startswith("/")
        and "logout" not in form.path
        and (with_bare or any(control.kind != "hidden" for control in form.controls))
    ]


# -- what is typed ----------------------------------------------------------------------------------------------

#: What is sent: each name with its values.
Typed = dict[str, list[Any]]


def plausible(form: Form, random: Random, marker: str) -> Typed:
    """As a person would fill it in: what stands there, and words where nothing stands; `marker` in one text."""
    typed: Typed = {}
    for control in form.controls:
        if control.kind in ("checkbox", "radio"):
            if control.is_checked or (control.kind == "radio" and control.name not in typed):
                typed[control.name] = [control.value]
        elif control.kind == "select":
            chosen = control.value or next((each for each in control.choices if each), "")
            typed.setdefault(control.name, []).append(chosen)
        elif control.kind in ("submit", "file"):
            continue
        else:
            typed.setdefault(control.name, []).append(control.value or _words_for(control))
    texts = [each.name for each in form.controls if each.kind == "textarea" and not 0 < each.most < len(marker)]
    if texts:
        typed[random.choice(texts)] = [marker]
    buttons = [each for each in form.controls if each.kind == "submit"]
    if buttons:
        button = random.choice(buttons)
        typed[button.name] = [button.value]
    return typed


def _words_for(control: Control) -> str:
    if control.kind == "email":
        return "somebody@example.org"
    other = "1" if control.kind == "text" else "Words."
    return next((words for end, words in PLAUSIBLE.items() if control.name.endswith(end)), other)


def _one(typed: Typed, form: Form, random: Random) -> None:
    name = random.choice([each.name for each in form.controls])
    typed[name] = [random.choice(NONSENSE)]


def _some(typed: Typed, form: Form, random: Random) -> None:
    for control in form.controls:
        if random.random() < 0.5 and control.kind != "submit":
            typed[control.name] = [random.choice(NONSENSE)]


def _empty(typed: Typed, form: Form, random: Random) -> None:
    for control in form.controls:
        if control.kind not in ("hidden", "submit") and not str(typed.get(control.name, [""])[0]).startswith("Quibble"):
            typed[control.name] = [""]


def _nothing(typed: Typed, form: Form, random: Random) -> None:
    for name in set(typed) - {"csrfmiddlewaretoken"}:
        del typed[name]


def _twice(typed: Typed, form: Form, random: Random) -> None:
    for name in typed:
        typed[name] = [*typed[name], random.choice(NONSENSE), str(uuid4())]


def _days(typed: Typed, form: Form, random: Random) -> None:
    """Every date is one that is none, or one that no other is after."""
    day = random.choice(DAYS)
    for name in typed:
        for number, part in enumerate(("day", "month", "year")):
            if name.endswith(part):
                typed[name] = [day[number]]


def _numbers(typed: Typed, form: Form, random: Random) -> None:
    for control in form.controls:
        if control.kind in ("text", "number") and control.name in typed:
            typed[control.name] = [random.choice(("1E400", "-1", "9" * 400, "0.001", "NaN", "1e-400", "٣", "-0"))]


WAYS: tuple[Callable[[Typed, Form, Random], None], ...] = (_one, _one, _some, _empty, _nothing, _twice, _days, _numbers)


def _files(form: Form, random: Random) -> Typed:
    found: Typed = {}
    for control in form.controls:
        if control.kind == "file":
            name = random.choice(("a.pdf", "\u202efdp.exe", "x" * 300 + ".pdf", "...pdf", "no ending", "note.csv"))
            body = random.choice((b"", b"%PDF-1.7\n\x00", b"\xff\xfe\x00", b"PK\x03\x04" + b"\x00" * 99, b'a,"b\n\x00'))
            found[control.name] = [SimpleUploadedFile(name, body, "application/pdf")]
    return found


# -- sending ----------------------------------------------------------------------------------------------------


@dataclass
class Fuzz:
    """The forms of one proof, and what they came to."""

    play: Play
    told: list[str]
    clients: dict[str, Client]
    statuses: Counter[int] = field(default_factory=Counter)
    refused: int = 0
    #: Forms that were shown again, with what was typed, for the twins.
    shown_again: list[tuple[Form, Typed, str]] = field(default_factory=list)

    def look(self, who: str, path: str) -> list[Form]:
        """The forms of a page, if this person gets it."""
        with transaction.atomic():
            response = self.clients[who].get(path)
            transaction.set_rollback(True)
        if response.status_code != 200 or "html" not in response.get("Content-Type", ""):
            return []
        return forms_of(response.content.decode(), who, path)

    def send(self, form: Form, typed: Typed) -> Any:
        """The answer; whatever was done is undone, and the person stays signed in."""
        client = self.clients[form.who]
        cookies = client.cookies.copy()
        cache.clear()
        body = urlencode(typed, doseq=True, errors="surrogatepass")
        with transaction.atomic():
            if form.method.lower() == "get":
                response = client.get(f"{form.path.partition('?')[0]}?{body}")
            elif form.has_file:
                clean = {name: [_sendable(each) for each in values] for name, values in typed.items()}
                response = client.post(form.path, {**clean, **_files(form, self.play.random)})
            else:
                response = client.post(form.path, body, content_type="application/x-www-form-urlencoded")
            if response.status_code < 400:
                with connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            transaction.set_rollback(True)
        client.cookies = cookies
        return response

    def problem(self, form: Form, typed: Typed, marker: str) -> str | None:
        """What is wrong with the answer to this."""
        before = len(self.told)
        try:
            response = self.send(form, typed)
        except Error as broken:
            return f"{type(broken).__name__} when it is committed: {broken}"
        self.statuses[response.status_code] += 1
        if response.status_code >= 500:
            return f"{response.status_code}: {self.told[-1][-1500:] if len(self.told) > before else ''}"
        if response.status_code not in ANSWERS:
            return f"answered {response.status_code}"
        is_sent = form.method.lower() == "post"
        if response.status_code == 422 or (is_sent and response.status_code == 200):
            return self._problem_of(response.content.decode(), form, typed, marker, response.status_code)
        return None

    def _problem_of(self, page: str, form: Form, typed: Typed, marker: str, status: int) -> str | None:
        """What is wrong with a page that shows the form again."""
        if form.path not in [each.path for each in forms_of(page, form.who, form.path) if each.method == form.method]:
            return None
        self.refused += 1
        # Without a refusal it may be a search, a step back, or the sum of what was typed; pages of accounts, which are
        # refused with 200, are none of these.
        is_refused = status == 422 or form.path.startswith("/accounts/")
        if is_refused and SUMMARY not in page:
            return UNSAID
        # Of several values the last one counts.
        if any(values[-1:] == [marker] for values in typed.values()):
            if marker not in unescape(page):
                return FORGOTTEN
            if status == 422:
                self.shown_again.append((form, typed, marker))
        return None


def _sendable(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def play_forms(play: Play, *, share: float) -> None:
    """Page after page, each form several times; then the twins."""
    directory = play.place / "forms"
    directory.mkdir()
    with own_place("forms", directory), in_process() as told:
        fuzz = Fuzz(play, told, {ANYBODY: Client(raise_request_exception=False)})
        pages = list(_pages(fuzz))
        play.random.shuffle(pages)
        seen: set[tuple[str, str, tuple[str, ...]]] = set()
        for number in _turns(play, fuzz, len(pages), share):
            for form in fuzz.look(*pages[number % len(pages)]):
                # The search at the head of every page is one form.
                known = (form.who, form.path, tuple(control.name for control in form.controls))
                if known not in seen or number >= len(pages):
                    seen.add(known)
                    _attack(play, fuzz, form)
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(fuzz.statuses.items()))
        looked = min(number + 1, len(pages))
        play.say(f"{len(seen)} forms on {looked} of {len(pages)} pages, {fuzz.refused} refused ({statuses})")
        _twins(play, fuzz)


def _turns(play: Play, fuzz: Fuzz, pages: int, share: float) -> Iterator[int]:
    """Numbers of pages while there is time; on a busy machine until the twins have something to play."""
    number = -1
    for number in play.rounds(pages, share=share):
        yield number
        if play.short and fuzz.statuses.total() >= FEW:
            return
    while len(fuzz.shown_again) < REPLAYED and number < pages:
        number += 1
        yield number


def _attack(play: Play, fuzz: Fuzz, form: Form) -> None:
    ways = play.random.sample(WAYS, MANY) if play.short else WAYS
    if form.method.lower() == "get":
        ways = ways[:1]
    for way in ways:
        marker = f"Quibblesome {play.random.randrange(10**6)}"
        typed = plausible(form, play.random, marker)
        way(typed, form, play.random)
        play.outcome.cases += 1
        problem = fuzz.problem(form, typed, marker)
        if problem is not None:
            shown = {name: [str(each)[:80] for each in values] for name, values in typed.items()}
            play.violated(f"{form.words}: {problem}\ntyped {shown!r}")


def _pages(fuzz: Fuzz) -> Iterator[tuple[str, str]]:
    world = build_world()
    for who, organisation in ENTITLED:
        everything(who)
        client = fuzz.clients[who] = Client(raise_request_exception=False)
        client.force_login(user_of(who))
        prove_oneself(client, who)
        for address in ADDRESSES:
            path = address.filled(organisation, world.values_for(address.name))
            yield who, quote(path)
        yield from ((who, path) for path in OWN)
    yield from ((ANYBODY, path) for path in PUBLIC)


def _twins(play: Play, fuzz: Fuzz) -> None:
    def breaks(_form: BaseForm) -> bool:
        raise ValueError("It cannot be read.")

    replayed = fuzz.shown_again[:REPLAYED]
    with mock.patch.object(BaseForm, "is_valid", breaks):
        broken = [fuzz.problem(*each) or "" for each in replayed]
    play.twin("a form that breaks on what it cannot read", any(each.startswith("500") for each in broken))
    with mock.patch.object(page_parts, "form_errors", lambda _forms: []):
        unsaid = [fuzz.problem(*each) for each in replayed]
    play.twin("a form that does not say what is wrong", UNSAID in unsaid)
    with mock.patch.object(BoundField, "value", lambda _field: ""):
        lost = [fuzz.problem(*each) for each in replayed]
    play.twin("a form that forgets what was typed", FORGOTTEN in lost)
