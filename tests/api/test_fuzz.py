"""A bounded attack on every operation, as each kind of client; `script/prove api` attacks at length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.urls import resolve

from brokerage.core.api.operations import Stream
from brokerage.core.errors import NotNow, RuleBroken
from tests.api.table import Route, routes
from tests.isolation.api_world import OWN, ApiWorld
from tests.proofs.attack import Found, attack, in_process

#: Requests of each operation as each kind of client that may have its scope.
CASES = 4


def attacked(world: ApiWorld, route: Route, kinds: tuple[str, ...]) -> Found:
    found = Found()
    with in_process() as told:
        for kind in kinds:
            found.add(attack(world, route, kind, cases=CASES, told=told))
    return found


@pytest.mark.parametrize("route", routes(), ids=str)
def test_no_request_meets_a_fault_or_an_answer_that_is_not_documented(api_world: ApiWorld, route: Route) -> None:
    found = attacked(api_world, route, tuple(OWN))
    assert found.cases, "nothing was sent"
    assert found.holds, "\n\n".join([*found.faults, *found.violations][:4])


def _fault(call: Any, **_names: Any) -> Any:
    raise ZeroDivisionError


def _unknown_code(call: Any, **_names: Any) -> Any:
    raise RuleBroken("never_heard_of", "No")


def _not_now(call: Any, **_names: Any) -> Any:
    raise NotNow("not_now", "Not now")


def _stream(call: Any, **_names: Any) -> Stream:
    from io import BytesIO

    return Stream(BytesIO(b"x"), "text/html", "x.html")


@pytest.mark.parametrize(
    ("act", "word"),
    [
        (_fault, "ZeroDivisionError"),
        (_unknown_code, "never_heard_of"),
        (_not_now, "409 is not documented"),
        (_stream, "text/html is not documented"),
        (lambda call: {"name": "Harrow", "more": 1}, "more"),
        (lambda call: {}, "required"),
    ],
)
def test_the_attack_sees_what_it_looks_for(
    api_world: ApiWorld, monkeypatch: pytest.MonkeyPatch, act: Callable[..., Any], word: str
) -> None:
    route = next(route for route in routes() if route.name == "get_organisation")
    operations = resolve("/api/v1/organisation").func.view_class.operations
    monkeypatch.setitem(operations, "get", replace(route.operation, act=act))
    found = attacked(api_world, route, ("authority",))
    assert not found.holds
    assert any(word in each for each in [*found.faults, *found.violations]), found
