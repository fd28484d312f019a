"""A bounded attack on every operation, as each kind of client; `script/prove api` attacks at length."""

from __future__ import annotations

import pytest

from tests.api.table import Route, routes
from tests.isolation.api_world import OWN, ApiWorld
from tests.proofs.attack import attack, in_process

#: Requests of each operation as each kind of client that may have its scope.
CASES = 6


@pytest.mark.parametrize("route", routes(), ids=str)
def test_no_request_meets_a_fault_or_an_answer_that_is_not_documented(api_world: ApiWorld, route: Route) -> None:
    with in_process() as told:
        for kind in OWN:
            found = attack(api_world, route, kind, cases=CASES, told=told)
            assert found.cases, f"nothing was sent to {route}"
            assert not found.faults and not found.violations, "\n\n".join([*found.faults, *found.violations][:4])
