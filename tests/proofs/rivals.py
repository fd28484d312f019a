"""No provider learns of a rival's offer: every page and every operation that Birch may read answers with the same
bytes and headers, and after as many statements, before and after Cedar offers, revises, withdraws, declines or asks.

The clock stands still in every pair of readings, so that each moment on a page or in an answer is compared; only CSRF
tokens and nonces are masked. The twins run without row security, and with a rival that touches Birch's own release.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from unittest import mock

from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from brokerage.core import clock
from brokerage.core.clock import database_now
from brokerage.core.tenants.context import acting
from placements.actions.clarifications import ask_clarification
from placements.actions.declines import decline_invitation
from placements.actions.offers import revise_offer, withdraw_offer
from placements.models import Offer
from placements.queries.offer_terms import answers_of
from tests import scenarios
from tests.api.clients import Machine, client_of
from tests.api.table import routes
from tests.cast import actor_of, ident, user_of
from tests.isolation.api_world import owners
from tests.isolation.test_urls import ALL as ADDRESSES
from tests.proofs.attack import in_process
from tests.proofs.own_place import own_place
from tests.proofs.play import Play
from tests.proofs.racing import Watch, watching
from tests.proofs.tenants import without_filters

MASKS = (
    (re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"'), b"CSRF"),
    (re.compile(rb"nonce[-=]\"?[A-Za-z0-9+/=_-]+\"?"), b"NONCE"),
    (re.compile(rb'"X-CSRFToken": ?"[^"]*"'), b"CSRF"),
)
#: Headers that are not compared: the server's clock, cookies of the session, how many requests one has made oneself.
UNTOLD = {"date", "set-cookie", "ratelimit"}
#: So many of Birch's readings open at least: what is refused to everybody tells nothing of a rival.
FEWEST = {"page": 25, "API": 15}
#: What was answered: status, masked bytes, every other header, and how many statements it took.
Seen = tuple[int, bytes, tuple[str, ...], int]


def prove(play: Play) -> None:
    """One referral after another, open and sealed; then the twin."""
    with own_place("rivals", play.place) as database, watching(database) as watch:
        machine = client_of("bob")
        browser = Client(raise_request_exception=False)
        browser.force_login(user_of("bob"))
        with in_process():
            for number in play.rounds(2, share=0.7):
                _referral(play, machine, browser, sealed=bool((number + play.seed) % 2))
            _twin(play, watch, machine, browser)


def _referral(play: Play, machine: Machine, browser: Client, *, sealed: bool) -> None:
    story = scenarios.with_person(scenarios.invited("birch-house", "cedar-house", sealed=sealed))
    own = scenarios.submitted_offer(story=story, home="birch-house")
    readings = _readings(machine, browser, story, own, database_now())
    alone = {name: read() for name, read in readings.items()}
    # Read again with nothing done: whatever tells of the reading itself is seen from here on.
    alone = {name: read() for name, read in readings.items()}
    for name, seen in alone.items():
        play.require(seen[0] < 500, f"{name} broke ({seen[0]}), and tells nothing of a rival for that")
    for kind, fewest in FEWEST.items():
        opened = [name for name, seen in alone.items() if name.startswith(kind) and seen[0] == 200]
        play.require(len(opened) >= fewest, f"only {len(opened)} of Birch's readings by {kind} open: {opened}")
    acts = rival_acts(story)
    left = list(acts)
    while left:
        is_late = play.short and len(left) < len(acts) - 1 and time.monotonic() - play.began > 2 * play.seconds
        now, left = (left, []) if is_late else (left[:1], left[1:])
        for act in now:
            acts[act]()
            play.outcome.inputs[f"rival {act}"] += 1
        done = ", ".join(now)
        if len(now) > 1:
            play.note(f"for want of time all was read only once after a rival {done}")
        for name, read in readings.items():
            play.outcome.cases += 1
            before, after = alone[name], read()
            if before != after:
                play.violated(f"{name} tells that a rival {done}: {_difference(before, after)}")


def rival_acts(story: scenarios.Invited) -> dict[str, Callable[[], Any]]:
    """What Cedar does, in this order."""
    offers: list[Offer] = []

    def as_cecil(action: Callable[..., Any], **named: Any) -> Any:
        with acting(actor_of("cecil")) as cecil:
            return action(cecil, **named)

    def offer() -> None:
        offers.append(scenarios.submitted_offer(story=story, home="cedar-house", weekly_core=Decimal("3333.00")))

    def revise() -> None:
        with acting(actor_of("cecil")):
            answers = answers_of(Offer.objects.get(pk=offers[0].pk))
        cheaper = replace(answers, weekly_core=Decimal("3222.00"))
        as_cecil(revise_offer, offer_id=offers[0].pk, answers=cheaper)

    return {
        "asks": lambda: as_cecil(
            ask_clarification, release=story.releases["cedar"].pk, question="Is there a bus to school?"
        ),
        "offers": offer,
        "revises": revise,
        "withdraws": lambda: as_cecil(withdraw_offer, offer_id=offers[0].pk),
        "declines": lambda: as_cecil(
            decline_invitation, invitation_id=story.invitations["cedar-house"].pk, reason="no_vacancy"
        ),
    }


class _Heard:
    """What the database is taken to have told, whenever it is asked."""

    counter = 0.0

    def __init__(self, moment: dt.datetime) -> None:
        vars(self)["moment"] = moment

    @property
    def connection(self) -> Any:
        return connection.connection

    def __setattr__(self, _name: str, _value: Any) -> None:
        pass


@contextmanager
def standing_still(moment: dt.datetime) -> Iterator[None]:
    """Every clock says this moment: the database's as the application counts it on, Django's, and the machine's."""

    class Still(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return moment.astimezone(tz) if tz else moment.astimezone().replace(tzinfo=None)

    with (
        mock.patch.object(clock, "_heard", _Heard(moment)),
        mock.patch.object(clock, "time", SimpleNamespace(monotonic=lambda: 0.0)),
        mock.patch.object(timezone, "datetime", Still),
        mock.patch.object(time, "time", moment.timestamp),
    ):
        yield


def _readings(
    machine: Machine, browser: Client, story: scenarios.Invited, own: Offer, moment: dt.datetime
) -> dict[str, Callable[[], Seen]]:
    """Everything that Birch may read, by name: pages and operations whose parameters are of this referral."""
    values = {
        "reference": story.reference,
        "offer": own.pk,
        "invitation": story.invitations["birch-house"].pk,
        "release": story.releases["birch"].pk,
        "establishment": ident("birch-house"),
        "home": ident("birch-house"),
        "admission": ident("admission birch-house"),
        "code": "T-RES",
        "lot": "STD",
    }
    found: dict[str, Callable[[], Seen]] = {}
    for address in ADDRESSES:
        if all(name in values for name in address.parameters):
            found[f"page {address.name}"] = _reading(browser.get, address.filled("birch", values), moment)
    for route in routes():
        if route.method == "get" and "provider" in owners(route) and all(name in values for name in route.parameters):
            found[f"API {route.name}"] = _reading(machine.get, route.filled(values), moment)
    return found


def _reading(get: Callable[[str], Any], path: str, moment: dt.datetime) -> Callable[[], Seen]:
    def read() -> Seen:
        statements = 0

        def count(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
            nonlocal statements
            statements += 1
            return execute(sql, params, many, context)

        # What reading leaves behind (a log of it, a message read) is undone, so that each reading is the first.
        with transaction.atomic(), standing_still(moment):
            with connection.execute_wrapper(count):
                response = get(path)
                streamed = getattr(response, "streaming", False)
                body = b"".join(response.streaming_content) if streamed else response.content
            transaction.set_rollback(True)
        told = tuple(
            masked(f"{name}: {value}".encode()).decode()
            for name, value in sorted(response.headers.items())
            if name.lower() not in UNTOLD
        )
        return response.status_code, masked(bytes(body)), told, statements

    return read


def masked(words: bytes) -> bytes:
    """The words without what is another in every answer."""
    for pattern, mask in MASKS:
        words = pattern.sub(mask, words)
    return words


def _difference(before: Seen, after: Seen) -> str:
    if before[1] == after[1]:
        other = sorted({*before[2]} ^ {*after[2]})
        return f"{before[0]} after {before[3]} statements became {after[0]} after {after[3]}; headers: {other}"
    place = next(
        (number for number, pair in enumerate(zip(before[1], after[1], strict=False)) if pair[0] != pair[1]),
        min(len(before[1]), len(after[1])),
    )
    begin = max(place - 80, 0)
    return f"…{before[1][begin : place + 80]!r} became …{after[1][begin : place + 80]!r}"


def _twin(play: Play, watch: Watch, machine: Machine, browser: Client) -> None:
    """A rival that touches Birch's own release is seen by its moment; without row security and filters a rival's offer
    stands among one's own."""
    story = scenarios.with_person(scenarios.invited("birch-house", "cedar-house"))
    own = scenarios.submitted_offer(story=story, home="birch-house")
    readings = _readings(machine, browser, story, own, database_now())
    some = {name: read for name, read in readings.items() if "opportunit" in name}
    alone = {name: read() for name, read in some.items()}
    release = str(story.releases["birch"].pk)
    watch.ask("UPDATE placements_release SET updated_at = updated_at + interval '1 microsecond' WHERE id = %s", release)
    told = {name for name, read in some.items() if alone[name][0] == 200 and alone[name] != read()}
    play.twin("a moment of one's own release, by API", any(name.startswith("API") for name in told))
    for (table,) in watch.ask("SELECT tablename FROM pg_tables WHERE tablename ~ '^(placements|providers|dpv)_'"):
        watch.ask(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    with without_filters():
        some = {name: read for name, read in readings.items() if "offer_list" in name or "list_offers" in name}
        alone = {name: read() for name, read in some.items()}
        rival_acts(story)["offers"]()
        told = {name for name, read in some.items() if alone[name][0] == 200 and alone[name] != read()}
    for kind in FEWEST:
        play.twin(f"a rival's offer without row security, by {kind}", any(name.startswith(kind) for name in told))
