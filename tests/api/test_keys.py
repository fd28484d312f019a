"""Every operation that changes something by POST, sent twice with one key: one effect, one answer."""

from __future__ import annotations

import pytest
from django.db import transaction

from brokerage.core.api.models import KeptAnswer
from brokerage.core.audit.models import Entry
from brokerage.core.tenants.context import acting
from tests.api.table import Route, code_of, faults_of, routes
from tests.cast import actor_of
from tests.isolation.api_world import OWN, ApiWorld, owners
from tests.isolation.world import CANARIES

POSTS = [route for route in routes() if route.method == "post"]
ACTS = [route for route in POSTS if not route.operation.only_reads]
KEY = {"Idempotency-Key": "5f6c1f0e-once"}


def _written(who: str) -> int:
    with acting(actor_of(who)):
        return Entry.objects.count() + KeptAnswer.objects.count()


@pytest.mark.parametrize("route", ACTS, ids=str)
def test_twice_with_one_key_is_once(api_world: ApiWorld, route: Route) -> None:
    for kind in owners(route):
        with transaction.atomic():
            _twice(api_world, route, kind)
            transaction.set_rollback(True)


def _twice(world: ApiWorld, route: Route, kind: str) -> None:
    machine, who = world.own(route, kind), OWN[kind]
    first = world.knock(route, machine, kind, **KEY)
    after = _written(who)
    again = world.knock(route, machine, kind, **KEY)
    assert again.status_code == first.status_code and again.content == first.content, route
    assert _written(who) == after, f"{route} did something twice"
    if first.status_code >= 400:
        assert "Idempotency-Replayed" not in again
        return
    told = [word for word in (*world.canaries[:2], *CANARIES) if word.encode() in first.content]
    assert not told, f"{route} keeps an answer that tells who somebody is: {told}"
    assert again["Idempotency-Replayed"] == "true" and again.get("Location") == first.get("Location")
    assert not faults_of(route, again)
    other = machine.send("POST", f"{world.address(route, kind)}", b'{"other": 1}', **KEY)
    assert other.status_code == 422 and code_of(other) == "idempotency_key_reused", other.content


def test_most_of_them_were_carried_out(api_world: ApiWorld) -> None:
    """A world in which everything was refused would prove nothing."""
    done = []
    for route in ACTS:
        with transaction.atomic():
            kind = owners(route)[0]
            done.append(api_world.knock(route, api_world.own(route, kind), kind).status_code < 300)
            transaction.set_rollback(True)
    assert sum(done) > len(ACTS) / 2, f"{sum(done)} of {len(ACTS)}"


@pytest.mark.parametrize("route", [route for route in POSTS if route.operation.only_reads], ids=str)
def test_a_reading_is_done_again_and_never_kept(api_world: ApiWorld, route: Route) -> None:
    kind = owners(route)[0]
    for _again in range(2):
        response = api_world.knock(route, api_world.own(route, kind), kind, **KEY)
        assert response.status_code < 500 and "Idempotency-Replayed" not in response
    with acting(actor_of(OWN[kind])):
        assert not KeptAnswer.objects.exists()
