"""An offer's extras and price as they are stored with it, and back again, so that a price can be replayed.

`Offer.extras` holds the lines asked for, `Offer.pricing` the priced lines with the request they came from. Plain
values and attributes only; nothing is read from a database here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from brokerage.core.money import money_text
from dpv.rules import VehicleRules
from placements.extras import ExtraLine
from placements.pricing import PriceRequest, Pricing, price

if TYPE_CHECKING:
    from placements.models import Offer


def extra_to_json(extra: ExtraLine) -> dict[str, Any]:
    """What is stored of a line: amounts and days as text."""
    return {
        "code": extra.code,
        "label": str(extra.label),
        "unit": extra.unit,
        "unit_rate": money_text(extra.unit_rate),
        "menu_rate": None if extra.menu_rate is None else money_text(extra.menu_rate),
        "quantity_per_week": money_text(extra.quantity_per_week),
        "starts_on": extra.starts_on.isoformat() if extra.starts_on else None,
        "ends_on": extra.ends_on.isoformat() if extra.ends_on else None,
        "review_on": extra.review_on.isoformat() if extra.review_on else None,
        "outcome": extra.outcome,
    }


def extra_from_json(stored: Mapping[str, Any]) -> ExtraLine:
    """The line as it was priced."""

    def on(name: str) -> dt.date | None:
        return dt.date.fromisoformat(stored[name]) if stored.get(name) else None

    return ExtraLine(
        code=stored["code"],
        label=stored["label"],
        unit=stored["unit"],
        unit_rate=Decimal(stored["unit_rate"]),
        menu_rate=None if stored.get("menu_rate") is None else Decimal(stored["menu_rate"]),
        quantity_per_week=Decimal(stored["quantity_per_week"]),
        starts_on=on("starts_on"),
        ends_on=on("ends_on"),
        review_on=on("review_on"),
        outcome=stored.get("outcome", ""),
    )


def pricing_to_json(pricing: Pricing) -> dict[str, Any]:
    """`Pricing.to_json()` and what was asked, without which it could not be computed again."""
    asked = pricing.request
    return {
        **pricing.to_json(),
        "request": {
            "is_sibling_group": asked.is_sibling_group,
            "children_placed_together": asked.children_placed_together,
            "planned_months": asked.planned_months,
        },
    }


def request_of(offer: Offer) -> PriceRequest:
    """What an offer asked to be priced. Raises ValueError for an offer without a price (a draft)."""
    if offer.weekly_core is None:
        raise ValueError("this offer has no price yet")
    asked = offer.pricing.get("request", {})
    return PriceRequest(
        weekly_core=offer.weekly_core,
        ceiling=offer.ceiling,
        children_placed_together=offer.children_together,
        is_sibling_group=bool(asked.get("is_sibling_group", offer.children_together > 1)),
        planned_months=asked.get("planned_months"),
        solo_uplift=offer.solo_uplift,
        solo_reason=offer.solo_reason,
        extras=tuple(extra_from_json(extra) for extra in offer.extras),
    )


def pricing_of(offer: Offer, rules: VehicleRules) -> Pricing:
    """The offer's price computed again under the rules it was made under (`offer.rules`)."""
    return price(request_of(offer), rules)
