"""A connection to PostgreSQL that was cut between two requests: the second is answered on another."""

from __future__ import annotations

import contextlib
import os
from typing import Any

import psycopg2
import pytest
from django.db import DataError, Error, OperationalError, connection, transaction

from brokerage.core.steadfast import first_row
from tests.api.clients import client_of
from tests.benchmarks.asking import Asker
from tests.cast import user_of

pytestmark = pytest.mark.usefixtures("committed")


def pid() -> int:
    """The server's process behind this thread's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (found,) = cursor.fetchone()
    return int(found)


def cut() -> int:
    """End it, as a restart of PostgreSQL would; returns which it was."""
    ended = pid()
    superuser = psycopg2.connect(os.environ["SUPERUSER_DATABASE_URL"])
    superuser.autocommit = True
    with superuser.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [ended])
    superuser.close()
    return ended


@pytest.mark.parametrize("who", ["a person", "a system"])
def test_the_next_request_is_answered(who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 600)
    monkeypatch.setitem(connection.settings_dict, "CONN_HEALTH_CHECKS", True)
    if who == "a person":
        asker, path = Asker(user=user_of("olive")), "/o/harrow/referrals/"
    else:
        asker, path = Asker(token=client_of("olive").token), "/api/v1/referrals"
    asker.get(path)
    kept = pid()
    asker.get(path)
    assert pid() == kept, "as in a server, a connection serves one request after the other"
    assert cut() == kept
    asker.get(path)
    assert pid() != kept


def times_asked(sql: str, failing: type[Error]) -> int:
    """How often a query is asked that fails in this way."""
    asked = []

    def note(execute: Any, *query: Any) -> Any:
        asked.append(query)
        return execute(*query)

    with connection.execute_wrapper(note), pytest.raises(failing):
        first_row(sql, [])
    return len(asked)


def test_what_fails_on_a_connection_that_lives_is_not_asked_again() -> None:
    kept = pid()
    assert times_asked("SELECT 1 / 0", DataError) == 1 and pid() == kept


def test_what_was_given_up_for_somebody_else_is_asked_again() -> None:
    """As by a migration, which locks tables in an order of its own."""
    superuser = psycopg2.connect(os.environ["SUPERUSER_DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    with superuser, superuser.cursor() as cursor:
        cursor.execute(
            "CREATE SEQUENCE public.asked; GRANT USAGE ON SEQUENCE public.asked TO PUBLIC;"
            "CREATE FUNCTION public.given_up_once() RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE n bigint; BEGIN"
            " n := nextval('public.asked'); IF n = 1 THEN RAISE SQLSTATE '40P01'; END IF; RETURN n; END $$"
        )
    superuser.close()
    kept = pid()
    assert first_row("SELECT given_up_once()", []) == (2,) and pid() == kept


def test_within_a_transaction_nothing_is_asked_again() -> None:
    asked = 0
    with contextlib.suppress(Error), transaction.atomic():
        asked = times_asked("SELECT pg_terminate_backend(pg_backend_pid())", OperationalError)
    assert asked == 1, "what had failed was raised, and nothing else"
    connection.close()
