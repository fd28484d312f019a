"""Prices to the penny: the field's own vectors, every refusal, and exact fractions beside it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerage.core.errors import RuleBroken
from dpv.rule_defaults import supported_accommodation_defaults
from dpv.rules import VehicleRules
from placements.pricing import (
    PriceRequest,
    Pricing,
    broken_rules,
    expected_total,
    is_planned_permanent,
    permanence_due_on,
    price,
    savings_percent,
    weekly_equivalent,
)
from tests.many import many
from tests.placements.prices import FOSTERING, RESIDENTIAL, STARTS, ask, extra, siblings

COMPOUNDING = FOSTERING.with_values(stacking="compounding")


def half_up(exact: Fraction) -> Decimal:
    pennies = abs(exact) * 100
    rounded = (2 * pennies.numerator + pennies.denominator) // (2 * pennies.denominator)
    return Decimal(rounded if exact >= 0 else -rounded) / 100


def amounts(pricing: Pricing) -> dict[str, str]:
    return {line.code: str(line.amount) for line in pricing.lines}


# -- the field's vectors --------------------------------------------------------------------------------------


def test_two_siblings_pay_807_50_each_from_day_one() -> None:
    pricing = price(siblings("850"), FOSTERING)
    assert amounts(pricing) == {"core": "850.00", "sibling_discount": "-42.50"}
    assert pricing.weekly_core_net == pricing.weekly_total == Decimal("807.50")


@pytest.mark.parametrize(("together", "is_group"), [(1, True), (2, False), (1, False)])
def test_no_sibling_discount_for_one_child_or_for_strangers(together: int, is_group: bool) -> None:
    request = ask("850", children_placed_together=together, is_sibling_group=is_group)
    assert price(request, FOSTERING).weekly_total == 850


@pytest.mark.parametrize(("percent", "saving"), [("3", "119.00"), ("5", "198.33")])
def test_residential_permanence(percent: str, saving: str) -> None:
    """Papers differ on 3% and 5%."""
    rules = RESIDENTIAL.with_values(permanence_percent=Decimal(percent))
    pricing = price(ask("3966.67", planned_months=9), rules)
    assert pricing.weekly_discounts == -Decimal(saving)


@pytest.mark.parametrize(
    ("core", "rules", "net"),
    [
        ("850", FOSTERING, "765.00"),
        ("850", COMPOUNDING, "767.12"),
        ("827", FOSTERING, "744.30"),
        ("827", COMPOUNDING, "746.37"),
    ],
)
def test_discounts_stack_as_the_vehicle_says(core: str, rules: VehicleRules, net: str) -> None:
    assert price(siblings(core, planned_months=9), rules).weekly_total == Decimal(net)


@pytest.mark.parametrize(
    ("current", "dpv", "percent"),
    [
        ("859.27", "845.81", "1.57"),
        ("859.27", "822.97", "4.22"),
        ("881.52", "828.46", "6.02"),
        ("3590.13", "3462.90", "3.54"),
        ("3590.13", "3333.31", "7.15"),
        ("800", "800", "0.00"),
        ("800", "880", "-10.00"),
    ],
)
def test_savings_of_matched_placements(current: str, dpv: str, percent: str) -> None:
    assert str(savings_percent(Decimal(current), Decimal(dpv))) == percent


def test_savings_need_a_current_price() -> None:
    with pytest.raises(ValueError, match="more than nothing"):
        savings_percent(Decimal(0), Decimal(1))


@pytest.mark.parametrize(("uplift", "is_allowed"), [("400", True), ("400.01", False)])
def test_a_solo_uplift_is_at_most_half_the_core(uplift: str, is_allowed: bool) -> None:
    request = ask("800", solo_uplift=Decimal(uplift), solo_reason="Harmed younger children twice")
    if is_allowed:
        assert price(request, FOSTERING).weekly_total == 1200
        return
    with pytest.raises(RuleBroken) as refused:
        price(request, FOSTERING)
    assert (refused.value.code, refused.value.field) == ("solo_uplift_too_high", "solo_uplift")
    assert str(refused.value.message) == "The solo uplift must be £400.00 a week or less"


# -- lines ----------------------------------------------------------------------------------------------------


def test_each_line_says_base_rate_rule_and_source() -> None:
    request = siblings("850", planned_months=12, extras=(extra(),))
    lines = {line.code: line for line in price(request, COMPOUNDING).lines}
    assert list(lines) == ["core", "sibling_discount", "permanence_discount", "extra.waking_night"]
    permanence = lines["permanence_discount"]
    assert (permanence.base, permanence.rate, permanence.amount) == (
        Decimal("807.50"),
        Decimal("5"),
        Decimal("-40.38"),
    )
    assert permanence.rule == "permanence_percent"
    assert permanence.source == FOSTERING.source_of("permanence_percent") != ""
    night = lines["extra.waking_night"]
    assert (night.base, night.rate, night.amount) == (Decimal(120), Decimal(3), Decimal(360))


def test_totals_are_sums_of_rounded_lines() -> None:
    request = siblings(
        "850",
        solo_uplift=Decimal("100"),
        solo_reason="Two only",
        extras=(extra(), extra(code="therapy", unit_rate=Decimal("33.33"), quantity_per_week=Decimal("0.5"))),
    )
    pricing = price(request, FOSTERING)
    assert pricing.weekly_core == 850
    assert pricing.weekly_discounts == Decimal("-42.50")
    assert pricing.weekly_uplift == 100
    assert pricing.weekly_core_net == Decimal("907.50")
    assert pricing.weekly_extras == Decimal("376.67")
    assert pricing.weekly_total == Decimal("1284.17") == sum(line.amount for line in pricing.lines)


def test_a_price_is_stored_as_text() -> None:
    stored = json.loads(json.dumps(price(siblings("850", extras=(extra(),)), FOSTERING).to_json()))
    assert stored["lines"][1] == {
        "code": "sibling_discount",
        "label": "Sibling discount",
        "base": "850.00",
        "rate": "5.00",
        "amount": "-42.50",
        "rule": "sibling_discount_percent",
        "source": FOSTERING.source_of("sibling_discount_percent"),
    }
    assert (stored["weekly_core_net"], stored["weekly_extras"], stored["weekly_total"]) == (
        "807.50",
        "360.00",
        "1167.50",
    )
    assert stored["later"]["weekly_core_net"] == "765.00"
    assert stored["is_permanent"] is False


def test_the_uplifts_base_may_be_the_discounted_core() -> None:
    rules = FOSTERING.with_values(solo_uplift_base="net_core")
    request = siblings("800", solo_uplift=Decimal("380"), solo_reason="As above")
    assert price(request, rules).weekly_uplift == 380
    with pytest.raises(RuleBroken) as refused:
        price(siblings("800", solo_uplift=Decimal("380.01"), solo_reason="As above"), rules)
    assert refused.value.code == "solo_uplift_too_high"


# -- permanence -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("threshold", "planned", "is_permanent"),
    [
        ("at_least", 8, False),
        ("at_least", 9, True),
        ("more_than", 9, False),
        ("more_than", 10, True),
        ("at_least", None, False),
    ],
)
def test_permanence_applies_from_the_start_when_planned(
    threshold: str, planned: int | None, is_permanent: bool
) -> None:
    rules = FOSTERING.with_values(permanence_threshold=threshold)
    request = ask("850", planned_months=planned)
    pricing = price(request, rules)
    assert is_planned_permanent(request, rules) is pricing.is_permanent is is_permanent
    assert (pricing.later is None) is is_permanent
    when_reached = price(request, rules.with_values(permanence_starts="when_reached"))
    assert not when_reached.is_permanent
    assert when_reached.later is not None
    assert when_reached.later.weekly_total == Decimal("807.50")


def test_permanence_is_due_on_the_day_nine_months_are_reached() -> None:
    assert permanence_due_on(STARTS, FOSTERING) == date(2027, 1, 15)
    assert permanence_due_on(date(2026, 5, 31), FOSTERING) == date(2027, 2, 28)
    more_than = FOSTERING.with_values(permanence_threshold="more_than")
    assert permanence_due_on(STARTS, more_than) == date(2027, 1, 16)
    assert permanence_due_on(STARTS, supported_accommodation_defaults()) is None


def test_a_vehicle_without_permanence_has_no_later_price() -> None:
    assert price(ask("850"), supported_accommodation_defaults()).later is None


# -- the whole stay -------------------------------------------------------------------------------------------


def test_a_stay_is_counted_in_nights() -> None:
    pricing = price(ask("850"), FOSTERING)
    assert expected_total(pricing, STARTS, STARTS + timedelta(days=10)) == Decimal("1214.29")
    assert expected_total(pricing, STARTS, None, 4) == 3400
    assert expected_total(pricing, STARTS, None, Decimal("1.5")) == Decimal("1335.71")
    assert expected_total(pricing, STARTS, STARTS) == 0
    with pytest.raises(ValueError, match="number of weeks"):
        expected_total(pricing, STARTS, None)


def test_extras_stop_at_their_end_dates() -> None:
    pricing = price(ask("700", extras=(extra(),)), FOSTERING)
    assert expected_total(pricing, STARTS, None, 4) == 4 * 700 + 4 * 360
    assert expected_total(pricing, STARTS, None, 12) == 12 * 700 + 4 * 360
    assert expected_total(pricing, STARTS, None, 2) == 2 * 700 + 2 * 360
    late = extra(starts_on=STARTS + timedelta(days=14), review_on=STARTS + timedelta(days=20))
    assert expected_total(price(ask("700", extras=(late,)), FOSTERING), STARTS, None, 12) == 8400 + 720


DUE = date(2027, 1, 15)
BEFORE_DUE = (DUE - STARTS).days
AFTER_DUE = 70


@pytest.mark.parametrize(
    ("changes", "planned", "ends_on", "expected"),
    [
        # Reached though unplanned: discounted from that day.
        ({}, None, DUE + timedelta(days=AFTER_DUE), 700 * BEFORE_DUE / Decimal(7) + 665 * 10),
        # Reached and backdated.
        ({"permanence_backdated": True}, None, DUE + timedelta(days=AFTER_DUE), None),
        # Not reached: full price.
        ({"permanence_backdated": True}, None, STARTS + timedelta(days=70), Decimal(7000)),
        # Planned: from the start, also if it ends early...
        ({}, 9, STARTS + timedelta(days=70), Decimal(6650)),
        # ...unless the vehicle claws it back.
        ({"permanence_clawback": True}, 9, STARTS + timedelta(days=70), Decimal(7000)),
        ({"permanence_clawback": True}, 9, DUE + timedelta(days=AFTER_DUE), None),
    ],
)
def test_permanence_over_the_stay(
    changes: dict[str, Any], planned: int | None, ends_on: date, expected: Decimal | None
) -> None:
    pricing = price(ask("700", planned_months=planned), FOSTERING.with_values(**changes))
    if expected is None:
        expected = Decimal(665) * (ends_on - STARTS).days / 7
    assert expected_total(pricing, STARTS, ends_on) == half_up(Fraction(expected))


def test_other_bases_are_compared_by_the_week() -> None:
    assert weekly_equivalent(Decimal("700"), "week") == 700
    assert weekly_equivalent(Decimal("100"), "night") == 700
    assert weekly_equivalent(Decimal("38000"), "year", year_weeks=38) == 1000
    assert weekly_equivalent(Decimal("25.50"), "hour", quantity_per_week=Decimal("10")) == 255
    for basis in ("hour", "session", "visit", "year", "month"):
        with pytest.raises(ValueError, match=f"a price per {basis}"):
            weekly_equivalent(Decimal(1), basis)


# -- refusals -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "rules", "code", "field"),
    [
        ({"solo_uplift": Decimal(100)}, FOSTERING, "solo_reason_missing", "solo_reason"),
        ({"solo_uplift": Decimal(100), "solo_reason": " "}, FOSTERING, "solo_reason_missing", "solo_reason"),
        ({"solo_uplift": Decimal(-1), "solo_reason": "x"}, FOSTERING, "solo_uplift_invalid", "solo_uplift"),
        ({"solo_uplift": Decimal("1.001")}, FOSTERING, "solo_uplift_invalid", "solo_uplift"),
        ({"solo_uplift": Decimal(1)}, RESIDENTIAL, "solo_uplift_not_allowed", "solo_uplift"),
        ({"children_placed_together": 0}, FOSTERING, "children_invalid", "children_placed_together"),
    ],
)
def test_an_uplift_that_breaks_a_rule(changes: dict[str, Any], rules: VehicleRules, code: str, field: str) -> None:
    (broken,) = broken_rules(ask("850", **changes), rules)
    assert (broken.code, broken.field) == (code, field)


def test_no_uplift_needs_no_reason() -> None:
    assert broken_rules(ask("850", solo_uplift=None), FOSTERING) == ()
    assert broken_rules(ask("850", solo_uplift=Decimal(0)), RESIDENTIAL) == ()


def test_everything_wrong_is_said_at_once() -> None:
    request = PriceRequest(Decimal("900.01"), Decimal(900), extras=(extra(outcome="", ends_on=None),))
    assert [(broken.code, broken.field) for broken in broken_rules(request, FOSTERING)] == [
        ("above_ceiling", "weekly_core"),
        ("extra_outcome_missing", "extras.0.outcome"),
        ("extra_end_missing", "extras.0.ends_on"),
    ]


# -- exact fractions ------------------------------------------------------------------------------------------

percents = st.decimals(min_value=0, max_value=50, places=2)


@given(
    core=st.decimals(min_value=0, max_value=20_000, places=2),
    sibling=percents,
    permanence=percents,
    stacking=st.sampled_from(["additive", "compounding"]),
    together=st.integers(1, 4),
    planned=st.none() | st.integers(0, 24),
)
@settings(max_examples=many(300))
def test_discounts_equal_exact_fractions(
    core: Decimal, sibling: Decimal, permanence: Decimal, stacking: str, together: int, planned: int | None
) -> None:
    rules = FOSTERING.with_values(sibling_discount_percent=sibling, permanence_percent=permanence, stacking=stacking)
    request = PriceRequest(core, core, together, is_sibling_group=True, planned_months=planned)
    net = Fraction(core)
    if together >= 2:
        net -= Fraction(half_up(Fraction(core) * Fraction(sibling) / 100))
    if planned is not None and planned >= 9:
        base = net if stacking == "compounding" else Fraction(core)
        net -= min(net, Fraction(half_up(base * Fraction(permanence) / 100)))
    pricing = price(request, rules)
    assert Fraction(pricing.weekly_total) == net
    assert 0 <= net <= core


def test_two_halves_of_an_odd_penny_do_not_go_below_nothing() -> None:
    rules = FOSTERING.with_values(sibling_discount_percent=Decimal(50), permanence_percent=Decimal(50))
    assert price(siblings("0.01", planned_months=9), rules).weekly_total == 0


@given(
    core=st.decimals(min_value=0, max_value=20_000, places=2),
    rate=st.decimals(min_value=0, max_value=500, places=2),
    quantity=st.decimals(min_value="0.01", max_value=50, places=2),
    nights=st.integers(0, 800),
    runs=st.integers(0, 400),
)
@settings(max_examples=many(200))
def test_stays_equal_exact_fractions(core: Decimal, rate: Decimal, quantity: Decimal, nights: int, runs: int) -> None:
    line = extra(
        unit_rate=rate,
        menu_rate=rate,
        quantity_per_week=quantity,
        ends_on=STARTS + timedelta(days=runs),
        review_on=STARTS,
    )
    pricing = price(PriceRequest(core, core, extras=(line,)), supported_accommodation_defaults())
    weekly_extra = Fraction(half_up(Fraction(rate) * Fraction(quantity)))
    expected = half_up(Fraction(core) * nights / 7) + half_up(weekly_extra * min(nights, runs + 1) / 7)
    assert expected_total(pricing, STARTS, STARTS + timedelta(days=nights)) == expected
