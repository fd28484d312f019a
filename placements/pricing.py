"""What an offer costs: core price, discounts, solo uplift and extras under one version of a vehicle's rules.

Plain values in, plain values out, so that the provider's page, the server and a replay years later agree to
the penny: each line is rounded half up once, a weekly total is the sum of its rounded lines. Nothing is
stored here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken
from brokerage.core.money import NOTHING, is_whole_pence, money_text, pence, percent_of, pounds
from brokerage.core.periods import add_months, nights_between
from dpv.ceilings import check_under_ceiling
from dpv.rules import VehicleRules
from placements.extras import ExtraLine, breaches_of, weekly_amount_of

__all__ = [
    "ExtraLine",
    "PriceLine",
    "PriceRequest",
    "Pricing",
    "broken_rules",
    "expected_total",
    "is_planned_permanent",
    "permanence_due_on",
    "price",
    "price_phases",
    "savings_percent",
    "weekly_equivalent",
]

Text = str | Promise
_NIGHTS = Decimal(7)


@dataclass(frozen=True)
class PriceRequest:
    """What is to be priced, for one person. `planned_months` is None where no length is planned."""

    weekly_core: Decimal
    ceiling: Decimal
    children_placed_together: int = 1
    is_sibling_group: bool = False
    planned_months: int | None = None
    solo_uplift: Decimal | None = None
    solo_reason: str = ""
    extras: tuple[ExtraLine, ...] = ()


@dataclass(frozen=True)
class PriceLine:
    """One line of a weekly price. `amount` is negative for a discount.

    `rate` is a percentage of `base`, for an extra the quantity of units at `base` each; None for an amount
    that was simply asked. `rule` is the vehicle's parameter that governs the line, `source` where that comes
    from.
    """

    code: str
    label: Text
    base: Decimal
    rate: Decimal | None
    amount: Decimal
    rule: str
    source: str

    def to_json(self) -> dict[str, Any]:
        """Amounts as text; what is stored with an offer."""
        return {
            "code": self.code,
            "label": str(self.label),
            "base": money_text(self.base),
            "rate": None if self.rate is None else money_text(self.rate),
            "amount": money_text(self.amount),
            "rule": self.rule,
            "source": self.source,
        }


@dataclass(frozen=True)
class Pricing:
    """A weekly price, line by line, and what it becomes once permanence is reached.

    `later` is None where the permanence discount applies from the start or the vehicle has none.
    """

    request: PriceRequest
    rules: VehicleRules = field(repr=False)
    lines: tuple[PriceLine, ...]
    is_permanent: bool
    later: Pricing | None = None

    def _sum(self, *starts: str) -> Decimal:
        return sum((line.amount for line in self.lines if line.code.startswith(starts)), NOTHING)

    @property
    def weekly_core(self) -> Decimal:
        """The core price asked, at or under the ceiling."""
        return self.request.weekly_core

    @property
    def weekly_discounts(self) -> Decimal:
        """All discounts together: nothing, or negative."""
        return self._sum("sibling_discount", "permanence_discount")

    @property
    def weekly_uplift(self) -> Decimal:
        """The solo uplift, or nothing."""
        return self._sum("solo_uplift")

    @property
    def weekly_core_net(self) -> Decimal:
        """Core price after discounts, with any solo uplift: the weekly fee before extras."""
        return self.weekly_core + self.weekly_discounts + self.weekly_uplift

    @property
    def weekly_extras(self) -> Decimal:
        """All extras together, in a week in which all of them run."""
        return self._sum("extra.")

    @property
    def weekly_total(self) -> Decimal:
        """The sum of all lines."""
        return self._sum("")

    def to_json(self) -> dict[str, Any]:
        """Lines and totals, amounts as text; `later` likewise or None."""
        return {
            "lines": [line.to_json() for line in self.lines],
            "weekly_core_net": money_text(self.weekly_core_net),
            "weekly_extras": money_text(self.weekly_extras),
            "weekly_total": money_text(self.weekly_total),
            "is_permanent": self.is_permanent,
            "later": None if self.later is None else self.later.to_json(),
        }


def price(request: PriceRequest, rules: VehicleRules) -> Pricing:
    """The weekly price of `request` under `rules`. Raises the first of `broken_rules`."""
    for broken in _breaches(request, rules):
        raise broken
    from_start = rules.permanence_starts == "from_start" and is_planned_permanent(request, rules)
    pricing = _priced(request, rules, is_permanent=from_start)
    if from_start or not rules.permanence_percent:
        return pricing
    return replace(pricing, later=_priced(request, rules, is_permanent=True))


def broken_rules(request: PriceRequest, rules: VehicleRules) -> tuple[RuleBroken, ...]:
    """Everything wrong with `request`, each with its code and its field, in the order of the form.

    Codes: `above_ceiling`, `price_negative`, `price_invalid` (weekly_core); `solo_uplift_not_allowed`,
    `solo_uplift_invalid`, `solo_uplift_too_high` (solo_uplift); `solo_reason_missing` (solo_reason);
    `extra_not_on_menu`, `extra_above_menu`, `extra_rate_invalid`, `extra_quantity_invalid`,
    `extra_outcome_missing`, `extra_start_missing`, `extra_end_missing`, `extra_end_before_start`,
    `extra_review_missing`, `extra_review_outside` (extras.<position>.<field>).
    """
    return tuple(_breaches(request, rules))


def is_planned_permanent(request: PriceRequest, rules: VehicleRules) -> bool:
    """Whether the stay is planned to reach the vehicle's permanence months."""
    if request.planned_months is None:
        return False
    if rules.permanence_threshold == "at_least":
        return request.planned_months >= rules.permanence_months
    return request.planned_months > rules.permanence_months


def permanence_due_on(starts_on: date, rules: VehicleRules) -> date | None:
    """The first day on which the permanence discount is due, planned or not; None where the vehicle has none.

    With "9 months or more" it is the day nine months after the start, with "more than 9 months" the day
    after.
    """
    if not rules.permanence_percent:
        return None
    reached = add_months(starts_on, rules.permanence_months)
    return reached if rules.permanence_threshold == "at_least" else reached + timedelta(days=1)


def expected_total(
    pricing: Pricing, starts_on: date, ends_on: date | None, expected_weeks: int | Decimal | None = None
) -> Decimal:
    """What the whole stay costs: nights from `starts_on` to leaving on `ends_on`, or over `expected_weeks`.

    A night costs a seventh of a week. Extras stop at their end dates. The permanence discount begins on the
    day it is due even if unplanned; a vehicle may backdate it to the start then, and may pay a planned
    discount back where the stay ends before. Raises ValueError with neither an end nor a number of weeks.
    """
    if ends_on is None:
        if expected_weeks is None:
            raise ValueError("an end or a number of weeks is needed")
        nights = (Decimal(expected_weeks) * _NIGHTS).to_integral_value(rounding=ROUND_HALF_UP)
        ends_on = starts_on + timedelta(days=int(nights))
    total = sum(
        (
            _for_nights(phase.weekly_core_net, nights_between(first_on, last_on))
            for phase, first_on, last_on in price_phases(pricing, starts_on, ends_on)
        ),
        NOTHING,
    )
    for extra in pricing.request.extras:
        begins = max(starts_on, extra.starts_on or starts_on)
        stops = ends_on if extra.ends_on is None else min(ends_on, extra.ends_on + timedelta(days=1))
        total += _for_nights(weekly_amount_of(extra), nights_between(begins, stops))
    return total


def savings_percent(current: Decimal, dpv: Decimal) -> Decimal:
    """What the vehicle saves on a matched placement, in per cent of `current`, 2 decimals; negative if
    dearer.
    """
    if current <= 0:
        raise ValueError("the current price must be more than nothing")
    return pence((current - dpv) / current * 100)


def weekly_equivalent(
    amount: Decimal,
    basis: str,
    *,
    quantity_per_week: Decimal | None = None,
    year_weeks: int | None = None,
) -> Decimal:
    """A price of another basis as pounds a week, for comparisons, which must state the basis they came from.

    A year of n weeks is divided by its n weeks; sessions, hours and visits need `quantity_per_week`.
    """
    if basis == "week":
        return pence(amount)
    if basis == "night":
        return pence(amount * _NIGHTS)
    if basis == "year" and year_weeks:
        return pence(amount / year_weeks)
    if basis in {"session", "hour", "visit"} and quantity_per_week is not None:
        return pence(amount * quantity_per_week)
    raise ValueError(f"a price per {basis} cannot be compared by the week without its quantity")


def _for_nights(weekly: Decimal, nights: int) -> Decimal:
    return pence(weekly * nights / _NIGHTS)


def price_phases(pricing: Pricing, starts_on: date, ends_on: date) -> Iterator[tuple[Pricing, date, date]]:
    """The stay cut where its core price changes: (price, first day, day it stops), the last day not
    included.
    """
    rules = pricing.rules
    due_on = permanence_due_on(starts_on, rules)
    is_reached = due_on is not None and ends_on >= due_on
    if due_on is None or (pricing.is_permanent and (is_reached or not rules.permanence_clawback)):
        yield pricing, starts_on, ends_on
    elif pricing.is_permanent:
        yield _priced(pricing.request, rules, is_permanent=False), starts_on, ends_on
    elif pricing.later is None or not is_reached:
        yield pricing, starts_on, ends_on
    elif rules.permanence_backdated:
        yield pricing.later, starts_on, ends_on
    else:
        yield pricing, starts_on, due_on
        yield pricing.later, due_on, ends_on


def _priced(request: PriceRequest, rules: VehicleRules, *, is_permanent: bool) -> Pricing:
    core = pence(request.weekly_core)
    lines = [
        PriceLine(
            "core",
            _("Core weekly price"),
            core,
            None,
            core,
            "ceiling_life_months",
            rules.source_of("ceiling_life_months"),
        )
    ]
    left = core
    discounts: list[tuple[str, Text, str]] = []
    if request.is_sibling_group and request.children_placed_together >= 2:
        discounts.append(("sibling_discount", _("Sibling discount"), "sibling_discount_percent"))
    if is_permanent:
        discounts.append(("permanence_discount", _("Permanence discount"), "permanence_percent"))
    for code, label, rule in discounts:
        percent: Decimal = getattr(rules, rule)
        base = left if rules.stacking == "compounding" else core
        # Rounding two halves of an odd penny must not pay the council.
        amount = min(percent_of(base, percent), left)
        if amount:
            left -= amount
            lines.append(PriceLine(code, label, base, percent, -amount, rule, rules.source_of(rule)))
    if request.solo_uplift:
        base = left if rules.solo_uplift_base == "net_core" else core
        rule = "solo_uplift_max_percent"
        amount = pence(request.solo_uplift)
        lines.append(PriceLine("solo_uplift", _("Solo uplift"), base, None, amount, rule, rules.source_of(rule)))
    rule = "extras_at_or_under_menu"
    lines.extend(
        PriceLine(
            f"extra.{extra.code}",
            extra.label,
            extra.unit_rate,
            extra.quantity_per_week,
            weekly_amount_of(extra),
            rule,
            rules.source_of(rule),
        )
        for extra in request.extras
    )
    return Pricing(request, rules, tuple(lines), is_permanent)


def _breaches(request: PriceRequest, rules: VehicleRules) -> Iterator[RuleBroken]:
    if request.children_placed_together < 1:
        yield RuleBroken("children_invalid", _("At least one child is placed"), "children_placed_together")
    try:
        check_under_ceiling(request.weekly_core, request.ceiling)
    except RuleBroken as broken:
        yield broken
    else:
        yield from _uplift_breaches(request, rules)
    for position, extra in enumerate(request.extras):
        yield from breaches_of(extra, rules, f"extras.{position}.")


def _uplift_breaches(request: PriceRequest, rules: VehicleRules) -> Iterator[RuleBroken]:
    uplift = request.solo_uplift
    if uplift is None or uplift == 0:
        return
    if not is_whole_pence(uplift) or uplift < 0:
        yield RuleBroken(
            "solo_uplift_invalid", _("The solo uplift must be £0 or more, in pounds and pence"), "solo_uplift"
        )
        return
    if not rules.solo_uplift_max_percent:
        yield RuleBroken("solo_uplift_not_allowed", _("This vehicle allows no solo uplift"), "solo_uplift")
        return
    starts_permanent = rules.permanence_starts == "from_start" and is_planned_permanent(request, rules)
    without = _priced(replace(request, solo_uplift=None, extras=()), rules, is_permanent=starts_permanent)
    base = without.weekly_core_net if rules.solo_uplift_base == "net_core" else pence(request.weekly_core)
    most = percent_of(base, rules.solo_uplift_max_percent)
    if uplift > most:
        yield RuleBroken(
            "solo_uplift_too_high",
            _("The solo uplift must be %(most)s a week or less") % {"most": pounds(most)},
            "solo_uplift",
        )
    if not request.solo_reason.strip():
        yield RuleBroken("solo_reason_missing", _("Say why nobody else may be placed"), "solo_reason")
