"""The database's clock, which decides every deadline: one clock for all web and worker processes."""

from __future__ import annotations

import datetime as dt

from django.db import connection


def database_now() -> dt.datetime:
    """The moment at the database, inside the transaction (not the transaction's start). Aware, UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: dt.datetime = cursor.fetchone()[0]
    return moment


def database_today() -> dt.date:
    """The day at the database, in the service's time zone."""
    from django.utils import timezone

    return timezone.localdate(database_now())


def morning_of(day: dt.date) -> dt.datetime:
    """Nine o'clock on that day in the United Kingdom: when reminders go out."""
    from django.utils import timezone

    return timezone.make_aware(dt.datetime.combine(day, dt.time(9)))
