"""Reports: an authority's spend, and the region's market. Every table is also a CSV file of the same rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from brokerage.core.clock import database_now, database_today
from brokerage.core.csv_output import write_csv
from brokerage.core.money import pounds
from brokerage.core.pages import charts, maps
from brokerage.core.pages.figures import Figure
from brokerage.core.web import OrganisationRequest, address
from brokerage.reports import spend as queries
from brokerage.reports.books import market_sheets, spend_report, spend_sheets
from brokerage.reports.forms import CategoryFilter, SpendFilter
from brokerage.reports.market import market_of
from brokerage.reports.periods import Period, period_of
from brokerage.reports.sheets import Sheet

#: Bars on a chart; the table under it has them all.
BARS_AT_MOST = 12
#: The tables that have no chart or map of their own.
IN_TABLES = ("providers", "sources", "savings", "time", "open", "bids", "declines")
#: Providers named on the page, of the hundreds that a large council uses: the others are one line. The CSV file and the
#: API have them all.
PROVIDERS_AT_MOST = 25


@require_safe
def spend(request: OrganisationRequest) -> HttpResponse:
    """What is committed now and over the months, savings, time to place, open referrals, unmet need."""
    request.actor.require("spend.view")
    category, period, now = _chosen(request)
    found = spend_report(category, period, localdate(now))
    money = found.money
    form = SpendFilter({"period": period.code, "category": category})
    tiles = [
        {
            "label": _("Committed a week"),
            "value": pounds(money.weekly),
            "hint": _("%(people)s people placed now") % {"people": money.people},
        },
        {
            "label": _("Starting"),
            "value": str(found.starting),
            "hint": _("%(weekly)s a week agreed and not begun") % {"weekly": pounds(found.starting_weekly)},
        },
        {
            "label": _("Saved against ceilings"),
            "value": _percent(found.saved_percent),
            "hint": _("of the ceiling prices of placements that have one"),
        },
        {
            "label": _("Outside the vehicles"),
            "value": _percent(money.off_vehicle_percent),
            "hint": _("%(weekly)s of it spot") % {"weekly": pounds(money.spot_weekly)},
        },
        {
            "label": _("Median time to award"),
            "value": _("%(days)s days") % {"days": found.days_to_award} if found.days_to_award is not None else "–",
            "hint": _("referrals published in the period"),
        },
        {
            "label": _("Open referrals"),
            "value": str(found.open_referrals),
            "hint": _("%(count)s closed without an award") % {"count": found.closed_without_award},
        },
    ]
    return render(
        request,
        "reports/spend.html",
        {
            "filter": form,
            "period": period,
            "last_day": period.before - dt.timedelta(days=1),
            "now": now,
            "tiles": tiles,
            "lots_chart": _money_bars(found.sheets["lots"]),
            "months_chart": _money_line(found.sheets["months"]),
            "people_map": _people_map(found.people),
            "tables": [
                (sheet.table(), _csv_url(request, "reports:spend_csv", sheet.code)) for sheet in _on_page(found.sheets)
            ],
            "lots_csv": _csv_url(request, "reports:spend_csv", "lots"),
            "months_csv": _csv_url(request, "reports:spend_csv", "months"),
            "people_csv": _csv_url(request, "reports:spend_csv", "people"),
        },
    )


@require_safe
def spend_csv(request: OrganisationRequest, sheet: str) -> HttpResponse:
    """One table of the spend report as CSV, under the same filters."""
    request.actor.require("spend.view")
    category, period, now = _chosen(request)
    today = localdate(now)
    make = spend_sheets(category, period, today).get(sheet)
    return _csv(make() if make else None, f"spend-{sheet}-{today.isoformat()}")


@require_safe
def market(request: OrganisationRequest) -> HttpResponse:
    """Places, vacancies and ceilings of the region's lots."""
    request.actor.require("region.report", "dpv.manage")
    form = CategoryFilter(request.GET)
    category = form.cleaned_data["category"] if form.is_valid() else ""
    found = market_of(database_today(), category)
    vacancies = [charts.Row(row[0], row[5], str(row[5])) for row in found.supply.rows]
    return render(
        request,
        "reports/market.html",
        {
            "filter": form,
            "now": database_now(),
            "tiles": [
                {"label": _("Admitted"), "value": str(found.homes), "hint": _("a home on two lots counts twice")},
                {"label": _("Suspended"), "value": str(found.suspended)},
                {"label": _("Vacancies"), "value": str(found.vacancies), "hint": _("as providers say")},
            ],
            "chart": charts.bars(title=_("Vacancies by lot"), rows=vacancies, columns=(_("Lot"), _("Vacancies")))
            if vacancies
            else None,
            "chart_csv": _csv_url(request, "reports:market_csv", "supply"),
            "tables": [
                (sheet.table(), _csv_url(request, "reports:market_csv", sheet.code))
                for sheet in (found.supply, found.prices)
            ],
        },
    )


@require_safe
def market_csv(request: OrganisationRequest, sheet: str) -> HttpResponse:
    """One table of the market report as CSV."""
    request.actor.require("region.report", "dpv.manage")
    form = CategoryFilter(request.GET)
    category = form.cleaned_data["category"] if form.is_valid() else ""
    today = database_today()
    found = market_of(today, category)
    return _csv(market_sheets(found).get(sheet), f"market-{sheet}-{today.isoformat()}")


def _chosen(request: OrganisationRequest) -> tuple[str, Period, dt.datetime]:
    form = SpendFilter(request.GET)
    chosen: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    now = database_now()
    return chosen.get("category", ""), period_of(chosen.get("period", ""), localdate(now)), now


def _on_page(sheets: Mapping[str, Sheet]) -> list[Sheet]:
    shown = {**sheets, "providers": sheets["providers"].shortened(PROVIDERS_AT_MOST)}
    return [shown[code] for code in IN_TABLES]


def _csv(sheet: Sheet | None, name: str) -> HttpResponse:
    if sheet is None:
        raise Http404("No such table.")
    response = HttpResponse(write_csv(sheet.csv_rows()), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


def _csv_url(request: OrganisationRequest, name: str, sheet: str) -> str:
    query = request.GET.urlencode()
    return address(request.actor, name, sheet=sheet) + (f"?{query}" if query else "")


def _percent(value: Decimal | None) -> str:
    return "–" if value is None else f"{value}%"


def _money_bars(sheet: Sheet) -> Figure | None:
    rows = [charts.Row(row[0], row[2], pounds(row[2])) for row in sheet.rows[:BARS_AT_MOST]]
    return charts.bars(title=sheet.title, rows=rows, columns=(_("Lot"), _("Weekly"))) if rows else None


def _money_line(sheet: Sheet) -> Figure | None:
    if not any(row[1] for row in sheet.rows):
        return None
    points = [charts.Row(row[0], row[1], pounds(row[1])) for row in sheet.rows]
    return charts.line(title=sheet.title, points=points, columns=(_("Month"), _("Committed")))


def _people_map(people: dict[str, int]) -> Figure | None:
    """Small counts are one shade and one text: neither tells them apart."""
    drawn = {area.gss_code for area in maps.areas()}
    values = {
        code: maps.Value(max(count, queries.SMALLEST_COUNT - 1), queries.suppressed(count))
        for code, count in people.items()
        if code in drawn
    }
    if not values:
        return None
    return maps.choropleth(
        title=_("Where people live, by the authority they live in"),
        values=values,
        unit=_("people"),
        names=(_("Authority"), _("People")),
    )
