"""The start of a placement moved after its agreement was drawn up: the agreement follows while nobody has signed it;
after that it says that the days differ. The provider is told either way.

Work of the outbox, queued by `placements.actions.placements.reschedule_placement`; it may run twice and acts once.
"""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from brokerage.core import locks
from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.audit.record import record
from brokerage.core.clock import database_now
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import system
from contracts.actions.agreements import draw_up_agreement, to_provider
from contracts.models import Agreement
from contracts.states import AGREEMENT, AGREEMENT_LIVE
from placements.actions.placements import START_MOVED
from placements.models import Placement

#: Nobody has signed yet.
UNSIGNED = ("drawn_up", "awaiting_signatures")


@handles(START_MOVED)
def follow_start(item: OutboxItem) -> None:
    """Bring the live agreement in line with the day now planned."""
    with system(item.organisation_id) as actor:
        found = Placement.objects.filter(pk=item.payload["placement"]) if actor.is_authority else None
        referral_id = found.values_list("referral_id", flat=True).first() if found is not None else None
        if found is None or referral_id is None:
            return
        locks.hold(referrals=[referral_id])
        placement = found.get()
        if placement.award_id is None or placement.status != "planned":
            return
        agreement = Agreement.objects.filter(award_id=placement.award_id, status__in=AGREEMENT_LIVE).first()
        if agreement is None:
            return
        if agreement.status in UNSIGNED:
            if agreement.starts_on != placement.planned_start_on:
                _draw_up_again(actor, agreement)
        else:
            _note_difference(actor, agreement, placement.planned_start_on)


def _draw_up_again(actor: Actor, agreement: Agreement) -> None:
    """The unsigned version is cancelled and a new one with the same reference takes its place."""
    agreement.status = AGREEMENT.after(agreement.status, "cancel")
    agreement.cancelled_at = database_now()
    agreement.cancel_reason = _("The start date has changed: it was drawn up again.")
    agreement.save(update_fields=["status", "cancelled_at", "cancel_reason"])
    draw_up_agreement(
        actor,
        award=agreement.award,
        earlier=agreement,
        notify=[to_provider("contracts.drawn_up_again", agreement, "agreement.view")],
    )


def _note_difference(actor: Actor, agreement: Agreement, planned: dt.date) -> None:
    moved = planned if planned != agreement.starts_on else None
    if agreement.moved_start_on == moved:
        return
    agreement.moved_start_on = moved
    agreement.save(update_fields=["moved_start_on"])
    record(
        "agreement.start_differs",
        subject=agreement,
        actor=actor,
        data={"agreed": agreement.starts_on.isoformat(), "planned": planned.isoformat()},
        notify=[to_provider("contracts.start_moved", agreement, "agreement.view")],
    )
