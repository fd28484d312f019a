"""Closing a referral for everyone: invitations, releases and offers that an ending leaves behind.

A step of the actions that end a referral (withdrawn, no placement, spot); they hold its lock and record the act.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.db import connection

from brokerage.core.audit.record import Notice
from brokerage.core.clock import database_now
from placements.actions.releases import close_releases, tell_providers
from placements.models import Invitation, Offer, Referral
from placements.states import INVITATION, OFFER


def close_for_everyone(referral: Referral, *, reason: str) -> list[Notice]:
    """Close every invitation, empty every release, let what was offered lapse. Returns whom to tell."""
    now = database_now()
    for invitation in Invitation.objects.filter(referral=referral):
        if INVITATION.may(invitation.status, "close"):
            invitation.status = INVITATION.after(invitation.status, "close")
            invitation.save(update_fields=["status"])
    for offer in Offer.objects.filter(referral=referral):
        if OFFER.may(offer.status, "lapse"):
            offer.status = OFFER.after(offer.status, "lapse")
            offer.outcome_reason = reason
            offer.withdrawn_at = now
            offer.save(update_fields=["status", "outcome_reason", "withdrawn_at"])
    move_unseen_offers(referral, ("draft", "submitted", "needs_reconfirming"), "lapsed")
    closed = close_releases(referral, reason=reason)
    return tell_providers("placements.referral_closed", referral, [release.provider_id for release in closed])


def move_unseen_offers(
    referral: Referral, statuses: Collection[str], to: str | None = None, *, opens_at: dt.datetime | None = None
) -> None:
    """Move the drafts and the still sealed offers in those states, or put off their opening, without learning of any
    (`placements.row_security.FUNCTIONS`)."""
    referral_id: UUID = referral.pk
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT move_unseen_offers(%s, %s::varchar[], %s, %s)", [referral_id, list(statuses), to, opens_at]
        )
