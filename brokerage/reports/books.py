"""The reports' tables by their codes: the same sheets for the pages, for CSV and for the API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from brokerage.core.pages import maps
from brokerage.core.vocabulary import Category
from brokerage.reports import history, spend
from brokerage.reports.market import Market
from brokerage.reports.periods import Period
from brokerage.reports.sheets import Column, Sheet
from brokerage.reports.spend import Money

#: Codes of the tables, in the order in which they are told.
SPEND_SHEETS = ("lots", "providers", "months", "sources", "savings", "time", "open", "bids", "declines", "people")
MARKET_SHEETS = ("supply", "ceilings")


@dataclass(frozen=True)
class SpendReport:
    """The whole report. Pounds a week; percentages and days to one decimal, None where there is nothing to say."""

    money: Money
    starting: int
    starting_weekly: Decimal
    saved_percent: Decimal | None
    days_to_award: Decimal | None
    open_referrals: int
    closed_without_award: int
    #: By GSS code; not safe to show before `spend.suppressed`.
    people: dict[str, int]
    sheets: Mapping[str, Sheet]


def spend_report(category: str, period: Period, today: dt.date) -> SpendReport:
    """Every figure and table: what is paid for now by one query, each other table by one."""
    living = spend.living(category)
    sources, money = spend.by_source(living)
    saved, saved_percent = spend.savings(living)
    times, to_award = history.time_to_place(category, period)
    open_ones, running, closed = spend.open_referrals(category)
    starting, starting_weekly = spend.starting(category)
    return SpendReport(
        money,
        starting,
        starting_weekly,
        saved_percent,
        history.in_days(to_award),
        running,
        closed,
        living.areas,
        {
            "lots": spend.by_lot(living),
            "providers": spend.by_provider(living),
            "months": history.by_month(category, period, today),
            "sources": sources,
            "savings": saved,
            "time": times,
            "open": open_ones,
            "bids": history.bids(category, period, labels()),
            "declines": history.declines(category, period),
            "people": people_sheet(living.areas),
        },
    )


def labels() -> dict[str, str]:
    """The kinds of home in words."""
    return {value: str(label) for value, label in Category.choices}


def spend_sheets(category: str, period: Period, today: dt.date) -> Mapping[str, Callable[[], Sheet]]:
    """How each table of the spend report is made, by its code; each is one query."""
    return {
        "lots": lambda: spend.by_lot(spend.living(category)),
        "providers": lambda: spend.by_provider(spend.living(category)),
        "months": lambda: history.by_month(category, period, today),
        "sources": lambda: spend.by_source(spend.living(category))[0],
        "savings": lambda: spend.savings(spend.living(category))[0],
        "time": lambda: history.time_to_place(category, period)[0],
        "open": lambda: spend.open_referrals(category)[0],
        "bids": lambda: history.bids(category, period, labels()),
        "declines": lambda: history.declines(category, period),
        "people": lambda: people_sheet(spend.living(category).areas),
    }


def market_sheets(market: Market) -> Mapping[str, Sheet]:
    """The tables of the market report."""
    return {"supply": market.supply, "ceilings": market.prices}


def people_sheet(people: Mapping[str, int]) -> Sheet:
    """Where people live; small counts are one text."""
    names = {area.gss_code: area.name for area in maps.areas()}
    rows = sorted((names.get(code, code), spend.suppressed(count)) for code, count in people.items())
    return Sheet(
        "people",
        _("Where people live, by the authority they live in"),
        [Column(_("Authority")), Column(_("People"), "text")],
        rows,
    )
