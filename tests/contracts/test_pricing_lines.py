"""A price as the agreement prints it: lines, discounts, extras, notice, absence, mileage; and it sums."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from contracts.pricing_lines import (
    absence_rules,
    additional_services_of,
    discounts_of,
    mileage_terms,
    notice_rules,
    schedule_of_costs,
)
from contracts.terms_costs import Costs, NoticeRule
from contracts.terms_json import from_json, to_json
from dpv.parameters import AUTHORITY, PROVIDER, NoticeStep
from dpv.rule_defaults import DEFAULTS, fostering_defaults, residential_defaults, sen_defaults
from dpv.rules import VehicleRules
from placements.pricing import ExtraLine, PriceRequest, Pricing, price

STARTS = date(2026, 4, 15)
NIGHT = ExtraLine(
    code="waking_night",
    label="Waking night",
    unit="night",
    unit_rate=Decimal("120"),
    menu_rate=Decimal("125"),
    quantity_per_week=Decimal("3"),
    starts_on=STARTS,
    ends_on=date(2026, 5, 12),
    review_on=date(2026, 4, 29),
    outcome="Sleeps through the night",
)


def priced(rules: VehicleRules | None = None, *extras: ExtraLine) -> Pricing:
    request = PriceRequest(Decimal("850"), Decimal("900"), 2, is_sibling_group=True, extras=extras)
    return price(request, rules or fostering_defaults())


def test_the_schedule_prints_every_line_with_its_rule() -> None:
    costs = schedule_of_costs(priced(None, NIGHT))
    assert [(line.code, str(line.amount)) for line in costs.lines] == [
        ("core", "850.00"),
        ("sibling_discount", "-42.50"),
        ("extra.waking_night", "360.00"),
    ]
    core, discount, night = costs.lines
    assert (core.unit, core.base, core.rate) == ("week", 850, None)
    assert (discount.base, discount.rate, discount.rule) == (850, 5, "sibling_discount_percent")
    assert discount.source_clause == fostering_defaults().source_of("sibling_discount_percent")
    assert (night.unit, night.base, night.quantity, night.rate) == ("night", 120, 3, None)
    assert (costs.weekly, costs.four_weekly, costs.annual) == (
        Decimal("1167.50"),
        Decimal("4670.00"),
        Decimal("60710.00"),
    )
    assert costs.annual_basis == "52 weeks"
    assert costs.price_basis == "Week"
    assert costs.price_life == "For the placement's life"


@pytest.mark.parametrize("name", DEFAULTS)
def test_every_service_prints_terms_that_can_be_stored(name: str) -> None:
    rules = DEFAULTS[name]()
    costs = schedule_of_costs(priced(rules, NIGHT))
    assert from_json(Costs, to_json(costs)) == costs
    for terms in (
        *discounts_of(priced(rules), STARTS),
        *notice_rules(rules),
        *absence_rules(rules, costs.weekly),
        mileage_terms(rules),
    ):
        assert from_json(type(terms), to_json(terms)) == terms


def test_a_school_year_is_its_own_number_of_weeks() -> None:
    costs = schedule_of_costs(priced(sen_defaults()))
    assert (costs.annual, costs.annual_basis) == (850 * 38, "38 weeks")


def test_the_funding_split_sums_to_the_penny() -> None:
    third = Decimal("33.33")
    costs = schedule_of_costs(priced(), funding={"Social care": Decimal("33.34"), "Education": third, "Health": third})
    assert sum(share.weekly for share in costs.funding) == costs.weekly == Decimal("807.50")
    assert [(share.payer, share.percent) for share in costs.funding] == [
        ("Social care", Decimal("33.34")),
        ("Education", third),
        ("Health", third),
    ]


def test_discounts_say_what_applies_now_and_what_comes_when() -> None:
    sibling, permanence = discounts_of(priced(), STARTS)
    assert (sibling.applies, sibling.weekly_saving, sibling.from_on) == (True, Decimal("42.50"), STARTS)
    assert (permanence.applies, permanence.weekly_saving, permanence.from_on) == (
        False,
        Decimal("42.50"),
        date(2027, 1, 15),
    )
    assert permanence.reason == "Due from the day 9 months are reached, planned or not"


def test_extras_are_printed_with_their_dates() -> None:
    (service,) = additional_services_of(priced(None, NIGHT))
    assert (service.label, service.weekly, service.quantity) == ("Waking night", Decimal("360.00"), 3)
    assert (service.start_on, service.end_on, service.review_on) == (
        STARTS,
        date(2026, 5, 12),
        date(2026, 4, 29),
    )
    assert service.stops_by_itself


def test_an_extra_without_an_end_cannot_be_agreed() -> None:
    loose = fostering_defaults().with_values(extras_need_end_and_review=False)
    endless = ExtraLine("x", "X", "hour", Decimal(1), Decimal(1), Decimal(1), outcome="Something")
    with pytest.raises(ValueError, match="needs a start, an end and a review date"):
        additional_services_of(priced(loose, endless))


def test_the_notice_table_counts_days_from_one() -> None:
    rules = residential_defaults().with_values(
        "Contract of 2011, clause 14",
        notice=(
            NoticeStep(AUTHORITY, 0, 1),
            NoticeStep(AUTHORITY, 7, 14),
            NoticeStep(AUTHORITY, 91, 28),
            NoticeStep(PROVIDER, 0, 28),
        ),
    )
    source = "Contract of 2011, clause 14"
    assert notice_rules(rules) == (
        NoticeRule(given_by="authority", from_day=1, to_day=7, notice_days=1, source_clause=source),
        NoticeRule(given_by="authority", from_day=8, to_day=91, notice_days=14, source_clause=source),
        NoticeRule(given_by="authority", from_day=92, to_day=None, notice_days=28, source_clause=source),
        NoticeRule(given_by="provider", from_day=1, to_day=None, notice_days=28, source_clause=source),
    )


def test_absence_begins_with_the_free_nights() -> None:
    free, paid = absence_rules(fostering_defaults(), Decimal("700"))
    assert (free.from_night, free.to_night, free.percent, free.weekly) == (1, 7, 0, 0)
    assert (paid.from_night, paid.to_night, paid.percent, paid.weekly) == (8, None, 50, 350)
    (only,) = absence_rules(residential_defaults(), Decimal("3500"))
    assert (only.from_night, only.to_night, only.weekly) == (1, None, Decimal("1750.00"))


def test_mileage_is_printed_from_the_rules() -> None:
    mileage = mileage_terms(fostering_defaults())
    assert (mileage.included_miles, mileage.included_hours_a_day) == (20, 2)
    assert mileage.excess_rate == Decimal("0.45")
