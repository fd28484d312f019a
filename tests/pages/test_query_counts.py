"""The number of queries of each page, from the URL table: bounded, and the same for few rows of a list and for many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import databases
from tests.api.crowds import clone_of, multiply
from tests.conftest import connect_to
from tests.isolation.test_urls import ALL, ENTITLED, Address
from tests.isolation.world import World, build_world, everything
from tests.journeys.visitors import client_of

#: Queries of one page, with the session, the role, the frame and the transaction.
MOST = 25
#: Pages that ask more often when somebody with every role there is opens them for the first time, and why.
MORE: dict[str, tuple[int, str]] = {
    "organisation_home": (32, "a part for each of the eleven jobs of a council"),
    "contracts:approval": (28, "the offer, the price and whoever may approve it"),
    "contracts:compare": (27, "the scores of each criterion"),
    "contracts:accept_offer": (31, "every check that the award makes again"),
    "placements:referral": (27, "its own part for each section, and the reading is recorded"),
    "placements:opportunity": (26, "the first reading is recorded"),
    "placements:offer_edit": (30, "rules, ceilings and extras of the home"),
    "reports:spend": (29, "each chart is a sum of its own"),
    "voice:message": (29, "the first reading is recorded"),
}
#: What each page of a list shows; copied for it.
SHOWN: dict[str, tuple[str, ...]] = {
    "safeguarding:alert_list": ("safeguarding_alertrecipient",),
    "voice:message_list": ("voice_message",),
    "voice:code_list": ("voice_code",),
    "placements:referral_list": ("placements_referral",),
    "placements:offer_list": ("placements_offer",),
    "placements:placement_list": ("placements_placement",),
    "placements:inbox": ("placements_invitation",),
    "contracts:agreement_list": ("contracts_agreement",),
    "contracts:approval_list": ("placements_award",),
    "dpv:vehicle_list": ("dpv_vehicle",),
    "dpv:lot": ("dpv_admission",),
    "providers:provider_list": ("providers_establishment",),
    "providers:own_establishments": ("providers_establishment",),
    "providers:import_list": ("providers_importrun",),
    "notifications:message_list": ("notifications_message",),
    "tenants:people": ("tenants_membership",),
    "tenants:audit": ("audit_entry", "audit_link"),
    "webhooks:webhook_list": ("webhooks_webhook",),
}
#: Lists whose rows are not copied here, and why.
NOT_COPIED = {
    "placements:inbox_list": "a part of the inbox, fetched by it",
    "api_clients:client_list": "ten clients at most",
}


@dataclass(frozen=True)
class Place:
    """A world in a database of its own, and whom it shows itself to."""

    name: str
    world: World
    clients: dict[str, Client]


@pytest.fixture(scope="module")
def place(django_db_setup: None, django_db_blocker: Any) -> Iterator[Place]:
    """A world in a database of its own, whom it shows itself to, and their clients."""
    before = settings.DATABASES["default"]["NAME"]
    name = f"{before}_pages"
    databases.clone(name)
    with django_db_blocker.unblock():
        connect_to(name)
        try:
            world = build_world()
            for who, _organisation in ENTITLED:
                everything(who)
            clients = {who: client_of(who, proved=True) for who, _organisation in ENTITLED}
        finally:
            connect_to(before)
    yield Place(name, world, clients)
    databases.drop(name)


@pytest.fixture
def crowd(place: Place, django_db_blocker: Any) -> Iterator[str]:
    """A copy of that database for one test."""
    before = settings.DATABASES["default"]["NAME"]
    name = f"{before}_page"
    with django_db_blocker.unblock():
        clone_of(place.name, name)
        connect_to(name)
        try:
            yield name
        finally:
            connect_to(before)
            databases.drop(name)


def asked(client: Client, path: str) -> tuple[int, int, int, list[str]]:
    """The status of a page, its queries, its size and the queries themselves."""
    connection.queries_log.clear()
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
        size = len(b"".join(response.streaming_content) if response.streaming else response.content)
    return response.status_code, len(queries), size, [query["sql"] for query in queries.captured_queries]


def paths(place: Place, address: Address) -> Iterator[tuple[str, Client, str]]:
    for who, organisation in ENTITLED:
        yield who, place.clients[who], address.filled(organisation, place.world.values_for(address.name))


@pytest.mark.parametrize(("who", "organisation"), ENTITLED)
def test_every_page_asks_a_bounded_number_of_times(place: Place, crowd: str, who: str, organisation: str) -> None:
    found = []
    for address in ALL:
        path = address.filled(organisation, place.world.values_for(address.name))
        status, count, _size, _queries = asked(place.clients[who], path)
        if status == 200 and count > MORE.get(address.name, (MOST, ""))[0]:
            found.append(f"{address.name}: {count}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("address", [each for each in ALL if each.name in SHOWN], ids=lambda each: each.name)
def test_a_list_asks_as_often_for_a_hundred_rows_as_for_few(place: Place, crowd: str, address: Address) -> None:
    seen: dict[str, list[tuple[int, int, list[str]]]] = {}
    for _who, client, path in paths(place, address):
        asked(client, path)
    # Copies of each row: with it they are 10, then more than 100.
    for times in (0, 9, 10):
        if times:
            connection.close()
            for table in SHOWN[address.name]:
                multiply(crowd, table, times)
        for who, client, path in paths(place, address):
            status, count, size, queries = asked(client, path)
            assert status in (200, 403, 404), f"{path}: {status}"
            if status == 200:
                seen.setdefault(who, []).append((count, size, queries))
    assert any(answers[-1][1] > answers[0][1] for answers in seen.values()), f"{address.name} shows no more rows"
    for who, answers in seen.items():
        counts = [count for count, _size, _queries in answers]
        more = [query[:200] for query in answers[-1][2] if query not in answers[0][2]]
        assert len(set(counts)) == 1, f"{address.name} as {who}: {counts}\n" + "\n".join(more[:40])


def test_every_list_is_named_here() -> None:
    names = {address.name for address in ALL}
    assert set(SHOWN) <= names, set(SHOWN) - names
    lists = {address.name for address in ALL if address.name.endswith("_list") and not address.parameters}
    assert lists <= set(SHOWN) | set(NOT_COPIED), lists - set(SHOWN) - set(NOT_COPIED)
