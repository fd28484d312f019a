"""Reports in the API: an authority's spend and the region's market, the same tables as on their pages."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.http import Http404
from django.urls import URLPattern, path
from django.utils.functional import Promise
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers as s

from brokerage.core.api.inputs import MoneyField, Query, Shape
from brokerage.core.api.operations import Call, operation, resource
from brokerage.core.clock import database_today
from brokerage.core.money import pence
from brokerage.core.vocabulary import Category
from brokerage.reports.books import MARKET_SHEETS, SPEND_SHEETS, market_sheets, spend_report, spend_sheets
from brokerage.reports.market import market_of
from brokerage.reports.periods import PERIODS, Period, period_of
from brokerage.reports.sheets import Sheet


@extend_schema_field({"type": ["string", "integer", "null"]})
class Cell(s.Field):
    """A text, a count, or an amount, percentage or number of days as text; nothing where there is none."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool) or not isinstance(data, str | int):
            self.fail("required")
        return data


class ColumnOut(Shape):
    """What a column holds."""

    label = s.CharField()
    kind = s.ChoiceField(
        choices=["text", "money", "count", "percent", "days"], help_text="Money in pounds; all but counts come as text."
    )


class SheetOut(Shape):
    """One table of a report, its rows in the order of `columns`."""

    code = s.CharField()
    title = s.CharField()
    columns = ColumnOut(many=True)
    rows = s.ListField(child=s.ListField(child=Cell(allow_null=True)))
    example = {
        "code": "lots",
        "title": "Weekly commitment by lot",
        "columns": [
            {"label": "Lot", "kind": "text"},
            {"label": "People", "kind": "count"},
            {"label": "Weekly", "kind": "money"},
        ],
        "rows": [["Standard (WL-RES)", 12, "47210.00"]],
    }


class PeriodOut(Shape):
    """Twelve whole months."""

    code = s.ChoiceField(choices=[code for code, _label in PERIODS])
    first_on = s.DateField()
    last_on = s.DateField()


class SpendFigures(Shape):
    """The figures above the tables. Pounds a week."""

    people = s.IntegerField(help_text="Placed now.")
    weekly = MoneyField(max_digits=14, help_text="Committed now.")
    spot_weekly = MoneyField(max_digits=14)
    off_vehicle_percent = s.CharField(allow_null=True, help_text="Of the commitment, bought outside the vehicles.")
    starting = s.IntegerField(help_text="Agreed and not begun.")
    starting_weekly = MoneyField(max_digits=14)
    saved_percent = s.CharField(allow_null=True, help_text="Below the ceiling prices.")
    days_to_award = s.CharField(allow_null=True, help_text="Median, of referrals published in the period.")
    open_referrals = s.IntegerField()
    closed_without_award = s.IntegerField()


class SpendOut(Shape):
    """The spend report."""

    period = PeriodOut()
    category = s.ChoiceField(choices=Category.choices, allow_null=True)
    figures = SpendFigures()
    sheets = SheetOut(many=True)
    example = {
        "period": {"code": "this_year", "first_on": "2026-04-01", "last_on": "2027-03-31"},
        "category": None,
        "figures": {
            "people": 12,
            "weekly": "47210.00",
            "spot_weekly": "3900.00",
            "off_vehicle_percent": "8.3",
            "starting": 1,
            "starting_weekly": "3610.00",
            "saved_percent": "4.2",
            "days_to_award": "2.1",
            "open_referrals": 3,
            "closed_without_award": 0,
        },
        "sheets": [SheetOut.example],
    }


class MarketFigures(Shape):
    """Sums over the lots: a home on two lots counts on each."""

    admitted = s.IntegerField()
    suspended = s.IntegerField()
    vacancies = s.IntegerField(help_text="As providers say.")


class MarketOut(Shape):
    """The market report."""

    category = s.ChoiceField(choices=Category.choices, allow_null=True)
    figures = MarketFigures()
    sheets = SheetOut(many=True)
    example = {
        "category": "residential",
        "figures": {"admitted": 41, "suspended": 2, "vacancies": 17},
        "sheets": [
            {
                "code": "ceilings",
                "title": "Ceiling prices in force by lot, a week",
                "columns": [
                    {"label": "Lot", "kind": "text"},
                    {"label": "Lowest", "kind": "money"},
                    {"label": "Median", "kind": "money"},
                    {"label": "Highest", "kind": "money"},
                ],
                "rows": [["Standard (WL-RES)", "3200.00", "4000.00", "5150.00"]],
            }
        ],
    }


class CategoryQuery(Query):
    """Which kind of home; all without."""

    category = s.ChoiceField(choices=Category.choices, required=False)
    example = {"category": "residential"}


class SpendQuery(CategoryQuery):
    """Which kind of home, and which twelve months."""

    period = s.ChoiceField(
        choices=[code for code, _label in PERIODS], required=False, help_text="This financial year without."
    )
    example = {"category": "residential", "period": "last_year"}


@operation(scope="spend:read", query=SpendQuery, answer=SpendOut)
def get_spend(call: Call) -> dict[str, Any]:
    """Read the spend report.

    What the authority has committed now and over the months, savings, time to place, open referrals and unmet need:
    the figures and every table of its page. The period concerns the tables by month, of time to place, of offers and
    of declines. Counts of people by area are not told below five.
    """
    call.actor.require("spend.view")
    category, period, today = _chosen(call)
    found = spend_report(category, period, today)
    money = found.money
    return {
        "period": {"code": period.code, "first_on": period.first_on, "last_on": period.before - dt.timedelta(days=1)},
        "category": category or None,
        "figures": {
            "people": money.people,
            "weekly": pence(money.weekly),
            "spot_weekly": pence(money.spot_weekly),
            "off_vehicle_percent": money.off_vehicle_percent,
            "starting": found.starting,
            "starting_weekly": found.starting_weekly,
            "saved_percent": found.saved_percent,
            "days_to_award": found.days_to_award,
            "open_referrals": found.open_referrals,
            "closed_without_award": found.closed_without_award,
        },
        "sheets": [sheet_out(found.sheets[code]) for code in SPEND_SHEETS],
    }


@operation(scope="spend:read", query=SpendQuery, answer=SheetOut)
def get_spend_sheet(call: Call, sheet: str) -> dict[str, Any]:
    """Read one table of the spend report.

    `lots`, `providers`, `months`, `sources`, `savings`, `time`, `open`, `bids`, `declines` or `people`.
    """
    call.actor.require("spend.view")
    make = spend_sheets(*_chosen(call)).get(sheet)
    if make is None:
        raise Http404
    return sheet_out(make())


@operation(scope="spend:read", query=CategoryQuery, answer=MarketOut)
def get_market(call: Call) -> dict[str, Any]:
    """Read the market report.

    Places, vacancies and ceiling prices of the region's lots, for its central team.
    """
    call.actor.require("region.report", "dpv.manage")
    category = call.query.get("category", "")
    found = market_of(database_today(), category)
    sheets = market_sheets(found)
    return {
        "category": category or None,
        "figures": {"admitted": found.homes, "suspended": found.suspended, "vacancies": found.vacancies},
        "sheets": [sheet_out(sheets[code]) for code in MARKET_SHEETS],
    }


@operation(scope="spend:read", query=CategoryQuery, answer=SheetOut)
def get_market_sheet(call: Call, sheet: str) -> dict[str, Any]:
    """Read one table of the market report.

    `supply` or `ceilings`.
    """
    call.actor.require("region.report", "dpv.manage")
    found = market_sheets(market_of(database_today(), call.query.get("category", ""))).get(sheet)
    if found is None:
        raise Http404
    return sheet_out(found)


def sheet_out(sheet: Sheet) -> dict[str, Any]:
    """A table as data."""
    kinds = [column.kind for column in sheet.columns]
    return {
        "code": sheet.code,
        "title": str(sheet.title),
        "columns": [{"label": str(column.label), "kind": column.kind} for column in sheet.columns],
        "rows": [[_cell(kind, value) for kind, value in zip(kinds, row, strict=True)] for row in sheet.rows],
    }


def _cell(kind: str, value: Any) -> Any:
    if isinstance(value, Promise):
        return str(value)
    if kind == "money" and isinstance(value, Decimal):
        return pence(value)
    return value


def _chosen(call: Call) -> tuple[str, Period, dt.date]:
    today = database_today()
    return call.query.get("category", ""), period_of(call.query.get("period", ""), today), today


urlpatterns: list[URLPattern] = [
    path("spend", resource(get=get_spend), name="spend"),
    path("spend/<slug:sheet>", resource(get=get_spend_sheet), name="spend_sheet"),
    path("market", resource(get=get_market), name="market"),
    path("market/<slug:sheet>", resource(get=get_market_sheet), name="market_sheet"),
]
