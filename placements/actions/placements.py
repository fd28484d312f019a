"""The placement's life: rescheduled, started, ended, or cancelled. One with an award is cancelled by its award's
falling through, never here.

A placement is its authority's row; the provider reads the agreement.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from brokerage.core import locks
from brokerage.core.audit.record import enqueue, record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.actors import Actor
from brokerage.core.vocabulary import Category
from placements.models import Placement, Referral
from placements.reminders import remind_of_extras, remind_of_start
from placements.ssda903 import PLACEMENT_PROVIDERS, PLACEMENT_TYPES, end_reasons_of
from placements.states import PLACEMENT, REFERRAL

#: Work for the agreement, which the storey above does: `contracts.rescheduling`.
START_MOVED = "move_start"


@transaction.atomic
def reschedule_placement(actor: Actor, *, placement_id: UUID, planned_start_on: dt.date) -> Placement:
    """Another day is planned, and the agreement follows (`contracts.rescheduling`).

    Refused when it has started already, or the day is past (`start_past`).
    """
    actor.require("placement.start")
    placement = hold_placement(placement_id)
    placement.status = PLACEMENT.after(placement.status, "reschedule")
    if planned_start_on < database_today():
        raise RuleBroken("start_past", _("The new day must be today or later"), "planned_start_on")
    before = placement.planned_start_on
    placement.planned_start_on = planned_start_on
    placement.save(update_fields=["status", "planned_start_on"])
    remind_of_start(actor, placement)
    if placement.award_id is not None and before != planned_start_on:
        enqueue(START_MOVED, queue="documents", actor=actor, payload={"placement": str(placement.pk)})
    record(
        "placement.rescheduled",
        subject=placement,
        actor=actor,
        data={"before": before.isoformat(), "after": planned_start_on.isoformat()},
    )
    return placement


@transaction.atomic
def start_placement(
    actor: Actor,
    *,
    placement_id: UUID,
    started_on: dt.date,
    placement_type: str = "",
    placement_provider: str = "",
) -> Placement:
    """The person has moved in; the referral is placed.

    Refused when it is not planned; the day lies ahead (`start_ahead`) or before the award (`start_before_award`); a
    code is not of the SSDA903 return (`placement_type`, `placement_provider`): for a child both are needed.
    """
    actor.require("placement.start")
    placement = hold_placement(placement_id)
    placement.status = PLACEMENT.after(placement.status, "start")
    if started_on > database_today():
        raise RuleBroken("start_ahead", _("The day they moved in must be today or in the past"), "started_on")
    award = placement.award
    if award is not None and started_on < timezone.localdate(award.made_at):
        raise RuleBroken("start_before_award", _("Nobody can have moved in before the award was made"), "started_on")
    is_child = placement.category != Category.ADULT_RESIDENTIAL
    if (is_child or placement_type) and placement_type not in PLACEMENT_TYPES:
        raise RuleBroken("placement_type", _("Select a placement type"), "placement_type")
    if (is_child or placement_provider) and placement_provider not in PLACEMENT_PROVIDERS:
        raise RuleBroken("placement_provider", _("Select who provides the placement"), "placement_provider")
    placement.started_on = started_on
    placement.placement_type = placement_type
    placement.placement_provider = placement_provider
    placement.save(update_fields=["status", "started_on", "placement_type", "placement_provider"])
    if award is not None and placement.referral_id is not None:
        # A spot placement ended its referral when it was recorded.
        referral = Referral.objects.get(pk=placement.referral_id)
        referral.status = REFERRAL.after(referral.status, "place")
        referral.ended_at = database_now()
        referral.save(update_fields=["status", "ended_at"])
    remind_of_extras(actor, placement)
    record(
        "placement.started",
        subject=placement,
        actor=actor,
        data={"started_on": started_on.isoformat(), "type": placement_type, "provider": placement_provider},
    )
    return placement


@transaction.atomic
def record_host_notified(actor: Actor, *, placement_id: UUID, notified_on: dt.date) -> Placement:
    """The host authority has been told of a child placed in its area (Care Planning Regulations 2010, reg. 13).

    Refused when the placement is over, or the day lies ahead (`notified_ahead`).
    """
    actor.require("placement.start")
    placement = hold_placement(placement_id)
    placement.status = PLACEMENT.after(placement.status, "reschedule" if placement.status == "planned" else "change")
    if notified_on > database_today():
        raise RuleBroken("notified_ahead", _("The day must be today or in the past"), "notified_on")
    placement.host_notified_on = notified_on
    placement.save(update_fields=["host_notified_on"])
    record("placement.host_notified", subject=placement, actor=actor, data={"notified_on": notified_on.isoformat()})
    return placement


@transaction.atomic
def end_placement(actor: Actor, *, placement_id: UUID, ended_on: dt.date, end_reason: str) -> Placement:
    """The person has left; the place is free again.

    Refused when it is not active; the day lies ahead (`end_ahead`) or before the start (`end_before_start`); the
    reason is not one of the SSDA903 return's, or cannot be said of an adult (`end_reason`).
    """
    actor.require("placement.end")
    placement = hold_placement(placement_id)
    placement.status = PLACEMENT.after(placement.status, "end")
    if end_reason not in end_reasons_of(placement.category):
        raise RuleBroken("end_reason", _("Select why the placement ended"), "end_reason")
    if ended_on > database_today():
        raise RuleBroken("end_ahead", _("The day they left must be today or in the past"), "ended_on")
    if placement.started_on is not None and ended_on < placement.started_on:
        raise RuleBroken("end_before_start", _("They cannot have left before they moved in"), "ended_on")
    placement.ended_on = ended_on
    placement.end_reason = end_reason
    placement.save(update_fields=["status", "ended_on", "end_reason"])
    record(
        "placement.ended",
        subject=placement,
        actor=actor,
        data={"ended_on": ended_on.isoformat(), "reason": end_reason},
    )
    return placement


@transaction.atomic
def cancel_placement(actor: Actor, *, placement_id: UUID, reason: str) -> Placement:
    """A spot placement planned ahead comes to nothing: its place is free again, its referral ends without a placement.

    The reason is kept with the referral. Refused when the placement is not planned; it has an award, which is let fall
    through instead (NotNow, `has_award`); no reason is given (`reason_missing`).
    """
    actor.require("placement.spot", "award.approve")
    placement = hold_placement(placement_id)
    if placement.award_id is not None:
        raise NotNow("has_award", _("This placement comes from an award: let the award fall through instead"))
    placement.status = PLACEMENT.after(placement.status, "cancel")
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Say why the placement is cancelled"), "reason")
    placement.save(update_fields=["status"])
    if placement.referral_id is not None:
        referral = Referral.objects.get(pk=placement.referral_id)
        referral.status = REFERRAL.after(referral.status, "cancel_spot")
        referral.end_reason = reason.strip()
        referral.save(update_fields=["status", "end_reason"])
    record("placement.cancelled", subject=placement, actor=actor, data={})
    return placement


def hold_placement(placement_id: UUID) -> Placement:
    """The placement under the locks of its place and its referral. Raises Http404."""
    found = Placement.objects.filter(pk=placement_id).first()
    if found is None:
        raise Http404
    place_id = found.household_id or found.establishment_id
    locks.hold(
        establishments=[place_id] if place_id else [], referrals=[found.referral_id] if found.referral_id else []
    )
    return Placement.objects.select_related("award").get(pk=placement_id)
