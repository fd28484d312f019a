"""The number of queries of each page, from the URL table: bounded, and for a list the same for 1, 10 and 100 rows.

Counted is what PostgreSQL is asked, with the session, the door's role and settings and the transaction; the marks of a
savepoint (which ask nothing) are not. One world for all; for the lists every table is copied within the database.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from brokerage.core.accounts import middleware
from tests import databases
from tests.api.crowds import clone_of, multiply, superuser
from tests.conftest import connect_to
from tests.isolation.test_urls import ALL, ENTITLED, Address
from tests.isolation.world import World, build_world, everything
from tests.journeys.visitors import client_of

#: Queries of one page.
MOST = 25
#: Pages that may ask more often, and why.
MORE = {
    "organisation_home": (31, "a box for each job of whoever has every role of a council, each one query"),
    "safeguarding:alert": (26, "answers, checks, files, meetings, measures and closures of one alert, each one query"),
}
#: What each list shows; copied for it.
SHOWN: dict[str, tuple[str, ...]] = {
    "closures:closure_list": ("closures_closurerecipient",),
    "concerns:complaint_list": ("concerns_complaint",),
    "concerns:concern_list": ("concerns_concern",),
    "concerns:suggestion_list": ("concerns_suggestion",),
    "contracts:agreement_list": ("contracts_agreement",),
    "contracts:approval_list": ("placements_award",),
    "dpv:lot": ("dpv_admission",),
    "dpv:measure_list": ("dpv_measure",),
    "dpv:vehicle_list": ("dpv_vehicle",),
    "firewall:finding_list": ("firewall_finding",),
    "incidents:incident_list": ("incidents_incident",),
    "notifications:message_list": ("notifications_message",),
    "placements:inbox": ("placements_invitation",),
    "placements:inbox_list": ("placements_invitation",),
    "placements:offer_list": ("placements_offer",),
    "placements:placement_list": ("placements_placement",),
    "placements:referral_list": ("placements_referral",),
    "providers:import_list": ("providers_importrun",),
    "providers:own_establishments": ("providers_establishment",),
    "providers:provider_list": ("tenants_organisation", "providers_provider"),
    "safeguarding:alert_list": ("safeguarding_alertrecipient",),
    "tenants:audit": ("audit_entry", "audit_link"),
    "tenants:people": ("tenants_membership",),
    "voice:code_list": ("voice_code",),
    "voice:message_list": ("voice_message",),
    "webhooks:webhook_list": ("webhooks_webhook",),
}
#: Lists whose rows are not copied here, and why.
NOT_COPIED = {"api_clients:client_list": "ten clients at most"}
#: The world has pages full of these: one for each who reads them, to begin with.
FEW = (
    "DELETE FROM audit_entry WHERE id::text NOT IN (SELECT min(id::text) FROM audit_entry GROUP BY organisation_id)",
    "DELETE FROM audit_link WHERE entry_id NOT IN (SELECT id FROM audit_entry)",
    "DELETE FROM notifications_message WHERE id::text NOT IN"
    " (SELECT min(id::text) FROM notifications_message WHERE channel = 'in_app' GROUP BY user_id)",
)
#: Copies added of each row, so that there are 1, 10 and more than 100 of it; the numbers of these copies.
GROWTH = (range(0), range(1, 10), range(10, 20))


@dataclass(frozen=True)
class Place:
    """A world in a database of its own, and whom it shows itself to."""

    name: str
    world: World
    clients: dict[str, Client]

    def ask(self, who: str, organisation: str, address: Address) -> tuple[int, list[str], int]:
        """The status of a page, its queries and its size."""
        path = address.filled(organisation, self.world.values_for(address.name))
        with CaptureQueriesContext(connection) as queries:
            response = self.clients[who].get(path)
            size = len(b"".join(response.streaming_content) if response.streaming else response.content)
        asked = [query["sql"] for query in queries.captured_queries]
        return response.status_code, [sql for sql in asked if "SAVEPOINT" not in sql[:17]], size


@contextmanager
def connected(name: str) -> Iterator[None]:
    before = settings.DATABASES["default"]["NAME"]
    connect_to(name)
    try:
        yield
    finally:
        connect_to(before)


@pytest.fixture(scope="module")
def place(django_db_setup: None, django_db_blocker: Any) -> Iterator[Place]:
    name = f"{settings.DATABASES['default']['NAME']}_pages"
    databases.clone(name)
    with django_db_blocker.unblock(), connected(name):
        world = build_world()
        for who, _organisation in ENTITLED:
            everything(who)
        clients = {who: client_of(who, proved=True) for who, _organisation in ENTITLED}
    yield Place(name, world, clients)
    databases.drop(name)


@pytest.fixture(autouse=True)
def _seen_already(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a session is used is written down at its first page, and here not again, however long the test takes."""
    monkeypatch.setattr(middleware, "SEEN_EVERY", dt.timedelta(days=1))


def test_every_page_asks_a_bounded_number_of_times(place: Place, django_db_blocker: Any) -> None:
    found, opened = [], set()
    with django_db_blocker.unblock(), connected(place.name):
        for who, organisation in ENTITLED:
            place.clients[who].get("/accounts/")
            for address in ALL:
                status, queries, _size = place.ask(who, organisation, address)
                if status == 200:
                    opened.add(address.name)
                    if len(queries) > MORE.get(address.name, (MOST, ""))[0]:
                        found.append(f"{address.name} as {who}: {len(queries)}")
    assert not found, "\n".join(found)
    assert {*SHOWN, *MORE} <= opened, {*SHOWN, *MORE} - opened


def test_a_list_asks_as_often_for_a_hundred_rows_as_for_one(place: Place, django_db_blocker: Any) -> None:
    lists = [address for address in ALL if address.name in SHOWN]
    tables = sorted({table for shown in SHOWN.values() for table in shown})
    seen: dict[tuple[str, str], list[tuple[list[str], int]]] = {}
    name = f"{place.name}_crowd"
    with django_db_blocker.unblock():
        clone_of(place.name, name)
        with superuser(name) as cursor:
            for statement in FEW:
                cursor.execute(statement)
        # The inbox shows what is not answered, and in this world all is: a copy has no answer.
        multiply(name, "placements_invitation", 1, first=GROWTH[-1].stop)
        for copies in GROWTH:
            for table in tables if copies else ():
                multiply(name, table, len(copies), first=copies[0])
            with connected(name):
                for who, organisation in ENTITLED:
                    place.clients[who].get("/accounts/")
                    for address in lists:
                        status, queries, size = place.ask(who, organisation, address)
                        assert status in (200, 403, 404), f"{address.name} as {who}: {status}"
                        if status == 200:
                            seen.setdefault((address.name, who), []).append((queries, size))
        databases.drop(name)
    grown = {each for (each, _who), answers in seen.items() if answers[0][1] < answers[-1][1]}
    assert grown == set(SHOWN), f"show no more rows: {set(SHOWN) - grown}"
    found = []
    for (each, who), answers in seen.items():
        counts = [len(queries) for queries, _size in answers]
        if len(set(counts)) > 1:
            found.append(f"{each} as {who}: {counts}\n  " + "\n  ".join(sql[:300] for sql in answers[-1][0][13:]))
    assert not found, "\n".join(found)


def test_every_list_is_named_here() -> None:
    names = {address.name for address in ALL}
    assert set(SHOWN) <= names, set(SHOWN) - names
    lists = {address.name for address in ALL if address.name.endswith("_list") and not address.parameters}
    assert lists <= set(SHOWN) | set(NOT_COPIED), lists - set(SHOWN) - set(NOT_COPIED)
