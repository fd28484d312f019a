"""Awards: choosing an offer with its reasons, the approvals it waits for, taking it back, letting it fall through."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404

from brokerage.core.api.operations import Call, Created, Page, operation
from contracts import acceptance
from contracts.api.award_shapes import (
    AWARD_COLUMNS,
    AwardOut,
    AwardQuery,
    AwardRow,
    Decision,
    FallThrough,
    NewAward,
    TakeBack,
    WaitingRow,
    award_out,
    award_row,
)
from contracts.queries.awards import APPROVERS_PERMISSIONS, award_of, awards_to_decide, may_decide
from dpv.eligibility import PROBLEM_TEXTS
from placements.actions import awards
from placements.models import Award, Offer
from placements.queries.comparison import rank_offers

#: Why an award may not be confirmed: the place, the hold, the home's standing.
CONFIRMING = ("offer_expired", "no_place", "offer_changed", "offer_not_now", "admission_unknown", *PROBLEM_TEXTS)


@operation(scope="offers:read", query=AwardQuery, answer=AwardRow, paged=True)
def list_awards(call: Call) -> Page:
    """List awards.

    Newest first. Filters: `status`, `referral`.
    """
    call.actor.require("offer.view")
    rows = Award.objects.all()
    if "status" in call.query:
        rows = rows.filter(status=call.query["status"])
    if "referral" in call.query:
        rows = rows.filter(referral__reference=call.query["referral"])
    return call.page(rows, by=("-made_at", "-id"), fields=AWARD_COLUMNS, by_keys=True)


@operation(scope="offers:read", answer=AwardOut)
def get_award(call: Call, award: UUID) -> dict[str, Any]:
    """Read an award."""
    call.actor.require(*APPROVERS_PERMISSIONS, "award.make", "offer.view")
    return _answer(call, award)


@operation(scope="approvals:write", answer=WaitingRow, paged=True)
def list_approvals(call: Call) -> Page:
    """List the awards that wait for this client's decision.

    Oldest first. An award is here while an approval is outstanding that the client may give: never one that its owner
    made, nor one above its own money limit.
    """
    call.actor.require(*APPROVERS_PERMISSIONS)
    rows = awards_to_decide(call.actor)
    return call.page(
        rows,
        by=("made_at", "id"),
        shape=lambda award: {**award_row(award), "may_decide": may_decide(call.actor, award)},
    )


@operation(
    scope="awards:write",
    body=NewAward,
    answer=AwardOut,
    status=201,
    codes=(
        *CONFIRMING,
        "offer_not_reconfirmed",
        "referral_not_now",
        "before_closing",
        "language_unknown",
        "reason_code",
        "not_cheapest",
        "not_only_offer",
        "reason_missing",
        "reason_too_short",
        "loser_reason_missing",
        "discloses",
    ),
)
def accept_offer(call: Call) -> Created:
    """Accept an offer.

    Within the client's money limit and inside the area the award is confirmed at once and its agreement drawn up;
    otherwise it waits for each approval in `approvals_outstanding`. Every other standing offer needs a reason in
    `losers`: its provider reads it, so it must not say who the person is. A choice that is not the cheapest needs a
    sentence. Send `revision` so that an offer which changed meanwhile is refused (`offer_changed`).
    """
    call.actor.require("award.make")
    said = call.body
    offer = Offer.objects.select_related("referral").filter(pk=said["offer_id"]).first()
    if offer is None:
        raise Http404
    ranking = rank_offers(offer.referral, method=said.get("method", ""))
    losers = said.get("losers", [])
    fields = {"offer": "offer_id"} | {f"loser_{each.pk}": "losers" for each in ranking.offers}
    fields |= {f"loser_{loser['offer_id']}": f"losers.{place}.reason" for place, loser in enumerate(losers)}
    with call.renaming(fields):
        award = acceptance.accept_offer(
            call.actor,
            offer_id=offer.pk,
            reason_code=said["reason_code"],
            reason=said["reason"],
            losers={loser["offer_id"]: loser["reason"] for loser in losers},
            ranking=ranking.snapshot(),
            preferences=said.get("preferences", ""),
            before_closing=said.get("before_closing", False),
            seen_revision=said.get("revision"),
            language=said.get("language", "en"),
        )
    return Created(_answer(call, award.pk), location=f"/awards/{award.pk}")


def _hold(call: Call, award: UUID) -> None:
    """The locks of the award's own actions, for If-Match."""
    awards.hold_offer(award_of(award).offer_id)


@operation(
    scope="approvals:write",
    body=Decision,
    answer=AwardOut,
    codes=(*CONFIRMING, "nothing_to_approve", "award_not_now", "referral_not_now"),
    current=get_award,
    lock=_hold,
)
def approve_award(call: Call, award: UUID) -> dict[str, Any]:
    """Approve an award.

    Gives one of the approvals it waits for; the last one confirms the award and has its agreement drawn up.
    """
    acceptance.approve(call.actor, award_id=award, kind=call.body["kind"], reason=call.body.get("reason", ""))
    return _answer(call, award)


@operation(
    scope="approvals:write",
    body=Decision,
    answer=AwardOut,
    codes=("nothing_to_approve", "reason_missing", "award_not_now", "referral_not_now"),
    current=get_award,
    lock=_hold,
)
def refuse_award(call: Call, award: UUID) -> dict[str, Any]:
    """Refuse an award.

    The referral is open for another choice; the officer is told why.
    """
    awards.refuse_award(call.actor, award_id=award, kind=call.body["kind"], reason=call.body.get("reason", ""))
    return _answer(call, award)


@operation(
    scope="awards:write",
    body=TakeBack,
    answer=AwardOut,
    codes=("award_not_now", "referral_not_now", "reason_missing"),
    current=get_award,
    lock=_hold,
)
def take_back_award(call: Call, award: UUID) -> dict[str, Any]:
    """Take back an award that waits for approval."""
    awards.take_back_award(call.actor, award_id=award, reason=call.body["reason"])
    return _answer(call, award)


@operation(
    scope="awards:write",
    body=FallThrough,
    answer=AwardOut,
    codes=("award_not_now", "referral_not_now", "placement_not_now", "agreement_not_now", "moved_in", "reason_missing"),
    current=get_award,
    lock=_hold,
)
def let_award_fall_through(call: Call, award: UUID) -> dict[str, Any]:
    """Let a confirmed award fall through.

    Before the person moved in: its agreement and planned placement are cancelled, the place is free again, and offers
    whose hold has not run out stand again.
    """
    acceptance.let_fall_through(
        call.actor,
        award_id=award,
        reason=call.body["reason"],
        because_of_provider=call.body["because_of_provider"],
    )
    return _answer(call, award)


def _answer(call: Call, award_id: UUID) -> dict[str, Any]:
    return award_out(call.actor, award_of(award_id))
