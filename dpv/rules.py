"""A vehicle's price and procurement rules: every number a named parameter with its source text.

A version of these is stored by date on the vehicle; whoever computes a price keeps the version, so that it
can be replayed to the penny years later. Values and their checks only: nothing here is read from a database.
Defaults per service are in `dpv.rule_defaults`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken
from dpv.parameters import (
    CODES,
    FLAG,
    MONEY,
    NOTICE,
    PERCENT,
    QUANTITY,
    Kind,
    NoticeStep,
    choice,
    message_of,
    optional,
    whole,
)

Text = str | Promise
TODAY, WITHIN_5_DAYS, PLANNED = "today", "within_5_days", "planned"


def _parameter(kind: Kind, label: Text) -> Any:
    return field(metadata={"kind": kind, "label": label})


@dataclass(frozen=True)
class VehicleRules:
    """The rules of one vehicle in one version. Money in pounds a week unless it says otherwise.

    Building one with a value that its parameter does not allow raises RuleBroken (`rule_invalid`) whose field
    is the parameter's name.
    """

    # Ceiling prices
    ceiling_life_months: int | None = _parameter(
        optional(whole(1, 120)), _("Months a ceiling price is fixed (none: the vehicle's life)")
    )
    price_resubmission: str = _parameter(
        choice(
            ("price_round", _("In a price round")),
            ("on_request", _("When the provider asks")),
            ("none", _("Never")),
        ),
        _("How ceiling prices are resubmitted"),
    )
    # Discounts
    sibling_discount_percent: Decimal = _parameter(PERCENT, _("Sibling discount, % of core"))
    permanence_percent: Decimal = _parameter(PERCENT, _("Permanence discount, % of core"))
    permanence_months: int = _parameter(whole(1, 120), _("Months that make a placement permanent"))
    permanence_threshold: str = _parameter(
        choice(("at_least", _("That many months or more")), ("more_than", _("More than that many months"))),
        _("Permanence is reached at"),
    )
    permanence_starts: str = _parameter(
        choice(
            ("from_start", _("From the start if it is planned")),
            ("when_reached", _("Only when it is reached")),
        ),
        _("When the permanence discount starts"),
    )
    permanence_backdated: bool = _parameter(FLAG, _("Backdated to the start once reached"))
    permanence_clawback: bool = _parameter(FLAG, _("Paid back to the provider if it ends early"))
    stacking: str = _parameter(
        choice(("additive", _("Each on the core price")), ("compounding", _("Each on what is left"))),
        _("How discounts stack"),
    )
    # Solo placements
    solo_uplift_max_percent: Decimal = _parameter(PERCENT, _("Largest solo uplift, %"))
    solo_uplift_base: str = _parameter(
        choice(("core", _("Core price")), ("net_core", _("Core price after discounts"))),
        _("What the solo uplift is measured on"),
    )
    # While the person is away
    retainer_free_nights: int = _parameter(whole(0, 365), _("First nights without a retainer"))
    retainer_max_percent: Decimal = _parameter(PERCENT, _("Largest retainer, % of the weekly price"))
    # Notice
    notice: tuple[NoticeStep, ...] = _parameter(NOTICE, _("Days of notice, by elapsed days and side"))
    # Transport
    mileage_included_miles: int = _parameter(whole(0, 1000), _("Miles a day in the price"))
    mileage_included_hours: Decimal = _parameter(QUANTITY, _("Hours of driving a day in the price"))
    mileage_excess_rate: Decimal | None = _parameter(optional(MONEY), _("Rate for each mile above, £"))
    # What a price is, and how long it holds
    price_basis: str = _parameter(
        choice(
            ("week", _("Week")),
            ("night", _("Night")),
            ("session", _("Session")),
            ("hour", _("Hour")),
            ("visit", _("Visit")),
            ("year", _("Year of a number of weeks")),
        ),
        _("What the core price buys"),
    )
    year_weeks: int | None = _parameter(optional(whole(1, 52)), _("Weeks in the year that is sold"))
    price_frozen: str = _parameter(
        choice(("placement", _("For the placement's life")), ("months", _("For a number of months"))),
        _("How long a placement's price is frozen"),
    )
    price_frozen_months: int | None = _parameter(optional(whole(1, 240)), _("Months a price is frozen"))
    # Additional services
    extras_from_menu_only: bool = _parameter(FLAG, _("Extras only from the menu"))
    extras_at_or_under_menu: bool = _parameter(FLAG, _("Extras at or under the tendered rate"))
    extras_need_outcome: bool = _parameter(FLAG, _("Extras need an outcome"))
    extras_need_end_and_review: bool = _parameter(FLAG, _("Extras need an end date and a review date"))
    extras_agreed_before_start: bool = _parameter(FLAG, _("Extras agreed in writing before they start"))
    extras_pre_agreed: tuple[str, ...] = _parameter(CODES, _("Extras always agreed beforehand"))
    # Ranking: advice, never a decision
    ranking_method: str = _parameter(
        choice(
            ("price", _("Lowest price")),
            ("quality_price", _("Quality and price, weighted")),
            ("price_per_quality", _("Price per unit of quality")),
        ),
        _("How offers are ranked"),
    )
    price_weight: Decimal = _parameter(PERCENT, _("Weight of price, %"))
    quality_weight: Decimal = _parameter(PERCENT, _("Weight of quality, %"))
    # Value gates, in pounds of a whole call-off
    procurement_threshold: Decimal = _parameter(MONEY, _("Procurement threshold, £ including VAT"))
    key_decision_limit: Decimal | None = _parameter(optional(MONEY), _("Key decision limit, £"))
    # The regional hub for adults
    adult_hub_threshold: Decimal | None = _parameter(optional(MONEY), _("Weekly price from which the hub places"))
    adult_hub_inclusive: bool = _parameter(FLAG, _("The hub places at exactly that price too"))
    # Call-off
    closing_hours_today: int = _parameter(whole(1, 720), _("Hours to answer when needed today"))
    closing_hours_within_5_days: int = _parameter(whole(1, 720), _("Hours to answer when needed within 5 days"))
    closing_hours_planned: int = _parameter(whole(1, 2160), _("Hours to answer when planned"))
    offers_sealed: bool = _parameter(FLAG, _("Offers stay sealed until the closing time"))
    open_to: str = _parameter(
        choice(("named", _("Authorities named")), ("any", _("Any authority"))),
        _("Which authorities may use the vehicle"),
    )
    # Where each value comes from: parameter name -> clause, regulation or paper.
    sources: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for name, kind in PARAMETERS.items():
            try:
                object.__setattr__(self, name, kind.read(kind.write(getattr(self, name))))
            except ValueError as error:
                raise RuleBroken("rule_invalid", message_of(error), name) from error
        for name in self.sources:
            _require_known(name)
        object.__setattr__(self, "sources", MappingProxyType(dict(self.sources)))
        self._check_together()

    def _check_together(self) -> None:
        if self.price_weight + self.quality_weight != 100:
            raise RuleBroken("rule_invalid", _("The weights of price and quality must add up to 100"), "quality_weight")
        if self.price_basis == "year" and self.year_weeks is None:
            raise RuleBroken("rule_invalid", _("Enter how many weeks the year that is sold has"), "year_weeks")
        if self.price_frozen == "months" and self.price_frozen_months is None:
            raise RuleBroken("rule_invalid", _("Enter how many months a price is frozen"), "price_frozen_months")
        if self.sibling_discount_percent + self.permanence_percent > 100:
            raise RuleBroken("rule_invalid", _("The discounts together are more than 100%"), "permanence_percent")

    def source_of(self, name: str) -> str:
        """The clause, regulation or paper that parameter `name` comes from; empty if none was given."""
        _require_known(name)
        return self.sources.get(name, "")

    def closing_hours(self, urgency: str) -> int:
        """Hours between publishing and closing for `today`, `within_5_days` or `planned`."""
        hours = {
            TODAY: self.closing_hours_today,
            WITHIN_5_DAYS: self.closing_hours_within_5_days,
            PLANNED: self.closing_hours_planned,
        }
        if urgency not in hours:
            raise RuleBroken("urgency_unknown", _("Choose when the placement is needed by"), "urgency")
        return hours[urgency]

    def goes_to_adult_hub(self, estimated_weekly: Decimal) -> bool:
        """Whether a new package estimated at `estimated_weekly` pounds is placed by the regional hub."""
        if self.adult_hub_threshold is None:
            return False
        if self.adult_hub_inclusive:
            return estimated_weekly >= self.adult_hub_threshold
        return estimated_weekly > self.adult_hub_threshold

    def with_values(self, source: str | None = None, **values: Any) -> VehicleRules:
        """A copy with other `values`; `source`, if given, becomes the source of each of them."""
        for name in values:
            _require_known(name)
        sources = {**self.sources, **({} if source is None else dict.fromkeys(values, source))}
        return replace(self, **values, sources=sources)

    def to_json(self) -> dict[str, dict[str, Any]]:
        """`{parameter: {"value": ..., "source": "..."}}`, amounts as text: what `from_json` reads."""
        return {
            name: {"value": kind.write(getattr(self, name)), "source": self.source_of(name)}
            for name, kind in PARAMETERS.items()
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> VehicleRules:
        """Rules from JSON, every parameter given. Raises RuleBroken whose field is the faulty parameter.

        Codes: `rules_invalid` (not an object), `rule_unknown`, `rule_missing`, `rule_invalid`.
        """
        if not isinstance(data, Mapping):
            raise RuleBroken("rules_invalid", _("The rules must be a JSON object"))
        for name in data:
            _require_known(name)
        values: dict[str, Any] = {}
        sources: dict[str, str] = {}
        for name, kind in PARAMETERS.items():
            if name not in data:
                raise RuleBroken("rule_missing", _("A rule is missing: %(rule)s") % {"rule": name}, name)
            entry = data[name]
            if not isinstance(entry, Mapping) or "value" not in entry or set(entry) - {"value", "source"}:
                raise RuleBroken("rule_invalid", _("Each rule has a value and a source"), name)
            source = entry.get("source", "")
            if not isinstance(source, str):
                raise RuleBroken("rule_invalid", _("The source of a rule is text"), name)
            try:
                values[name] = kind.read(entry["value"])
            except ValueError as error:
                raise RuleBroken("rule_invalid", message_of(error), name) from error
            if source:
                sources[name] = source
        return cls(**values, sources=sources)


#: Every parameter's kind, in the order of a rules page.
PARAMETERS: Mapping[str, Kind] = MappingProxyType(
    {item.name: item.metadata["kind"] for item in fields(VehicleRules) if "kind" in item.metadata}
)
#: Every parameter's label.
LABELS: Mapping[str, Text] = MappingProxyType(
    {item.name: item.metadata["label"] for item in fields(VehicleRules) if "kind" in item.metadata}
)


def _require_known(name: str) -> None:
    if name not in PARAMETERS:
        raise RuleBroken("rule_unknown", _("There is no rule called %(rule)s") % {"rule": name}, str(name))
