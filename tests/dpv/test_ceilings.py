"""Ceiling prices: at or under, in an age band, in force for so long."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerage.core.errors import RuleBroken
from dpv.ceilings import AGE_BANDS, Validity, ceiling_band_for, check_under_ceiling, validity_for
from dpv.rule_defaults import fostering_defaults

prices = st.decimals(min_value=0, max_value=50_000, places=2)


@pytest.mark.parametrize("price", ["880", "900", "900.00", "0", "0.00"])
def test_at_or_under_the_ceiling_is_allowed(price: str) -> None:
    check_under_ceiling(Decimal(price), Decimal("900"))


def test_a_penny_above_is_refused() -> None:
    with pytest.raises(RuleBroken) as refused:
        check_under_ceiling(Decimal("900.01"), Decimal("900"))
    assert (refused.value.code, refused.value.field) == ("above_ceiling", "weekly_core")
    message = "The weekly price must be £900.00 or less, your ceiling price on this lot"
    assert str(refused.value.message) == message


@pytest.mark.parametrize(
    ("price", "code"),
    [
        (Decimal("-0.01"), "price_negative"),
        (Decimal("900.001"), "price_invalid"),
        (Decimal("NaN"), "price_invalid"),
        (Decimal("sNaN"), "price_invalid"),
        (Decimal("Infinity"), "price_invalid"),
        (Decimal("-Infinity"), "price_invalid"),
        (Decimal("1E+30"), "above_ceiling"),
        (880.0, "price_invalid"),
        (880, "price_invalid"),
        ("880", "price_invalid"),
        (None, "price_invalid"),
    ],
)
def test_what_is_no_price_is_refused(price: object, code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_under_ceiling(price, Decimal("900"), field="core_price")
    assert (refused.value.code, refused.value.field) == (code, "core_price")


@given(prices, prices)
@settings(max_examples=200)
def test_exactly_the_prices_above_are_refused(price: Decimal, ceiling: Decimal) -> None:
    if price <= ceiling:
        check_under_ceiling(price, ceiling)
        return
    with pytest.raises(RuleBroken) as refused:
        check_under_ceiling(price, ceiling)
    assert refused.value.code == "above_ceiling"


def test_every_age_has_one_band() -> None:
    bands = [ceiling_band_for(age) for age in range(110)]
    assert bands[0] == bands[4] == "0_4"
    assert bands[5] == bands[10] == "5_10"
    assert bands[11] == bands[15] == "11_15"
    assert bands[16] == bands[17] == "16_17"
    assert bands[18] == bands[64] == "18_64"
    assert bands[65] == bands[109] == "65_plus"
    assert len(set(bands)) == len(AGE_BANDS)


def test_an_age_outside_the_lots_bands_is_refused() -> None:
    with pytest.raises(RuleBroken) as refused:
        ceiling_band_for(18, AGE_BANDS[:4])
    assert (refused.value.code, refused.value.field) == ("age_outside_bands", "age")
    with pytest.raises(RuleBroken):
        ceiling_band_for(-1)


@pytest.mark.parametrize(
    ("months", "last_on"),
    [(12, date(2027, 3, 31)), (36, date(2029, 3, 31)), (None, None)],
)
def test_a_ceiling_is_fixed_for_so_long(months: int | None, last_on: date | None) -> None:
    rules = fostering_defaults().with_values(ceiling_life_months=months)
    assert validity_for(date(2026, 4, 1), rules) == Validity(date(2026, 4, 1), last_on)


def test_both_ends_of_the_validity_count() -> None:
    validity = validity_for(date(2026, 4, 1), fostering_defaults())
    days = [date(2026, 3, 31), date(2026, 4, 1), date(2027, 3, 31), date(2027, 4, 1)]
    assert [validity.covers(on) for on in days] == [False, True, True, False]
    assert Validity(date(2026, 4, 1), None).covers(date(2099, 1, 1))
