"""Setting ceilings: a new row from a day, fixed for twelve months, lowered at any time, corrected before it counts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.http import Http404

from brokerage.core.audit.models import Entry
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.periods import add_months
from brokerage.core.tenants.context import acting
from dpv.actions.admissions import end_admission
from dpv.actions.ceilings import NewCeiling, set_ceiling
from dpv.actions.vehicles import add_rule_version
from dpv.models import Ceiling, RuleVersion
from dpv.queries.ceilings import ceiling_in_force
from tests.cast import LONG_AGO, TODAY, actor_of, ident

pytestmark = pytest.mark.django_db

HOUSE = ident("admission birch-house")
TOMORROW = TODAY + dt.timedelta(days=1)


def put(
    weekly: str, valid_from: dt.date = TODAY, who: str = "carol", ages: tuple[int, int] = (0, 17), **kw: Any
) -> Any:
    with acting(actor_of(who)) as actor:
        return set_ceiling(
            actor,
            **{
                "admission_id": HOUSE,
                "ceiling": NewCeiling(*ages, Decimal(weekly)),
                "valid_from": valid_from,
                "reason": "Price round.",
                **kw,
            },
        )


def in_force(on: dt.date, age: int = 14) -> Decimal:
    with acting(actor_of("bob")):
        return ceiling_in_force(HOUSE, age, on).weekly


def test_a_new_ceiling_is_a_new_row_from_its_day() -> None:
    # The cast's ceiling of 4,000 began 400 days ago: its twelve months are over.
    put("4150.00", TOMORROW)
    assert (in_force(TODAY), in_force(TOMORROW)) == (Decimal("4000.00"), Decimal("4150.00"))
    with acting(actor_of("carol")) as carol:
        assert Ceiling.objects.filter(admission_id=HOUSE).count() == 2
        entry = Entry.objects.get(organisation_id=carol.organisation_id, kind="ceiling.set")
        assert entry.data["weekly"] == "4150.00" and entry.data["weekly_before"] is None


def test_within_its_twelve_months_a_ceiling_may_only_be_lowered() -> None:
    put("4150.00")
    later = add_months(TODAY, 3)
    with pytest.raises(RuleBroken) as refusal:
        put("4150.01", later)
    assert (refusal.value.code, refusal.value.field) == ("ceiling_fixed", "weekly")
    put("4000.00", later)
    assert in_force(later) == Decimal("4000.00")


def test_the_first_day_after_the_fixed_period_is_free() -> None:
    put("4150.00")
    last = add_months(TODAY, 12) - dt.timedelta(days=1)
    with pytest.raises(RuleBroken):
        put("4300.00", last)
    put("4300.00", add_months(TODAY, 12))
    assert (in_force(last), in_force(add_months(TODAY, 12))) == (Decimal("4150.00"), Decimal("4300.00"))


def test_a_narrower_band_does_not_slip_past_the_fixed_one() -> None:
    put("4150.00")
    with pytest.raises(RuleBroken) as refusal:
        put("4500.00", TOMORROW, ages=(11, 15))
    assert refusal.value.code == "ceiling_fixed"
    put("4100.00", TOMORROW, ages=(11, 15))
    assert (in_force(TOMORROW, 14), in_force(TOMORROW, 16)) == (Decimal("4100.00"), Decimal("4150.00"))


def test_rules_that_let_the_provider_ask_let_it_rise() -> None:
    with acting(actor_of("carol")) as carol:
        add_rule_version(
            carol,
            code="T-RES",
            valid_from=TODAY,
            values={"price_resubmission": "on_request"},
            source="Terms 4.2",
            reason="Board's decision.",
        )
    put("4150.00")
    put("4400.00", TOMORROW)
    assert in_force(TOMORROW) == Decimal("4400.00")


def test_a_ceiling_for_the_vehicles_life_never_rises() -> None:
    with acting(actor_of("carol")):
        version = RuleVersion.objects.get(pk=ident("rules T-RES"))
        version.parameters["ceiling_life_months"]["value"] = None
        version.save(update_fields=["parameters"])
    with pytest.raises(RuleBroken) as refusal:
        put("4000.01", TODAY + dt.timedelta(days=900))
    assert refusal.value.code == "ceiling_fixed"


def test_the_same_day_again_corrects_a_price_nobody_could_rely_on() -> None:
    put("415.00", TOMORROW)
    put("4150.00", TOMORROW)
    assert in_force(TOMORROW) == Decimal("4150.00")
    with acting(actor_of("carol")) as carol:
        assert Ceiling.objects.filter(admission_id=HOUSE, valid_from=TOMORROW).count() == 1
        entry = Entry.objects.get(organisation_id=carol.organisation_id, kind="ceiling.corrected")
        assert entry.data["weekly_before"] == "415.00"


@pytest.mark.parametrize(
    ("weekly", "changes", "code"),
    [
        ("0.00", {}, "ceiling_invalid"),
        ("-1.00", {}, "ceiling_invalid"),
        ("1.005", {}, "ceiling_invalid"),
        ("NaN", {}, "ceiling_invalid"),
        ("10000000.00", {}, "ceiling_invalid"),
        ("3900.00", {"valid_from": LONG_AGO}, "ceiling_in_past"),
        ("3900.00", {"reason": " "}, "reason_missing"),
        ("3900.00", {"ages": (18, 64)}, "ages_outside_lot"),
        ("3900.00", {"ages": (12, 11)}, "ages_invalid"),
    ],
)
def test_what_is_refused(weekly: str, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleBroken) as refusal:
        put(weekly, **changes)
    assert refusal.value.code == code
    assert in_force(TODAY) == Decimal("4000.00")


def test_who_may_and_when() -> None:
    for who in ("mark", "olive", "bob"):
        with pytest.raises(NotPermitted):
            put("3900.00", who=who)
    with pytest.raises(Http404):
        put("3900.00", who="wendy")
    with acting(actor_of("carol")) as carol:
        end_admission(carol, admission_id=HOUSE, reason="Leaves.")
    with pytest.raises(NotNow):
        put("3900.00")
