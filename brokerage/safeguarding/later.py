"""People who come to live at a home after their authority answered an alert about it: asking for a plan for each, and
reminding until there is one. Work of the outbox's alerts queue, as the authority itself: nobody else reads its people.

The reminder climbs as that of an answer (`reminders`), but from the lowest rung, for this authority alone.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import connection

from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.audit.outbox import handles, queue_next_step
from brokerage.core.audit.record import Notice, record
from brokerage.core.clock import database_now
from brokerage.core.locks import hold_name
from brokerage.core.notifications.channels import tell_members
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import system, worker
from brokerage.safeguarding.checks import answer_lock
from brokerage.safeguarding.ladder import TOP, is_reached, roles_on
from brokerage.safeguarding.models import Alert, AlertRecipient, Severity
from brokerage.safeguarding.queries.alerts import awaiting_plans, people_without_plan
from brokerage.safeguarding.reminders import (
    count_on_no_more,
    next_reminder,
    remind_from_the_start,
    tell_who_can_telephone,
    who_can_telephone,
)

KIND = "alert_plan_reminder"
CAME = "alert.people_came"

REMIND = tell_members(
    organisations="tenants_organisation o",
    who=is_reached(),
    event="%(event)s",
    template="'safeguarding.plans_missing'",
    reference="%(reference)s",
    page="'/alerts/' || %(reference)s || '/'",
    narrowed="o.id = %(organisation)s",
)
SILENT = tell_who_can_telephone("safeguarding.plans_silent", "r.organisation_id <> %(organisation)s")


def ask_for_plans(organisation_id: UUID, alerts: Collection[UUID]) -> None:
    """Tell the authority of those of its own who came after it answered one of these alerts. Repeatable: of each person
    once."""
    if not alerts:
        return
    with system(organisation_id) as actor:
        rows = awaiting_plans().filter(alert_id__in=alerts) if actor.is_authority else AlertRecipient.objects.none()
        references = sorted(rows.values_list("reference", flat=True))
    for reference in references:
        with system(organisation_id) as actor:
            _ask(actor, reference)


def _ask(actor: Actor, reference: str) -> None:
    hold_name(answer_lock(reference, actor.organisation_id))
    told = awaiting_plans().filter(reference=reference).first()
    if told is None:
        return
    asked = Entry.objects.filter(kind=CAME, subject_id=str(told.pk)).values_list("data__placements", flat=True)
    known = {placement for placements in asked for placement in placements}
    new = sorted({placement.reference for placement in people_without_plan(told)} - known)
    if not new:
        return
    entry = record(
        CAME,
        subject=told,
        actor=actor,
        reference=reference,
        data={"placements": new},
        notify=[
            Notice(
                template="safeguarding.people_came",
                organisation_id=actor.organisation_id,
                reference=reference,
                path=f"/o/{actor.slug}/alerts/{reference}/",
                permissions=("alert.acknowledge",),
                is_urgent=told.severity == Severity.HIGH,
            )
        ],
    )
    first = next_reminder(told.severity, 1, database_now())
    remind_from_the_start(actor, KIND, {"recipient": str(told.pk)}, first=first, entry_id=entry.pk)


@handles(KIND)
def remind(item: OutboxItem) -> None:
    """Remind the authority while somebody there has no plan, and queue the next step. Repeatable: an item reminds a
    person once."""
    if item.organisation_id is None:
        return
    with system(item.organisation_id) as actor:
        told = AlertRecipient.objects.filter(pk=item.payload["recipient"]).first() if actor.is_authority else None
        if told is None:
            return
        hold_name(answer_lock(told.reference, actor.organisation_id))
        is_missing = awaiting_plans().filter(pk=told.pk).exists()
        with worker():
            now = database_now()
            if is_missing:
                _remind(item, told)
                next_step = int(item.payload["step"]) + 1
                queue_next_step(item, at=next_reminder(told.severity, next_step, now))
            count_on_no_more(item, now)


def _remind(item: OutboxItem, told: AlertRecipient) -> None:
    """As the worker."""
    step = int(item.payload["step"])
    alert = Alert.objects.get(pk=told.alert_id)
    values = who_can_telephone(alert, item) | {
        "rung": roles_on(step),
        "reference": told.reference,
        "organisation": told.organisation_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(REMIND, values)
        if cursor.rowcount:
            AlertRecipient.objects.filter(pk=told.pk).update(reminded=told.reminded + 1, reminded_at=database_now())
        if step >= TOP:
            cursor.execute(SILENT, values)
