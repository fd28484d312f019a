"""What an organisation that was told does: read, answer, plan for who came later, record what it found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.record import record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.locks import hold_name
from brokerage.core.tenants.actors import Actor
from brokerage.core.texts import require_short
from brokerage.safeguarding.checks import answer_lock, due_day, remind_of_checks
from brokerage.safeguarding.guard import require_nobody_named, require_nobody_named_in
from brokerage.safeguarding.models import AlertRecipient, WelfareCheck
from brokerage.safeguarding.queries.alerts import people_there, people_without_plan, received_alert
from placements.models import Placement


def read_alert(actor: Actor, *, reference: str) -> AlertRecipient:
    """The alert as this organisation may read it; each reading is recorded."""
    actor.require("alert.view")
    told = received_alert(reference)
    record("alert.read", subject=told, actor=actor, reference=reference)
    return told


@transaction.atomic
def acknowledge_alert(
    actor: Actor,
    *,
    reference: str,
    response: str,
    plans: Mapping[UUID, str] | None = None,
    is_checked: bool = False,
) -> AlertRecipient:
    """Answer an alert for the organisation: once, with what will be done for each of its people there.

    Refused when: it was answered or closed before (NotNow); the answer is missing; one of the organisation's own people
    living there has no plan (`plan_missing`); the answer or a plan names a person, or a plan is too long.
    """
    actor.require("alert.acknowledge")
    hold_name(answer_lock(reference, actor.organisation_id))
    told = received_alert(reference)
    if told.acknowledged_at or told.closed_at:
        raise NotNow("alert_answered", _("This alert was answered already, or is closed"))
    if not response.strip():
        raise RuleBroken("response_missing", _("Say what your organisation will do"), "response")
    require_nobody_named(response, field="response", provider_id=told.provider_id, is_checked=is_checked)
    now = database_now()
    given = plans or {}
    people = people_there(told) if actor.is_authority else []
    due_on = _plan_checks(actor, told, people, given, now=now, is_checked=is_checked)
    told.acknowledged_at, told.acknowledged_by_name, told.response = now, actor.name[:120], response.strip()
    told.save(update_fields=["acknowledged_at", "acknowledged_by_name", "response"])
    entry = record("alert.acknowledged", subject=told, actor=actor, reference=reference, data={"people": len(given)})
    if people:
        remind_of_checks(actor, told, due_on, entry_id=entry.pk)
    return told


@transaction.atomic
def plan_for_people_who_came_later(
    actor: Actor, *, reference: str, plans: Mapping[UUID, str], is_checked: bool = False
) -> AlertRecipient:
    """Say what will be done for each of the authority's people who came to live there after it answered. The answer
    itself stays as it was given.

    Refused when: the alert is not answered yet, or is closed, or everybody there has a plan (NotNow); a plan is for
    somebody else (`person_unknown`); one of them has no plan (`plan_missing`); a plan names a person, or is too long.
    """
    actor.require("alert.acknowledge")
    hold_name(answer_lock(reference, actor.organisation_id))
    told = received_alert(reference)
    later = to_be_planned(actor, told)
    now = database_now()
    others = sorted(map(str, plans.keys() - {placement.pk for placement in later}))
    if others:
        message = _("Nobody of yours who came there later and has no plan yet has this number")
        raise RuleBroken("person_unknown", message, f"plan_{others[0]}")
    due_on = _plan_checks(actor, told, later, plans, now=now, is_checked=is_checked)
    entry = record("alert.plans_added", subject=told, actor=actor, reference=reference, data={"people": len(later)})
    remind_of_checks(actor, told, due_on, entry_id=entry.pk)
    return told


def to_be_planned(actor: Actor, told: AlertRecipient) -> list[Placement]:
    """Whom the authority may say a plan for though it has answered; NotNow when there is nobody, or it is no time."""
    if told.acknowledged_at is None:
        raise NotNow("alert_not_answered", _("Answer the alert first, with a plan for each of your people there"))
    if told.closed_at is not None:
        raise NotNow("alert_over", _("This alert is closed"))
    later = people_without_plan(told) if actor.is_authority else []
    if not later:
        raise NotNow("plans_complete", _("Everybody of yours there has a plan already"))
    return later


def _plan_checks(
    actor: Actor,
    told: AlertRecipient,
    people: Sequence[Placement],
    plans: Mapping[UUID, str],
    *,
    now: dt.datetime,
    is_checked: bool,
) -> dt.date:
    """A welfare check for each of the people, from its plan; the day by which they are due."""
    said = {f"plan_{placement.pk}": plans.get(placement.pk, "").strip() for placement in people}
    for field, plan in said.items():
        if not plan:
            raise RuleBroken("plan_missing", _("Say what will be done for this person"), field)
        require_short(plan, field=field)
    if said:
        require_nobody_named_in(said, provider_id=told.provider_id, is_checked=is_checked)
    due_on = due_day(told, database_today())
    WelfareCheck.objects.bulk_create(
        WelfareCheck(
            authority_id=actor.organisation_id,
            recipient=told,
            placement_id=placement.pk,
            placement_reference=placement.reference,
            plan=said[f"plan_{placement.pk}"],
            planned_by_name=actor.name[:120],
            planned_at=now,
            due_on=due_on,
        )
        for placement in people
    )
    return due_on


@transaction.atomic
def record_check(actor: Actor, *, check_id: UUID, found: str, is_safe: bool, done_on: dt.date) -> WelfareCheck:
    """Record that somebody looked after one of our people there, and whether they are safe."""
    actor.require("alert.acknowledge")
    hold_name(f"welfare check:{check_id}")
    check = WelfareCheck.objects.select_related("recipient").filter(pk=check_id).first()
    if check is None:
        raise Http404
    if check.done_on:
        raise NotNow("check_done", _("This check is recorded already"))
    if not found.strip():
        raise RuleBroken("found_missing", _("Say what was found"), "found")
    if done_on > database_today():
        raise RuleBroken("day_ahead", _("This day is still ahead"), "done_on")
    check.found, check.is_safe, check.done_on, check.done_by_name = found.strip(), is_safe, done_on, actor.name[:120]
    check.save(update_fields=["found", "is_safe", "done_on", "done_by_name"])
    record(
        "alert.check_done",
        subject=check,
        actor=actor,
        reference=check.recipient.reference,
        data={"is_safe": is_safe, "placement": check.placement_reference},
    )
    return check
