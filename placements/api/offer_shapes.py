"""Shapes of an offer and of its answers, for the provider that makes it and for the authority that receives it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, MomentField, MoneyField, Shape
from brokerage.core.vocabulary import Need
from dpv.models import MenuItem
from placements.models import Offer
from placements.offer_answers import MOST_EXTRAS, ExtraAsked, OfferAnswers, changed_answers
from placements.queries.offer_terms import answers_of, needs_in

#: What `placements.offer_answers` and the price rules refuse of an offer.
ANSWER_CODES = (
    *("above_ceiling", "price_negative", "price_invalid", "price_missing", "total_too_large", "children_invalid"),
    *("solo_uplift_not_allowed", "solo_uplift_invalid", "solo_uplift_too_high", "solo_reason_missing"),
    *("extra_not_on_menu", "extra_above_menu", "extra_rate_invalid", "extra_code_missing", "too_many_extras"),
    *("extra_quantity_invalid", "extra_quantity_missing", "extra_outcome_missing", "extra_start_missing"),
    *("extra_end_missing", "extra_end_before_start", "extra_review_missing", "extra_review_outside"),
    *("household_missing", "household_not_invited", "statement_missing", "statement_not_asked"),
    *("start_missing", "start_in_past", "start_too_far", "held_missing", "held_too_short", "held_too_long"),
    *("who_lives_there_missing", "staffing_missing", "impact_on_residents_missing"),
    *("text_too_long", "discloses_person", "no_ceiling", "no_rules"),
)
_TEXT: dict[str, Any] = {"required": False, "allow_null": True, "allow_blank": True}
_OPTIONAL: dict[str, Any] = {"required": False, "allow_null": True}


class ExtraIn(Input):
    """One additional service from your menu."""

    code = s.ChoiceField(choices=MenuItem.Service.choices, required=False)
    quantity_per_week = s.DecimalField(
        max_digits=7, decimal_places=2, min_value=Decimal(0), **_OPTIONAL, help_text="How many units a week, as text."
    )
    unit_rate = MoneyField(**_OPTIONAL, help_text="Pounds for one unit; nothing for the rate you tendered.")
    outcome = s.CharField(**_TEXT, help_text="What it is to achieve.")
    starts_on = s.DateField(**_OPTIONAL)
    ends_on = s.DateField(**_OPTIONAL)
    review_on = s.DateField(**_OPTIONAL)
    example = {
        "code": "one_to_one_hour",
        "quantity_per_week": "10",
        "unit_rate": "25.00",
        "outcome": "Goes to school by himself.",
        "starts_on": "2026-12-01",
        "ends_on": "2027-02-28",
        "review_on": "2027-01-15",
    }


class OfferAnswersIn(Input):
    """Answers of an offer. What is left out stays as it is; null takes an answer back. A draft may lack anything."""

    household_id = s.UUIDField(**_OPTIONAL, help_text="Fostering: one of the invitation’s households.")
    weekly_core = MoneyField(**_OPTIONAL, help_text="Pounds a week, at or under your ceiling.")
    children_together = s.IntegerField(
        min_value=1, max_value=20, **_OPTIONAL, help_text="How many of the brothers and sisters you would take."
    )
    solo_uplift = MoneyField(**_OPTIONAL, help_text="Pounds a week, where the vehicle allows one.")
    solo_reason = s.CharField(**_TEXT, help_text="Why nobody else may be placed.")
    extras = s.ListField(
        child=ExtraIn(), max_length=MOST_EXTRAS + 1, **_OPTIONAL, help_text="Replaces all extras of the offer."
    )
    starts_on = s.DateField(**_OPTIONAL, help_text="The first day the person could move in.")
    held_until = MomentField(**_OPTIONAL, help_text="Until when you hold the offer: after the closing time.")
    statements = s.DictField(
        child=s.CharField(allow_null=True, allow_blank=True),
        **_OPTIONAL,
        help_text="How you would meet each need that the referral names, by the need’s code. Others stay as they are.",
    )
    who_lives_there = s.CharField(**_TEXT, help_text="Ages and sex only, no names.")
    staffing = s.CharField(**_TEXT, help_text="Who would care for the person.")
    impact_on_residents = s.CharField(**_TEXT, help_text="What it would mean for the people who live there. No names.")
    conditions = s.CharField(**_TEXT, help_text="Anything that must be so for this offer to stand.")
    example = {
        "weekly_core": "3800.00",
        "starts_on": "2026-12-01",
        "held_until": "2026-12-08T17:00:00Z",
        "statements": {
            "emotional_behavioural": "Trained staff and weekly supervision.",
            "self_harm": "A written plan, and somebody awake at night.",
        },
        "who_lives_there": "Two boys aged 13 and 15.",
        "staffing": "Two by day, one waking at night.",
        "impact_on_residents": "Low: they share interests.",
        "extras": [ExtraIn.example],
    }


class ExtraOut(Shape):
    """One additional service of an offer."""

    code = s.CharField(allow_blank=True)
    label = s.CharField(allow_blank=True)
    unit = s.CharField(allow_blank=True)
    unit_rate = MoneyField()
    menu_rate = MoneyField(allow_null=True, help_text="The rate tendered for the vehicle.")
    quantity_per_week = s.DecimalField(max_digits=7, decimal_places=2)
    outcome = s.CharField(allow_blank=True)
    starts_on = s.DateField(allow_null=True)
    ends_on = s.DateField(allow_null=True)
    review_on = s.DateField(allow_null=True)
    example = {**ExtraIn.example, "label": "One-to-one support", "unit": "hour", "menu_rate": "25.00"}


class NewOfferIn(OfferAnswersIn):
    """Answers of an offer to begin; with `submit` it is sent at once."""

    submit = s.BooleanField(
        required=False, help_text="Submit it in the same act: everything must be answered, or nothing is kept."
    )
    example: ClassVar[dict[str, Any]] = {**OfferAnswersIn.example, "submit": True}


class PriceLineOut(Shape):
    """One line of a weekly price."""

    code = s.CharField(help_text="`core`, `sibling_discount`, `permanence_discount`, `solo_uplift`, `extra.…`.")
    label = s.CharField()
    base = MoneyField(help_text="What the rate is of.")
    rate = s.DecimalField(
        max_digits=9, decimal_places=2, allow_null=True, help_text="Per cent, or units of an extra; null: as asked."
    )
    amount = s.DecimalField(max_digits=9, decimal_places=2, help_text="Pounds a week; negative for a discount.")


class OfferPrice(Shape):
    """A weekly price as the server computed it."""

    lines = PriceLineOut(many=True)
    weekly_core_net = MoneyField()
    weekly_extras = MoneyField()
    weekly_total = MoneyField()
    later_weekly_total = MoneyField(allow_null=True, help_text="Once the permanence discount begins.")
    example = {
        "lines": [
            {"code": "core", "label": "Core", "base": "3800.00", "rate": None, "amount": "3800.00"},
            {"code": "extra.one_to_one_hour", "label": "Support", "base": "25.00", "rate": "10.00", "amount": "250.00"},
        ],
        "weekly_core_net": "3800.00",
        "weekly_extras": "250.00",
        "weekly_total": "4050.00",
        "later_weekly_total": None,
    }


class OfferAnswersOut(Shape):
    """What an offer says."""

    household_id = s.UUIDField(allow_null=True)
    household = s.CharField(allow_null=True, help_text="Its code.")
    weekly_core = MoneyField(allow_null=True)
    children_together = s.IntegerField()
    solo_uplift = MoneyField(allow_null=True)
    solo_reason = s.CharField(allow_blank=True)
    extras = ExtraOut(many=True)
    price = OfferPrice(allow_null=True, help_text="Null while it cannot be computed.")
    starts_on = s.DateField(allow_null=True)
    held_until = s.DateTimeField(allow_null=True)
    statements = s.DictField(child=s.CharField(allow_blank=True), help_text="By the code of the need.")
    who_lives_there = s.CharField(allow_blank=True)
    staffing = s.CharField(allow_blank=True)
    impact_on_residents = s.CharField(allow_blank=True)
    conditions = s.CharField(allow_blank=True)
    example: ClassVar[dict[str, Any]] = {
        **OfferAnswersIn.example,
        "household_id": None,
        "household": None,
        "children_together": 1,
        "solo_uplift": None,
        "solo_reason": "",
        "extras": [ExtraOut.example],
        "price": OfferPrice.example,
        "conditions": "",
    }


def answers_in(own: Offer, sent: Mapping[str, Any]) -> OfferAnswers:
    """The offer's answers with those that were sent in their place. Raises RuleBroken (`statement_not_asked`)."""
    changes = dict(sent)
    if changes.get("extras") is not None:
        changes["extras"] = tuple(
            ExtraAsked(
                code=extra.get("code", ""),
                quantity_per_week=extra.get("quantity_per_week"),
                unit_rate=extra.get("unit_rate"),
                starts_on=extra.get("starts_on"),
                ends_on=extra.get("ends_on"),
                review_on=extra.get("review_on"),
                outcome=extra.get("outcome") or "",
            )
            for extra in changes["extras"]
        )
    return changed_answers(answers_of(own), changes, [Need(need).value for need in needs_in(own.release)])


def answers_out(offer: Offer) -> dict[str, Any]:
    """What a stored offer says, as `OfferAnswersOut`."""
    return {
        "household_id": offer.household_id,
        "household": offer.household.code if offer.household else None,
        "weekly_core": offer.weekly_core,
        "children_together": offer.children_together,
        "solo_uplift": offer.solo_uplift,
        "solo_reason": offer.solo_reason,
        "extras": [{name: extra.get(name) for name in ExtraOut.example} for extra in offer.extras],
        "price": price_out(offer.pricing) if offer.pricing else None,
        "starts_on": offer.starts_on,
        "held_until": offer.held_until,
        "statements": dict(offer.statements),
        "who_lives_there": offer.who_lives_there,
        "staffing": offer.staffing,
        "impact_on_residents": offer.impact_on_residents,
        "conditions": offer.conditions,
    }


def price_out(pricing: Mapping[str, Any]) -> dict[str, Any]:
    """A price as stored or computed (`Pricing.to_json`), as `OfferPrice`."""
    later = pricing.get("later")
    return {
        "lines": [
            {name: line[name] for name in ("code", "label", "base", "rate", "amount")} for line in pricing["lines"]
        ],
        "weekly_core_net": pricing["weekly_core_net"],
        "weekly_extras": pricing["weekly_extras"],
        "weekly_total": pricing["weekly_total"],
        "later_weekly_total": later["weekly_total"] if later else None,
    }
