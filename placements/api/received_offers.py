"""The offers that an authority has received for a referral. Comparing and accepting them is in `contracts.api`."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers as s

from brokerage.core.api.inputs import MoneyField, Query, Shape
from brokerage.core.api.operations import Call, Page, operation
from placements.api.offer_shapes import OfferAnswersOut, answers_out
from placements.queries.received import received_offer, received_offers
from placements.states import OFFER

#: An authority never sees a draft.
STATES = [(state, label) for state, label in OFFER.choices if state != OFFER.initial]


class ReceivedOfferRow(Shape):
    """An offer that you have received."""

    id = s.UUIDField()
    provider_id = s.UUIDField()
    provider_name = s.CharField(help_text="The provider’s name.")
    establishment_id = s.UUIDField()
    establishment_name = s.CharField()
    household = s.CharField(allow_null=True, help_text="Its code.")
    vehicle = s.CharField(help_text="The vehicle’s code.")
    lot = s.CharField(help_text="The lot’s code.")
    status = s.ChoiceField(choices=STATES)
    revision = s.IntegerField(help_text="Counts each change after submitting.")
    ceiling = MoneyField(help_text="Pounds a week: what the price was checked against.")
    weekly_core = MoneyField(allow_null=True)
    weekly_total = MoneyField(allow_null=True)
    miles = s.DecimalField(max_digits=6, decimal_places=1, allow_null=True)
    starts_on = s.DateField(allow_null=True)
    held_until = s.DateTimeField(allow_null=True)
    submitted_at = s.DateTimeField()
    stage = s.IntegerField(help_text="2: full papers are open to this provider.")
    example: ClassVar[dict[str, Any]] = {
        "id": "1d2c3b4a-5e6f-4708-9a1b-2c3d4e5f6071",
        "provider_id": "77c0ffee-1234-4abc-8def-001122334455",
        "provider_name": "Birch Care Ltd",
        "establishment_id": "0c7a6e1b-8f0a-4b55-8a0d-4f6f0f1e2d33",
        "establishment_name": "Birch House",
        "household": None,
        "vehicle": "WL-RES",
        "lot": "STD",
        "status": "submitted",
        "revision": 1,
        "ceiling": "4000.00",
        "weekly_core": "3800.00",
        "weekly_total": "4050.00",
        "miles": "4.2",
        "starts_on": "2026-12-01",
        "held_until": "2026-12-08T17:00:00Z",
        "submitted_at": "2026-11-24T10:44:51Z",
        "stage": 1,
    }


class ReceivedOfferQuery(Query):
    """Which offers to list."""

    status = s.ChoiceField(choices=STATES, required=False)


class ReceivedOffer(OfferAnswersOut):
    """An offer that you have received, with all it says."""

    id = s.UUIDField()
    referral = s.CharField(help_text="The referral’s reference.")
    provider_id = s.UUIDField()
    provider_name = s.CharField()
    establishment_id = s.UUIDField()
    establishment_name = s.CharField()
    vehicle = s.CharField(help_text="The vehicle’s code.")
    lot = s.CharField(help_text="The lot’s code.")
    status = s.ChoiceField(choices=STATES)
    revision = s.IntegerField()
    ceiling = MoneyField()
    miles = s.DecimalField(max_digits=6, decimal_places=1, allow_null=True)
    submitted_at = s.DateTimeField()
    submitted_by_name = s.CharField(allow_blank=True)
    withdrawn_at = s.DateTimeField(allow_null=True)
    outcome_reason = s.CharField(allow_blank=True)
    stage = s.IntegerField(help_text="2: full papers are open to this provider.")
    example: ClassVar[dict[str, Any]] = {
        **OfferAnswersOut.example,
        **{
            name: value for name, value in ReceivedOfferRow.example.items() if name not in ("weekly_total", "household")
        },
        "referral": "R-7K3M-9QX2",
        "submitted_by_name": "Bids (API client of Bob Birch)",
        "withdrawn_at": None,
        "outcome_reason": "",
    }


@operation(scope="offers:read", query=ReceivedOfferQuery, answer=ReceivedOfferRow, paged=True)
def list_received_offers(call: Call, reference: str) -> Page:
    """List the offers received for a referral, in the order in which they came.

    Offers of a sealed call-off are there once its closing time has passed. Those that no longer stand are listed too.
    """
    call.actor.require("offer.view")
    rows = received_offers(reference)
    if call.query.get("status"):
        rows = rows.filter(status=call.query["status"])
    return call.page(
        rows,
        by=("submitted_at", "id"),
        fields={
            "id": "id",
            "provider_id": "provider_id",
            "provider_name": "provider__organisation__name",
            "establishment_id": "establishment_id",
            "establishment_name": "establishment__name",
            "household": "household__code",
            "vehicle": "vehicle__code",
            "lot": "lot__code",
            "status": "status",
            "revision": "revision",
            "ceiling": "ceiling",
            "weekly_core": "weekly_core",
            "weekly_total": "weekly_total",
            "miles": "miles",
            "starts_on": "starts_on",
            "held_until": "held_until",
            "submitted_at": "submitted_at",
            "stage": "release__stage",
        },
    )


@operation(scope="offers:read", answer=ReceivedOffer)
def get_received_offer(call: Call, reference: str, offer: UUID) -> dict[str, Any]:
    """Read one offer received: price by line, how each need would be met, who lives there, until when it is held."""
    call.actor.require("offer.view")
    found = received_offer(reference, offer)
    return {
        **answers_out(found),
        "id": found.pk,
        "referral": found.release.reference,
        "provider_id": found.provider_id,
        "provider_name": found.provider.organisation.name,
        "establishment_id": found.establishment_id,
        "establishment_name": found.establishment.name,
        "vehicle": found.vehicle.code,
        "lot": found.lot.code,
        "status": found.status,
        "revision": found.revision,
        "ceiling": found.ceiling,
        "miles": found.miles,
        "submitted_at": found.submitted_at,
        "submitted_by_name": found.submitted_by_name,
        "withdrawn_at": found.withdrawn_at,
        "outcome_reason": found.outcome_reason,
        "stage": found.release.stage,
    }
