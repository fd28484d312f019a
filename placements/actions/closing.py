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
    invitations = Invitation.objects.filter(referral=referral, status__in=INVITATION.sources("close"))
    invitations.update(status=INVITATION.target("close"))
    Offer.objects.filter(referral=referral, status__in=OFFER.sources("lapse")).update(
        status=OFFER.target("lapse"), outcome_reason=reason, withdrawn_at=database_now()
    )
    move_unseen_offers(referral, ("draft", "submitted", "needs_reconfirming"), "lapsed")
    closed = close_releases(referral, reason=reason)
    return tell_providers("placements.referral_closed", referral, closed)


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
