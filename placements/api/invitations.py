"""A provider's own invitations: one for each of its homes that a referral was sent to. Declining, and taking that back.

A place says what the page of a referral says of one home: its ceiling, distance and households, what stands in its
way, and the provider's own answer.
"""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, MoneyField, Query, Shape
from brokerage.core.api.operations import Call, Created, Page, operation
from brokerage.core.clock import database_now
from brokerage.core.money import pence
from brokerage.core.vocabulary import Category, DeclineReason
from placements.actions.declines import LONGEST_NOTE, decline_invitation, take_back_decline
from placements.api.provider_shapes import NOT_OPEN, STATES
from placements.models import Decline, Invitation, Release
from placements.queries.inbox import OwnPlace, opportunity_of
from placements.queries.opportunities import in_state, with_state

REASONS = DeclineReason.choices


class InvitationRow(Shape):
    """One of your homes that a referral was sent to."""

    id = s.UUIDField()
    referral = s.CharField(help_text="The referral’s reference.")
    authority_name = s.CharField(help_text="The name of the council that asks.")
    category = s.ChoiceField(choices=Category.choices)
    establishment_id = s.UUIDField()
    establishment_name = s.CharField(help_text="Its name.")
    vehicle = s.CharField(help_text="The vehicle’s code.")
    lot = s.CharField(help_text="The lot’s code.")
    status = s.ChoiceField(choices=STATES, help_text="Your offer’s state, or the invitation’s where there is none.")
    miles = s.DecimalField(max_digits=6, decimal_places=1, allow_null=True)
    invited_at = s.DateTimeField()
    answered_at = s.DateTimeField(allow_null=True)
    closes_at = s.DateTimeField()
    example: ClassVar[dict[str, Any]] = {
        "id": "5b8a3f0e-3c6f-4c0a-9a53-1d1b7f6f2b11",
        "referral": "R-7K3M-9QX2",
        "authority_name": "London Borough of Harrow",
        "category": "residential",
        "establishment_id": "0c7a6e1b-8f0a-4b55-8a0d-4f6f0f1e2d33",
        "establishment_name": "Birch House",
        "vehicle": "WL-RES",
        "lot": "STD",
        "status": "open",
        "miles": "4.2",
        "invited_at": "2026-11-24T09:12:44Z",
        "answered_at": None,
        "closes_at": "2026-11-27T17:00:00Z",
    }


class InvitationQuery(Query):
    """Which invitations to list."""

    status = s.ChoiceField(choices=STATES, required=False)
    referral = s.CharField(max_length=24, required=False, help_text="Those of the referral with this reference.")
    establishment_id = s.UUIDField(required=False, help_text="Those of one of your homes.")


class PlaceHousehold(Shape):
    """A household of yours that matched."""

    id = s.UUIDField()
    code = s.CharField()
    miles = s.DecimalField(max_digits=6, decimal_places=1, allow_null=True)


class PlaceOffer(Shape):
    """Your last offer of the home."""

    id = s.UUIDField()
    status = s.CharField()
    weekly_total = MoneyField(allow_null=True)


class PlaceDecline(Shape):
    """Why you declined."""

    reason = s.ChoiceField(choices=REASONS)
    note = s.CharField(allow_blank=True)
    declined_at = s.DateTimeField()
    example = {"reason": "staffing", "note": "", "declined_at": "2026-11-24T11:40:02Z"}


class PlaceOut(Shape):
    """One of your homes on a referral."""

    id = s.UUIDField(help_text="The invitation.")
    establishment_id = s.UUIDField()
    establishment_name = s.CharField()
    vehicle = s.CharField(help_text="The vehicle’s code.")
    vehicle_name = s.CharField()
    lot = s.CharField(help_text="The lot’s code.")
    lot_name = s.CharField()
    status = s.ChoiceField(choices=STATES, help_text="Your offer’s state, or the invitation’s where there is none.")
    ceiling = MoneyField(allow_null=True, help_text="Pounds a week in force today for this age.")
    miles = s.DecimalField(max_digits=6, decimal_places=1, allow_null=True)
    households = PlaceHousehold(many=True, help_text="Fostering: an offer names one of them.")
    problem = s.CharField(allow_null=True, help_text="Code of what keeps this home from being offered today.")
    problem_text = s.CharField(allow_blank=True)
    offer = PlaceOffer(allow_null=True)
    decline = PlaceDecline(allow_null=True)
    invited_at = s.DateTimeField()
    answered_at = s.DateTimeField(allow_null=True)
    example: ClassVar[dict[str, Any]] = {
        "id": "5b8a3f0e-3c6f-4c0a-9a53-1d1b7f6f2b11",
        "establishment_id": "0c7a6e1b-8f0a-4b55-8a0d-4f6f0f1e2d33",
        "establishment_name": "Birch House",
        "vehicle": "WL-RES",
        "vehicle_name": "West London residential",
        "lot": "STD",
        "lot_name": "Standard",
        "status": "open",
        "ceiling": "4000.00",
        "miles": "4.2",
        "households": [],
        "problem": None,
        "problem_text": "",
        "offer": None,
        "decline": None,
        "invited_at": "2026-11-24T09:12:44Z",
        "answered_at": None,
    }


class NewDecline(Input):
    """Why you do not offer this home: the record of need that the market did not meet."""

    reason = s.ChoiceField(choices=REASONS)
    note = s.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=LONGEST_NOTE,
        help_text="Needed with `other`. What would have made it possible? Name nobody.",
    )
    example = {"reason": "staffing", "note": ""}


@operation(scope="opportunities:read", query=InvitationQuery, answer=InvitationRow, paged=True)
def list_invitations(call: Call) -> Page:
    """List your own invitations, the latest first, of every referral sent to you."""
    call.actor.require("inbox.view")
    columns = {"referral": "release__reference", "establishment_id": "establishment_id"}
    rows = Invitation.objects.filter(**{columns[name]: value for name, value in call.query.items() if name in columns})
    return call.page(
        in_state(rows, call.query["status"]) if "status" in call.query else with_state(rows),
        by=("-invited_at", "-id"),
        by_keys=True,
        fields={
            "id": "id",
            "referral": "release__reference",
            "authority_name": "release__authority_name",
            "category": "release__category",
            "establishment_id": "establishment_id",
            "establishment_name": "establishment__name",
            "vehicle": "vehicle__code",
            "lot": "lot__code",
            "status": "state",
            "miles": "miles",
            "invited_at": "invited_at",
            "answered_at": "answered_at",
            "closes_at": "release__closes_at",
        },
    )


@operation(scope="opportunities:read", answer=PlaceOut)
def get_invitation(call: Call, reference: str, invitation: UUID) -> dict[str, Any]:
    """Read one of your invitations: ceiling, distance, households, what stands in the way, and your answer."""
    call.actor.require("inbox.view")
    try:
        found = opportunity_of(reference, database_now())
    except Release.DoesNotExist as error:
        raise Http404 from error
    for place in found.places:
        if place.answer.invitation.pk == invitation:
            return place_out(place)
    raise Http404


@operation(
    scope="offers:write",
    body=NewDecline,
    answer=PlaceDecline,
    status=201,
    codes=(
        *NOT_OPEN,
        "offer_stands",
        "invitation_not_now",
        "reason_missing",
        "note_missing",
        "text_too_long",
        "discloses_person",
    ),
)
def decline_to_offer(call: Call, reference: str, invitation: UUID) -> Created:
    """Decline for one home, with a coded reason.

    Declining twice changes nothing; a draft is kept. An offer that stands is withdrawn first.
    """
    _require_of(reference, invitation)
    decline = decline_invitation(call.actor, invitation_id=invitation, **call.body)
    return Created(_decline(decline), f"/opportunities/{reference}/invitations/{invitation}")


@operation(scope="offers:write", codes=(*NOT_OPEN, "not_declined"))
def take_decline_back(call: Call, reference: str, invitation: UUID) -> None:
    """Take a decline back until the closing time. Doing it twice changes nothing."""
    _require_of(reference, invitation)
    take_back_decline(call.actor, invitation_id=invitation)


def _require_of(reference: str, invitation: UUID) -> None:
    if not Invitation.objects.filter(pk=invitation, release__reference=reference).exists():
        raise Http404


def place_out(place: OwnPlace) -> dict[str, Any]:
    """One home on a referral, as `PlaceOut` says."""
    invitation, offer = place.answer.invitation, place.answer.offer
    return {
        "id": invitation.pk,
        "establishment_id": invitation.establishment_id,
        "establishment_name": place.answer.establishment,
        "vehicle": invitation.vehicle.code,
        "vehicle_name": invitation.vehicle.name,
        "lot": invitation.lot.code,
        "lot_name": invitation.lot.name,
        "status": place.answer.state,
        "ceiling": place.ceiling and pence(place.ceiling.weekly),
        "miles": invitation.miles,
        "households": [
            {"id": each.household_id, "code": each.household.code, "miles": each.miles} for each in place.households
        ],
        "problem": place.problem_code or None,
        "problem_text": str(place.problem),
        "offer": offer and {"id": offer.pk, "status": offer.status, "weekly_total": offer.weekly_total},
        "decline": place.decline and _decline(place.decline),
        "invited_at": invitation.invited_at,
        "answered_at": invitation.answered_at,
    }


def _decline(decline: Decline) -> dict[str, Any]:
    return {"reason": decline.reason, "note": decline.note, "declined_at": decline.declined_at}
