"""Pages of an API list that are found by their keys: a row that goes before it is read ends no list early."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import Value
from django.db.models.functions import Concat
from django.test import RequestFactory

from brokerage.core.api.calls import Call, Page
from brokerage.core.tenants.context import acting
from placements.models import Person
from tests.cast import actor_of

pytestmark = pytest.mark.django_db

CASES = [f"L-{number:03}" for number in range(7)]
SHAPES: list[dict[str, Any]] = [
    {"fields": {"case": "case_number"}},
    {"shape": lambda person: {"case": person.case_number}},
]


class Going:
    """Between the statement that finds a page's keys and the one that reads its rows, these are taken away."""

    def __init__(self, cases: list[str]) -> None:
        self.cases, self.statements = cases, 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT"):
            self.statements += 1
            if self.statements == 2:
                Person.objects.filter(case_number__in=self.cases).update(
                    case_number=Concat(Value("gone "), "case_number")
                )
        return execute(sql, params, many, context)


@pytest.mark.parametrize("how", SHAPES, ids=lambda how: next(iter(how)))
@pytest.mark.parametrize("limit", [1, 3])
def test_a_row_that_goes_between_the_statements_ends_no_list_early(limit: int, how: dict[str, Any]) -> None:
    with acting(actor_of("olive")) as olive:
        Person.objects.bulk_create(
            Person(authority_id=olive.organisation_id, case_number=case, date_of_birth=dt.date(2012, 1, 1), sex="male")
            for case in CASES
        )
        rows = Person.objects.filter(case_number__startswith="L-")

        def page(cursor: str | None) -> Page:
            call = Call(olive, RequestFactory().get("/"), query={"limit": limit, "cursor": cursor})
            return call.page(rows, by=("-case_number",), by_keys=True, **how)

        gone = [CASES[6], CASES[4]][: (limit + 1) // 2]
        with connection.execute_wrapper(Going(gone)):
            shown = page(None)
        found = [row["case"] for row in shown.items]
        assert found == [case for case in CASES[:3:-1][:limit] if case not in gone]
        while shown.next is not None:
            shown = page(shown.next)
            found += [row["case"] for row in shown.items]
        assert found == [case for case in reversed(CASES) if case not in gone]
