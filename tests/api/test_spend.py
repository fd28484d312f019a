"""Spend and market figures through the API: the pages' own tables, for those who may see the pages."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from brokerage.core.api.scopes import permissions_granted, scopes_of
from brokerage.core.tenants.context import acting
from brokerage.reports import api as operations
from brokerage.reports import spend
from brokerage.reports.books import MARKET_SHEETS, SPEND_SHEETS
from tests.api.clients import client_of
from tests.api.test_awards import good, refused
from tests.cast import actor_of
from tests.reports.test_spend import placed

pytestmark = pytest.mark.django_db


def test_figures_and_tables_are_those_of_the_page() -> None:
    for number in range(3):
        placed(number, weekly_core=Decimal("3800.10"))
    placed(9, source="spot", weekly_core=Decimal("2500.00"))
    told = good(operations.get_spend, client_of("connie").get("/spend"))
    assert told["figures"]["people"] == 4 and told["figures"]["weekly"] == "13900.30"
    assert told["figures"]["spot_weekly"] == "2500.00" and told["category"] is None
    assert [sheet["code"] for sheet in told["sheets"]] == list(SPEND_SHEETS)
    lots = told["sheets"][0]
    with acting(actor_of("connie")):
        page = spend.by_lot(spend.living(""))
    assert lots["rows"] == [[name, people, f"{weekly:f}"] for name, people, weekly in page.rows]
    assert [column["kind"] for column in lots["columns"]] == ["text", "count", "money"]


def test_each_table_alone_and_under_the_filters() -> None:
    placed(1)
    machine = client_of("connie")
    for code in SPEND_SHEETS:
        told = good(operations.get_spend_sheet, machine.get(f"/spend/{code}", period="last_12"))
        assert told["code"] == code
    assert machine.get("/spend/lots", category="fostering").json()["rows"] == []
    refused(machine.get("/spend/people-by-name"), 404, "not_found")
    refused(machine.get("/spend", period="forever"), 422, "invalid_choice", "period")
    assert machine.get("/spend", period="last_year").json()["period"]["code"] == "last_year"


def test_small_counts_of_people_are_not_told() -> None:
    placed(1)
    rows = client_of("connie").get("/spend/people").json()["rows"]
    assert rows == [["Harrow", "fewer than 5"]]


def test_nobody_sees_anothers_spend() -> None:
    placed(1)
    assert client_of("edith").get("/spend").json()["figures"]["people"] == 0
    refused(client_of("carol").get("/spend"), 403, "not_permitted")
    refused(client_of("bob").get("/spend"), 403, "missing_scope")


def test_the_market_is_the_central_teams() -> None:
    machine = client_of("mark")
    told = good(operations.get_market, machine.get("/market"))
    assert told["figures"]["admitted"] == 4 and [sheet["code"] for sheet in told["sheets"]] == list(MARKET_SHEETS)
    assert good(operations.get_market, machine.get("/market", category="fostering"))["figures"]["admitted"] == 1
    ceilings = good(operations.get_market_sheet, machine.get("/market/ceilings"))
    assert all(row[1] is None or "." in row[1] for row in ceilings["rows"])
    refused(machine.get("/market/secrets"), 404, "not_found")
    refused(client_of("connie").get("/market"), 403, "not_permitted")


def test_a_scope_for_several_kinds_grants_each_its_own() -> None:
    assert permissions_granted("authority", ["spend:read"]) == {"spend.view"}
    assert permissions_granted("central", ["spend:read"]) == {"region.report"}
    assert "spend:read" not in scopes_of("associate")


def test_the_report_costs_the_same_whatever_its_rows() -> None:
    machine, counts = client_of("connie"), []
    for number in range(2):
        placed(number)
        machine.get("/spend")
        with CaptureQueriesContext(connection) as queries:
            machine.get("/spend")
        counts.append(len(queries))
    assert counts[0] == counts[1]
