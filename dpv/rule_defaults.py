"""The rules a new vehicle starts from, one set per kind of service.

Values are those of the regional papers; each says which. A contract manager changes them in a new version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from dpv.parameters import AUTHORITY, PROVIDER, NoticeStep
from dpv.rules import VehicleRules

_TERMS = "Vehicle terms"
_NONE = Decimal("0")


def _flat_notice(days: int) -> tuple[NoticeStep, ...]:
    return (NoticeStep(AUTHORITY, 0, days), NoticeStep(PROVIDER, 0, days))


_FOSTERING: dict[str, tuple[Any, str]] = {
    "ceiling_life_months": (12, f"{_TERMS}: ceiling prices are fixed for 12 months"),
    "price_resubmission": ("price_round", f"{_TERMS}: prices are resubmitted in a yearly price round"),
    "sibling_discount_percent": (Decimal("5"), f"{_TERMS}: 5% for every child of a sibling group"),
    "permanence_percent": (Decimal("5"), f"{_TERMS}: 5% for placements of 9 months or more"),
    "permanence_months": (9, f"{_TERMS}: 9 months"),
    "permanence_threshold": ("at_least", f"{_TERMS}: 9 months or more (another paper: more than 9 months)"),
    "permanence_starts": ("from_start", f"{_TERMS}: from the start if 9 months or more are planned"),
    "permanence_backdated": (False, f"{_TERMS}: not backdated"),
    "permanence_clawback": (False, f"{_TERMS}: no clawback if a placement ends early"),
    "stacking": ("additive", f"{_TERMS}: each discount is taken on the core price"),
    "solo_uplift_max_percent": (Decimal("50"), f"{_TERMS}: solo uplift of at most 50%"),
    "solo_uplift_base": ("core", f"{_TERMS}: measured on the core price"),
    "retainer_free_nights": (7, f"{_TERMS}: no retainer in the first 7 nights"),
    "retainer_max_percent": (Decimal("50"), f"{_TERMS}: at most half the weekly price afterwards"),
    "notice": (_flat_notice(28), f"{_TERMS}: 28 days whatever the length of stay"),
    "mileage_included_miles": (20, f"{_TERMS}: 20 miles or 2 hours a day, whichever is greater"),
    "mileage_included_hours": (Decimal("2"), f"{_TERMS}: 20 miles or 2 hours a day, whichever is greater"),
    "mileage_excess_rate": (Decimal("0.45"), f"{_TERMS}: 45p for each mile above"),
    "price_basis": ("week", f"{_TERMS}: a price per week"),
    "year_weeks": (None, ""),
    "price_frozen": ("placement", f"{_TERMS}: frozen for the placement's life"),
    "price_frozen_months": (None, ""),
    "extras_from_menu_only": (True, f"{_TERMS}: additional services only from the menu"),
    "extras_at_or_under_menu": (True, f"{_TERMS}: at or under the tendered rate"),
    "extras_need_outcome": (True, f"{_TERMS}: each with an outcome"),
    "extras_need_end_and_review": (True, f"{_TERMS}: each with an end date and a review date"),
    "extras_agreed_before_start": (True, f"{_TERMS}: agreed in writing before they start"),
    "extras_pre_agreed": (("extra_staffing", "education"), f"{_TERMS}: extra staffing and education"),
    "ranking_method": ("price", f"{_TERMS}: offers are ranked by price"),
    "price_weight": (Decimal("80"), f"{_TERMS}: 80% price, 20% quality"),
    "quality_weight": (Decimal("20"), f"{_TERMS}: 80% price, 20% quality"),
    "procurement_threshold": (
        Decimal("663540"),
        "Procurement Act 2023, light touch threshold 2026-27, including VAT",
    ),
    "key_decision_limit": (Decimal("500000"), "Council constitution: key decisions"),
    "adult_hub_threshold": (None, ""),
    "adult_hub_inclusive": (True, ""),
    "closing_hours_today": (4, f"{_TERMS}: 4 hours to answer when needed today"),
    "closing_hours_within_5_days": (24, f"{_TERMS}: 24 hours to answer when needed within 5 days"),
    "closing_hours_planned": (120, f"{_TERMS}: 5 days to answer when planned"),
    "offers_sealed": (False, f"{_TERMS}: the authority sees offers as they arrive"),
    "open_to": ("named", f"{_TERMS}: open to the authorities named"),
}


def _rules(**changes: tuple[Any, str]) -> VehicleRules:
    entries = {**_FOSTERING, **changes}
    return VehicleRules(
        **{name: value for name, (value, _source) in entries.items()},
        sources={name: source for name, (_value, source) in entries.items() if source},
    )


def fostering_defaults() -> VehicleRules:
    """Independent fostering agencies."""
    return _rules()


def residential_defaults() -> VehicleRules:
    """Children's homes: no sibling discount, 3% permanence, a retainer of at most half from the first
    night.
    """
    return _rules(
        sibling_discount_percent=(_NONE, f"{_TERMS}: no sibling discount"),
        permanence_percent=(Decimal("3"), f"{_TERMS}: 3% for 9 months or more (another paper: 5%)"),
        solo_uplift_max_percent=(_NONE, f"{_TERMS}: solo homes have their own lot"),
        retainer_free_nights=(0, f"{_TERMS}: from the first night"),
        retainer_max_percent=(Decimal("50"), f"{_TERMS}: at most half the weekly price"),
    )


def supported_accommodation_defaults() -> VehicleRules:
    """Registered supported accommodation for 16 and 17 year olds."""
    return _rules(
        sibling_discount_percent=(_NONE, f"{_TERMS}: no sibling discount"),
        permanence_percent=(_NONE, f"{_TERMS}: no permanence discount"),
        solo_uplift_max_percent=(_NONE, f"{_TERMS}: no solo uplift"),
        retainer_free_nights=(0, f"{_TERMS}: from the first night"),
        mileage_included_miles=(0, f"{_TERMS}: transport is not in the price"),
        mileage_included_hours=(_NONE, f"{_TERMS}: transport is not in the price"),
    )


def sen_defaults() -> VehicleRules:
    """Independent special schools: sold by the school year, frozen at least 3 years."""
    return _rules(
        sibling_discount_percent=(_NONE, f"{_TERMS}: no sibling discount"),
        permanence_percent=(_NONE, f"{_TERMS}: no permanence discount"),
        solo_uplift_max_percent=(_NONE, f"{_TERMS}: no solo uplift"),
        retainer_free_nights=(0, f"{_TERMS}: from the first night"),
        price_basis=("year", f"{_TERMS}: sold over a school year"),
        year_weeks=(38, f"{_TERMS}: 38 weeks, up to 52 for residential pupils"),
        price_frozen=("months", f"{_TERMS}: frozen at least 3 years, then by request"),
        price_frozen_months=(36, f"{_TERMS}: frozen at least 3 years, then by request"),
        price_resubmission=("on_request", f"{_TERMS}: by request once the freeze is over"),
        ceiling_life_months=(36, f"{_TERMS}: ceiling prices are fixed for 3 years"),
        ranking_method=("quality_price", f"{_TERMS}: quality and price, weighted"),
    )


def adult_defaults() -> VehicleRules:
    """Residential and nursing care for adults: the regional hub places from 600 pounds a week."""
    return _rules(
        sibling_discount_percent=(_NONE, f"{_TERMS}: no sibling discount"),
        permanence_percent=(_NONE, f"{_TERMS}: no permanence discount"),
        solo_uplift_max_percent=(_NONE, f"{_TERMS}: no solo uplift"),
        retainer_free_nights=(0, f"{_TERMS}: from the first night"),
        adult_hub_threshold=(Decimal("600"), "Regional hub agreement: packages of 600 pounds a week or more"),
        adult_hub_inclusive=(True, "Regional hub agreement: 600 or more (another paper: over 600)"),
        mileage_included_miles=(0, f"{_TERMS}: transport is not in the price"),
        mileage_included_hours=(_NONE, f"{_TERMS}: transport is not in the price"),
        ranking_method=("price_per_quality", f"{_TERMS}: price per unit of quality"),
    )


DEFAULTS: Mapping[str, Callable[[], VehicleRules]] = MappingProxyType(
    {
        "fostering": fostering_defaults,
        "residential": residential_defaults,
        "supported_accommodation": supported_accommodation_defaults,
        "sen": sen_defaults,
        "adult": adult_defaults,
    }
)
