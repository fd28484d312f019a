"""Choosing an offer: the award, its approvals, and letting it fall through.

`contracts.acceptance` calls these and draws up or cancels the agreement in the same transaction; pages and the API go
through it, because a confirmed award always has exactly one agreement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from brokerage.core import locks
from brokerage.core.audit.record import Notice, record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.geography_queries import placing_band_of
from brokerage.core.tenants.kept_queries import KeptQuery, given
from brokerage.core.vocabulary import Category
from dpv.queries.measures import restrictions_on
from placements.actions.award_effects import confirm, others_standing, require_held, require_usable, undo
from placements.actions.releases import pause_releases, resume_releases
from placements.actions.running import check_note
from placements.models import Approval, Award, Offer, Referral
from placements.states import AWARD, OFFER, REFERRAL

#: Placing bands that another person must approve for a child, and the permission that person needs.
BAND_PERMISSIONS = {
    Approval.Kind.OUT_OF_AREA.value: "award.approve_out_of_area",
    Approval.Kind.AT_A_DISTANCE.value: "award.approve_at_a_distance",
    Approval.Kind.MONEY.value: "award.approve",
}
#: A choice that is not the cheapest needs a reason somebody else can follow.
SHORTEST_REASON = 20


@transaction.atomic(savepoint=False)
def award_offer(
    actor: Actor,
    *,
    offer_id: UUID,
    reason_code: str,
    reason: str,
    losers: Mapping[UUID, str],
    ranking: Sequence[Mapping[str, Any]] = (),
    preferences: str = "",
    before_closing: bool = False,
    seen_revision: int | None = None,
    worth: Callable[[Offer], tuple[Decimal | None, Sequence[str]]] = lambda _offer: (None, ()),
    language: str = "en",
) -> Award:
    """Choose one offer. Within the officer's limit and inside the area the award is confirmed at once; otherwise it
    waits for each approval in `Award.needs`, and until then nobody offers or changes an offer.

    `losers` says for each other standing offer why it lost; `ranking` is the advice as shown; `seen_revision` is the
    offer's revision that the officer looked at; `worth` tells what the whole placement comes to, in pounds, and the
    gates of procurement that this asks for.
    Refused when: the referral is not published, or has an award already; the offer does not stand, was revised
    since, or its hold has run out; closing is ahead and `before_closing` was not said; the establishment may no
    longer be used or has no place; a reason is missing (a sentence, where the home is restricted), or one that a
    loser reads tells who the person is (`discloses`). `language` is that of the agreement, kept until it is drawn
    up.
    """
    actor.require("award.make")
    offer = hold_offer(offer_id)
    referral = offer.referral
    now, today = database_now(), database_today()
    if offer.status == "needs_reconfirming":
        raise NotNow("offer_not_reconfirmed", _("The provider has not confirmed this offer since the referral changed"))
    OFFER.after(offer.status, "accept")
    if seen_revision is not None and seen_revision != offer.revision:
        raise NotNow("offer_changed", _("The provider has changed this offer since you opened it: compare again"))
    band = _band(offer, referral)
    needs = approvals_needed(actor, offer, referral, band=band)
    move = "ask_approval" if needs else "award"
    new_status = REFERRAL.after(referral.status, move)
    require_held(offer, now)
    if language not in Award.Language.values:
        raise RuleBroken("language_unknown", _("Select English or Welsh"), "language")
    if referral.closes_at is not None and now < referral.closes_at and not before_closing:
        raise RuleBroken(
            "before_closing",
            _("Offers may still arrive until closing time; say that you choose before then"),
            "before_closing",
        )
    require_usable(offer, referral, today)
    others = others_standing(offer)
    weekly = offer.weekly_total or Decimal(0)
    is_cheapest = all(other.weekly_total >= weekly for other in others if other.weekly_total is not None)
    _check_reasons(reason_code, reason, is_cheapest=is_cheapest, others=others, losers=losers)
    _check_restricted(offer, reason)
    for other in others:
        # Losers read it, and never read who the person is.
        check_note(referral, losers[other.pk], field=f"loser_{other.pk}")
    value, gates = worth(offer)
    award = Award.objects.create(
        authority_id=actor.organisation_id,
        referral=referral,
        offer=offer,
        provider_id=offer.provider_id,
        reason_code=reason_code,
        reason=reason.strip(),
        is_cheapest=is_cheapest,
        ranking=list(ranking),
        losers={str(key): text.strip() for key, text in losers.items()},
        preferences=preferences.strip(),
        language=language,
        weekly_total=weekly,
        estimated_value=value,
        gates=list(gates),
        placing_band=band,
        needs=needs,
        made_by_id=actor.user_id,
        made_secret_by_id=actor.secret_by_id,
        made_by_name=actor.name,
        made_at=now,
    )
    referral.status = new_status
    record(
        "award.made",
        subject=award,
        actor=actor,
        reference=referral.reference,
        data={
            "offer": str(offer.pk),
            "weekly_total": str(award.weekly_total),
            "reason_code": reason_code,
            "needs": needs,
            "is_cheapest": is_cheapest,
            "language": language,
            "before_closing": before_closing and referral.closes_at is not None and now < referral.closes_at,
        },
    )
    if needs:
        referral.save(update_fields=["status"])
        pause_releases(referral)
        _ask_for_approval(actor, award, referral)
    else:
        confirm(actor, award, others=others)
    return award


@transaction.atomic
def approve_award(actor: Actor, *, award_id: UUID, kind: str, reason: str = "") -> Award:
    """Give one of the approvals an award waits for; the last one confirms it.

    Refused when: the award does not wait for this kind; the approver's role does not cover it, or their money limit
    does not; they made the award themselves; the place has gone or the establishment may no longer be used.
    """
    permission = BAND_PERMISSIONS.get(kind)
    if permission is None:
        raise RuleBroken("unknown_approval", _("There is no such approval"), "kind")
    actor.require(permission)
    award = _award(award_id)
    _hold(award.offer)
    award.refresh_from_db()
    if award.status != "awaiting_approval" or kind not in outstanding(award):
        raise NotNow("nothing_to_approve", _("This award no longer waits for this approval"))
    _check_approver(actor, award, kind)
    Approval.objects.create(
        authority_id=actor.organisation_id,
        award=award,
        kind=kind,
        is_approved=True,
        reason=reason.strip(),
        by_id=actor.user_id,
        by_name=actor.name,
        at=database_now(),
    )
    record(
        "award.approved",
        subject=award,
        actor=actor,
        reference=award.referral.reference,
        data={"kind": kind, "weekly_total": str(award.weekly_total)},
    )
    if not outstanding(award):
        confirm(actor, award)
    return award


@transaction.atomic
def refuse_award(actor: Actor, *, award_id: UUID, kind: str, reason: str) -> Award:
    """Refuse an award that waits: the referral is open for another choice. A reason is needed."""
    permission = BAND_PERMISSIONS.get(kind)
    if permission is None:
        raise RuleBroken("unknown_approval", _("There is no such approval"), "kind")
    actor.require(permission)
    award = _award(award_id)
    _hold(award.offer)
    award.refresh_from_db()
    if award.status != "awaiting_approval" or kind not in outstanding(award):
        raise NotNow("nothing_to_approve", _("This award no longer waits for this approval"))
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Say why you refuse"), "reason")
    Approval.objects.create(
        authority_id=actor.organisation_id,
        award=award,
        kind=kind,
        is_approved=False,
        reason=reason.strip(),
        by_id=actor.user_id,
        by_name=actor.name,
        at=database_now(),
    )
    _end_waiting(actor, award, move="refuse", reason=reason)
    return award


@transaction.atomic
def take_back_award(actor: Actor, *, award_id: UUID, reason: str) -> Award:
    """The officer thinks again while approval is awaited. A reason is needed."""
    actor.require("award.make")
    award = _award(award_id)
    _hold(award.offer)
    award.refresh_from_db()
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Say why you take the award back"), "reason")
    _end_waiting(actor, award, move="take_back", reason=reason)
    return award


@transaction.atomic
def let_fall_through(actor: Actor, *, award_id: UUID, reason: str, because_of_provider: bool) -> Award:
    """A confirmed award comes to nothing before the person moved in: back to the offers that still stand.

    Refused when the person has moved in (end the placement instead) or no reason is given. The place is given back,
    the planned placement cancelled, losers whose hold has not run out stand again.
    """
    actor.require("award.fall_through")
    award = _award(award_id)
    _hold(award.offer)
    award.refresh_from_db()
    AWARD.after(award.status, "fall_through")
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Say why the award fell through"), "reason")
    undo(actor, award, reason=reason.strip(), because_of_provider=because_of_provider)
    return award


def outstanding(award: Award) -> list[str]:
    """The approvals the award still waits for, in the order they were asked."""
    given = set(award.approvals.filter(is_approved=True).values_list("kind", flat=True))
    return [kind for kind in award.needs if kind not in given]


def _award(award_id: UUID) -> Award:
    award = Award.objects.select_related("offer", "referral").filter(pk=award_id).first()
    if award is None:
        raise Http404
    return award


def _hold(offer: Offer) -> None:
    locks.hold(
        admissions=[offer.admission_id],
        establishments=[offer.household_id or offer.establishment_id],
        standings=[offer.provider_id],
        referrals=[offer.referral_id],
    )


def _offer() -> QuerySet[Offer]:
    return Offer.objects.filter(pk=given("pk")).order_by()


_LOCKS = ("admission_id", "household_id", "establishment_id", "provider_id", "referral_id")
_LOCKED_BY = KeptQuery(lambda: _offer().only(*_LOCKS))
_CHOSEN = KeptQuery(lambda: _offer().select_related("referral__person", "establishment", "household", "rules"))


def hold_offer(offer_id: UUID) -> Offer:
    """Take every lock that choosing this offer needs and read it under them, with its referral. Raises Http404."""
    seen = _LOCKED_BY.first(pk=offer_id)
    if seen is not None:
        _hold(seen)
        offer = _CHOSEN.first(pk=offer_id)
        if offer is not None:
            return offer
    raise Http404


def _band(offer: Offer, referral: Referral) -> str:
    place = offer.household or offer.establishment
    return placing_band_of(referral.authority_id, place.gss_code)


def approvals_needed(actor: Actor, offer: Offer, referral: Referral, *, band: str = "") -> list[str]:
    """The approvals that this officer's choice of this offer would wait for: above the officer's limit, and for a
    child out of area or at a distance (Care Planning Regulations 2010, reg. 11; Wales: the 2015 regulations).
    `band` is where the home lies, if it is known already."""
    needs: list[str] = []
    weekly = offer.weekly_total or Decimal(0)
    if actor.weekly_limit is None or weekly > actor.weekly_limit:
        needs.append(Approval.Kind.MONEY.value)
    if referral.category != Category.ADULT_RESIDENTIAL:
        band = band or _band(offer, referral)
        if band in BAND_PERMISSIONS:
            needs.append(band)
    return needs


def _check_reasons(
    reason_code: str,
    reason: str,
    *,
    is_cheapest: bool,
    others: Sequence[Offer],
    losers: Mapping[UUID, str],
) -> None:
    if reason_code not in Award.Reason.values:
        raise RuleBroken("reason_code", _("Choose the main reason"), "reason_code")
    if reason_code == Award.Reason.CHEAPEST and not is_cheapest:
        raise RuleBroken("not_cheapest", _("Another offer costs less; choose another reason"), "reason_code")
    if reason_code == Award.Reason.ONLY_OFFER and others:
        raise RuleBroken("not_only_offer", _("There are other offers; choose another reason"), "reason_code")
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Say why you choose this offer"), "reason")
    if not is_cheapest and len(reason.strip()) < SHORTEST_REASON:
        raise RuleBroken(
            "reason_too_short",
            _("This is not the lowest price: say in a sentence why it meets the need better"),
            "reason",
        )
    for other in others:
        if not losers.get(other.pk, "").strip():
            raise RuleBroken("loser_reason_missing", _("Say why this offer was not chosen"), f"loser_{other.pk}")


def _check_restricted(offer: Offer, reason: str) -> None:
    if len(reason.strip()) < SHORTEST_REASON and restrictions_on([offer.admission_id]):
        raise RuleBroken(
            "reason_too_short",
            _("This home is restricted: say in a sentence why it is chosen and how the conditions are kept"),
            "reason",
        )


def _check_approver(actor: Actor, award: Award, kind: str) -> None:
    if award.is_made_by(actor):
        raise NotPermitted("award.approve_own")
    limit = actor.weekly_limit
    if kind == Approval.Kind.MONEY and limit is not None and award.weekly_total > limit:
        raise NotPermitted("award.above_limit")


def _ask_for_approval(actor: Actor, award: Award, referral: Referral) -> None:
    record(
        "award.approval_asked",
        subject=award,
        actor=actor,
        reference=referral.reference,
        data={"needs": award.needs},
        notify=[
            Notice(
                "placements.approval_asked",
                actor.organisation_id,
                referral.reference,
                f"/o/{actor.slug}/approvals/{award.pk}/",
                permissions=(BAND_PERMISSIONS[kind],),
            )
            for kind in award.needs
        ],
    )


def _end_waiting(actor: Actor, award: Award, *, move: str, reason: str) -> None:
    award.status = AWARD.after(award.status, move)
    award.ended_at = database_now()
    award.end_reason = reason.strip()
    award.save(update_fields=["status", "ended_at", "end_reason"])
    referral = Referral.objects.get(pk=award.referral_id)
    referral.status = REFERRAL.after(referral.status, move)
    referral.save(update_fields=["status"])
    resume_releases(referral)
    told = []
    if move == "refuse":
        told = [
            Notice(
                "placements.award_refused",
                actor.organisation_id,
                referral.reference,
                f"/o/{actor.slug}/referrals/{referral.reference}/",
                user_id=award.made_by_id,
                category=referral.category,
            )
        ]
    kind = "award.refused" if move == "refuse" else "award.taken_back"
    record(kind, subject=award, actor=actor, reference=referral.reference, data={}, notify=told)
