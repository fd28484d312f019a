"""A provider's own offers: begin, fill, check, submit, revise, confirm again, withdraw.

The rules are those of the pages: `placements.actions.offers`. A price above its ceiling is refused and stored nowhere.
"""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from rest_framework import serializers as s

from brokerage.core.api.inputs import MoneyField, Query, Shape
from brokerage.core.api.operations import Call, Created, Page, operation
from brokerage.core.clock import database_now
from brokerage.core.errors import RuleBroken
from placements.actions.offers import (
    hold_offer,
    make_offer,
    reconfirm_offer,
    revise_offer,
    save_offer_draft,
    start_offer,
    submit_offer,
    withdraw_offer,
)
from placements.api.offer_shapes import (
    ANSWER_CODES,
    NewOfferIn,
    OfferAnswersIn,
    OfferAnswersOut,
    OfferPrice,
    answers_in,
    answers_out,
    price_out,
)
from placements.api.provider_shapes import NOT_ELIGIBLE, NOT_OPEN
from placements.models import Invitation, Offer
from placements.queries.offer_terms import edition_of, offer_under_way
from placements.queries.offers import is_over, own_offer, own_offers, standing_of
from placements.states import OFFER

_NOT_READABLE = ("release_closed", "invitation_withdrawn")
_SUBMITTING = ("offer_not_now", *NOT_OPEN, *NOT_ELIGIBLE, *ANSWER_CODES)


class OfferRow(Shape):
    """One of your offers."""

    id = s.UUIDField()
    referral = s.CharField(help_text="The referral’s reference.")
    authority_name = s.CharField(help_text="The name of the council that asks.")
    invitation_id = s.UUIDField()
    establishment_id = s.UUIDField()
    establishment_name = s.CharField()
    household = s.CharField(allow_null=True, help_text="Its code.")
    status = s.ChoiceField(choices=OFFER.choices)
    revision = s.IntegerField(help_text="Counts each change after submitting.")
    weekly_core = MoneyField(allow_null=True)
    weekly_total = MoneyField(allow_null=True)
    starts_on = s.DateField(allow_null=True)
    held_until = s.DateTimeField(allow_null=True)
    created_at = s.DateTimeField()
    submitted_at = s.DateTimeField(allow_null=True)
    example: ClassVar[dict[str, Any]] = {
        "id": "1d2c3b4a-5e6f-4708-9a1b-2c3d4e5f6071",
        "referral": "R-7K3M-9QX2",
        "authority_name": "London Borough of Harrow",
        "invitation_id": "5b8a3f0e-3c6f-4c0a-9a53-1d1b7f6f2b11",
        "establishment_id": "0c7a6e1b-8f0a-4b55-8a0d-4f6f0f1e2d33",
        "establishment_name": "Birch House",
        "household": None,
        "status": "submitted",
        "revision": 1,
        "weekly_core": "3800.00",
        "weekly_total": "4050.00",
        "starts_on": "2026-12-01",
        "held_until": "2026-12-08T17:00:00Z",
        "created_at": "2026-11-24T10:01:09Z",
        "submitted_at": "2026-11-24T10:44:51Z",
    }


class OfferQuery(Query):
    """Which offers to list."""

    status = s.ChoiceField(choices=OFFER.choices, required=False)
    referral = s.CharField(max_length=24, required=False, help_text="Those of the referral with this reference.")
    establishment_id = s.UUIDField(required=False, help_text="Those of one of your homes.")


class OfferOut(OfferAnswersOut):
    """One of your offers as it stands."""

    id = s.UUIDField()
    referral = s.CharField(help_text="The referral’s reference.")
    authority_name = s.CharField()
    invitation_id = s.UUIDField()
    establishment_id = s.UUIDField()
    establishment_name = s.CharField()
    status = s.ChoiceField(choices=OFFER.choices)
    revision = s.IntegerField()
    ceiling = MoneyField(help_text="Pounds a week: in force when the offer was last saved.")
    miles = s.DecimalField(max_digits=6, decimal_places=1, allow_null=True)
    created_at = s.DateTimeField()
    submitted_at = s.DateTimeField(allow_null=True)
    submitted_by_name = s.CharField(allow_blank=True)
    withdrawn_at = s.DateTimeField(allow_null=True)
    outcome_reason = s.CharField(allow_blank=True)
    example: ClassVar[dict[str, Any]] = {
        **OfferAnswersOut.example,
        **{name: value for name, value in OfferRow.example.items() if name not in ("weekly_total", "household")},
        "ceiling": "4000.00",
        "miles": "4.2",
        "submitted_by_name": "Bids (API client of Bob Birch)",
        "withdrawn_at": None,
        "outcome_reason": "",
    }


class Fault(Shape):
    """Something that stands in the way of submitting."""

    code = s.CharField()
    message = s.CharField()
    field = s.CharField(allow_null=True)


class MenuRateOut(Shape):
    """What you tendered for one additional service."""

    code = s.CharField()
    label = s.CharField()
    unit = s.CharField()
    rate = MoneyField()


class OfferCheck(Shape):
    """How the offer would fare if it were submitted now, under today's ceiling and rules."""

    is_open = s.BooleanField(help_text="Whether offers may be made now.")
    may_submit = s.BooleanField(help_text="Whether submitting, or confirming again, would be accepted now.")
    ceiling = MoneyField(allow_null=True, help_text="Pounds a week in force today.")
    faults = Fault(many=True)
    price = OfferPrice(allow_null=True)
    menu = MenuRateOut(many=True, help_text="Your menu on this vehicle.")
    example: ClassVar[dict[str, Any]] = {
        "is_open": True,
        "may_submit": False,
        "ceiling": "4000.00",
        "faults": [{"code": "staffing_missing", "message": "Say who would care for the person", "field": "staffing"}],
        "price": OfferPrice.example,
        "menu": [{"code": "one_to_one_hour", "label": "One-to-one support", "unit": "hour", "rate": "25.00"}],
    }


@operation(scope="opportunities:read", query=OfferQuery, answer=OfferRow, paged=True)
def list_offers(call: Call) -> Page:
    """List your own offers, the latest begun first."""
    call.actor.require("inbox.view", "offer.write")
    columns = {"status": "status", "referral": "release__reference", "establishment_id": "establishment_id"}
    wanted = {columns[name]: value for name, value in call.query.items() if name in columns}
    return call.page(
        own_offers().filter(**wanted),
        by=("-created_at", "-id"),
        by_keys=True,
        fields={
            "id": "id",
            "referral": "release__reference",
            "authority_name": "release__authority_name",
            "invitation_id": "invitation_id",
            "establishment_id": "establishment_id",
            "establishment_name": "establishment__name",
            "household": "household__code",
            "status": "status",
            "revision": "revision",
            "weekly_core": "weekly_core",
            "weekly_total": "weekly_total",
            "starts_on": "starts_on",
            "held_until": "held_until",
            "created_at": "created_at",
            "submitted_at": "submitted_at",
        },
    )


@operation(scope="opportunities:read", answer=OfferOut)
def get_offer(call: Call, offer: UUID) -> dict[str, Any]:
    """Read one of your offers.

    Once the referral has closed for you, what you said of the person's needs is left out.
    """
    call.actor.require("inbox.view", "offer.write")
    return _out(_own(offer))


@operation(scope="offers:write", answer=OfferCheck)
def check_offer(call: Call, offer: UUID) -> dict[str, Any]:
    """Check an offer before you submit it: everything that stands in its way, and its price as of now.

    Nothing is stored.
    """
    call.actor.require("offer.write")
    own = _own(offer)
    try:
        standing = standing_of(own, database_now())
    except RuleBroken as refusal:
        return {
            "is_open": False,
            "may_submit": False,
            "ceiling": None,
            "faults": [_fault(refusal)],
            "price": None,
            "menu": [],
        }
    faults = [_fault(broken) for broken in standing.broken]
    if standing.problem:
        faults.insert(0, {"code": standing.problem_code, "message": str(standing.problem), "field": None})
    is_in_time = not is_over(own.release) if own.status == "needs_reconfirming" else standing.is_open
    return {
        "is_open": standing.is_open,
        "may_submit": not faults and is_in_time and own.status in ("draft", "needs_reconfirming"),
        "ceiling": standing.terms.asked.ceiling,
        "faults": faults,
        "price": price_out(standing.pricing.to_json()) if standing.pricing else None,
        "menu": [
            {"code": rate.code, "label": str(rate.label), "unit": rate.unit, "rate": rate.rate}
            for rate in standing.terms.asked.menu.values()
        ],
    }


@operation(
    scope="offers:write",
    body=NewOfferIn,
    partial=True,
    answer=OfferOut,
    status=201,
    codes=("offer_changed", *_SUBMITTING),
)
def begin_offer(call: Call, reference: str, invitation: UUID) -> Created:
    """Begin an offer of one invited home, with as many answers as you have; with `submit` it is sent at once.

    Where an offer of this home is under way already, that one is gone on with: the answers are put on its draft. A
    refused answer, such as a price above your ceiling, stores nothing: no draft is begun either.
    """
    asked = Invitation.objects.select_related("release").filter(pk=invitation, release__reference=reference).first()
    if asked is None:
        raise Http404
    if call.body.pop("submit", False):
        return _created(_sent_at_once(call, asked))
    begun = start_offer(call.actor, invitation_id=invitation)
    if call.body:
        own = _own(begun.pk)
        save_offer_draft(call.actor, offer_id=own.pk, answers=answers_in(own, call.body), edition=edition_of(own))
    return _created(begun)


def _sent_at_once(call: Call, invitation: Invitation) -> Offer:
    """Begun, filled and submitted in one act; the answers are put on a draft that is under way."""
    call.actor.require("offer.write")
    draft = offer_under_way(invitation)
    own = draft or Offer(release=invitation.release)
    return make_offer(
        call.actor,
        invitation_id=invitation.pk,
        answers=answers_in(own, call.body),
        edition=edition_of(draft) if draft else None,
    )


def _created(offer: Offer) -> Created:
    return Created(_out(_own(offer.pk)), f"/offers/{offer.pk}")


def _hold(call: Call, offer: UUID) -> None:
    hold_offer(offer)


@operation(
    scope="offers:write",
    body=OfferAnswersIn,
    partial=True,
    answer=OfferOut,
    codes=("offer_not_now", "offer_changed", *_NOT_READABLE, *ANSWER_CODES),
    current=get_offer,
    lock=_hold,
)
def change_offer_draft(call: Call, offer: UUID) -> dict[str, Any]:
    """Put answers on a draft, which may lack others still. The council does not see it.

    An answer that breaks a rule, such as a price above your ceiling, is refused: nothing is stored.
    """
    own = _own(offer)
    save_offer_draft(call.actor, offer_id=offer, answers=answers_in(own, call.body), edition=edition_of(own))
    return _out(_own(offer))


@operation(scope="offers:write", answer=OfferOut, codes=_SUBMITTING, current=get_offer, lock=_hold)
def submit_own_offer(call: Call, offer: UUID) -> dict[str, Any]:
    """Submit a complete draft, priced under the ceiling and rules in force now.

    Refused after the closing time by the service's own clock; the draft stays.
    """
    submit_offer(call.actor, offer_id=offer)
    return _out(_own(offer))


@operation(
    scope="offers:write",
    body=OfferAnswersIn,
    partial=True,
    answer=OfferOut,
    codes=("offer_changed", *_SUBMITTING),
    current=get_offer,
    lock=_hold,
)
def revise_own_offer(call: Call, offer: UUID) -> dict[str, Any]:
    """Change a submitted offer before the closing time; it counts as confirmed for the referral as it now reads.

    When it is refused, the offer stands as it was.
    """
    own = _own(offer)
    revise_offer(call.actor, offer_id=offer, answers=answers_in(own, call.body), edition=edition_of(own))
    return _out(_own(offer))


@operation(
    scope="offers:write",
    answer=OfferOut,
    codes=("offer_not_now", *_NOT_READABLE, *NOT_ELIGIBLE, *ANSWER_CODES),
    current=get_offer,
    lock=_hold,
)
def reconfirm_own_offer(call: Call, offer: UUID) -> dict[str, Any]:
    """Say that an offer in `needs_reconfirming` stands for the referral as it now reads, priced anew.

    Refused when the referral now asks for more than the offer says: revise it instead.
    """
    reconfirm_offer(call.actor, offer_id=offer)
    return _out(_own(offer))


@operation(scope="offers:write", codes=("offer_not_now", *NOT_OPEN), current=get_offer, lock=_hold)
def withdraw_own_offer(call: Call, offer: UUID) -> None:
    """Take an offer back before the closing time, or throw a draft away at any time."""
    withdraw_offer(call.actor, offer_id=offer)


def _own(offer_id: UUID) -> Offer:
    try:
        return own_offer(offer_id)
    except Offer.DoesNotExist as error:
        raise Http404 from error


def _out(own: Offer) -> dict[str, Any]:
    said = answers_out(own)
    if is_over(own.release):
        said["statements"] = {}
    return {
        **said,
        "id": own.pk,
        "referral": own.release.reference,
        "authority_name": own.release.authority_name,
        "invitation_id": own.invitation_id,
        "establishment_id": own.establishment_id,
        "establishment_name": own.establishment.name,
        "status": own.status,
        "revision": own.revision,
        "ceiling": own.ceiling,
        "miles": own.miles,
        "created_at": own.created_at,
        "submitted_at": own.submitted_at,
        "submitted_by_name": own.submitted_by_name,
        "withdrawn_at": own.withdrawn_at,
        "outcome_reason": own.outcome_reason,
    }


def _fault(refusal: RuleBroken) -> dict[str, Any]:
    return {"code": refusal.code, "message": str(refusal.message), "field": refusal.field}
