"""Reminding organisations that have not answered an alert, and going up the ladder: work of the outbox's alerts queue.

A reminder climbs: first an authority's officers, then its managers too, then its directors (`ladder`). From the top
rung on whoever raised the alert and the central teams told hear that somebody does not answer. The last step is
repeated each day. It ends when everybody has answered or the alert is closed.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models.functions import Least
from django.utils import timezone

from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.outbox import handles, queue_next_step
from brokerage.core.audit.record import enqueue
from brokerage.core.clock import database_now
from brokerage.core.locks import hold_name
from brokerage.core.notifications.channels import tell_members
from brokerage.core.notifications.expand import roles_granting
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import worker
from brokerage.core.working_days import is_working_day
from brokerage.safeguarding.ladder import TOP, is_reached, roles_on
from brokerage.safeguarding.models import Alert, AlertRecipient, Severity

#: Hours until each reminder, by severity: one for each rung of the ladder.
HOURS: dict[str, tuple[int, ...]] = {Severity.HIGH: (1, 2, 4), Severity.MEDIUM: (4, 8, 24), Severity.LOW: (24, 48, 72)}
#: Hours between reminders after that.
DAILY = 24
#: Reminders of what is not high are sent in these hours of working days alone.
OFFICE = (8, 18)

REMIND = f"""
WITH unanswered AS (
  UPDATE safeguarding_alertrecipient SET reminded = reminded + 1, reminded_at = clock_timestamp()
  WHERE alert_id = %(alert)s AND acknowledged_at IS NULL AND closed_at IS NULL AND reminded < %(step)s
  RETURNING organisation_id, reference
)
{
    tell_members(
        organisations="unanswered r JOIN tenants_organisation o ON o.id = r.organisation_id",
        who=is_reached(),
        event="%(event)s",
        template="'safeguarding.reminder'",
        reference="r.reference",
        page="'/alerts/' || r.reference || '/'",
    )
}
"""


def tell_who_can_telephone(template: str, somebody: str) -> str:
    """SQL: tells those who decide on alerts, and whoever raised this one, that somebody else than their own
    organisation (a condition on `r`, theirs) is silent. It names nobody; the page does. Its values are
    `who_can_telephone`."""
    return tell_members(
        organisations="safeguarding_alertrecipient r JOIN tenants_organisation o ON o.id = r.organisation_id",
        who="m.roles && %(readers)s::varchar[] AND (m.roles && %(deciders)s::varchar[] OR m.user_id = %(raiser)s)",
        event="%(event)s",
        template=f"'{template}'",
        reference="r.reference",
        page="'/alerts/' || r.reference || '/who-was-told/'",
        is_urgent="%(is_high)s",
        narrowed=f"r.alert_id = %(alert)s AND r.reasons && ARRAY['raised', 'central']::varchar[] AND {somebody}",
    )


def who_can_telephone(alert: Alert, item: OutboxItem) -> dict[str, Any]:
    """What `tell_who_can_telephone` is to be executed with."""
    return {
        "alert": alert.pk,
        "event": item.pk,
        "readers": roles_granting(["alert.view"]),
        "deciders": roles_granting(["alert.confirm"]),
        "raiser": alert.raised_by_user_id,
        "is_high": alert.severity == Severity.HIGH,
    }


SILENT = tell_who_can_telephone(
    "safeguarding.silent",
    """EXISTS (SELECT FROM safeguarding_alertrecipient s WHERE s.alert_id = r.alert_id
        AND s.organisation_id <> r.organisation_id AND s.acknowledged_at IS NULL AND s.closed_at IS NULL)""",
)


def first_reminder(alert: Alert, now: dt.datetime) -> dt.datetime:
    """When organisations that have not answered are reminded for the first time."""
    return next_reminder(alert.severity, 1, now)


def next_reminder(severity: str, step: int, now: dt.datetime) -> dt.datetime:
    """The moment of reminder `step`: of high alerts at any hour, of others in office hours."""
    hours = HOURS[severity]
    moment = now + dt.timedelta(hours=hours[step - 1] if step <= len(hours) else DAILY)
    if severity == Severity.HIGH:
        return moment
    local = timezone.localtime(moment)
    while not is_working_day(local.date()) or not OFFICE[0] <= local.hour < OFFICE[1]:
        later = (
            local.date() if local.hour < OFFICE[0] and is_working_day(local.date()) else local.date() + dt.timedelta(1)
        )
        local = timezone.make_aware(dt.datetime.combine(later, dt.time(OFFICE[0])))
    return local.astimezone(dt.UTC)


def remind_from_the_start(
    actor: Actor, kind: str, about: dict[str, str], *, first: dt.datetime, entry_id: UUID
) -> None:
    """Have whoever is to be reminded now reminded when it is time: by the reminder of this kind that waits, which then
    comes no later, or by one of its own. For whoever holds the lock that the reminder holds while it is at work."""
    with worker():
        waiting = OutboxItem.objects.filter(
            queue="alerts",
            kind=kind,
            **{f"payload__{name}": value for name, value in about.items()},
            done_at__isnull=True,
            failed_at__isnull=True,
        )
        is_reminded = waiting.update(available_at=Least("available_at", first))
    if not is_reminded:
        payload = {**about, "step": 1}
        enqueue(kind, queue="alerts", actor=actor, payload=payload, entry_id=entry_id, available_at=first)


def count_on_no_more(item: OutboxItem, now: dt.datetime) -> None:
    """Done here, not when the outbox hears of it: from now on nobody (`remind_from_the_start`) is to count on this
    one. As the worker."""
    OutboxItem.objects.filter(pk=item.pk, done_at__isnull=True).update(done_at=now)


@handles("alert_reminder")
def remind(item: OutboxItem) -> None:
    """Remind whoever has not answered, and queue the next step. Repeatable: a step reminds an organisation once."""
    step = int(item.payload["step"])
    with worker():
        live = Alert.objects.filter(pk=item.payload["alert"], raised_by_id=item.organisation_id, status="live")
        # Whoever is told later (`interest`) waits for this one, and finds what it left.
        for reference in live.values_list("reference", flat=True):
            hold_name(f"alert:{reference}")
        alert = live.first()
        if alert is None:
            return
        with connection.cursor() as cursor:
            values: dict[str, Any] = {
                "alert": alert.pk,
                "step": step,
                "event": item.pk,
                "readers": roles_granting(["alert.view"]),
                "rung": roles_on(step),
            }
            cursor.execute(REMIND, values)
            if step >= TOP:
                cursor.execute(SILENT, who_can_telephone(alert, item))
        now = database_now()
        if AlertRecipient.objects.filter(alert=alert, acknowledged_at=None, closed_at=None).exists():
            queue_next_step(item, at=next_reminder(alert.severity, step + 1, now))
        count_on_no_more(item, now)
