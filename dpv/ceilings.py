"""Ceiling prices: the highest weekly price an admitted establishment may ask on a lot.

The check itself, the age bands ceilings are tendered by, and how long one is in force. Which ceiling applies
to whom is a query (`dpv.queries`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken
from brokerage.core.money import is_whole_pence, pounds
from brokerage.core.periods import add_months
from dpv.rules import VehicleRules


@dataclass(frozen=True)
class AgeBand:
    """Ages in completed years, both ends included; `to_age` None has no upper end."""

    code: str
    label: str | Promise
    from_age: int
    to_age: int | None


AGE_BANDS = (
    AgeBand("0_4", _("0 to 4"), 0, 4),
    AgeBand("5_10", _("5 to 10"), 5, 10),
    AgeBand("11_15", _("11 to 15"), 11, 15),
    AgeBand("16_17", _("16 to 17"), 16, 17),
    AgeBand("18_64", _("18 to 64"), 18, 64),
    AgeBand("65_plus", _("65 and over"), 65, None),
)


@dataclass(frozen=True)
class Validity:
    """Days a ceiling is in force, both included; `last_on` None is the vehicle's life."""

    first_on: date
    last_on: date | None

    def covers(self, on: date) -> bool:
        """Whether the ceiling is in force on that day."""
        return self.first_on <= on and (self.last_on is None or on <= self.last_on)


def check_under_ceiling(price: Decimal, ceiling: Decimal, *, field: str = "weekly_core") -> None:
    """Refuse a weekly core price above the ceiling in force; at the ceiling is allowed.

    Raises RuleBroken on `field`: `above_ceiling`, `price_negative`, `price_invalid` (not whole pence).
    """
    if not isinstance(price, Decimal) or not is_whole_pence(price):
        raise RuleBroken("price_invalid", _("The weekly price must be in pounds and pence"), field)
    if price < 0:
        raise RuleBroken("price_negative", _("The weekly price must be £0 or more"), field)
    if price > ceiling:
        raise RuleBroken(
            "above_ceiling",
            _("The weekly price must be %(ceiling)s or less, your ceiling price on this lot")
            % {"ceiling": pounds(ceiling)},
            field,
        )


def ceiling_band_for(age: int, bands: tuple[AgeBand, ...] = AGE_BANDS) -> str:
    """The code of the age band for completed years of age. Raises RuleBroken (`age_outside_bands`)."""
    for band in bands:
        if band.from_age <= age and (band.to_age is None or age <= band.to_age):
            return band.code
    raise RuleBroken("age_outside_bands", _("No ceiling price is set for this age"), "age")


def validity_for(on: date, rules: VehicleRules) -> Validity:
    """The days a ceiling first in force on `on` holds: 12 months by default, up to the day before the year's
    day.
    """
    if rules.ceiling_life_months is None:
        return Validity(on, None)
    return Validity(on, add_months(on, rules.ceiling_life_months) - timedelta(days=1))


def check_not_fixed(
    weekly: Decimal, valid_from: date, *, fixed: Decimal, fixed_from: date, rules: VehicleRules, field: str = "weekly"
) -> None:
    """Refuse a rise of a ceiling while it is fixed: `ceiling_fixed`. Pounds a week.

    `fixed` is the ceiling in force on `valid_from`, `fixed_from` its first day, `rules` those in force on that day (the
    terms tendered on). Lowering is always allowed, and a rise at any time where the rules say `on_request`.
    """
    if weekly <= fixed or rules.price_resubmission == "on_request":
        return
    last_on = validity_for(fixed_from, rules).last_on
    if last_on is None:
        message = _("The ceiling of %(ceiling)s is fixed for the life of the vehicle: it may only be lowered")
        raise RuleBroken("ceiling_fixed", message % {"ceiling": pounds(fixed)}, field)
    if valid_from <= last_on:
        message = _("The ceiling of %(ceiling)s is fixed until %(day)s: until then it may only be lowered")
        raise RuleBroken(
            "ceiling_fixed", message % {"ceiling": pounds(fixed), "day": date_format(last_on, "j F Y")}, field
        )
