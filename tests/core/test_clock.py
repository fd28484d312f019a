"""The database's clock, counted on within a transaction; and locks that are taken in one message, in their order."""

from __future__ import annotations

import datetime as dt
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from brokerage.core import clock, locks
from brokerage.core.clock import database_now
from brokerage.core.tenants.context import acting
from tests.cast import actor_of

pytestmark = pytest.mark.django_db


def at_the_database() -> dt.datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: dt.datetime = cursor.fetchone()[0]
    return moment


def test_it_is_never_ahead_of_the_database_and_never_goes_back() -> None:
    with acting(actor_of("olive")):
        before = at_the_database()
        last = database_now()
        assert last < at_the_database() and before - last < dt.timedelta(seconds=clock.COUNTED_ON)
        for _time in range(200):
            now = database_now()
            assert last <= now <= at_the_database()
            last = now


def test_entering_a_context_or_waiting_for_locks_tells_the_time() -> None:
    with acting(actor_of("olive")):
        with CaptureQueriesContext(connection) as asked:
            database_now()
        assert len(asked) == 0
        started = database_now()
        locks.hold(referrals=[uuid4()])
        with CaptureQueriesContext(connection) as asked:
            assert database_now() >= started
        assert len(asked) == 0


def test_after_a_while_it_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "COUNTED_ON", 0)
    with acting(actor_of("olive")), CaptureQueriesContext(connection) as asked:
        database_now()
    assert len(asked) == 1


def test_all_locks_go_in_one_message_in_their_order() -> None:
    first, second = sorted((uuid4(), uuid4()), key=str)
    names = [f"admission:{first}", f"admission:{second}", f"standing:{UUID(int=1)}", f"referral:{first}"]
    with acting(actor_of("olive")):
        with CaptureQueriesContext(connection) as asked:
            locks.hold(referrals=[first], standings=[UUID(int=1)], admissions=[second, first])
        (query,) = [query["sql"] for query in asked.captured_queries]
        places = [query.index(name) for name in names]
        assert places == sorted(places) and query.count(";") == len(names)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
            assert cursor.fetchone()[0] == len(names)
