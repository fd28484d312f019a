"""Acceptance: awarding an offer and drawing up its agreement, in one transaction; and undoing both.

The one place where storey 3's award meets storey 4's agreement. No signal, no hidden hook: a confirmed award always
ends with exactly one agreement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from brokerage.core.tenants.actors import Actor
from contracts.actions.agreements import cancel_agreement, draw_up_agreement
from contracts.costs import estimated_value, gates_reached
from contracts.models import Agreement
from contracts.states import AGREEMENT_LIVE
from dpv.queries.rules import rules_of
from placements.actions import awards
from placements.models import Award, Offer


@transaction.atomic
def accept_offer(
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
    language: str = "en",
) -> Award:
    """Award the offer; when that needs nobody's approval, draw up its agreement. Refusals: see `award_offer`."""
    award = awards.award_offer(
        actor,
        offer_id=offer_id,
        reason_code=reason_code,
        reason=reason,
        losers=losers,
        ranking=ranking,
        preferences=preferences,
        before_closing=before_closing,
        seen_revision=seen_revision,
        worth=value_of,
        language=language,
    )
    _agree(actor, award)
    return award


@transaction.atomic
def approve(actor: Actor, *, award_id: UUID, kind: str, reason: str = "") -> Award:
    """Approve an award; with the last approval its agreement is drawn up. Refusals: see `approve_award`."""
    award = awards.approve_award(actor, award_id=award_id, kind=kind, reason=reason)
    _agree(actor, award)
    return award


@transaction.atomic
def let_fall_through(actor: Actor, *, award_id: UUID, reason: str, because_of_provider: bool) -> Award:
    """Let a confirmed award fall through: its agreement is cancelled, the referral is open for another choice."""
    award = awards.let_fall_through(actor, award_id=award_id, reason=reason, because_of_provider=because_of_provider)
    for agreement in Agreement.objects.filter(award_id=award.pk, status__in=AGREEMENT_LIVE):
        cancel_agreement(actor, agreement_id=agreement.pk, reason=reason)
    return award


def value_of(offer: Offer) -> tuple[Decimal | None, tuple[str, ...]]:
    """What the call-off is worth over its expected weeks in pounds, and the value gates it reaches.

    (None, ()) when the referral does not say how long.
    """
    if offer.weekly_total is None or not offer.referral.expected_weeks:
        return None, ()
    value = estimated_value(offer.weekly_total, offer.referral.expected_weeks)
    return value, gates_reached(rules_of(offer.rules), value)


def _agree(actor: Actor, award: Award) -> None:
    if award.status == "confirmed":
        draw_up_agreement(actor, award=award)
