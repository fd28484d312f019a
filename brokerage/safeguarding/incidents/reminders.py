"""Reminding an authority of what it has to do about an incident: work of the outbox's alerts queue.

A report that nobody acknowledged; a return interview that is due within a day, then overdue. Each day again until it is
done: twice to officers, then to managers too, then to directors too (`ladder`).
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import connection

from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.outbox import handles, queue_next_step
from brokerage.core.audit.record import enqueue
from brokerage.core.clock import database_now
from brokerage.core.notifications.channels import tell_members
from brokerage.core.notifications.expand import roles_granting
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import worker
from brokerage.safeguarding.incidents.models import Incident
from brokerage.safeguarding.ladder import is_reached, roles_on

KIND = "incident_reminder"
ACKNOWLEDGE, INTERVIEW = "acknowledge", "interview"
TEMPLATES = {ACKNOWLEDGE: "incidents.reminder", INTERVIEW: "incidents.interview_due"}
EVERY = dt.timedelta(hours=24)
#: The first reminder of an interview comes so long before it is due.
BEFORE_DUE = dt.timedelta(hours=24)
#: Reminders on the lowest rung of the ladder; each one after them is a rung higher.
TO_OFFICERS = 2

REMIND = tell_members(
    organisations="tenants_organisation o",
    who=is_reached(),
    event="%(event)s",
    template="%(template)s",
    reference="%(reference)s",
    page="'/incidents/' || %(reference)s || '/'",
    is_urgent="%(is_urgent)s",
    narrowed="o.id = %(authority)s",
)


def remind_to_acknowledge(actor: Actor, incident: Incident, *, entry_id: UUID) -> None:
    """Queue the first reminder of a report, for when it should have been acknowledged."""
    _queue(actor, incident, ACKNOWLEDGE, incident.acknowledge_by, entry_id)


def remind_of_interview(actor: Actor, incident: Incident, *, entry_id: UUID) -> None:
    """Queue the first reminder of a return interview, a day before it is due."""
    if incident.interview_due_at is not None:
        _queue(actor, incident, INTERVIEW, incident.interview_due_at - BEFORE_DUE, entry_id)


def _queue(actor: Actor, incident: Incident, about: str, at: dt.datetime, entry_id: UUID) -> None:
    payload = {"incident": str(incident.pk), "about": about, "step": 1}
    enqueue(KIND, queue="alerts", actor=actor, payload=payload, entry_id=entry_id, available_at=at)


def is_due(incident: Incident, about: str) -> bool:
    """Whether there is still something to remind of."""
    if about == ACKNOWLEDGE:
        return incident.is_waiting_for_acknowledgement
    return incident.needs_interview and incident.status in ("returned", "interview_offered")


@handles(KIND)
def remind(item: OutboxItem) -> None:
    """Remind the authority, and queue the next step. Repeatable: an item reminds a person once."""
    step, about = int(item.payload["step"]), item.payload["about"]
    with worker():
        incident = Incident.objects.filter(pk=item.payload["incident"]).first()
        if incident is None or item.organisation_id not in (incident.authority_id, incident.provider_id):
            return
        if not is_due(incident, about):
            return
        now = database_now()
        with connection.cursor() as cursor:
            cursor.execute(
                REMIND,
                {
                    "event": item.pk,
                    "template": TEMPLATES[about],
                    "reference": incident.reference,
                    "authority": incident.authority_id,
                    "readers": roles_granting(["incident.answer"]),
                    "rung": roles_on(max(1, step - TO_OFFICERS + 1)),
                    "is_urgent": about == ACKNOWLEDGE,
                },
            )
            if cursor.rowcount:
                incident.reminded, incident.reminded_at = incident.reminded + 1, now
                incident.save(update_fields=["reminded", "reminded_at"])
        queue_next_step(item, at=now + EVERY)
