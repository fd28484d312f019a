"""Requests to price and extras to ask for, shared by the tests of prices and of extras."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from dpv.rule_defaults import fostering_defaults, residential_defaults
from placements.pricing import ExtraLine, PriceRequest

FOSTERING = fostering_defaults()
RESIDENTIAL = residential_defaults()
STARTS = date(2026, 4, 15)


def ask(core: str, **values: Any) -> PriceRequest:
    return PriceRequest(weekly_core=Decimal(core), ceiling=Decimal("10000"), **values)


def siblings(core: str, **values: Any) -> PriceRequest:
    return ask(core, is_sibling_group=True, children_placed_together=2, **values)


def extra(**changes: Any) -> ExtraLine:
    values: dict[str, Any] = {
        "code": "waking_night",
        "label": "Waking night",
        "unit": "night",
        "unit_rate": Decimal("120.00"),
        "menu_rate": Decimal("125.00"),
        "quantity_per_week": Decimal("3"),
        "starts_on": STARTS,
        "ends_on": STARTS + timedelta(days=27),
        "review_on": STARTS + timedelta(days=14),
        "outcome": "Sleeps through the night",
    }
    return ExtraLine(**{**values, **changes})
