"""Money is rounded half up once, read strictly, and its shares sum to the penny."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerage.core.errors import RuleBroken
from brokerage.core.money import (
    is_whole_pence,
    money_text,
    parse_money,
    pence,
    percent_of,
    pounds,
    share_to_the_penny,
)
from tests.many import many

amounts = st.decimals(min_value="-9999999", max_value="9999999", places=6, allow_nan=False)
whole_pence = st.decimals(min_value="0", max_value="9999999", places=2, allow_nan=False)


def half_up(exact: Fraction) -> Decimal:
    """The penny nearest to `exact`, halves away from nothing, by integers only."""
    pennies = abs(exact) * 100
    rounded = (2 * pennies.numerator + pennies.denominator) // (2 * pennies.denominator)
    return Decimal(rounded if exact >= 0 else -rounded) / 100


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("0.005", "0.01"),
        ("-0.005", "-0.01"),
        ("0.0049999", "0.00"),
        ("2.675", "2.68"),
        ("1.115", "1.12"),
        ("-0.001", "0.00"),
        ("198.3335", "198.33"),
        ("9999999999.994", "9999999999.99"),
    ],
)
def test_halves_round_away_from_nothing(amount: str, rounded: str) -> None:
    assert money_text(Decimal(amount)) == rounded


@given(amounts)
@settings(max_examples=many(200))
def test_rounding_equals_exact_fractions(amount: Decimal) -> None:
    assert pence(amount) == half_up(Fraction(amount))


@given(whole_pence, st.decimals(min_value=0, max_value=100, places=2))
@settings(max_examples=many(200))
def test_percentages_equal_exact_fractions(base: Decimal, percent: Decimal) -> None:
    assert percent_of(base, percent) == half_up(Fraction(base) * Fraction(percent) / 100)


def test_a_float_is_a_fault_in_code() -> None:
    for wrong in (0.1, 1, "1.00", None):
        with pytest.raises(TypeError):
            pence(wrong)  # deliberately not a Decimal
    for wrong_amount in ("NaN", "Infinity", "-Infinity", "sNaN"):
        with pytest.raises(ValueError, match="finite"):
            pence(Decimal(wrong_amount))


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("900", "900.00"),
        ("£900", "900.00"),
        ("£ 900", "900.00"),
        (" 1,234.50 ", "1234.50"),
        ("£1,234,567.8", "1234567.80"),
        ("0", "0.00"),
        ("007.10", "7.10"),
        ("\u00a0900.01\u00a0", "900.01"),
        ("9999999999.99", "9999999999.99"),
    ],
)
def test_amounts_are_read_as_people_write_them(written: str, amount: str) -> None:
    assert money_text(parse_money(written)) == amount


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "money_missing"),
        ("   ", "money_missing"),
        ("-1", "money_negative"),
        ("−1", "money_negative"),
        ("£-1", "money_negative"),
        ("(5.00)", "money_negative"),
        ("900.001", "money_too_precise"),
        ("900.000", "money_too_precise"),
        ("10000000000", "money_too_large"),
        ("9" * 5000, "money_too_large"),
        ("1e3", "money_invalid"),
        ("NaN", "money_invalid"),
        ("Infinity", "money_invalid"),
        ("+5", "money_invalid"),
        ("1.234,50", "money_invalid"),
        ("12,34", "money_invalid"),
        ("1,2345", "money_invalid"),
        ("900,00", "money_invalid"),
        ("900.", "money_invalid"),
        (".50", "money_invalid"),
        ("9 00", "money_invalid"),
        ("nine hundred", "money_invalid"),
        ("٩٠٠", "money_invalid"),
        ("900\n1", "money_invalid"),
        ("€900", "money_invalid"),
        ("0x10", "money_invalid"),
        ("1_000", "money_invalid"),
    ],
)
def test_other_writings_are_refused_beside_their_field(written: str, code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        parse_money(written, field="weekly_core")
    assert (refused.value.code, refused.value.field) == (code, "weekly_core")
    assert str(refused.value.message)


@pytest.mark.parametrize("wrong", [900, 900.0, None, True, Decimal(900), b"900"])
def test_amounts_come_as_text(wrong: object) -> None:
    with pytest.raises(RuleBroken) as refused:
        parse_money(wrong)
    assert refused.value.code == "money_not_text"


@given(st.text(max_size=12) | st.from_regex(r"[0-9.,£ \-+eE]{0,12}", fullmatch=True))
@settings(max_examples=many(400))
def test_whatever_is_typed_is_an_amount_or_a_refusal(written: str) -> None:
    try:
        amount = parse_money(written)
    except RuleBroken:
        return
    assert is_whole_pence(amount)
    assert 0 <= amount <= Decimal("9999999999.99")


@pytest.mark.parametrize(("written", "is_whole"), [("1E+400", True), ("1E-400", False), ("NaN", False), ("4.10", True)])
def test_an_amount_of_any_length_is_whole_pence_or_not(written: str, is_whole: bool) -> None:
    assert is_whole_pence(Decimal(written)) is is_whole


@given(whole_pence)
@settings(max_examples=many(100))
def test_what_is_written_is_read_back(amount: Decimal) -> None:
    assert parse_money(money_text(amount)) == parse_money(pounds(amount)) == amount


def test_pounds_are_written_for_people() -> None:
    assert pounds(Decimal("1234.5")) == "£1,234.50"
    assert pounds(Decimal("-42.5")) == "−£42.50"
    assert pounds(Decimal("-0.001")) == "£0.00"
    assert money_text(Decimal("1234.5")) == "1234.50"


def test_the_central_teams_cost_is_shared_with_the_odd_penny_to_the_first_code() -> None:
    """200,000 half equally, half by 100, 300 and 600 children."""
    children = {"E09000015": 100, "E09000009": 300, "E09000033": 600}
    weights = {
        code: Fraction(1, 2) * Fraction(1, 3) + Fraction(1, 2) * Fraction(number, 1000)
        for code, number in children.items()
    }
    assert share_to_the_penny(Decimal(200_000), weights) == {
        "E09000015": Decimal("43333.33"),
        "E09000009": Decimal("63333.34"),
        "E09000033": Decimal("93333.33"),
    }


@given(whole_pence, st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 1000), min_size=1))
@settings(max_examples=many(200))
def test_shares_sum_and_lie_within_a_penny_of_exact(total: Decimal, weights: dict[str, int]) -> None:
    if not sum(weights.values()):
        with pytest.raises(ValueError, match="not all nothing"):
            share_to_the_penny(total, weights)
        return
    shares = share_to_the_penny(total, weights)
    assert sum(shares.values()) == total
    for key, share in shares.items():
        exact = Fraction(total) * weights[key] / sum(weights.values())
        assert abs(Fraction(share) - exact) < Fraction(1, 100)


def test_shares_refuse_what_cannot_be_shared() -> None:
    with pytest.raises(ValueError, match="not negative"):
        share_to_the_penny(Decimal("-1"), {"a": 1})
    with pytest.raises(ValueError, match="whole pennies"):
        share_to_the_penny(Decimal("0.001"), {"a": 1})
    with pytest.raises(ValueError, match="nothing or more"):
        share_to_the_penny(Decimal("1"), {"a": 2, "b": -1})
