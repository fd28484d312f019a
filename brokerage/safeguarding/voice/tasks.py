"""The worker's part: messages find their readers every second, unread ones are said again, old closed ones go."""

from __future__ import annotations

import datetime as dt

from celery import shared_task
from django.conf import settings
from django.db import connection
from django.utils import timezone

from brokerage.core.clock import database_now
from brokerage.core.tenants.context import worker
from brokerage.core.working_days import is_working_day

BATCH = 100
#: After so long without a reader, at any hour, of a message that says that somebody is in danger now.
DANGER = dt.timedelta(hours=1)


@shared_task(name="brokerage.safeguarding.voice.tasks.route_messages")
def route_messages() -> int:
    """Find the readers of what came, and tell them; how many messages found theirs."""
    with worker(), connection.cursor() as cursor:
        cursor.execute("SELECT voice_route(%s)", [BATCH])
        return int(cursor.fetchone()[0])


@shared_task(name="brokerage.safeguarding.voice.tasks.remind_readers")
def remind_readers() -> int:
    """Remind of what nobody has read for a working day, or for an hour where somebody is in danger; how many."""
    now = database_now()
    with worker(), connection.cursor() as cursor:
        cursor.execute("SELECT voice_remind(%s, %s)", [a_working_day_before(now), now - DANGER])
        return int(cursor.fetchone()[0])


@shared_task(name="brokerage.safeguarding.voice.tasks.purge_closed")
def purge_closed() -> int:
    """Remove what was closed `VOICE_KEEP_DAYS` ago; how many messages."""
    removed = 0
    while True:
        with worker(), connection.cursor() as cursor:
            cursor.execute("SELECT voice_purge(%s, %s)", [settings.VOICE_KEEP_DAYS, BATCH])
            gone = int(cursor.fetchone()[0])
        removed += gone
        if gone < BATCH:
            return removed


def a_working_day_before(now: dt.datetime) -> dt.datetime:
    """The moment one working day ago: the same hour of the last working day before today's."""
    local = timezone.localtime(now)
    day = local.date() - dt.timedelta(1)
    while not is_working_day(day):
        day -= dt.timedelta(1)
    hour = local.time() if is_working_day(local.date()) else dt.time(0)
    return timezone.make_aware(dt.datetime.combine(day, hour))
