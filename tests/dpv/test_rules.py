"""A vehicle's rules: every parameter named, checked, kept with its source, and read back as written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from decimal import Decimal
from typing import Any

import pytest

from brokerage.core.errors import RuleBroken
from dpv.parameters import AUTHORITY, PROVIDER, NoticeStep
from dpv.rule_defaults import (
    DEFAULTS,
    adult_defaults,
    fostering_defaults,
    residential_defaults,
    sen_defaults,
    supported_accommodation_defaults,
)
from dpv.rules import LABELS, PARAMETERS, VehicleRules


@pytest.mark.parametrize("defaults", DEFAULTS.values(), ids=DEFAULTS)
def test_rules_survive_storage_to_the_last_source(defaults: Callable[[], VehicleRules]) -> None:
    rules = defaults()
    stored = json.loads(json.dumps(rules.to_json()))
    again = VehicleRules.from_json(stored)
    assert again == rules
    assert again.to_json() == stored
    assert hash(again) == hash(rules)


@pytest.mark.parametrize("defaults", DEFAULTS.values(), ids=DEFAULTS)
def test_every_default_that_says_something_has_its_source(defaults: Callable[[], VehicleRules]) -> None:
    rules = defaults()
    without = {name for name in PARAMETERS if not rules.source_of(name)}
    assert without <= {"year_weeks", "price_frozen_months", "adult_hub_threshold", "adult_hub_inclusive"}


def test_every_parameter_has_a_label() -> None:
    assert set(LABELS) == set(PARAMETERS)
    assert all(str(label) for label in LABELS.values())


def test_fostering_is_as_the_papers_say() -> None:
    rules = fostering_defaults()
    assert rules.ceiling_life_months == 12
    assert (rules.sibling_discount_percent, rules.permanence_percent) == (5, 5)
    assert (rules.permanence_months, rules.permanence_threshold) == (9, "at_least")
    assert rules.permanence_starts == "from_start"
    assert not rules.permanence_backdated
    assert not rules.permanence_clawback
    assert rules.stacking == "additive"
    assert (rules.solo_uplift_max_percent, rules.solo_uplift_base) == (50, "core")
    assert rules.retainer_free_nights == 7
    assert NoticeStep(PROVIDER, 0, 28) in rules.notice
    assert (rules.mileage_included_miles, rules.mileage_included_hours) == (20, 2)
    assert rules.price_frozen == "placement"
    assert rules.procurement_threshold == 663_540
    assert rules.key_decision_limit == 500_000
    assert not rules.offers_sealed


def test_other_services_differ_where_the_papers_do() -> None:
    assert residential_defaults().permanence_percent == 3
    assert residential_defaults().retainer_max_percent == 50
    assert supported_accommodation_defaults().permanence_percent == 0
    sen = sen_defaults()
    assert (sen.price_basis, sen.year_weeks) == ("year", 38)
    assert (sen.price_frozen, sen.price_frozen_months) == ("months", 36)
    assert adult_defaults().adult_hub_threshold == 600


@pytest.mark.parametrize(
    ("weekly", "inclusive", "exclusive"),
    [("599.99", False, False), ("600.00", True, False), ("600.01", True, True)],
)
def test_the_adult_hub_places_from_600(weekly: str, inclusive: bool, exclusive: bool) -> None:
    """Papers differ on "600 or more" and "over 600"."""
    rules = adult_defaults()
    assert rules.goes_to_adult_hub(Decimal(weekly)) is inclusive
    assert rules.with_values(adult_hub_inclusive=False).goes_to_adult_hub(Decimal(weekly)) is exclusive
    assert not fostering_defaults().goes_to_adult_hub(Decimal(weekly))


def test_the_closing_time_follows_the_urgency() -> None:
    rules = fostering_defaults().with_values(closing_hours_today=2)
    hours = [rules.closing_hours(urgency) for urgency in ("today", "within_5_days", "planned")]
    assert hours == [2, 24, 120]
    with pytest.raises(RuleBroken) as refused:
        rules.closing_hours("whenever")
    assert (refused.value.code, refused.value.field) == ("urgency_unknown", "urgency")


def test_a_change_brings_its_source_and_leaves_the_rest() -> None:
    before = fostering_defaults()
    after = before.with_values("Minute 12 of the board, 3 May", permanence_percent=Decimal("4.5"))
    assert after.permanence_percent == Decimal("4.5")
    assert after.source_of("permanence_percent") == "Minute 12 of the board, 3 May"
    assert after.source_of("stacking") == before.source_of("stacking")
    assert before.permanence_percent == 5
    with pytest.raises(FrozenInstanceError):
        before.permanence_percent = Decimal(0)
    with pytest.raises(TypeError):
        before.sources["stacking"] = ""


WRONG_VALUES: dict[str, list[Any]] = {
    "money": ["-1", "NaN", "1e3", "1.005", 5, 5.0, None, "", True, "Infinity", []],
    "percent": ["-1", "100.01", 5, 5.0, None, "five"],
    "quantity": ["-1", 2, "two"],
    "flag": [1, 0, "yes", None],
    "whole": ["1", 1.0, True, None, -1, 10**9],
    "choice": ["", "other", None, 1, ["week"]],
    "codes": ["education", None, [1], [""], {}],
    "notice": [
        None,
        {},
        [],
        [{"given_by": "authority", "from_day": 0, "days": 28}],
        [{"given_by": "authority", "from_day": 0}, {"given_by": "provider", "from_day": 0, "days": 1}],
        [{"given_by": "court", "from_day": 0, "days": 28}],
        [{"given_by": "authority", "from_day": 7, "days": 28}, {"given_by": "provider", "from_day": 0, "days": 1}],
        [
            {"given_by": "authority", "from_day": 0, "days": 28},
            {"given_by": "provider", "from_day": 0, "days": 1},
            {"given_by": "provider", "from_day": 0, "days": 2},
        ],
    ],
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_wrong_value_names_its_parameter(name: str) -> None:
    kind = PARAMETERS[name].name
    is_optional = kind.startswith("optional_")
    for wrong in WRONG_VALUES[kind.removeprefix("optional_")]:
        if wrong is None and is_optional:
            continue
        data = fostering_defaults().to_json()
        data[name] = {"value": wrong, "source": "x"}
        with pytest.raises(RuleBroken) as refused:
            VehicleRules.from_json(data)
        assert (refused.value.code, refused.value.field) == ("rule_invalid", name), wrong
        assert str(refused.value.message)


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_missing_parameter_is_named(name: str) -> None:
    data = fostering_defaults().to_json()
    del data[name]
    with pytest.raises(RuleBroken) as refused:
        VehicleRules.from_json(data)
    assert (refused.value.code, refused.value.field) == ("rule_missing", name)


@pytest.mark.parametrize("entry", [5, "5", None, {}, {"source": "x"}, {"value": "5", "clause": "x"}])
def test_an_entry_is_a_value_and_a_source(entry: Any) -> None:
    with pytest.raises(RuleBroken) as refused:
        VehicleRules.from_json({**fostering_defaults().to_json(), "permanence_percent": entry})
    assert (refused.value.code, refused.value.field) == ("rule_invalid", "permanence_percent")


def test_sources_are_text() -> None:
    entry = {"value": "5", "source": 12}
    with pytest.raises(RuleBroken) as refused:
        VehicleRules.from_json({**fostering_defaults().to_json(), "permanence_percent": entry})
    assert refused.value.field == "permanence_percent"


def test_unknown_parameters_and_other_shapes_are_refused() -> None:
    with pytest.raises(RuleBroken) as unknown:
        VehicleRules.from_json({**fostering_defaults().to_json(), "happy_hour": {"value": "5"}})
    assert (unknown.value.code, unknown.value.field) == ("rule_unknown", "happy_hour")
    for wrong in ([], None, "rules"):
        with pytest.raises(RuleBroken) as refused:
            VehicleRules.from_json(wrong)
        assert refused.value.code == "rules_invalid"
    with pytest.raises(RuleBroken) as misspelt:
        fostering_defaults().with_values(permanence_percentage=Decimal(5))
    assert misspelt.value.field == "permanence_percentage"
    with pytest.raises(RuleBroken):
        fostering_defaults().source_of("permanence_percentage")


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"price_weight": Decimal(70)}, "quality_weight", "The weights of price and quality must add up to 100"),
        ({"price_basis": "year"}, "year_weeks", "Enter how many weeks the year that is sold has"),
        ({"price_frozen": "months"}, "price_frozen_months", "Enter how many months a price is frozen"),
        (
            {"sibling_discount_percent": Decimal(60), "permanence_percent": Decimal(41)},
            "permanence_percent",
            "The discounts together are more than 100%",
        ),
    ],
)
def test_parameters_that_do_not_go_together(changes: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        fostering_defaults().with_values(**changes)
    assert (refused.value.code, refused.value.field) == ("rule_invalid", field)
    assert str(refused.value.message) == message


def test_amounts_are_never_floats() -> None:
    with pytest.raises(TypeError, match="Decimal"):
        fostering_defaults().with_values(permanence_percent=5.0)


def test_the_notice_table_is_kept_in_order() -> None:
    rules = fostering_defaults().with_values(
        notice=(
            NoticeStep(PROVIDER, 0, 28),
            NoticeStep(AUTHORITY, 91, 28),
            NoticeStep(AUTHORITY, 0, 1),
            NoticeStep(AUTHORITY, 7, 14),
        )
    )
    assert [(step.given_by, step.from_day) for step in rules.notice] == [
        (AUTHORITY, 0),
        (AUTHORITY, 7),
        (AUTHORITY, 91),
        (PROVIDER, 0),
    ]
