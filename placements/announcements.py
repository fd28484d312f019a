"""Telling officers that a closing time has passed. The closing time itself closes: this only says so.

Queued with the closing time when a referral is published or extended, so nothing has to look for it; an item whose
closing time was put off, or whose referral has ended, does nothing. It may run twice and tells once.
"""

from __future__ import annotations

from django.utils.dateparse import parse_datetime

from brokerage.core import locks
from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.audit.record import Notice, enqueue, record
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import system
from placements.models import Referral

KIND = "announce_closing"


def announce_closing_of(actor: Actor, referral: Referral) -> None:
    """Have the officers told when the referral's closing time passes. Part of the act that sets it."""
    assert referral.closes_at is not None
    enqueue(
        KIND,
        queue="default",
        actor=actor,
        payload={"referral": str(referral.pk), "closes_at": referral.closes_at.isoformat()},
        available_at=referral.closes_at,
    )


@handles(KIND)
def announce_closing(item: OutboxItem) -> None:
    """Tell whoever may choose an offer, once, unless the closing time has moved or the referral no longer waits."""
    closes_at = parse_datetime(item.payload["closes_at"])
    with system(item.organisation_id) as actor:
        if not actor.is_authority:
            return
        locks.hold(referrals=[item.payload["referral"]])
        referral = Referral.objects.filter(pk=item.payload["referral"]).first()
        if referral is None or referral.status != "published" or referral.closes_at != closes_at:
            return
        told = {"closes_at": item.payload["closes_at"]}
        known = Entry.objects.filter(organisation_id=actor.organisation_id, subject_id=str(referral.pk))
        if known.filter(kind="referral.closing_passed", data=told).exists():
            return
        record(
            "referral.closing_passed",
            subject=referral,
            actor=actor,
            data=told,
            notify=[
                Notice(
                    "placements.closing_passed",
                    referral.authority_id,
                    referral.reference,
                    f"/o/{actor.slug}/referrals/{referral.reference}/",
                    permissions=("award.make",),
                    category=referral.category,
                )
            ],
        )
