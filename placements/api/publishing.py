"""A referral on its way to providers: publish, invite more, who answered what, more time, a wider search, an end,
full papers for a shortlisted provider.

Correcting the text is an amendment of a section (`sections`).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, MomentField, Shape
from brokerage.core.api.operations import Call, Page, operation
from brokerage.core.clock import database_now
from brokerage.core.vocabulary import DeclineReason
from placements.actions import publishing, releases
from placements.actions.publishing import admissions_in, held, invite_more
from placements.actions.running import MOST_MILES, end_without_placement, extend_closing, widen_search
from placements.api.referral_shapes import ReferralOut, referral_out
from placements.api.referrals import get_referral
from placements.api.sections import hold_referral
from placements.models import Release
from placements.queries.progress import invited_homes, progress_of
from placements.queries.referrals import referral_of
from placements.states import INVITATION

KEY = r"^[0-9a-fA-F-]{36}(:[0-9a-fA-F-]{36})?$"
EXAMPLE_KEY = "1f0e8c3a-7d1b-4b57-8b6e-0a9c2d4f6e80"
EXAMPLE_LOT = "0b9d1f0e-6a3f-4d2b-8f6e-2a3c4d5e6f70"
CLOSING_CODES = ("closes_too_soon", "closes_too_late")


class ReferralPublishIn(Input):
    """Where and to whom a referral goes."""

    lot_ids = s.ListField(child=s.UUIDField(), min_length=1, max_length=50)
    chosen = s.ListField(
        child=s.RegexField(KEY), min_length=1, max_length=5000, help_text="`key` of each eligible home to invite."
    )
    left_out_reason = s.CharField(
        max_length=1000,
        allow_blank=True,
        default="",
        help_text="Why eligible homes are not invited: the record of equal treatment. Providers do not see it.",
    )
    restricted_reason = s.CharField(
        max_length=1000,
        allow_blank=True,
        default="",
        help_text="Why restricted homes are invited, and how the conditions are kept. Needed if there are any.",
    )
    closes_at = MomentField(
        required=False, allow_null=True, help_text="Without it, the vehicles’ hours for the urgency from now."
    )
    is_sealed = s.BooleanField(default=False, help_text="Nobody sees an offer before closing time.")
    example = {
        "lot_ids": [EXAMPLE_LOT],
        "chosen": [EXAMPLE_KEY],
        "left_out_reason": "Two homes asked not to be sent anybody this week.",
        "restricted_reason": "",
        "closes_at": "2026-11-23T17:00:00Z",
        "is_sealed": False,
    }


class ReferralInviteIn(Input):
    """Further homes to invite."""

    chosen = s.ListField(child=s.RegexField(KEY), min_length=1, max_length=5000)
    reason = s.CharField(
        max_length=500,
        allow_blank=True,
        default="",
        help_text="For your own record; needed if one of them is restricted. Providers do not see it.",
    )
    example = {"chosen": [EXAMPLE_KEY], "reason": ""}


class ReferralExtendIn(Input):
    """A later closing time."""

    closes_at = MomentField()
    reason = s.CharField(max_length=500, help_text="For your own record. Providers do not see it.")
    example = {"closes_at": "2026-11-24T12:00:00Z", "reason": "Two homes asked for more time."}


class ReferralWidenIn(Input):
    """A longer distance, more lots."""

    max_miles = s.IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST_MILES)
    lot_ids = s.ListField(child=s.UUIDField(), max_length=50, default=list)
    closes_at = MomentField(
        required=False,
        allow_null=True,
        help_text="Once closing time has passed: by default the vehicles’ hours from now.",
    )
    example = {"max_miles": 40, "lot_ids": [], "closes_at": None}


class ReferralEndIn(Input):
    """Why a referral ends without a placement."""

    reason = s.CharField(max_length=1000, help_text="For your own record. Providers are told only that it has ended.")
    example = {"reason": "The family will look after him."}


class ReferralProgress(Shape):
    """How a published referral stands. Of a sealed call-off, offers count only once they are opened."""

    closes_at = s.DateTimeField(allow_null=True)
    is_open = s.BooleanField(help_text="Offers may still arrive.")
    is_sealed = s.BooleanField()
    invited_count = s.IntegerField()
    offer_count = s.IntegerField()
    declined_count = s.IntegerField()
    waiting_count = s.IntegerField()
    waiting_question_count = s.IntegerField()
    example = {
        "closes_at": "2026-11-23T17:00:00Z",
        "is_open": True,
        "is_sealed": False,
        "invited_count": 3,
        "offer_count": 1,
        "declined_count": 1,
        "waiting_count": 1,
        "waiting_question_count": 0,
    }


class InvitedHomeRow(Shape):
    """An invited home and what it has answered."""

    id = s.UUIDField()
    release_id = s.UUIDField(help_text="Names the provider’s view when full papers are opened to it.")
    provider_id = s.UUIDField()
    provider_name = s.CharField()
    establishment_id = s.UUIDField()
    establishment_name = s.CharField()
    lot_id = s.UUIDField()
    lot_name = s.CharField()
    household_count = s.IntegerField(help_text="For fostering: how many of the agency’s households were invited.")
    miles = s.DecimalField(max_digits=6, decimal_places=1, allow_null=True)
    status = s.ChoiceField(choices=INVITATION.choices)
    answered_at = s.DateTimeField(allow_null=True)
    decline_reason = s.ChoiceField(choices=DeclineReason.choices, allow_null=True)
    has_full_papers = s.BooleanField()
    may_get_full_papers = s.BooleanField(help_text="An offer of the provider stands, so that it may be shortlisted.")
    example = {
        "id": "8a9b0c1d-2e3f-4051-a263-748596a7b8c0",
        "release_id": "9b0c1d2e-3f40-4162-8374-8596a7b8c9d0",
        "provider_id": "2d3c4b5a-6978-4f87-a695-b4c3d2e1f010",
        "provider_name": "Birch Care Ltd",
        "establishment_id": "3e4d5c6b-7a89-4098-b7a6-c5d4e3f20110",
        "establishment_name": "Birch House",
        "lot_id": EXAMPLE_LOT,
        "lot_name": "Children’s residential",
        "household_count": 0,
        "miles": "2.7",
        "status": "declined",
        "answered_at": "2026-11-20T15:42:10Z",
        "decline_reason": "no_vacancy",
        "has_full_papers": False,
        "may_get_full_papers": False,
    }


class FullPapersOut(Shape):
    """A provider’s view of the referral."""

    release_id = s.UUIDField()
    provider_id = s.UUIDField()
    stage = s.ChoiceField(choices=[(1, "Redacted"), (2, "Full papers")])
    example = {
        "release_id": InvitedHomeRow.example["release_id"],
        "provider_id": InvitedHomeRow.example["provider_id"],
        "stage": 2,
    }


def _hold_with_chosen(call: Call, reference: str) -> None:
    """The locks of publishing and inviting, in their order, for If-Match."""
    held(call.actor, reference, admission_ids=admissions_in(call.body["chosen"]))


@operation(
    scope="referrals:write",
    body=ReferralPublishIn,
    answer=ReferralOut,
    codes=(
        "referral_not_now",
        "referral_incomplete",
        "disclosures_unresolved",
        "lots_missing",
        "lot_not_open",
        "nobody_invited",
        "not_eligible",
        "left_out_reason_missing",
        "restricted_reason_missing",
        "discloses",
        *CLOSING_CODES,
    ),
    current=get_referral,
    lock=_hold_with_chosen,
)
def publish_referral(call: Call, reference: str) -> dict[str, Any]:
    """Publish a referral

    Sends a complete draft to the chosen homes. Every candidate is written down with what was done: invited, left out
    with your reason, or excluded with matching’s reasons.
    """
    asked = dict(call.body)
    with call.renaming({"lots": "lot_ids"}):
        referral = publishing.publish_referral(call.actor, reference=reference, **asked)
    return referral_out(call.actor, referral)


@operation(scope="referrals:read", answer=InvitedHomeRow, paged=True)
def list_referral_invitations(call: Call, reference: str) -> Page:
    """List who was invited

    Nearest first, each home with what it answered, and why it declined. Before a sealed call-off opens, a home with an
    offer reads like one without an answer.
    """
    referral = referral_of(call.actor, reference)
    return call.rows(
        [
            {
                "id": home.invitation_id,
                "release_id": home.release_id,
                "provider_id": home.provider_id,
                "provider_name": home.provider_name,
                "establishment_id": home.establishment_id,
                "establishment_name": home.home,
                "lot_id": home.lot_id,
                "lot_name": home.lot,
                "household_count": home.households,
                "miles": home.miles,
                "status": home.status,
                "answered_at": home.answered_at,
                "decline_reason": home.decline_code or None,
                "has_full_papers": home.has_full_papers,
                "may_get_full_papers": home.may_get_full_papers,
            }
            for home in invited_homes(referral)
        ]
    )


@operation(
    scope="referrals:write",
    body=ReferralInviteIn,
    answer=ReferralProgress,
    codes=("referral_not_now", "closed", "nobody_invited", "not_eligible", "restricted_reason_missing", "discloses"),
    current=get_referral,
    lock=_hold_with_chosen,
)
def invite_more_homes(call: Call, reference: str) -> dict[str, Any]:
    """Invite more homes

    Further eligible homes on the referral’s lots, while it is open.
    """
    invite_more(call.actor, reference=reference, chosen=call.body["chosen"], reason=call.body["reason"])
    return _progress(call, reference)


@operation(scope="referrals:read", answer=ReferralProgress)
def get_referral_progress(call: Call, reference: str) -> dict[str, Any]:
    """Read how a referral stands

    Time left, and how many were invited, offered, declined or have not answered.
    """
    return _progress(call, reference)


def _progress(call: Call, reference: str) -> dict[str, Any]:
    progress = progress_of(referral_of(call.actor, reference), database_now())
    return {
        "closes_at": progress.closes_at,
        "is_open": progress.is_open,
        "is_sealed": progress.is_sealed,
        "invited_count": progress.invited,
        "offer_count": progress.offers,
        "declined_count": progress.declined,
        "waiting_count": progress.waiting,
        "waiting_question_count": progress.questions_waiting,
    }


@operation(
    scope="referrals:write",
    body=ReferralExtendIn,
    answer=ReferralOut,
    codes=("referral_not_now", "offers_opened", "reason_missing", "discloses", "not_later", *CLOSING_CODES),
    current=get_referral,
    lock=hold_referral,
)
def extend_referral(call: Call, reference: str) -> dict[str, Any]:
    """Give more time

    Also after closing time has passed. Everyone invited is told, and those who declined are asked afresh.
    """
    return referral_out(call.actor, extend_closing(call.actor, reference=reference, **call.body))


@operation(
    scope="referrals:write",
    body=ReferralWidenIn,
    answer=ReferralOut,
    codes=(
        "referral_not_now",
        "offers_opened",
        "not_wider",
        "lots_missing",
        "lot_not_open",
        "not_later",
        *CLOSING_CODES,
    ),
    current=get_referral,
    lock=hold_referral,
)
def widen_referral(call: Call, reference: str) -> dict[str, Any]:
    """Widen the search

    Look further or on more lots; then list eligible establishments and invite more.
    """
    with call.renaming({"lots": "lot_ids"}):
        referral = widen_search(
            call.actor,
            reference=reference,
            max_miles=call.body.get("max_miles"),
            lot_ids=call.body["lot_ids"],
            closes_at=call.body.get("closes_at"),
        )
    return referral_out(call.actor, referral)


@operation(
    scope="referrals:write",
    body=ReferralEndIn,
    answer=ReferralOut,
    codes=("referral_not_now", "reason_missing"),
    current=get_referral,
    lock=hold_referral,
)
def end_referral(call: Call, reference: str) -> dict[str, Any]:
    """End a referral without a placement

    Everyone invited loses sight of it, and offers lapse. It cannot be undone.
    """
    return referral_out(call.actor, end_without_placement(call.actor, reference=reference, reason=call.body["reason"]))


@operation(scope="papers:release", answer=FullPapersOut, codes=("referral_over", "release_closed", "nothing_offered"))
def open_full_papers(call: Call, reference: str, release: UUID) -> dict[str, Any]:
    """Open full papers to a provider

    Shortlists a provider whose offer stands: it may then read who the person is, every answer for shortlisted
    providers and every document. Twice is once.
    """
    referral = referral_of(call.actor, reference)
    if not Release.objects.filter(referral=referral, pk=release).exists():
        raise Http404("No such release.")
    opened = releases.open_full_papers(call.actor, release_id=release)
    return {"release_id": opened.pk, "provider_id": opened.provider_id, "stage": opened.stage}
