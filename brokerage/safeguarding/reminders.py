"""Reminding organisations that have not answered an alert, and going up the ladder: work of the outbox's alerts queue.

A reminder tells more people each time: first those who were told, then approvers and directors, then the region's
central team hears that somebody does not answer. It ends when everybody has answered or the alert is closed.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

from django.db import connection
from django.utils import timezone

from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.notifications.channels import channels_of
from brokerage.core.notifications.expand import roles_granting
from brokerage.core.tenants.context import worker
from brokerage.core.tenants.permissions import Role
from brokerage.core.working_days import is_working_day
from brokerage.safeguarding.models import Alert, Severity

#: Hours until each reminder, by severity; after the last step it is repeated at its interval.
HOURS: dict[str, tuple[int, ...]] = {Severity.HIGH: (1, 2, 4), Severity.MEDIUM: (4, 8, 24), Severity.LOW: (24, 48, 72)}
#: Reminders at most.
STEPS = 6
#: Outside office hours only those who are on duty, or may act at any hour, are reminded of what is not high.
OFFICE = (8, 18)

REMIND = f"""
WITH unanswered AS (
  UPDATE safeguarding_alertrecipient SET reminded = reminded + 1, reminded_at = clock_timestamp()
  WHERE alert_id = %(alert)s AND acknowledged_at IS NULL AND closed_at IS NULL AND reminded < %(step)s
  RETURNING organisation_id, reference
)
INSERT INTO notifications_message (id, event_id, organisation_id, user_id, channel, template, reference, path,
  created_at, available_at, attempts, last_error, is_urgent)
SELECT gen_random_uuid(), %(event)s, u.organisation_id, m.user_id, way.channel, 'safeguarding.reminder', u.reference,
  '/o/' || o.slug || '/alerts/' || u.reference || '/', clock_timestamp(), clock_timestamp(), 0, '', true
FROM unanswered u
JOIN tenants_organisation o ON o.id = u.organisation_id
JOIN tenants_membership m ON m.organisation_id = u.organisation_id AND m.is_active AND m.roles && %(roles)s::varchar[]
JOIN accounts_user p ON p.id = m.user_id AND p.is_active
{channels_of("m.user_id")}
ON CONFLICT DO NOTHING
"""


def first_reminder(alert: Alert, now: dt.datetime) -> dt.datetime:
    """When organisations that have not answered are reminded for the first time."""
    return next_reminder(alert.severity, 1, now)


def next_reminder(severity: str, step: int, now: dt.datetime) -> dt.datetime:
    """The moment of reminder `step`: high alerts count every hour, others are not sent outside office hours."""
    hours = HOURS[severity]
    moment = now + dt.timedelta(hours=hours[min(step, len(hours)) - 1])
    if severity == Severity.HIGH:
        return moment
    local = timezone.localtime(moment)
    while not is_working_day(local.date()) or not OFFICE[0] <= local.hour < OFFICE[1]:
        later = (
            local.date() if local.hour < OFFICE[0] and is_working_day(local.date()) else local.date() + dt.timedelta(1)
        )
        local = timezone.make_aware(dt.datetime.combine(later, dt.time(OFFICE[0])))
    return local.astimezone(dt.UTC)


def roles_reminded(step: int) -> list[str]:
    """Who is reminded at a step: everybody who was told, then approvers, then directors and administrators."""
    roles = set(roles_granting(["alert.view"]))
    if step >= 2:
        roles |= {Role.TEAM_MANAGER.value, Role.NOMINATED_OFFICER.value}
    if step >= 3:
        roles |= {Role.DIRECTOR.value, Role.AUTHORITY_ADMINISTRATOR.value, Role.CENTRAL_ADMINISTRATOR.value}
    return sorted(roles)


@handles("alert_reminder")
def remind(item: OutboxItem) -> None:
    """Remind whoever has not answered, and queue the next step. Repeatable: a step reminds an organisation once."""
    step = int(item.payload["step"])
    with worker():
        alert = Alert.objects.filter(pk=item.payload["alert"], raised_by_id=item.organisation_id, status="live").first()
        if alert is None:
            return
        with connection.cursor() as cursor:
            values: dict[str, Any] = {"alert": alert.pk, "step": step, "event": item.pk, "roles": roles_reminded(step)}
            cursor.execute(REMIND, values)
            cursor.execute("SELECT clock_timestamp()")
            now = cursor.fetchone()[0]
            cursor.execute(
                "SELECT EXISTS (SELECT FROM safeguarding_alertrecipient WHERE alert_id = %s AND acknowledged_at IS NULL"
                " AND closed_at IS NULL), EXISTS (SELECT FROM audit_outboxitem WHERE entry_id = %s"
                " AND kind = 'alert_reminder' AND (payload ->> 'step')::int > %s)",
                [alert.pk, item.entry_id, step],
            )
            is_open, is_queued = cursor.fetchone()
        if is_open and not is_queued and step < STEPS:
            OutboxItem(
                id=uuid4(),
                organisation_id=item.organisation_id,
                queue="alerts",
                kind="alert_reminder",
                payload={"alert": str(alert.pk), "step": step + 1},
                entry_id=item.entry_id,
                available_at=next_reminder(alert.severity, step + 1, now),
            ).save(force_insert=True)
