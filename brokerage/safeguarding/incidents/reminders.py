"""Reminding an authority of what it has to do about an incident: work of the outbox's alerts queue.

A report that nobody acknowledged; a return interview that is due within a day, then overdue. Each day again, until it
is done.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID, uuid4

from django.db import connection

from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.audit.record import enqueue
from brokerage.core.clock import database_now
from brokerage.core.notifications.channels import channels_of
from brokerage.core.notifications.expand import roles_granting
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import worker
from brokerage.safeguarding.incidents.models import Incident

KIND = "incident_reminder"
ACKNOWLEDGE, INTERVIEW = "acknowledge", "interview"
TEMPLATES = {ACKNOWLEDGE: "incidents.reminder", INTERVIEW: "incidents.interview_due"}
EVERY = dt.timedelta(hours=24)
#: The first reminder of an interview comes so long before it is due.
BEFORE_DUE = dt.timedelta(hours=24)
#: Reminders at most.
STEPS = 7

REMIND = f"""
INSERT INTO notifications_message (id, event_id, organisation_id, user_id, channel, template, reference, path,
  created_at, available_at, attempts, last_error, is_urgent)
SELECT gen_random_uuid(), %(event)s, o.id, m.user_id, way.channel, %(template)s, %(reference)s,
  '/o/' || o.slug || '/incidents/' || %(reference)s || '/', clock_timestamp(), clock_timestamp(), 0, '', %(is_urgent)s
FROM tenants_organisation o
JOIN tenants_membership m ON m.organisation_id = o.id AND m.is_active AND m.roles && %(roles)s::varchar[]
JOIN accounts_user p ON p.id = m.user_id AND p.is_active
{channels_of("m.user_id", is_urgent="%(is_urgent)s")}
WHERE o.id = %(authority)s
ON CONFLICT DO NOTHING
"""


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
                    "roles": roles_granting(["incident.answer"]),
                    "is_urgent": about == ACKNOWLEDGE,
                },
            )
            if cursor.rowcount:
                incident.reminded, incident.reminded_at = incident.reminded + 1, now
                incident.save(update_fields=["reminded", "reminded_at"])
        is_queued = OutboxItem.objects.filter(
            entry_id=item.entry_id, kind=KIND, payload__about=about, payload__step__gt=step
        ).exists()
        if step < STEPS and not is_queued:
            OutboxItem(
                id=uuid4(),
                organisation_id=item.organisation_id,
                queue="alerts",
                kind=KIND,
                payload={**item.payload, "step": step + 1},
                entry_id=item.entry_id,
                available_at=now + EVERY,
            ).save(force_insert=True)
