"""A vehicle's rules in words for pages: groups, labels, values. No form and no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from brokerage.core.money import pounds
from dpv.rules import LABELS, PARAMETERS, VehicleRules

#: Every parameter in the order of a page, under a heading.
GROUPS: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (gettext_lazy("Ceiling prices"), ("ceiling_life_months", "price_resubmission")),
    (
        gettext_lazy("Discounts"),
        (
            "sibling_discount_percent",
            "permanence_percent",
            "permanence_months",
            "permanence_threshold",
            "permanence_starts",
            "permanence_backdated",
            "permanence_clawback",
            "stacking",
        ),
    ),
    (gettext_lazy("Solo placements"), ("solo_uplift_max_percent", "solo_uplift_base")),
    (gettext_lazy("Absence and notice"), ("retainer_free_nights", "retainer_max_percent", "notice")),
    (gettext_lazy("Transport"), ("mileage_included_miles", "mileage_included_hours", "mileage_excess_rate")),
    (
        gettext_lazy("What a price is and how long it holds"),
        ("price_basis", "year_weeks", "price_frozen", "price_frozen_months"),
    ),
    (
        gettext_lazy("Additional services"),
        (
            "extras_from_menu_only",
            "extras_at_or_under_menu",
            "extras_need_outcome",
            "extras_need_end_and_review",
            "extras_agreed_before_start",
            "extras_pre_agreed",
        ),
    ),
    (gettext_lazy("Ranking"), ("ranking_method", "price_weight", "quality_weight")),
    (gettext_lazy("Value gates"), ("procurement_threshold", "key_decision_limit")),
    (gettext_lazy("Adult hub"), ("adult_hub_threshold", "adult_hub_inclusive")),
    (
        gettext_lazy("Call-off"),
        ("closing_hours_today", "closing_hours_within_5_days", "closing_hours_planned", "offers_sealed", "open_to"),
    ),
)


@dataclass(frozen=True)
class RuleLine:
    """One rule as a page shows it."""

    name: str
    label: str | Promise
    value: str
    source: str


def lines_of(rules: VehicleRules) -> list[tuple[str | Promise, list[RuleLine]]]:
    """Every rule in words, by group."""
    return [(title, [line_of(rules, name) for name in names]) for title, names in GROUPS]


def line_of(rules: VehicleRules, name: str) -> RuleLine:
    """One rule in words."""
    return RuleLine(name, LABELS[name], in_words(name, getattr(rules, name)), rules.source_of(name))


def changed_lines(before: VehicleRules, after: VehicleRules) -> list[tuple[RuleLine, RuleLine]]:
    """(before, after) of each rule that has another value."""
    return [
        (line_of(before, name), line_of(after, name))
        for name in PARAMETERS
        if getattr(before, name) != getattr(after, name)
    ]


def in_words(name: str, value: Any) -> str:
    """A rule's value for people: "5%", "£600.00", "Yes", "Lowest price"."""
    kind = PARAMETERS[name]
    if value is None:
        return _("None")
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if kind.choices:
        return str(dict(kind.choices)[value])
    if kind.name.endswith("money"):
        return pounds(value)
    if kind.name == "percent":
        return f"{_plain(value)}%"
    if isinstance(value, Decimal):
        return _plain(value)
    if kind.name == "notice":
        return "\n".join(_notice_words(value))
    if kind.name == "codes":
        return ", ".join(code.replace("_", " ") for code in value) or _("None")
    return str(value)


def _plain(value: Decimal) -> str:
    """Without zeros that say nothing: "5", "7.5"."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _notice_words(steps: Sequence[Any]) -> list[str]:
    sides = {"authority": _("Authority"), "provider": _("Provider")}
    return [
        _("%(side)s: %(days)s days from day %(from_day)s of the stay")
        % {"side": sides[step.given_by], "days": step.days, "from_day": step.from_day}
        for step in steps
    ]
