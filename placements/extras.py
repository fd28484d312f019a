"""Additional services asked for with an offer: what one costs a week, and which of the vehicle's rules it
breaks.

The provider's tendered menu is data (`dpv`); its rate comes in with each line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken
from brokerage.core.money import is_whole_pence, pence, pounds
from dpv.rules import VehicleRules

Text = str | Promise


@dataclass(frozen=True)
class ExtraLine:
    """One additional service asked for: `unit_rate` pounds for each `unit`, `quantity_per_week` units a week.

    `menu_rate` is the provider's tendered rate, None where its menu has no such service. `ends_on` is the
    last day on which the service runs.
    """

    code: str
    label: Text
    unit: str
    unit_rate: Decimal
    menu_rate: Decimal | None
    quantity_per_week: Decimal
    starts_on: date | None = None
    ends_on: date | None = None
    review_on: date | None = None
    outcome: str = ""


def weekly_amount_of(extra: ExtraLine) -> Decimal:
    """Rate times quantity in pounds a week, rounded half up once."""
    return pence(extra.unit_rate * extra.quantity_per_week)


def breaches_of(extra: ExtraLine, rules: VehicleRules, at: str) -> Iterator[RuleBroken]:
    """Each rule that `extra` breaks; `at` is put before the names of its fields. Codes: see
    `broken_rules`.
    """
    name = {"service": extra.label}
    if not is_whole_pence(extra.unit_rate) or extra.unit_rate < 0:
        yield RuleBroken(
            "extra_rate_invalid",
            _("%(service)s: the rate must be £0 or more, in pounds and pence") % name,
            f"{at}unit_rate",
        )
    elif extra.menu_rate is None:
        if rules.extras_from_menu_only:
            yield RuleBroken("extra_not_on_menu", _("%(service)s is not on your menu for this lot") % name, f"{at}code")
    elif rules.extras_at_or_under_menu and extra.unit_rate > extra.menu_rate:
        yield RuleBroken(
            "extra_above_menu",
            _("%(service)s: the rate must be %(most)s or less, the rate you tendered")
            % {**name, "most": pounds(extra.menu_rate)},
            f"{at}unit_rate",
        )
    if not is_whole_pence(extra.quantity_per_week) or not 0 < extra.quantity_per_week <= 10_000:
        yield RuleBroken(
            "extra_quantity_invalid",
            _("%(service)s: enter how many a week, more than 0") % name,
            f"{at}quantity_per_week",
        )
    if rules.extras_need_outcome and not extra.outcome.strip():
        yield RuleBroken("extra_outcome_missing", _("%(service)s: say what it is to achieve") % name, f"{at}outcome")
    yield from _date_breaches(extra, rules, at, name)


def _date_breaches(extra: ExtraLine, rules: VehicleRules, at: str, name: dict[str, Text]) -> Iterator[RuleBroken]:
    if rules.extras_need_end_and_review:
        for code, value, part, message in (
            ("extra_start_missing", extra.starts_on, "starts_on", _("%(service)s: enter when it starts")),
            ("extra_end_missing", extra.ends_on, "ends_on", _("%(service)s: enter when it ends")),
            (
                "extra_review_missing",
                extra.review_on,
                "review_on",
                _("%(service)s: enter when it is reviewed"),
            ),
        ):
            if value is None:
                yield RuleBroken(code, message % name, f"{at}{part}")
    starts_on, ends_on, review_on = extra.starts_on, extra.ends_on, extra.review_on
    if starts_on and ends_on and ends_on < starts_on:
        yield RuleBroken(
            "extra_end_before_start",
            _("%(service)s: the end must be on or after the start") % name,
            f"{at}ends_on",
        )
    elif review_on and ((starts_on and review_on < starts_on) or (ends_on and review_on > ends_on)):
        yield RuleBroken(
            "extra_review_outside",
            _("%(service)s: the review must be between the start and the end") % name,
            f"{at}review_on",
        )
