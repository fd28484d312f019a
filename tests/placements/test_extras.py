"""Additional services: only from the menu, at or under the tendered rate, with an outcome, an end and a review."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from brokerage.core.errors import RuleBroken
from placements.pricing import broken_rules, expected_total, price
from tests.placements.prices import FOSTERING, STARTS, ask, extra


@pytest.mark.parametrize(
    ("changes", "code", "field", "message"),
    [
        ({"menu_rate": None}, "extra_not_on_menu", "code", "Waking night is not on your menu for this lot"),
        (
            {"unit_rate": Decimal("125.01")},
            "extra_above_menu",
            "unit_rate",
            "Waking night: the rate must be £125.00 or less, the rate you tendered",
        ),
        ({"unit_rate": Decimal("-1")}, "extra_rate_invalid", "unit_rate", None),
        ({"unit_rate": Decimal("1.001")}, "extra_rate_invalid", "unit_rate", None),
        ({"unit_rate": Decimal("NaN")}, "extra_rate_invalid", "unit_rate", None),
        ({"quantity_per_week": Decimal(0)}, "extra_quantity_invalid", "quantity_per_week", None),
        ({"quantity_per_week": Decimal("NaN")}, "extra_quantity_invalid", "quantity_per_week", None),
        ({"quantity_per_week": Decimal(10_001)}, "extra_quantity_invalid", "quantity_per_week", None),
        (
            {"outcome": "  "},
            "extra_outcome_missing",
            "outcome",
            "Waking night: say what it is to achieve",
        ),
        ({"starts_on": None}, "extra_start_missing", "starts_on", "Waking night: enter when it starts"),
        ({"ends_on": None}, "extra_end_missing", "ends_on", "Waking night: enter when it ends"),
        ({"review_on": None}, "extra_review_missing", "review_on", "Waking night: enter when it is reviewed"),
        (
            {"ends_on": STARTS - timedelta(days=1), "review_on": STARTS},
            "extra_end_before_start",
            "ends_on",
            "Waking night: the end must be on or after the start",
        ),
        (
            {"review_on": STARTS + timedelta(days=28)},
            "extra_review_outside",
            "review_on",
            "Waking night: the review must be between the start and the end",
        ),
        ({"review_on": STARTS - timedelta(days=1)}, "extra_review_outside", "review_on", None),
    ],
)
def test_an_extra_that_breaks_a_rule(changes: dict[str, Any], code: str, field: str, message: str | None) -> None:
    request = ask("850", extras=(extra(code="therapy"), extra(**changes)))
    (broken,) = broken_rules(request, FOSTERING)
    assert (broken.code, broken.field) == (code, f"extras.1.{field}")
    if message is not None:
        assert str(broken.message) == message
    with pytest.raises(RuleBroken) as refused:
        price(request, FOSTERING)
    assert refused.value.code == code


def test_a_vehicle_may_ask_less_of_extras() -> None:
    lenient = FOSTERING.with_values(
        extras_from_menu_only=False,
        extras_at_or_under_menu=False,
        extras_need_outcome=False,
        extras_need_end_and_review=False,
    )
    loose = (
        extra(menu_rate=None),
        extra(unit_rate=Decimal(500), starts_on=None, ends_on=None, review_on=None, outcome=""),
    )
    request = ask("700", extras=loose)
    pricing = price(request, lenient)
    assert pricing.weekly_extras == 1860
    assert expected_total(pricing, STARTS, None, 8) == 8 * 700 + 4 * 360 + 8 * 1500
