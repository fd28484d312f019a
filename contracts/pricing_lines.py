"""A price and a vehicle's rules as the lines an agreement prints: costs, discounts, extras, notice, absence,
mileage.

Plain values into `contracts.terms_costs`; texts come out in the language active when the terms are drawn up.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import cast

from django.utils.translation import gettext as _

from brokerage.core.money import percent_of, share_to_the_penny
from contracts.costs import WEEKS_A_YEAR, annual_total, four_weekly_total, retainer_max
from contracts.terms_costs import (
    AbsenceRule,
    AdditionalService,
    CostLine,
    Costs,
    Discount,
    FundingShare,
    Mileage,
    NoticeRule,
    Side,
)
from dpv.parameters import AUTHORITY, PROVIDER
from dpv.rules import PARAMETERS, VehicleRules
from placements.extras import weekly_amount_of
from placements.pricing import PriceLine, Pricing, permanence_due_on


def schedule_of_costs(pricing: Pricing, *, funding: Mapping[str, Decimal] | None = None) -> Costs:
    """The schedule of costs in a week in which every extra runs.

    `funding` maps who pays to their per cent; the shares sum to the weekly total to the penny.
    """
    rules = pricing.rules
    weekly = pricing.weekly_total
    weeks = rules.year_weeks if rules.price_basis == "year" and rules.year_weeks else WEEKS_A_YEAR
    shares = share_to_the_penny(weekly, funding) if funding else {}
    return Costs(
        lines=tuple(_cost_line(line, pricing) for line in pricing.lines),
        weekly=weekly,
        four_weekly=four_weekly_total(weekly),
        annual=annual_total(weekly, weeks),
        annual_basis=_("%(weeks)s weeks") % {"weeks": weeks},
        funding=tuple(
            FundingShare(payer=payer, weekly=share, percent=(funding or {})[payer]) for payer, share in shares.items()
        ),
        price_basis=_choice(rules, "price_basis"),
        price_life=_choice(rules, "price_frozen"),
    )


def discounts_of(pricing: Pricing, starts_on: date) -> tuple[Discount, ...]:
    """Every discount the vehicle has: those that apply now, and permanence with the day it becomes due."""
    found = [
        Discount(
            label=str(line.label),
            rate=line.rate or Decimal(0),
            applies=True,
            weekly_saving=-line.amount,
            from_on=starts_on,
            source_clause=line.source,
        )
        for line in pricing.lines
        if line.amount < 0
    ]
    if pricing.later is not None:
        later = next(line for line in pricing.later.lines if line.code == "permanence_discount")
        found.append(
            Discount(
                label=str(later.label),
                rate=later.rate or Decimal(0),
                applies=False,
                weekly_saving=-later.amount,
                reason=_("Due from the day %(months)s months are reached, planned or not")
                % {"months": pricing.rules.permanence_months},
                from_on=permanence_due_on(starts_on, pricing.rules),
                source_clause=later.source,
            )
        )
    return tuple(found)


def additional_services_of(pricing: Pricing) -> tuple[AdditionalService, ...]:
    """The extras with their dates. ValueError where one has no start, end or review date."""
    rules = pricing.rules
    found = []
    for extra in pricing.request.extras:
        if extra.starts_on is None or extra.ends_on is None or extra.review_on is None:
            raise ValueError(f"the extra {extra.code} needs a start, an end and a review date")
        found.append(
            AdditionalService(
                label=str(extra.label),
                unit=extra.unit,
                unit_rate=extra.unit_rate,
                quantity=extra.quantity_per_week,
                weekly=weekly_amount_of(extra),
                outcome=extra.outcome,
                start_on=extra.starts_on,
                end_on=extra.ends_on,
                review_on=extra.review_on,
                source_clause=rules.source_of("extras_at_or_under_menu"),
            )
        )
    return tuple(found)


def notice_rules(rules: VehicleRules) -> tuple[NoticeRule, ...]:
    """The notice table as printed: day 1 is the day the person moves in (elapsed day 0)."""
    found: list[NoticeRule] = []
    for side in (AUTHORITY, PROVIDER):
        steps = sorted((step for step in rules.notice if step.given_by == side), key=lambda step: step.from_day)
        ends = [following.from_day for _before, following in pairwise(steps)]
        found.extend(
            NoticeRule(
                given_by=cast(Side, side),
                from_day=step.from_day + 1,
                to_day=until,
                notice_days=step.days,
                source_clause=rules.source_of("notice"),
            )
            for step, until in zip(steps, [*ends, None], strict=True)
        )
    return tuple(found)


def absence_rules(rules: VehicleRules, weekly: Decimal) -> tuple[AbsenceRule, ...]:
    """The retainer by nights away: the free nights, if any, then at most so much of the weekly price."""
    free = rules.retainer_free_nights
    source = rules.source_of("retainer_free_nights")
    found = []
    if free:
        found.append(
            AbsenceRule(
                from_night=1,
                to_night=free,
                percent=Decimal(0),
                weekly=percent_of(weekly, Decimal(0)),
                source_clause=source,
            )
        )
    found.append(
        AbsenceRule(
            from_night=free + 1,
            to_night=None,
            percent=rules.retainer_max_percent,
            weekly=retainer_max(rules, weekly, free + 1),
            source_clause=rules.source_of("retainer_max_percent"),
        )
    )
    return tuple(found)


def mileage_terms(rules: VehicleRules) -> Mileage:
    """Transport in the price, whichever of miles and hours is the greater on a day."""
    return Mileage(
        included_miles=Decimal(rules.mileage_included_miles),
        included_hours_a_day=rules.mileage_included_hours,
        per=_("a day"),
        excess_rate=rules.mileage_excess_rate,
        source_clause=rules.source_of("mileage_included_miles"),
        note=_("Miles or hours, whichever is greater"),
    )


def _cost_line(line: PriceLine, pricing: Pricing) -> CostLine:
    if not line.code.startswith("extra."):
        return CostLine(
            code=line.code,
            label=str(line.label),
            amount=line.amount,
            unit="week",
            base=line.base,
            rate=line.rate,
            rule=line.rule,
            source_clause=line.source,
        )
    units = {f"extra.{extra.code}": extra.unit for extra in pricing.request.extras}
    return CostLine(
        code=line.code,
        label=str(line.label),
        amount=line.amount,
        unit=units[line.code],
        quantity=line.rate,
        base=line.base,
        rule=line.rule,
        source_clause=line.source,
    )


def _choice(rules: VehicleRules, name: str) -> str:
    labels = dict(PARAMETERS[name].choices)
    return str(labels[getattr(rules, name)])
