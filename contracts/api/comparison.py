"""The comparison of a referral's offers: exactly what the compare page shows, as data."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers as s

from brokerage.core.api.inputs import MoneyField, Query, Shape
from brokerage.core.api.operations import Call, operation
from brokerage.core.clock import database_now, database_today
from brokerage.core.money import pence
from brokerage.core.vocabulary import Rating, RegistrationStatus, Regulator
from contracts.queries.awards import live_award
from contracts.queries.comparison import OfferColumn, columns_of, compared_referral
from placements.api.offer_shapes import OfferPrice, price_out
from placements.models import Decline
from placements.queries.comparison import BANDS, METHODS, ComparedOffer, compare_offers
from placements.states import AWARD, OFFER, REFERRAL


class GateOut(Shape):
    """A value limit that the call-off reaches, and the week in which it does."""

    name = s.ChoiceField(choices=["procurement_threshold", "key_decision_limit"])
    limit = MoneyField()
    week = s.IntegerField(allow_null=True)


class StatementOut(Shape):
    """How the offer meets one need, or manages one risk; an empty text is an unanswered need."""

    label = s.CharField()
    text = s.CharField(allow_blank=True)
    is_risk = s.BooleanField()


class ComparedOfferOut(Shape):
    """One standing offer, as a column of the comparison. Money in pounds a week unless said otherwise."""

    offer_id = s.UUIDField()
    revision = s.IntegerField(help_text="Send it with the award: a later revision is then refused.")
    status = s.ChoiceField(choices=OFFER.choices)
    provider_id = s.UUIDField()
    provider_name = s.CharField()
    establishment_id = s.UUIDField()
    establishment_name = s.CharField()
    household = s.CharField(allow_null=True, help_text="A carer household's code.")
    vehicle = s.CharField(help_text="The vehicle's code.")
    vehicle_name = s.CharField()
    lot = s.CharField(help_text="The lot's code.")
    lot_name = s.CharField()
    rank = s.IntegerField(allow_null=True, help_text="Place in the ranking, from 1; equal scores share one.")
    score = s.CharField(allow_null=True)
    explanation = s.CharField(allow_blank=True, help_text="The working of the score, in words.")
    weekly_total = MoneyField()
    price = OfferPrice()
    ceiling = MoneyField()
    saving = MoneyField(help_text="Core price under the ceiling.")
    saving_percent = s.CharField()
    estimated_value = MoneyField(
        max_digits=12, allow_null=True, help_text="Over the expected stay; nothing where its length is unknown."
    )
    expected_weeks = s.IntegerField(allow_null=True)
    gates = GateOut(many=True)
    belongs_to_hub = s.BooleanField(help_text="At this price the regional adult hub places, not the authority alone.")
    miles = s.DecimalField(max_digits=6, decimal_places=1, allow_null=True)
    area = s.ChoiceField(choices=list(BANDS))
    rating = s.ChoiceField(choices=Rating.choices)
    inspected_on = s.DateField(allow_null=True)
    regulator = s.ChoiceField(choices=Regulator.choices)
    urn = s.CharField()
    registration_status = s.ChoiceField(choices=RegistrationStatus.choices)
    quality_score = s.DecimalField(max_digits=5, decimal_places=2, allow_null=True, help_text="Of 100, at admission.")
    vacancies = s.IntegerField(allow_null=True, help_text="Free places now; nothing where no counter is kept.")
    living_there = s.IntegerField(help_text="People of this authority living there now.")
    statements = StatementOut(many=True)
    who_lives_there = s.CharField(allow_blank=True)
    staffing = s.CharField(allow_blank=True)
    impact_on_residents = s.CharField(allow_blank=True)
    conditions = s.CharField(allow_blank=True)
    starts_on = s.DateField(allow_null=True)
    held_until = s.DateTimeField(allow_null=True)
    submitted_at = s.DateTimeField()
    has_full_papers = s.BooleanField(help_text="Whether the full papers are open to this provider.")
    problems = s.ListField(child=s.CharField(), help_text="Why it cannot be chosen, in words.")
    open_alerts = s.ListField(
        child=s.CharField(),
        help_text="References of live safeguarding alerts about it, for clients with `alerts:read`: read them first.",
    )
    may_choose = s.BooleanField(help_text="Whether this client may award it now.")


class OtherOfferOut(Shape):
    """An offer that no longer stands."""

    offer_id = s.UUIDField()
    status = s.ChoiceField(choices=OFFER.choices)
    provider_id = s.UUIDField()
    provider_name = s.CharField()
    establishment_name = s.CharField()
    household = s.CharField(allow_null=True)
    weekly_total = MoneyField(allow_null=True)
    outcome_reason = s.CharField(allow_blank=True)


class DeclineOut(Shape):
    """A home that said no: the record of need that the market did not meet."""

    provider_id = s.UUIDField()
    provider_name = s.CharField()
    establishment_name = s.CharField()
    reason = s.CharField()
    reason_text = s.CharField()
    note = s.CharField(allow_blank=True)
    declined_at = s.DateTimeField()


class ComparedAwardOut(Shape):
    """The award that the referral has now."""

    id = s.UUIDField()
    status = s.ChoiceField(choices=AWARD.choices)


class WeightsOut(Shape):
    """The weights of the method `quality_price`, together 100."""

    price = s.CharField()
    quality = s.CharField()


_OFFER: dict[str, Any] = {
    "offer_id": "0d1b5d0e-92a5-4c7a-8b8e-6d9f3f3b2a11",
    "revision": 1,
    "status": "submitted",
    "provider_id": "5a7c1f5e-0c66-4b43-9d0c-2b6a5a1f9e10",
    "provider_name": "Birch Care Ltd",
    "establishment_id": "b7c0a2b4-7d5d-4c39-8a55-4ac2cbb1f7e2",
    "establishment_name": "Birch House",
    "household": None,
    "vehicle": "WL-RES",
    "vehicle_name": "Children's residential DPV",
    "lot": "STD",
    "lot_name": "Standard",
    "rank": 1,
    "score": "3610.00",
    "explanation": "£3,610.00 a week",
    "weekly_total": "3610.00",
    "price": OfferPrice.example,
    "ceiling": "4000.00",
    "saving": "200.00",
    "saving_percent": "5.00",
    "estimated_value": "187720.00",
    "expected_weeks": 52,
    "gates": [{"name": "key_decision_limit", "limit": "500000.00", "week": 139}],
    "belongs_to_hub": False,
    "miles": "4.2",
    "area": "in_area",
    "rating": "good",
    "inspected_on": "2026-03-17",
    "regulator": "ofsted",
    "urn": "SC990001",
    "registration_status": "active",
    "quality_score": "72.50",
    "vacancies": 2,
    "living_there": 0,
    "statements": [{"label": "Self-harm", "text": "Trained staff and a written plan.", "is_risk": True}],
    "who_lives_there": "Two boys aged 13 and 15.",
    "staffing": "Two by day, one waking at night.",
    "impact_on_residents": "Low: they share interests.",
    "conditions": "",
    "starts_on": "2026-11-30",
    "held_until": "2026-12-07T17:00:00Z",
    "submitted_at": "2026-11-21T14:05:00Z",
    "has_full_papers": False,
    "problems": [],
    "open_alerts": [],
    "may_choose": True,
}


class ComparisonOut(Shape):
    """Every offer that stands (best first) and the others, who declined and why, who has not answered."""

    referral = s.CharField()
    status = s.ChoiceField(choices=REFERRAL.choices)
    closes_at = s.DateTimeField(allow_null=True)
    is_open = s.BooleanField(help_text="Whether offers may still arrive.")
    is_sealed = s.BooleanField(help_text="Whether nobody sees an offer before the closing time, which is still ahead.")
    award = ComparedAwardOut(allow_null=True)
    method = s.ChoiceField(choices=list(METHODS))
    own_method = s.ChoiceField(choices=list(METHODS), help_text="The vehicles' own.")
    methods = s.ListField(child=s.ChoiceField(choices=list(METHODS)), help_text="Those that may be asked for.")
    weights = WeightsOut()
    offers = ComparedOfferOut(many=True)
    other_offers = OtherOfferOut(many=True)
    declines = DeclineOut(many=True)
    waiting_count = s.IntegerField(help_text="Homes invited that have not answered.")
    example = {
        "referral": "R-7K3M-9QX2",
        "status": "published",
        "closes_at": "2026-11-22T17:00:00Z",
        "is_open": False,
        "is_sealed": False,
        "award": None,
        "method": "price",
        "own_method": "price",
        "methods": ["price"],
        "weights": {"price": "80", "quality": "20"},
        "offers": [_OFFER],
        "other_offers": [
            {
                "offer_id": "9f0d7a52-7f63-4b62-9c43-e3f3a8c6f001",
                "status": "withdrawn",
                "provider_id": "c1e1b7ce-30f5-4d15-9a6c-9f0f4ad1f9aa",
                "provider_name": "Cedar Care Ltd",
                "establishment_name": "Cedar House",
                "household": None,
                "weekly_total": "3900.00",
                "outcome_reason": "",
            }
        ],
        "declines": [
            {
                "provider_id": "5a7c1f5e-0c66-4b43-9d0c-2b6a5a1f9e10",
                "provider_name": "Birch Care Ltd",
                "establishment_name": "Birch Lodge",
                "reason": "no_vacancy",
                "reason_text": "No vacancy",
                "note": "",
                "declined_at": "2026-11-21T09:30:00Z",
            }
        ],
        "waiting_count": 1,
    }


class ComparisonQuery(Query):
    """How to rank."""

    method = s.ChoiceField(
        choices=list(METHODS), required=False, help_text="The vehicles' own method where none is asked for."
    )
    example = {"method": "price"}


@operation(scope="offers:read", query=ComparisonQuery, answer=ComparisonOut)
def compare_referral(call: Call, reference: str) -> dict[str, Any]:
    """Compare a referral's offers.

    What the compare page shows: every offer that stands, best first by `method`, with its price line by line, its
    saving against the ceiling, its answers to each need and what keeps it from being chosen. The ranking is advice; a
    method that cannot be used gives the vehicles' own. Of a sealed call-off no offer is shown before it opens.
    """
    actor = call.actor
    actor.require("offer.view")
    referral = compared_referral(reference)
    comparison = compare_offers(referral, on=database_today(), method=call.query.get("method", ""))
    award = live_award(referral.pk)
    may_award = actor.may("award.make") and referral.status == "published"
    is_open = referral.is_open_for_offers(database_now())
    return {
        "referral": referral.reference,
        "status": referral.status,
        "closes_at": referral.closes_at,
        "is_open": is_open,
        "is_sealed": referral.is_sealed and is_open,
        "award": {"id": award.pk, "status": award.status} if award else None,
        "method": comparison.method,
        "own_method": comparison.own_method,
        "methods": comparison.methods,
        "weights": {"price": comparison.weights[0], "quality": comparison.weights[1]},
        "offers": [offer_out(each) for each in columns_of(actor, comparison.standing, may_award=may_award)],
        "other_offers": [_other_out(each) for each in comparison.others],
        "declines": [_decline_out(each) for each in comparison.declines],
        "waiting_count": comparison.waiting,
    }


def offer_out(column: OfferColumn) -> dict[str, Any]:
    """One column as data."""
    it, offer, home = column.it, column.it.offer, column.it.offer.establishment
    return {
        "offer_id": offer.pk,
        "revision": offer.revision,
        "status": offer.status,
        "provider_id": offer.provider_id,
        "provider_name": offer.provider.organisation.name,
        "establishment_id": offer.establishment_id,
        "establishment_name": home.name,
        "household": offer.household.code if offer.household else None,
        "vehicle": offer.vehicle.code,
        "vehicle_name": offer.vehicle.name,
        "lot": offer.lot.code,
        "lot_name": offer.lot.name,
        "rank": it.ranked.place if it.ranked else None,
        "score": it.ranked.score if it.ranked else None,
        "explanation": str(it.ranked.explanation) if it.ranked else "",
        "weekly_total": offer.weekly_total,
        "price": price_out(it.pricing.to_json()),
        "ceiling": offer.ceiling,
        "saving": pence(it.saving),
        "saving_percent": it.saving_percent,
        "estimated_value": None if it.total is None else pence(it.total),
        "expected_weeks": it.expected_weeks,
        "gates": [{"name": gate.name, "limit": pence(gate.limit), "week": gate.week} for gate in column.gates],
        "belongs_to_hub": column.belongs_to_hub,
        "miles": offer.miles,
        "area": it.band,
        "rating": home.rating,
        "inspected_on": home.inspected_on,
        "regulator": home.regulator,
        "urn": home.urn,
        "registration_status": home.registration_status,
        "quality_score": offer.admission.quality_score,
        "vacancies": it.vacancies,
        "living_there": it.living_there,
        "statements": [{"label": each.label, "text": each.text, "is_risk": each.is_risk} for each in it.statements],
        "who_lives_there": offer.who_lives_there,
        "staffing": offer.staffing,
        "impact_on_residents": offer.impact_on_residents,
        "conditions": offer.conditions,
        "starts_on": offer.starts_on,
        "held_until": offer.held_until,
        "submitted_at": offer.submitted_at,
        "has_full_papers": it.has_full_papers,
        "problems": [str(problem) for problem in it.problems],
        "open_alerts": [line.reference for line in column.warnings if line.reference],
        "may_choose": column.may_choose,
    }


def _other_out(each: ComparedOffer) -> dict[str, Any]:
    offer = each.offer
    return {
        "offer_id": offer.pk,
        "status": offer.status,
        "provider_id": offer.provider_id,
        "provider_name": offer.provider.organisation.name,
        "establishment_name": offer.establishment.name,
        "household": offer.household.code if offer.household else None,
        "weekly_total": offer.weekly_total,
        "outcome_reason": offer.outcome_reason,
    }


def _decline_out(decline: Decline) -> dict[str, Any]:
    return {
        "provider_id": decline.provider_id,
        "provider_name": decline.provider.organisation.name,
        "establishment_name": decline.establishment.name,
        "reason": decline.reason,
        "reason_text": decline.get_reason_display(),
        "note": decline.note,
        "declined_at": decline.declined_at,
    }
