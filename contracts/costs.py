"""What an agreement costs over time: totals, months, notice, retainers and the values that need a decision.

Plain values in, plain values out. `contracts.pricing_lines` turns a price into what the agreement prints.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

from brokerage.core.money import NOTHING, pence, percent_of
from brokerage.core.periods import add_months, nights_between
from dpv.rules import VehicleRules
from placements.extras import weekly_amount_of
from placements.pricing import Pricing, price_phases

WEEKS_A_YEAR = 52
_NIGHTS = Decimal(7)


@dataclass(frozen=True)
class CostPeriod:
    """`weekly` pounds for the nights from `starts_on` up to, not including, `ends_before`; None runs on."""

    code: str
    weekly: Decimal
    starts_on: date
    ends_before: date | None

    def nights_within(self, first_on: date, before: date) -> int:
        """Nights of this period among those from `first_on` up to, not including, `before`."""
        stops = before if self.ends_before is None else min(before, self.ends_before)
        return nights_between(max(first_on, self.starts_on), stops)

    def covers(self, on: date) -> bool:
        """Whether the night of that day is paid for."""
        return self.starts_on <= on and (self.ends_before is None or on < self.ends_before)


def cost_periods(pricing: Pricing, starts_on: date, ends_on: date) -> tuple[CostPeriod, ...]:
    """A price over a stay as periods: the core price cut where permanence is reached, extras to their end
    dates.

    `ends_on` is the day of leaving, or the horizon up to which an open-ended stay is looked at. The periods
    sum to `placements.pricing.expected_total`.
    """
    periods = [
        CostPeriod("core_net", phase.weekly_core_net, first_on, before)
        for phase, first_on, before in price_phases(pricing, starts_on, ends_on)
    ]
    for extra in pricing.request.extras:
        begins = max(starts_on, extra.starts_on or starts_on)
        stops = ends_on if extra.ends_on is None else min(ends_on, extra.ends_on + timedelta(days=1))
        periods.append(CostPeriod(f"extra.{extra.code}", weekly_amount_of(extra), begins, max(begins, stops)))
    return tuple(periods)


def four_weekly_total(weekly: Decimal) -> Decimal:
    """Four weeks, the field's invoicing period."""
    return pence(weekly * 4)


def annual_total(weekly: Decimal, year_weeks: int = WEEKS_A_YEAR) -> Decimal:
    """A year of 52 weeks, or of the weeks that are sold (special schools)."""
    return pence(weekly * year_weeks)


def weekly_commitment(periods: Iterable[CostPeriod], on: date) -> Decimal:
    """Pounds a week committed on that day."""
    return sum((period.weekly for period in periods if period.covers(on)), NOTHING)


def commitment_by_month(periods: Iterable[CostPeriod], first_month: date, months: int) -> dict[date, Decimal]:
    """Pounds committed in each calendar month, keyed by its first day, for `months` months.

    Each period is rounded on its running total, so that the months of a whole stay sum to the stay to the
    penny.
    """
    begins = [add_months(first_month.replace(day=1), offset) for offset in range(months + 1)]
    found = dict.fromkeys(begins[:-1], NOTHING)
    for period in periods:
        for first_on, before in zip(begins, begins[1:], strict=False):
            if period.nights_within(first_on, before):
                found[first_on] += _up_to(period, before) - _up_to(period, first_on)
    return found


def _up_to(period: CostPeriod, before: date) -> Decimal:
    return pence(period.weekly * period.nights_within(period.starts_on, before) / _NIGHTS)


def notice_days(rules: VehicleRules, elapsed_days: int, given_by: str) -> int:
    """Days of notice due when `given_by` ("authority" or "provider") ends a stay `elapsed_days` after its
    start.

    The day the person moved in is elapsed day 0. Source: the vehicle's notice table.
    """
    if elapsed_days < 0:
        raise ValueError("notice is counted from the start of the placement")
    steps = [step for step in rules.notice if step.given_by == given_by and step.from_day <= elapsed_days]
    if not steps:
        raise ValueError(f"notice is given by authority or provider, not {given_by!r}")
    return max(steps, key=lambda step: step.from_day).days


def notice_runs_out_on(rules: VehicleRules, starts_on: date, given_on: date, given_by: str) -> date:
    """The earliest day on which a placement may end when notice is given on `given_on`."""
    return given_on + timedelta(days=notice_days(rules, (given_on - starts_on).days, given_by))


def retainer_max(rules: VehicleRules, weekly: Decimal, nights_away: int) -> Decimal:
    """The highest weekly retainer once the person has been away `nights_away` nights; nothing in the free
    nights.
    """
    if nights_away <= rules.retainer_free_nights:
        return NOTHING
    return percent_of(weekly, rules.retainer_max_percent)


def retainer_max_for_stay(rules: VehicleRules, weekly: Decimal, nights_away: int) -> Decimal:
    """The most that may be paid for a whole absence of `nights_away` nights, rounded once."""
    paid_nights = max(0, nights_away - rules.retainer_free_nights)
    return pence(percent_of(weekly, rules.retainer_max_percent) * paid_nights / _NIGHTS)


def estimated_value(weekly: Decimal, weeks: int | Decimal) -> Decimal:
    """What a call-off is worth over its expected weeks, for the value gates; welfare services carry no
    VAT.
    """
    return pence(weekly * Decimal(weeks))


def weeks_until_gate(weekly: Decimal, gate: Decimal) -> int | None:
    """The first number of whole weeks whose value is not less than `gate`; None for a price of nothing.

    "Not less than" is the threshold test of the Procurement Act 2023, section 3.
    """
    if weekly <= 0:
        return None
    return int((gate / weekly).to_integral_value(rounding=ROUND_CEILING))


def gates_reached(rules: VehicleRules, value: Decimal) -> tuple[str, ...]:
    """Names of the limits a call-off worth `value` reaches: warned about at award and at extension."""
    gates = {
        "procurement_threshold": rules.procurement_threshold,
        "key_decision_limit": rules.key_decision_limit,
    }
    return tuple(name for name, limit in gates.items() if limit is not None and value >= limit)
