"""Every organisation-bound address, generated from the URL table, knocked at by everyone who must stay outside.

Nothing is listed by hand but the few pages that every member may see. An address whose parameter the world does not
know fails: teach `world.py` what it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from tests.cast import user_of
from tests.isolation.world import CANARIES, World, build_world, everything, nothing

PREFIX = "o/<slug:organisation>/"
#: Every member may see these, whatever their roles.
FREE = {
    "organisation_home",
    "search",
    "notifications:message_list",
    "notifications:mark_all_read",
    "notifications:open_message",
}
#: Addresses that answer somebody entitled with "not found" or "not permitted" in this world, and why.
NOT_HERE = {
    "tenants:withdraw_invitation": "nobody is invited",
    "tenants:end_delegation": "no delegation was given",
    "placements:document_remove": "no document was uploaded",
    "placements:document_open": "no document was uploaded",
    "placements:document_file": "no document was uploaded, and the signature is nonsense",
    "placements:opportunity_document": "no document was released",
    "placements:opportunity_file": "no document was released, and the signature is nonsense",
    "providers:certificate_file": "the signature is nonsense",
    "safeguarding:alert_file": "the signature is nonsense",
    "contracts:agreement_document": "its file is in the store of the test that drew it",
}
DENIED = {400, 403, 404, 405, 409, 410}


ENTITLED = (("oscar", "harrow"), ("bob", "birch"), ("alice", "alder"), ("carol", "west-london-central"))


@dataclass(frozen=True)
class Address:
    """An organisation-bound route of the URL table."""

    name: str
    path: str

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"<(?:\w+:)?(\w+)>", self.path)

    def filled(self, organisation: str, values: dict[str, Any]) -> str:
        path = self.path
        for parameter in self.parameters:
            path = re.sub(rf"<(?:\w+:)?{parameter}>", str(values[parameter]), path)
        return f"/o/{organisation}/{path}"


def named_paths() -> Iterator[tuple[str, str]]:
    """Every route of the URL table: its name and its path."""

    def walk(patterns: Any, prefix: str, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                yield ":".join((*names, pattern.name or "")), prefix + str(pattern.pattern)
            else:
                inner = (*names, pattern.namespace) if pattern.namespace else names
                yield from walk(pattern.url_patterns, prefix + str(pattern.pattern), inner)

    yield from walk(get_resolver().url_patterns, "", ())


def addresses() -> Iterator[Address]:
    """Every route under `/o/<organisation>/`."""
    for name, path in named_paths():
        if path.startswith(PREFIX):
            yield Address(name, path.removeprefix(PREFIX))


ALL = sorted(addresses(), key=lambda each: each.path)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """One world for the whole module, in a database of its own, which really commits."""
    from django.conf import settings

    from tests import databases
    from tests.conftest import connect_to

    before = settings.DATABASES["default"]["NAME"]
    name = f"{before}_world"
    databases.clone(name)
    with django_db_blocker.unblock():
        connect_to(name)
        try:
            built = build_world()
            for who in ("oscar", "bob", "alice", "carol", "edith", "nia"):
                everything(who)
            for who in ("fiona", "cecil"):
                nothing(who)
            yield built
        finally:
            _client.cache_clear()
            connect_to(before)
    databases.drop(name)


@cache
def _client(who: str) -> Client:
    """Signed in once for the module: the world's database outlives each test."""
    client = Client(raise_request_exception=True)
    client.force_login(user_of(who))
    return client


def _values(world: World, address: Address) -> dict[str, Any]:
    values = world.values_for(address.name)
    missing = [name for name in address.parameters if name not in values]
    assert not missing, f"{address.name} names {missing}: teach tests/isolation/world.py"
    return values


def _knock(client: Client, path: str) -> Iterator[Any]:
    yield client.get(path)
    yield client.post(path, {})


def _no_canary(response: Any) -> None:
    is_streaming = getattr(response, "streaming", False)
    body = b"".join(response.streaming_content) if is_streaming else response.content
    for word in CANARIES:
        assert word.encode() not in body, f"{word} was disclosed"


@pytest.mark.parametrize("address", ALL, ids=lambda each: each.name)
def test_nobody_signed_in_is_sent_to_sign_in(world: World, address: Address) -> None:
    for response in _knock(Client(), address.filled("harrow", _values(world, address))):
        assert response.status_code == 302, address
        assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("address", ALL, ids=lambda each: each.name)
def test_who_does_not_belong_finds_nothing(world: World, address: Address) -> None:
    values = _values(world, address)
    for who, organisation in (("edith", "harrow"), ("bob", "harrow"), ("carol", "harrow"), ("oscar", "birch")):
        for response in _knock(_client(who), address.filled(organisation, values)):
            assert response.status_code == 404, f"{who} at {organisation}: {address}"
            _no_canary(response)


@pytest.mark.parametrize("address", [each for each in ALL if each.parameters], ids=lambda each: each.name)
def test_another_tenant_of_the_same_kind_finds_nothing(world: World, address: Address) -> None:
    """Holding every role, at their own organisation, with somebody else's reference or id."""
    values = _values(world, address)
    if address.name in world.shared:
        pytest.skip("what the address names is not anybody's secret")
    for who, organisation in world.outsiders(address.name):
        for response in _knock(_client(who), address.filled(organisation, values)):
            assert response.status_code in DENIED, f"{who} at {organisation}: {address} gave {response.status_code}"
            _no_canary(response)


@pytest.mark.parametrize("address", ALL, ids=lambda each: each.name)
def test_a_member_without_roles_may_do_nothing(world: World, address: Address) -> None:
    if address.name in FREE:
        return
    values = _values(world, address)
    for who, organisation in (("fiona", "harrow"), ("cecil", "cedar")):
        for response in _knock(_client(who), address.filled(organisation, values)):
            assert response.status_code in (403, 404, 405), f"{who}: {address} gave {response.status_code}"
            _no_canary(response)


@pytest.mark.parametrize("address", ALL, ids=lambda each: each.name)
def test_somebody_entitled_gets_an_answer(world: World, address: Address) -> None:
    """Otherwise the refusals above would prove nothing."""
    if address.name in NOT_HERE:
        return
    values = _values(world, address)
    answers = []
    for who, organisation in ENTITLED:
        response = _client(who).get(address.filled(organisation, values))
        assert response.status_code < 500, f"{who}: {address}"
        answers.append(response.status_code)
    assert any(status in (200, 204, 302, 304, 405, 409) for status in answers), f"{address}: {answers}"
