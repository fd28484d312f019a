"""A provider's offer: begun, saved, submitted, revised, confirmed again, withdrawn.

Every act takes the admission's lock (shared) and then the referral's, reloads, and asks the database's clock. The
authority hears of an offer only when it may see it: of a sealed one nothing enters any row that it can read.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from brokerage.core.audit.record import Notice, record
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow
from brokerage.core.money import money_text
from brokerage.core.tenants.actors import Actor
from dpv.eligibility import require_eligible
from placements.actions.held_offers import hold_invitation, hold_offer
from placements.models import Decline, Invitation, Offer, Release
from placements.models.offers import ALWAYS_OPEN
from placements.offer_answers import ExtraAsked, OfferAnswers, OfferRefused, broken_answers, extra_lines, priced
from placements.offered_prices import extra_to_json, pricing_to_json
from placements.queries.offer_terms import (
    OfferTerms,
    age_in,
    answers_of,
    edition_of,
    offer_under_way,
    require_a_household,
    terms_of,
)
from placements.states import INVITATION, OFFER

__all__ = [
    "ExtraAsked",
    "OfferAnswers",
    "OfferRefused",
    "hold_offer",
    "make_offer",
    "reconfirm_offer",
    "revise_offer",
    "save_offer_draft",
    "start_offer",
    "submit_offer",
    "withdraw_offer",
]


@transaction.atomic
def start_offer(actor: Actor, *, invitation_id: UUID) -> Offer:
    """Begin an offer of one invited establishment; where one is under way already, that one is returned.

    Refused when the referral is not open for offers or the invitation was withdrawn (NotNow); when the establishment
    or every household invited may not be used today (codes of `dpv.eligibility`).
    """
    actor.require("offer.write")
    invitation = hold_invitation(invitation_id)
    release = invitation.release
    if under_way := offer_under_way(invitation) if invitation.has_offer else None:
        return under_way
    now = database_now()
    require_open(release, invitation, now)
    today = timezone.localdate(now)
    require_eligible(invitation.admission_id, on=today, age=age_in(release))
    terms = terms_of(release, invitation, today)
    require_a_household(terms)
    offer = _begun(invitation, now)
    offer.ceiling_row, offer.ceiling, offer.rules = terms.ceiling_row, terms.ceiling_row.weekly, terms.rule_version
    if len(terms.households) == 1:
        offer.household_id, offer.miles = terms.households[0].household_id, terms.households[0].miles
    offer.save(force_insert=True)
    _record(actor, "offer.started", offer, {"establishment": str(offer.establishment_id)})
    return offer


@transaction.atomic
def save_offer_draft(actor: Actor, *, offer_id: UUID, answers: OfferAnswers, edition: str | None = None) -> Offer:
    """Keep a draft as far as it goes, under today's ceiling and rules. Also after closing time: an offer is not lost
    when the council gives more time.

    Refused when it is no draft (NotNow); when another window saved it since `edition` (NotNow, `offer_changed`); when
    the referral is over (NotNow); when an answer breaks a rule (`OfferRefused`): nothing above a ceiling is stored.
    """
    actor.require("offer.write")
    offer = hold_offer(offer_id)
    OFFER.after(offer.status, "edit")
    _require_edition(offer, edition)
    now = database_now()
    _require_readable(offer.release, offer.invitation)
    terms = terms_of(offer.release, offer.invitation, timezone.localdate(now), with_menu=bool(answers.extras))
    _check(answers, terms, offer.release, now, complete=False)
    _write(offer, answers, terms)
    offer.save()
    _record(actor, "offer.saved", offer, _amounts(offer))
    return offer


@transaction.atomic
def make_offer(actor: Actor, *, invitation_id: UUID, answers: OfferAnswers, edition: str | None = None) -> Offer:
    """Begin, fill and submit an offer in one act, as a system does that has every answer; a draft that is under way is
    filled and submitted, where `edition` is that of the draft as it was seen.

    Refused as `submit_offer` is, and then nothing is kept; where an offer of the establishment stands already, or a
    draft is under way that is not of that `edition` (NotNow).
    """
    actor.require("offer.write")
    invitation = hold_invitation(invitation_id)
    now = database_now()
    under_way = offer_under_way(invitation) if invitation.has_offer else None
    offer = under_way or _begun(invitation, now)
    offer.invitation, offer.release = invitation, invitation.release
    status = OFFER.after(offer.status, "submit")
    if under_way is not None:
        _require_edition(offer, edition or "")
    _stand(offer, answers, now, late=False)
    _submit(actor, offer, status, now)
    return offer


@transaction.atomic
def submit_offer(actor: Actor, *, offer_id: UUID, edition: str | None = None) -> Offer:
    """Send a complete draft, priced under the ceiling and rules in force at this moment.

    Refused when it is no draft (NotNow); after closing time by the database's clock (NotNow, `closing_passed`; the
    draft stays); when another window saved it since `edition` (NotNow, `offer_changed`); when the establishment may
    not be used today (suspended, registration, insurance...); when an answer is missing or breaks a rule
    (`OfferRefused`).
    """
    actor.require("offer.write")
    offer = hold_offer(offer_id)
    status = OFFER.after(offer.status, "submit")
    _require_edition(offer, edition)
    now = database_now()
    _stand(offer, answers_of(offer), now, late=False)
    _submit(actor, offer, status, now)
    return offer


@transaction.atomic
def revise_offer(actor: Actor, *, offer_id: UUID, answers: OfferAnswers, edition: str | None = None) -> Offer:
    """Change a submitted offer before closing; it counts as confirmed for the referral as it now reads.

    Refused as `submit_offer`; the offer then stands as it was.
    """
    actor.require("offer.write")
    offer = hold_offer(offer_id)
    status = OFFER.after(offer.status, "revise")
    _require_edition(offer, edition)
    now = database_now()
    before = offer.weekly_total
    _stand(offer, answers, now, late=False)
    offer.status = status
    offer.revision += 1
    offer.submitted_at = now
    offer.submitted_by_name = actor.name
    offer.save()
    data = {**_amounts(offer), "weekly_total_before": money_text(before) if before is not None else None}
    _record(actor, "offer.revised", offer, data, told="placements.offer_revised")
    return offer


@transaction.atomic
def reconfirm_offer(actor: Actor, *, offer_id: UUID) -> Offer:
    """Say that an offer stands for the referral as it now reads, priced anew. It may be said after closing time too,
    while nothing is decided: the price asked stays the same.

    Refused when it needs no confirming (NotNow); when the referral is over (NotNow); when the establishment may not
    be used today; when the referral now asks for more than the offer says (`OfferRefused`: revise it instead).
    """
    actor.require("offer.write")
    offer = hold_offer(offer_id)
    status = OFFER.after(offer.status, "reconfirm")
    now = database_now()
    _stand(offer, answers_of(offer), now, late=True)
    offer.status = status
    offer.revision += 1
    offer.save()
    _record(actor, "offer.reconfirmed", offer, _amounts(offer), told="placements.offer_revised")
    return offer


@transaction.atomic
def withdraw_offer(actor: Actor, *, offer_id: UUID) -> None:
    """Take an offer back before closing, or throw a draft away (at any time).

    Refused when it was accepted or has ended (NotNow); after closing time (NotNow, `closing_passed`), when the
    authority counts on it until it is no longer held.
    """
    actor.require("offer.write")
    offer = hold_offer(offer_id)
    status = OFFER.after(offer.status, "withdraw")
    if offer.status == OFFER.initial:
        _record(actor, "offer.discarded", offer, {})
        _delete_draft(offer)
        return
    now = database_now()
    require_open(offer.release, offer.invitation, now)
    offer.status = status
    offer.withdrawn_at = now
    offer.save(update_fields=["status", "withdrawn_at"])
    invitation = offer.invitation
    if INVITATION.may(invitation.status, "take_back_offer"):
        invitation.status = INVITATION.after(invitation.status, "take_back_offer")
        invitation.answered_at = None
        invitation.save(update_fields=["status", "answered_at"])
    _record(actor, "offer.withdrawn", offer, {}, told="placements.offer_withdrawn")


def _delete_draft(offer: Offer) -> None:
    """By SQL: Django would first look for awards of it, which a provider may not read and a draft cannot have."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM placements_offer WHERE id = %s AND status = %s", [offer.pk, OFFER.initial])


def require_open(release: Release, invitation: Invitation, now: dt.datetime) -> None:
    """Raise NotNow unless offers may be made at `now`, the database's moment."""
    _require_readable(release, invitation)
    if release.state == Release.State.WAITING:
        raise NotNow("being_decided", _("The council is deciding. What you have saved is kept, in case it asks again."))
    if now >= release.closes_at:
        raise NotNow(
            "closing_passed",
            _("Offers closed on %(when)s. What you have saved is kept, in case the council gives more time.")
            % {"when": date_format(timezone.localtime(release.closes_at), "j F Y, H:i")},
        )


def _require_readable(release: Release, invitation: Invitation) -> None:
    if release.state not in (Release.State.OPEN, Release.State.WAITING):
        raise NotNow("release_closed", _("This referral is no longer open for offers."))
    if invitation.status in ("withdrawn", "closed"):
        raise NotNow("invitation_withdrawn", _("The invitation of this establishment has ended."))


def _begun(invitation: Invitation, now: dt.datetime) -> Offer:
    """A draft, not stored: it lacks the terms of `_write`."""
    return Offer(
        authority_id=invitation.authority_id,
        provider_id=invitation.provider_id,
        referral_id=invitation.referral_id,
        release=invitation.release,
        invitation=invitation,
        vehicle_id=invitation.vehicle_id,
        lot_id=invitation.lot_id,
        admission_id=invitation.admission_id,
        establishment_id=invitation.establishment_id,
        miles=invitation.miles,
        created_at=now,
    )


def _submit(actor: Actor, offer: Offer, status: str, now: dt.datetime) -> None:
    """Store an offer that stands (`_stand`) as submitted, answer its invitation, tell the authority."""
    offer.status = status
    offer.submitted_at = now
    offer.submitted_by_name = actor.name
    offer.opens_at = offer.release.closes_at if offer.release.is_sealed else ALWAYS_OPEN
    offer.save(force_insert=offer._state.adding)
    _answer_invitation(offer, now)
    _record(actor, "offer.submitted", offer, _amounts(offer), told="placements.offer_received")


def _require_edition(offer: Offer, edition: str | None) -> None:
    if edition is not None and edition != edition_of(offer):
        raise NotNow(
            "offer_changed",
            _("This offer was changed in another window since you opened this page. Nothing here was saved."),
        )


def _stand(offer: Offer, answers: OfferAnswers, now: dt.datetime, *, late: bool) -> None:
    """Check everything that a standing offer needs, and put answers, ceiling, rules and price of now on it."""
    if late:
        _require_readable(offer.release, offer.invitation)
    else:
        require_open(offer.release, offer.invitation, now)
    today = timezone.localdate(now)
    require_eligible(offer.admission_id, on=today, age=age_in(offer.release))
    terms = terms_of(offer.release, offer.invitation, today, with_menu=bool(answers.extras))
    if offer._state.adding and answers.household_id is None and len(terms.households) == 1:
        answers = replace(answers, household_id=terms.households[0].household_id)
    _check(answers, terms, offer.release, now, complete=True)
    _write(offer, answers, terms)


def _check(answers: OfferAnswers, terms: OfferTerms, release: Release, now: dt.datetime, *, complete: bool) -> None:
    broken = broken_answers(
        answers,
        terms.asked,
        now=now,
        today=timezone.localdate(now),
        closes_at=release.closes_at,
        complete=complete,
    )
    if broken:
        raise OfferRefused(broken)


def _write(offer: Offer, answers: OfferAnswers, terms: OfferTerms) -> None:
    pricing = priced(answers, terms.asked)
    offer.ceiling_row = terms.ceiling_row
    offer.ceiling = terms.ceiling_row.weekly
    offer.rules = terms.rule_version
    offer.household_id = answers.household_id
    offer.miles = next(
        (each.miles for each in terms.households if each.household_id == answers.household_id), offer.invitation.miles
    )
    offer.weekly_core = answers.weekly_core
    offer.children_together = answers.children_together
    offer.solo_uplift = answers.solo_uplift
    offer.solo_reason = answers.solo_reason.strip()
    offer.extras = [extra_to_json(line) for line in extra_lines(answers, terms.asked)]
    offer.pricing = pricing_to_json(pricing) if pricing else {}
    offer.weekly_core_net = pricing.weekly_core_net if pricing else None
    offer.weekly_extras = pricing.weekly_extras if pricing else None
    offer.weekly_total = pricing.weekly_total if pricing else None
    offer.starts_on = answers.starts_on
    offer.held_until = answers.held_until
    offer.statements = {need: text.strip() for need, text in answers.statements.items() if need in terms.asked.needs}
    for name in ("who_lives_there", "staffing", "impact_on_residents", "conditions"):
        setattr(offer, name, getattr(answers, name).strip())


def _answer_invitation(offer: Offer, now: dt.datetime) -> None:
    if getattr(offer.invitation, "has_decline", True):
        Decline.objects.filter(invitation_id=offer.invitation_id, withdrawn_at__isnull=True).update(withdrawn_at=now)
    invitation = offer.invitation
    if offer.release.is_sealed:
        # An authority reads invitations: one that says "offered" would tell of a sealed offer before opening.
        if invitation.status == "declined":
            invitation.status = INVITATION.after(invitation.status, "ask_again")
            invitation.answered_at = None
            invitation.save(update_fields=["status", "answered_at"])
        return
    invitation.status = INVITATION.after(invitation.status, "offer")
    invitation.answered_at = now
    invitation.save(update_fields=["status", "answered_at"])


def _amounts(offer: Offer) -> dict[str, Any]:
    def text(name: str) -> str | None:
        amount = getattr(offer, name)
        return None if amount is None else money_text(amount)

    return {
        "revision": offer.revision,
        "ceiling": text("ceiling"),
        "weekly_core": text("weekly_core"),
        "weekly_total": text("weekly_total"),
        "extras": len(offer.extras),
    }


def _record(actor: Actor, kind: str, offer: Offer, data: dict[str, Any], *, told: str = "") -> None:
    """One entry in the provider's chain; `told` also sends the authority a notice, unless the offer is sealed."""
    release = offer.release
    notices = []
    if told and not release.is_sealed:
        path = f"/o/{release.authority.slug}/referrals/{release.reference}/"
        notices.append(
            Notice(
                told,
                offer.authority_id,
                release.reference,
                path,
                permissions=("offer.view",),
                category=release.category,
            )
        )
    record(kind, subject=offer, actor=actor, reference=release.reference, data=data, notify=notices)
