"""Shapes of awards in the API, and an award as data."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, MoneyField, Query, Shape
from brokerage.core.tenants.actors import Actor
from brokerage.core.texts import LONGEST_REASON
from contracts.queries.awards import may_decide, waits_for
from placements.models import Approval, Award
from placements.queries.comparison import BANDS, METHODS
from placements.states import AWARD


class AwardRow(Shape):
    """An award as lists show it."""

    id = s.UUIDField()
    referral = s.CharField()
    offer_id = s.UUIDField()
    status = s.ChoiceField(choices=AWARD.choices)
    provider_id = s.UUIDField()
    provider_name = s.CharField()
    establishment_id = s.UUIDField()
    establishment_name = s.CharField()
    household = s.CharField(allow_null=True, help_text="A carer household's code.")
    weekly_total = MoneyField()
    approvals_needed = s.ListField(
        child=s.ChoiceField(choices=Approval.Kind.choices), help_text="Approvals needed, given or outstanding."
    )
    made_by_name = s.CharField()
    made_at = s.DateTimeField()
    confirmed_at = s.DateTimeField(allow_null=True)
    ended_at = s.DateTimeField(allow_null=True, help_text="Refused, taken back or fallen through.")
    example = {
        "id": "3c0d3f4e-77a1-4a51-9d7a-0c5be1c7a9f1",
        "referral": "R-7K3M-9QX2",
        "offer_id": "0d1b5d0e-92a5-4c7a-8b8e-6d9f3f3b2a11",
        "status": "awaiting_approval",
        "provider_id": "5a7c1f5e-0c66-4b43-9d0c-2b6a5a1f9e10",
        "provider_name": "Birch Care Ltd",
        "establishment_id": "b7c0a2b4-7d5d-4c39-8a55-4ac2cbb1f7e2",
        "establishment_name": "Birch House",
        "household": None,
        "weekly_total": "3610.00",
        "approvals_needed": ["money"],
        "made_by_name": "Case system (API client of Adam Admin)",
        "made_at": "2026-11-22T10:15:00Z",
        "confirmed_at": None,
        "ended_at": None,
    }


class WaitingRow(AwardRow):
    """An award that waits for a decision this client may make."""

    may_decide = s.ListField(child=s.ChoiceField(choices=Approval.Kind.choices))
    example = {**AwardRow.example, "may_decide": ["money"]}


class ApprovalOut(Shape):
    """One approver's decision."""

    kind = s.ChoiceField(choices=Approval.Kind.choices)
    is_approved = s.BooleanField()
    reason = s.CharField(allow_blank=True)
    decided_by_name = s.CharField()
    decided_at = s.DateTimeField()


class RankedOut(Shape):
    """A line of the ranking as it was shown when the choice was made."""

    offer_id = s.UUIDField()
    method = s.ChoiceField(choices=list(METHODS))
    rank = s.IntegerField(allow_null=True)
    score = s.CharField(allow_null=True)
    weekly_total = MoneyField()
    explanation = s.CharField(allow_blank=True)


class LoserOut(Shape):
    """What the provider of another offer is told."""

    offer_id = s.UUIDField()
    reason = s.CharField()


class AwardOut(AwardRow):
    """One award: what was chosen and why, its approvals, and what may be done about it."""

    reason_code = s.ChoiceField(choices=Award.Reason.choices)
    reason = s.CharField()
    preferences = s.CharField(allow_blank=True)
    language = s.ChoiceField(choices=Award.Language.choices, help_text="Of the agreement.")
    is_cheapest = s.BooleanField()
    estimated_value = MoneyField(max_digits=12, allow_null=True, help_text="Over the expected stay.")
    gates_reached = s.ListField(
        child=s.ChoiceField(choices=["procurement_threshold", "key_decision_limit"]), help_text="Value limits reached."
    )
    area = s.ChoiceField(choices=list(BANDS))
    ranking = RankedOut(many=True)
    losers = LoserOut(many=True)
    approvals = ApprovalOut(many=True)
    approvals_outstanding = s.ListField(child=s.ChoiceField(choices=Approval.Kind.choices))
    may_decide = s.ListField(
        child=s.ChoiceField(choices=Approval.Kind.choices), help_text="Approvals this client may give or refuse now."
    )
    may_take_back = s.BooleanField()
    may_fall_through = s.BooleanField()
    end_reason = s.CharField(allow_blank=True)
    agreement = s.CharField(allow_null=True, help_text="Reference of the agreement, the newest if there were several.")
    placement = s.CharField(allow_null=True, help_text="Reference of the planned placement.")
    example = {
        **AwardRow.example,
        "reason_code": "best_match",
        "reason": "It answers every need and is near his school.",
        "preferences": "He liked the garden.",
        "language": "en",
        "is_cheapest": True,
        "estimated_value": "187720.00",
        "gates_reached": [],
        "area": "in_area",
        "ranking": [
            {
                "offer_id": "0d1b5d0e-92a5-4c7a-8b8e-6d9f3f3b2a11",
                "method": "price",
                "rank": 1,
                "score": "3610.00",
                "weekly_total": "3610.00",
                "explanation": "£3,610.00 a week",
            }
        ],
        "losers": [
            {"offer_id": "9f0d7a52-7f63-4b62-9c43-e3f3a8c6f001", "reason": "Another home matched the needs better."}
        ],
        "approvals": [],
        "approvals_outstanding": ["money"],
        "may_decide": [],
        "may_take_back": True,
        "may_fall_through": False,
        "end_reason": "",
        "agreement": None,
        "placement": None,
    }


class AwardQuery(Query):
    """Which awards."""

    status = s.ChoiceField(choices=AWARD.choices, required=False)
    referral = s.CharField(required=False, max_length=20, help_text="A referral's reference.")
    example = {"status": "awaiting_approval"}


class LoserIn(Input):
    """Why another standing offer was not chosen. Its provider reads it."""

    offer_id = s.UUIDField()
    reason = s.CharField(max_length=LONGEST_REASON)


class NewAward(Input):
    """The choice of one offer, with a reason for it and for every other standing offer."""

    offer_id = s.UUIDField()
    revision = s.IntegerField(
        required=False, min_value=0, max_value=10**6, help_text="The offer's revision that was compared."
    )
    reason_code = s.ChoiceField(choices=Award.Reason.choices)
    reason = s.CharField(max_length=LONGEST_REASON, help_text="Why it meets the need. No provider reads it.")
    losers = LoserIn(many=True, required=False, max_length=500)
    preferences = s.CharField(
        required=False,
        allow_blank=True,
        max_length=3 * LONGEST_REASON,
        help_text="What the child or adult, the family and the social worker prefer.",
    )
    before_closing = s.BooleanField(
        required=False, help_text="Say that offers which may still arrive will not be considered."
    )
    method = s.ChoiceField(
        choices=list(METHODS), required=False, help_text="The ranking looked at; kept with the award."
    )
    language = s.ChoiceField(
        choices=Award.Language.choices, required=False, help_text="Of the agreement: English unless given."
    )
    example = {
        "offer_id": "0d1b5d0e-92a5-4c7a-8b8e-6d9f3f3b2a11",
        "revision": 1,
        "reason_code": "best_match",
        "reason": "It answers every need and is near his school.",
        "losers": [
            {"offer_id": "9f0d7a52-7f63-4b62-9c43-e3f3a8c6f001", "reason": "Another home matched the needs better."}
        ],
        "preferences": "He liked the garden.",
    }


class Decision(Input):
    """One kind of approval, and why."""

    kind = s.ChoiceField(choices=Approval.Kind.choices)
    reason = s.CharField(required=False, allow_blank=True, max_length=LONGEST_REASON, help_text="Needed to refuse.")
    example = {"kind": "money", "reason": "Within this year's budget."}


class TakeBack(Input):
    """Why the officer thinks again."""

    reason = s.CharField(max_length=LONGEST_REASON)
    example = {"reason": "The home changed its start date."}


class FallThrough(Input):
    """Why a confirmed award comes to nothing."""

    reason = s.CharField(max_length=LONGEST_REASON)
    because_of_provider = s.BooleanField(help_text="Its offer then counts as withdrawn; otherwise it stands again.")
    example = {"reason": "The home had an outbreak of flu.", "because_of_provider": True}


#: The same row by columns, for one query.
AWARD_COLUMNS = {
    "id": "id",
    "referral": "referral__reference",
    "offer_id": "offer_id",
    "status": "status",
    "provider_id": "provider_id",
    "provider_name": "provider__organisation__name",
    "establishment_id": "offer__establishment_id",
    "establishment_name": "offer__establishment__name",
    "household": "offer__household__code",
    "weekly_total": "weekly_total",
    "approvals_needed": "needs",
    "made_by_name": "made_by_name",
    "made_at": "made_at",
    "confirmed_at": "confirmed_at",
    "ended_at": "ended_at",
}


def award_out(actor: Actor, award: Award) -> dict[str, Any]:
    """One award as data, for whoever asks; `award` comes from `award_of`."""
    newest = max(award.agreements.all(), key=lambda each: each.created_at, default=None)
    placement = getattr(award, "placement", None)
    return {
        **award_row(award),
        "reason_code": award.reason_code,
        "reason": award.reason,
        "preferences": award.preferences,
        "language": award.language,
        "is_cheapest": award.is_cheapest,
        "estimated_value": award.estimated_value,
        "gates_reached": award.gates,
        "area": award.placing_band,
        "ranking": [
            {
                "offer_id": line["offer"],
                "method": line["method"],
                "rank": line["place"],
                "score": line["score"],
                "weekly_total": line["weekly_total"],
                "explanation": line["explanation"],
            }
            for line in award.ranking
        ],
        "losers": [{"offer_id": offer, "reason": reason} for offer, reason in award.losers.items()],
        "approvals": [
            {
                "kind": each.kind,
                "is_approved": each.is_approved,
                "reason": each.reason,
                "decided_by_name": each.by_name,
                "decided_at": each.at,
            }
            for each in award.approvals.all()
        ],
        "approvals_outstanding": waits_for(award),
        "may_decide": may_decide(actor, award),
        "may_take_back": award.status == "awaiting_approval" and actor.may("award.make"),
        "may_fall_through": award.status == "confirmed" and actor.may("award.fall_through"),
        "end_reason": award.end_reason,
        "agreement": newest.reference if newest else None,
        "placement": placement.reference if placement else None,
    }


def award_row(award: Award) -> dict[str, Any]:
    """An award as lists show it."""
    offer = award.offer
    return {
        "id": award.pk,
        "referral": award.referral.reference,
        "offer_id": award.offer_id,
        "status": award.status,
        "provider_id": award.provider_id,
        "provider_name": award.provider.organisation.name,
        "establishment_id": offer.establishment_id,
        "establishment_name": offer.establishment.name,
        "household": offer.household.code if offer.household else None,
        "weekly_total": award.weekly_total,
        "approvals_needed": award.needs,
        "made_by_name": award.made_by_name,
        "made_at": award.made_at,
        "confirmed_at": award.confirmed_at,
        "ended_at": award.ended_at,
    }
