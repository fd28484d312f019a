"""No provider learns of a rival's offer: every page and every operation that Birch may read answers with the same
bytes, and after as many statements, before and after Cedar offers, revises, withdraws, declines or asks.

CSRF tokens, nonces and moments are masked. The twin runs without row security.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.test import Client

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
    (re.compile(rb'nonce="?[A-Za-z0-9+/=_-]+"?'), b"NONCE"),
    (re.compile(rb'"X-CSRFToken": ?"[^"]*"'), b"CSRF"),
    (re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+\d\d:\d\d)"), b"MOMENT"),
    (re.compile(rb"\d+ (minutes?|seconds?|hours?)"), b"WHILE"),
    # When the page was drawn; times of what is on it stand as they are.
    (re.compile(rb"Last checked [^.<]*"), b"CHECKED"),
)
#: So many of Birch's readings open at least: what is refused to everybody tells nothing of a rival.
FEWEST = {"page": 25, "API": 15}
#: What was answered: status, masked bytes, headers that tell something, and how many statements it took.
Seen = tuple[int, bytes, tuple[str, ...], int]


def prove(play: Play) -> None:
    """One referral after another, open and sealed; then the twin."""
    with own_place("rivals", play.place) as database, watching(database) as watch:
        machine = client_of("bob")
        browser = Client(raise_request_exception=False)
        browser.force_login(user_of("bob"), backend="allauth.account.auth_backends.AuthenticationBackend")
        with in_process():
            for number in play.rounds(2, share=0.7):
                _referral(play, machine, browser, sealed=bool((number + play.seed) % 2))
            _twin(play, watch, machine, browser)


def _referral(play: Play, machine: Machine, browser: Client, *, sealed: bool) -> None:
    story = scenarios.with_person(scenarios.invited("birch-house", "cedar-house", sealed=sealed))
    own = scenarios.submitted_offer(story=story, home="birch-house")
    readings = _readings(machine, browser, story, own)
    alone = {name: read() for name, read in readings.items()}
    # Read again with nothing done: whatever tells of the reading itself is seen from here on.
    alone = {name: read() for name, read in readings.items()}
    for kind, fewest in FEWEST.items():
        opened = [name for name, seen in alone.items() if name.startswith(kind) and seen[0] == 200]
        play.require(len(opened) >= fewest, f"only {len(opened)} of Birch's readings by {kind} open: {opened}")
    for act, done in rival_acts(story).items():
        if play.short and time.monotonic() - play.began > 2 * play.seconds:
            break
        done()
        play.outcome.faults[f"rival {act}"] += 1
        for name, read in readings.items():
            play.outcome.cases += 1
            before, after = alone[name], read()
            if before != after:
                play.violated(f"{name} tells that a rival {act}: {_difference(before, after)}")


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


def _readings(machine: Machine, browser: Client, story: scenarios.Invited, own: Offer) -> dict[str, Callable[[], Seen]]:
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
            found[f"page {address.name}"] = _reading(browser.get, address.filled("birch", values))
    for route in routes():
        if route.method == "get" and "provider" in owners(route) and all(name in values for name in route.parameters):
            found[f"API {route.name}"] = _reading(machine.get, route.filled(values))
    return found


def _reading(get: Callable[[str], Any], path: str) -> Callable[[], Seen]:
    def read() -> Seen:
        statements = 0

        def count(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
            nonlocal statements
            statements += 1
            return execute(sql, params, many, context)

        # What reading leaves behind (a log of it, a message read) is undone, so that each reading is the first.
        with transaction.atomic():
            with connection.execute_wrapper(count):
                response = get(path)
                streamed = getattr(response, "streaming", False)
                body = b"".join(response.streaming_content) if streamed else response.content
            transaction.set_rollback(True)
        for pattern, mask in MASKS:
            body = pattern.sub(mask, body)
        told = tuple(f"{name}: {response[name]}" for name in ("Location", "Link", "Content-Type") if name in response)
        return response.status_code, bytes(body), told, statements

    return read


def _difference(before: Seen, after: Seen) -> str:
    if before[1] == after[1]:
        return f"{before[0]}, {before[2:]} became {after[0]}, {after[2:]}"
    place = next(
        (number for number, pair in enumerate(zip(before[1], after[1], strict=False)) if pair[0] != pair[1]),
        min(len(before[1]), len(after[1])),
    )
    begin = max(place - 80, 0)
    return f"…{before[1][begin : place + 80]!r} became …{after[1][begin : place + 80]!r}"


def _twin(play: Play, watch: Watch, machine: Machine, browser: Client) -> None:
    """Without row security and filters a rival's offer stands among one's own."""
    story = scenarios.with_person(scenarios.invited("birch-house", "cedar-house"))
    own = scenarios.submitted_offer(story=story, home="birch-house")
    for (table,) in watch.ask("SELECT tablename FROM pg_tables WHERE tablename ~ '^(placements|providers|dpv)_'"):
        watch.ask(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    with without_filters():
        readings = _readings(machine, browser, story, own)
        some = {name: read for name, read in readings.items() if "offer_list" in name or "list_offers" in name}
        alone = {name: read() for name, read in some.items()}
        rival_acts(story)["offers"]()
        told = {name for name, read in some.items() if alone[name][0] == 200 and alone[name] != read()}
    for kind in FEWEST:
        play.twin(f"a rival's offer without row security, by {kind}", any(name.startswith(kind) for name in told))
