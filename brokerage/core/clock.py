"""The database's clock, which decides every deadline: one clock for all web and worker processes."""

from __future__ import annotations

import datetime as dt
import threading
import time

from django.conf import settings
from django.db import connection

#: SQL behind a moment: by the clocks of the service, whatever the session's time zone.
HERE = f"AT TIME ZONE '{settings.TIME_ZONE}'"
#: For how many seconds a moment that the database told is counted on from, before it is asked again: longer than an act
#: takes on a busy machine, too short for two machines' counters to part.
COUNTED_ON = 10


class _Heard(threading.local):
    """The last moment that the database told this thread: on which connection, and when by this machine's counter."""

    connection: object = None
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    counter = 0.0


_heard = _Heard()


def database_now() -> dt.datetime:
    """The moment at the database, inside the transaction (not the transaction's start). Aware, UTC.

    Within a transaction it is counted on from the moment that an earlier statement brought along (`heard`: entering the
    role, waiting for locks), by a counter that no change of this machine's clock moves. So it is not ahead of the
    database's clock, and after waiting for a lock not before what the lock's last holder wrote.
    """
    if connection.in_atomic_block and connection.connection is _heard.connection:
        passed = time.monotonic() - _heard.counter
        if passed < COUNTED_ON:
            return _heard.moment + dt.timedelta(seconds=passed)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: dt.datetime = cursor.fetchone()[0]
    heard(moment)
    return moment


def heard(moment: dt.datetime) -> None:
    """A statement of this connection's transaction has just answered the database's clock_timestamp()."""
    _heard.connection, _heard.moment, _heard.counter = connection.connection, moment, time.monotonic()


def database_today() -> dt.date:
    """The day at the database, in the service's time zone."""
    from django.utils import timezone

    return timezone.localdate(database_now())


def morning_of(day: dt.date) -> dt.datetime:
    """Nine o'clock on that day, in the service's time zone: when reminders go out."""
    from django.utils import timezone

    return timezone.make_aware(dt.datetime.combine(day, dt.time(9)))
