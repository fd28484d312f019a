"""Reminders about placements: a start that nobody recorded, an additional service about to end.

Queued by the act that makes them due; each looks again when its time comes, and does nothing when the matter is
settled or was told already. They may run twice and tell once.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from brokerage.core import locks
from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.audit.record import Notice, enqueue, record
from brokerage.core.clock import database_today, morning_of
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import system
from brokerage.core.tenants.models import Membership
from placements.models import Placement

START = "remind_start"
EXTRAS = "remind_extras"
#: Days before an additional service ends in which it can still be renewed.
EXTRAS_AHEAD = 14


def remind_of_start(actor: Actor, placement: Placement) -> None:
    """Have the officer told the day after the planned start, unless it is recorded by then. Part of planning."""
    enqueue(
        START,
        queue="default",
        actor=actor,
        payload={"placement": str(placement.pk), "planned_start_on": placement.planned_start_on.isoformat()},
        available_at=morning_of(placement.planned_start_on + dt.timedelta(days=1)),
    )


def remind_of_extras(actor: Actor, placement: Placement) -> None:
    """Have placement officers told before each additional service ends. Part of the start."""
    for ends_on in sorted(set(_extras_ending(placement))):
        enqueue(
            EXTRAS,
            queue="default",
            actor=actor,
            payload={"placement": str(placement.pk), "ends_on": ends_on},
            available_at=morning_of(dt.date.fromisoformat(ends_on) - dt.timedelta(days=EXTRAS_AHEAD)),
        )


@handles(START)
def tell_of_start(item: OutboxItem) -> None:
    """The planned day has passed and nobody recorded that the person moved in: tell the officer."""
    planned = item.payload["planned_start_on"]
    with system(item.organisation_id) as actor:
        placement = _held(actor, item)
        if placement is None or placement.status != "planned" or placement.planned_start_on.isoformat() != planned:
            return
        if database_today() > placement.planned_start_on:
            _tell(
                actor,
                placement,
                "placement.start_reminded",
                {"planned_start_on": planned},
                "placements.start_not_recorded",
                user_id=_officer(placement),
            )


@handles(EXTRAS)
def tell_of_extras(item: OutboxItem) -> None:
    """An additional service ends within `EXTRAS_AHEAD` days: tell whoever runs placements."""
    ends_on = item.payload["ends_on"]
    with system(item.organisation_id) as actor:
        placement = _held(actor, item)
        if placement is None or placement.status != "active" or ends_on not in _extras_ending(placement):
            return
        if database_today() <= dt.date.fromisoformat(ends_on):
            _tell(actor, placement, "placement.extras_reminded", {"ends_on": ends_on}, "placements.extras_ending")


def _held(actor: Actor, item: OutboxItem) -> Placement | None:
    """The placement under its referral's lock; None when it is not the organisation's."""
    if not actor.is_authority:
        return None
    found = Placement.objects.filter(pk=item.payload["placement"])
    referral_id = found.values_list("referral_id", flat=True).first()
    if referral_id is not None:
        locks.hold(referrals=[referral_id])
    return found.select_related("award__offer", "referral").first()


def _extras_ending(placement: Placement) -> list[str]:
    """The last days (ISO) of the additional services agreed with the award."""
    if placement.award is None:
        return []
    return [line["ends_on"] for line in placement.award.offer.extras if line.get("ends_on")]


def _officer(placement: Placement) -> UUID | None:
    """Whoever runs the referral, while still one of the authority's people."""
    officer = placement.referral.officer_id if placement.referral is not None else None
    ours = Membership.objects.filter(organisation_id=placement.authority_id, is_active=True)
    return officer if officer is not None and ours.filter(user_id=officer).exists() else None


def _tell(
    actor: Actor, placement: Placement, kind: str, data: dict[str, str], template: str, *, user_id: UUID | None = None
) -> None:
    known = Entry.objects.filter(organisation_id=actor.organisation_id, subject_id=str(placement.pk))
    if known.filter(kind=kind, data=data).exists():
        return
    record(
        kind,
        subject=placement,
        actor=actor,
        data=data,
        notify=[
            Notice(
                template,
                actor.organisation_id,
                placement.reference,
                f"/o/{actor.slug}/placements/{placement.reference}/",
                permissions=() if user_id else ("placement.start",),
                user_id=user_id,
                category=placement.category,
            )
        ],
    )
