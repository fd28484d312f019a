"""A referral that runs: more time, a wider search, a corrected text, an end without a placement.

Whoever was invited is told, under the referral's lock. An amendment writes every release anew and asks for standing
offers to be confirmed again; those who declined or were closed out are asked afresh.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.record import record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.actors import Actor
from dpv.models import Lot
from dpv.queries.access import require_access
from placements.actions.closing import close_for_everyone, move_unseen_offers
from placements.actions.drafts import put_answers
from placements.actions.publishing import check_note as check_note
from placements.actions.publishing import checked_closing, closing_terms, held, require_ready, save
from placements.actions.releases import invited_providers, rewrite_releases, tell_providers, write_releases
from placements.announcements import announce_closing_of
from placements.models import Invitation, Offer, Referral, ReferralLot
from placements.questions import section as section_of
from placements.questions.days import day_problems
from placements.states import INVITATION, OFFER, OFFER_STANDING, REFERRAL

#: The furthest that a search goes, in miles; the form says the same.
MOST_MILES = 300


@transaction.atomic
def extend_closing(actor: Actor, *, reference: str, closes_at: dt.datetime, reason: str) -> Referral:
    """Give everyone more time, also after the closing time has passed; those who declined are asked afresh.

    Refused when the referral does not run (NotNow); without a reason, or one that tells who the person is; when the new
    time is not later, or nearer than half an hour; when sealed offers have been opened (NotNow, `offers_opened`): late
    offers could follow known prices.
    """
    actor.require("referral.publish")
    referral = held(actor, reference)
    REFERRAL.after(referral.status, "extend")
    now = database_now()
    _need_reason(reason)
    # Kept in the audit trail, which outlives the person's record.
    check_note(referral, reason, field="reason")
    before = referral.closes_at
    _put_closing(referral, closes_at, now)
    save(referral)
    announce_closing_of(actor, referral)
    invited = _ask_again(referral, now)
    record(
        "referral.extended",
        subject=referral,
        actor=actor,
        data={"from": before.isoformat() if before else None, "to": closes_at.isoformat(), "reason": reason.strip()},
        notify=tell_providers("placements.closing_extended", referral, invited),
    )
    return referral


@transaction.atomic
def widen_search(
    actor: Actor,
    *,
    reference: str,
    max_miles: int | None = None,
    lot_ids: Collection[UUID] = (),
    closes_at: dt.datetime | None = None,
) -> Referral:
    """Look further or on more lots; who fits is then invited from the matching page (`invite_more`).

    A closing time that has passed is set anew: as given, or the vehicles' hours from now. Refused when the referral
    does not run; when nothing is wider; when a lot is not open to the authority.
    """
    actor.require("referral.publish")
    referral = held(actor, reference)
    REFERRAL.after(referral.status, "widen")
    now, today = database_now(), database_today()
    is_further = _look_further(referral, max_miles)
    known = list(ReferralLot.objects.filter(referral=referral).values_list("lot_id", flat=True))
    added = [lot_id for lot_id in dict.fromkeys(lot_ids) if lot_id not in known]
    if not is_further and not added:
        raise RuleBroken("not_wider", _("Choose a longer distance or another lot"), "max_miles")
    if added:
        require_access(referral.authority_id, added, referral.category, today)
        ReferralLot.objects.bulk_create(
            ReferralLot(authority_id=referral.authority_id, referral=referral, lot_id=lot_id) for lot_id in added
        )
    is_over = referral.closes_at is None or referral.closes_at <= now
    if closes_at is None and is_over:
        terms = closing_terms(Lot.objects.filter(pk__in=[*known, *added]), referral.urgency, today)
        closes_at = now + dt.timedelta(hours=terms.hours)
    if closes_at is not None:
        _put_closing(referral, closes_at, now)
        announce_closing_of(actor, referral)
    save(referral)
    invited = _ask_again(referral, now)
    record(
        "referral.widened",
        subject=referral,
        actor=actor,
        data={"max_miles": referral.max_miles, "lots_added": len(added)},
        notify=tell_providers("placements.closing_extended", referral, invited) if closes_at is not None else [],
    )
    return referral


@transaction.atomic
def amend_referral(
    actor: Actor, *, reference: str, section: str, values: Mapping[str, Any], note: str, base_revision: int
) -> Referral:
    """Correct one section of a published referral. Everyone invited reads the new text and `note`, what changed;
    standing offers need confirming again.

    Refused when the referral does not run; when somebody changed it since `base_revision` (NotNow, `changed`); when an
    answer is none or a day cannot be; when it now lacks an answer or may tell who somebody is; without a note; when
    nothing changed.
    """
    actor.require("referral.amend")
    referral = held(actor, reference)
    REFERRAL.after(referral.status, "amend")
    if base_revision != referral.revision:
        raise NotNow("changed", _("This referral was changed meanwhile. Look at it again before you amend it."))
    now = database_now()
    if not note.strip():
        raise RuleBroken("note_missing", _("Say what has changed, so that providers see it at once"), "note")
    changed = put_answers(referral, section, values)
    if not changed:
        raise RuleBroken("nothing_changed", _("Nothing has changed"))
    require_ready(referral)
    given = referral.answers.get(section) or {}
    for problem in day_problems(section_of(section), referral.category, given, database_today()):
        raise problem
    check_note(referral, note)
    referral.amendment_note = note.strip()
    if section not in referral.sections_done:
        referral.sections_done = [*referral.sections_done, section]
    save(referral)
    asked = _ask_to_reconfirm(referral)
    invited = _ask_again(referral, now, is_new_version=True)
    record(
        "referral.amended",
        subject=referral,
        actor=actor,
        data={"section": section, "fields": changed, "revision": referral.revision, "offers_to_reconfirm": asked},
        notify=tell_providers("placements.referral_amended", referral, invited),
    )
    return referral


@transaction.atomic
def end_without_placement(actor: Actor, *, reference: str, reason: str) -> Referral:
    """No home was found, or none is needed any more: everyone is told and their view is emptied.

    Refused when the referral does not run or without a reason.
    """
    actor.require("referral.withdraw")
    referral = held(actor, reference)
    status = REFERRAL.after(referral.status, "end_without_placement")
    _need_reason(reason)
    referral.status = status
    referral.ended_at = database_now()
    referral.end_reason = reason.strip()
    save(referral)
    told = close_for_everyone(referral, reason=str(_("The referral ended without a placement.")))
    record("referral.not_placed", subject=referral, actor=actor, data={"providers": len(told)}, notify=told)
    return referral


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Enter a reason"), "reason")


def _put_closing(referral: Referral, closes_at: dt.datetime, now: dt.datetime) -> None:
    checked_closing(closes_at, now)
    if referral.closes_at is not None and closes_at <= referral.closes_at:
        raise RuleBroken("not_later", _("The new closing time must be later than the present one"), "closes_at")
    if referral.is_sealed:
        # Row security shows the authority an offer only once it is opened.
        if Offer.objects.filter(referral=referral, status__in=OFFER_STANDING).exists():
            raise NotNow("offers_opened", _("The sealed offers have been opened. Choose one of them, or end this."))
        move_unseen_offers(referral, OFFER_STANDING, opens_at=closes_at)
    referral.closes_at = closes_at


def _look_further(referral: Referral, max_miles: int | None) -> bool:
    if max_miles is None or max_miles == referral.max_miles:
        return False
    if not 0 < max_miles <= MOST_MILES or (referral.max_miles is not None and max_miles < referral.max_miles):
        raise RuleBroken("not_wider", _("Choose a longer distance than before, up to 300 miles"), "max_miles")
    put_answers(referral, "where", {**(referral.answers.get("where") or {}), "max_miles": max_miles})
    return True


def _ask_to_reconfirm(referral: Referral) -> int:
    """How many offers the authority can see were asked; sealed ones are asked unseen."""
    offers = Offer.objects.filter(referral=referral, status__in=OFFER.sources("ask_to_reconfirm"))
    asked = offers.update(status=OFFER.target("ask_to_reconfirm"))
    move_unseen_offers(referral, ("submitted",), "needs_reconfirming")
    return asked


def _ask_again(referral: Referral, now: dt.datetime, *, is_new_version: bool = False) -> list[UUID]:
    """Every invitation that was declined or closed is open again, every release readable and as it now stands. Returns
    the providers that are invited."""
    answered = Invitation.objects.filter(referral=referral, status__in=INVITATION.sources("ask_again"))
    answered.update(status=INVITATION.target("ask_again"), answered_at=None)
    rewrite_releases(referral, now=now, is_new_version=is_new_version)
    invited = invited_providers(referral)
    write_releases(referral, provider_ids=invited, now=now)
    return invited
