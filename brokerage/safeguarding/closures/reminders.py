"""Reminding authorities that still have people to move out of a closing home: work of the outbox's alerts queue.

Every week, and every other day in the last fortnight, every working day once the day is past. Each time whoever came
to live there since is given a row too. It ends when the closure is complete or withdrawn.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import connection
from django.utils import timezone

from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.outbox import handles, queue_next_step
from brokerage.core.tenants.context import system, worker
from brokerage.core.working_days import is_working_day
from brokerage.safeguarding.closures.models import Closure
from brokerage.safeguarding.closures.states import CLOSURE_RUNNING

#: The hour of the day.
HOUR = 9
#: Reminders at most.
STEPS = 250


def first_reminder(closes_on: dt.date, now: dt.datetime) -> dt.datetime:
    """When authorities are reminded for the first time."""
    return next_reminder(closes_on, now)


def next_reminder(closes_on: dt.date, now: dt.datetime) -> dt.datetime:
    """The morning of the next reminder."""
    today = timezone.localdate(now)
    left = (closes_on - today).days
    day = today + dt.timedelta(days=7 if left > 14 else 2 if left > 0 else 1)
    while not is_working_day(day):
        day += dt.timedelta(days=1)
    return timezone.make_aware(dt.datetime.combine(day, dt.time(HOUR))).astimezone(dt.UTC)


@handles("closure_reminder")
def remind(item: OutboxItem) -> None:
    """Catch up with who lives there, remind, and queue the next step. Repeatable: a step reminds once."""
    step = int(item.payload["step"])
    with worker():
        closure = Closure.objects.filter(
            pk=item.payload["closure"], announced_by_id=item.organisation_id, status__in=CLOSURE_RUNNING
        ).first()
    if closure is None:
        return
    with system(_organisation(item)), connection.cursor() as cursor:
        cursor.execute("SELECT closure_tell(%s)", [closure.pk])
    with worker(), connection.cursor() as cursor:
        cursor.execute("SELECT closure_remind(%s, %s, %s), clock_timestamp()", [closure.pk, item.pk, step])
        now = cursor.fetchone()[1]
        if step < STEPS:
            queue_next_step(item, at=next_reminder(closure.closes_on, now))


def _organisation(item: OutboxItem) -> UUID:
    assert item.organisation_id is not None
    return item.organisation_id
