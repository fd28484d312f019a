"""What an agreement costs over time, what notice and retainers it knows, and which values need a decision."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerage.core.periods import add_months
from contracts.costs import (
    CostPeriod,
    annual_total,
    commitment_by_month,
    cost_periods,
    estimated_value,
    four_weekly_total,
    gates_reached,
    notice_days,
    notice_runs_out_on,
    retainer_max,
    retainer_max_for_stay,
    weekly_commitment,
    weeks_until_gate,
)
from dpv.parameters import AUTHORITY, PROVIDER, NoticeStep
from dpv.rule_defaults import fostering_defaults, residential_defaults
from placements.pricing import ExtraLine, PriceRequest, Pricing, expected_total, price
from tests.many import many

FOSTERING = fostering_defaults()
RESIDENTIAL = residential_defaults()
STARTS = date(2026, 4, 15)
NOTICE_OF_2011 = (
    NoticeStep(AUTHORITY, 0, 1),
    NoticeStep(AUTHORITY, 7, 14),
    NoticeStep(AUTHORITY, 91, 28),
    NoticeStep(PROVIDER, 0, 28),
)


def priced(core: str = "700", extra_days: int = 27, **changes: Any) -> Pricing:
    extra = ExtraLine(
        code="therapy",
        label="Therapy",
        unit="session",
        unit_rate=Decimal("70"),
        menu_rate=Decimal("75"),
        quantity_per_week=Decimal(1),
        starts_on=STARTS,
        ends_on=STARTS + timedelta(days=extra_days),
        review_on=STARTS,
        outcome="Speaks about it",
    )
    return price(PriceRequest(Decimal(core), Decimal(core), extras=(extra,)), FOSTERING.with_values(**changes))


# -- notice ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("elapsed", [0, 6, 7, 90, 91, 4000])
def test_fostering_providers_give_28_days_whatever_the_stay(elapsed: int) -> None:
    assert notice_days(FOSTERING, elapsed, PROVIDER) == 28


@pytest.mark.parametrize(
    ("elapsed", "days"), [(0, 1), (6, 1), (7, 14), (30, 14), (90, 14), (91, 28), (92, 28), (1000, 28)]
)
def test_the_contract_of_2011_had_a_table(elapsed: int, days: int) -> None:
    """1 day in week one, 14 days to month three, then 28; only the authority's side."""
    rules = RESIDENTIAL.with_values(notice=NOTICE_OF_2011)
    assert notice_days(rules, elapsed, AUTHORITY) == days
    assert notice_days(rules, elapsed, PROVIDER) == 28


def test_notice_runs_out_counted_from_the_day_it_is_given() -> None:
    rules = RESIDENTIAL.with_values(notice=NOTICE_OF_2011)
    assert notice_runs_out_on(rules, STARTS, STARTS + timedelta(days=6), AUTHORITY) == date(2026, 4, 22)
    assert notice_runs_out_on(rules, STARTS, STARTS + timedelta(days=7), AUTHORITY) == date(2026, 5, 6)


def test_notice_is_given_by_a_side_after_the_start() -> None:
    with pytest.raises(ValueError, match="not 'court'"):
        notice_days(FOSTERING, 0, "court")
    with pytest.raises(ValueError, match="from the start"):
        notice_days(FOSTERING, -1, PROVIDER)


# -- retainers ------------------------------------------------------------------------------------------------


def test_residential_retainers_are_at_most_half() -> None:
    assert retainer_max(RESIDENTIAL, Decimal("3500"), 1) == Decimal("1750.00")
    assert retainer_max_for_stay(RESIDENTIAL, Decimal("3500"), 14) == Decimal("3500.00")
    assert retainer_max_for_stay(RESIDENTIAL, Decimal("3500"), 1) == Decimal("250.00")


@pytest.mark.parametrize(("nights", "weekly", "whole"), [(0, 0, 0), (7, 0, 0), (8, 350, 50), (14, 350, 350)])
def test_fostering_pays_nothing_for_the_first_7_nights(nights: int, weekly: int, whole: int) -> None:
    assert retainer_max(FOSTERING, Decimal(700), nights) == weekly
    assert retainer_max_for_stay(FOSTERING, Decimal(700), nights) == whole


# -- values that need a decision ------------------------------------------------------------------------------


def test_a_residential_price_crosses_the_procurement_threshold_in_174_weeks() -> None:
    threshold = RESIDENTIAL.procurement_threshold
    assert weeks_until_gate(Decimal("3816.77"), threshold) == 174
    assert estimated_value(Decimal("3816.77"), 173) < threshold <= estimated_value(Decimal("3816.77"), 174)


@pytest.mark.parametrize(
    ("weekly", "gate", "weeks"),
    [("1000", "5000", 5), ("1000", "5000.01", 6), ("1000", "0", 0), ("0.01", "663540", 66_354_000), ("0", "1", None)],
)
def test_a_gate_is_reached_at_not_less_than_its_value(weekly: str, gate: str, weeks: int | None) -> None:
    assert weeks_until_gate(Decimal(weekly), Decimal(gate)) == weeks


@pytest.mark.parametrize(
    ("value", "reached"),
    [
        ("499999.99", ()),
        ("500000.00", ("key_decision_limit",)),
        ("663539.99", ("key_decision_limit",)),
        ("663540.00", ("procurement_threshold", "key_decision_limit")),
    ],
)
def test_gates_are_named(value: str, reached: tuple[str, ...]) -> None:
    assert gates_reached(RESIDENTIAL, Decimal(value)) == reached


def test_a_vehicle_without_a_key_decision_limit() -> None:
    rules = RESIDENTIAL.with_values(key_decision_limit=None)
    assert gates_reached(rules, Decimal("700000")) == ("procurement_threshold",)


@given(
    st.decimals(min_value="0.01", max_value=50_000, places=2),
    st.decimals(min_value="0.01", max_value=10_000_000, places=2),
)
@settings(max_examples=many(200))
def test_the_week_before_the_gate_is_still_under_it(weekly: Decimal, gate: Decimal) -> None:
    weeks = weeks_until_gate(weekly, gate)
    assert weeks is not None
    assert weekly * (weeks - 1) < gate <= weekly * weeks


# -- totals and months ----------------------------------------------------------------------------------------


def test_four_weeks_and_a_year() -> None:
    assert four_weekly_total(Decimal("3816.77")) == Decimal("15267.08")
    assert annual_total(Decimal("3816.77")) == Decimal("198472.04")
    assert annual_total(Decimal("1000"), 38) == 38_000


def test_a_stay_is_cut_where_its_price_changes() -> None:
    ends = date(2027, 4, 15)
    assert cost_periods(priced(), STARTS, ends) == (
        CostPeriod("core_net", Decimal("700.00"), STARTS, date(2027, 1, 15)),
        CostPeriod("core_net", Decimal("665.00"), date(2027, 1, 15), ends),
        CostPeriod("extra.therapy", Decimal("70.00"), STARTS, STARTS + timedelta(days=28)),
    )


def test_the_weekly_commitment_follows_the_periods() -> None:
    periods = cost_periods(priced(), STARTS, date(2027, 4, 15))
    commitments = {
        STARTS - timedelta(days=1): 0,
        STARTS: 770,
        STARTS + timedelta(days=27): 770,
        STARTS + timedelta(days=28): 700,
        date(2027, 1, 14): 700,
        date(2027, 1, 15): 665,
        date(2027, 4, 14): 665,
        date(2027, 4, 15): 0,
    }
    assert {on: weekly_commitment(periods, on) for on in commitments} == commitments


def test_months_of_a_commitment() -> None:
    periods = [CostPeriod("core_net", Decimal("700"), STARTS, date(2026, 6, 11))]
    assert commitment_by_month(periods, date(2026, 4, 30), 4) == {
        date(2026, 4, 1): Decimal("1600.00"),
        date(2026, 5, 1): Decimal("3100.00"),
        date(2026, 6, 1): Decimal("1000.00"),
        date(2026, 7, 1): Decimal("0.00"),
    }


def test_an_open_ended_commitment_fills_every_month() -> None:
    periods = [CostPeriod("core_net", Decimal("700"), date(2025, 1, 1), None)]
    assert commitment_by_month(periods, date(2026, 2, 1), 2) == {
        date(2026, 2, 1): Decimal("2800.00"),
        date(2026, 3, 1): Decimal("3100.00"),
    }


@given(
    core=st.decimals(min_value=0, max_value=10_000, places=2),
    nights=st.integers(0, 900),
    extra_days=st.integers(0, 400),
    is_backdated=st.booleans(),
)
@settings(max_examples=many(100))
def test_months_sum_to_the_stay_to_the_penny(core: Decimal, nights: int, extra_days: int, is_backdated: bool) -> None:
    pricing = priced(str(core), extra_days, permanence_backdated=is_backdated)
    ends = STARTS + timedelta(days=nights)
    months = commitment_by_month(cost_periods(pricing, STARTS, ends), STARTS, 36)
    assert len(months) == 36
    assert max(months) == add_months(date(2026, 4, 1), 35)
    assert all(amount >= 0 for amount in months.values())
    assert sum(months.values()) == expected_total(pricing, STARTS, ends)
