"""What an organisation that was told does: read, answer, check on its own people, record what it found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.record import record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.locks import hold_name
from brokerage.core.tenants.actors import Actor
from brokerage.safeguarding.checks import due_day, remind_of_checks
from brokerage.safeguarding.guard import require_nobody_named
from brokerage.safeguarding.models import AlertRecipient, WelfareCheck
from brokerage.safeguarding.queries.alerts import people_there, received_alert


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

    Refused when: it was answered or closed before (NotNow); the answer is missing, or names a person; one of the
    organisation's own people living there has no plan (`plan_missing`).
    """
    actor.require("alert.acknowledge")
    hold_name(f"alert answer:{reference}:{actor.organisation_id}")
    told = received_alert(reference)
    if told.acknowledged_at or told.closed_at:
        raise NotNow("alert_answered", _("This alert was answered already, or is closed"))
    if not response.strip():
        raise RuleBroken("response_missing", _("Say what your organisation will do"), "response")
    require_nobody_named(response, field="response", provider_id=told.provider_id, is_checked=is_checked)
    now = database_now()
    given = plans or {}
    due_on = due_day(told, database_today())
    if actor.is_authority:
        for placement in people_there(told):
            plan = given.get(placement.pk, "").strip()
            if not plan:
                raise RuleBroken("plan_missing", _("Say what will be done for this person"), f"plan_{placement.pk}")
            WelfareCheck(
                authority_id=actor.organisation_id,
                recipient=told,
                placement_id=placement.pk,
                placement_reference=placement.reference,
                plan=plan,
                planned_by_name=actor.name[:120],
                planned_at=now,
                due_on=due_on,
            ).save(force_insert=True)
    told.acknowledged_at, told.acknowledged_by_name, told.response = now, actor.name[:120], response.strip()
    told.save(update_fields=["acknowledged_at", "acknowledged_by_name", "response"])
    entry = record("alert.acknowledged", subject=told, actor=actor, reference=reference, data={"people": len(given)})
    if actor.is_authority and told.checks.exists():
        remind_of_checks(actor, told, due_on, entry_id=entry.pk)
    return told


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
