"""Two and more at once: acts in threads that start together, and one act held at each of its statements in turn while
another runs. And the same with the locks off, for the twins.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from unittest import mock

import psycopg2
from django.db import connection, connections

from brokerage.core import locks
from tests.plugin import database_url

Act = Callable[[], Any]
#: Seconds that anything may take on a loaded machine.
PATIENCE = 180.0
_WAITING = (
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN"
    " (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
)


@contextmanager
def without_locks() -> Iterator[None]:
    """The advisory locks of the product, off: for twins only."""
    with mock.patch.object(locks, "hold", lambda **_ids: None):
        yield


@contextmanager
def both_pass(module: Any, name: str) -> Iterator[None]:
    """Two acts both pass `module.name` before either goes on: the window of a race, held open."""
    together = threading.Barrier(2)
    real = getattr(module, name)

    def met(*given: Any, **named: Any) -> Any:
        answer = real(*given, **named)
        with suppress(threading.BrokenBarrierError):
            together.wait(5)
        return answer

    with mock.patch.object(module, name, met):
        yield


def at_once(*acts: Act, may_raise: tuple[type[Exception], ...] = ()) -> list[Any]:
    """Run the acts in threads that start together; what each returned or raised, in their order.

    Raises what an act raised that it may not: a broken act is never taken for a race that was seen.
    """
    start = threading.Barrier(len(acts))
    outcomes: list[Any] = [TimeoutError("It did not end.")] * len(acts)

    def run(number: int, act: Act) -> None:
        try:
            start.wait(PATIENCE)
            outcomes[number] = act()
        except Exception as error:
            outcomes[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each, daemon=True) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    for outcome in outcomes:
        if isinstance(outcome, Exception) and not isinstance(outcome, may_raise):
            raise outcome
    return outcomes


@dataclass
class Interleaved:
    """What came of an act and of another that ran while it was held at one of its statements."""

    done: Any
    other: Any
    #: Statements of the act up to its end.
    statements: int
    #: Whether the act came as far as the statement, and the other had ended before it went on.
    was_held: bool = False
    other_came_first: bool = False

    @property
    def succeeded(self) -> bool:
        return not isinstance(self.done, Exception)

    @property
    def other_succeeded(self) -> bool:
        return not isinstance(self.other, Exception)


class Watch:
    """A connection of its own that sees who waits for whom in one database."""

    def __init__(self, database: str) -> None:
        self.connection = psycopg2.connect(database_url(database))
        self.connection.autocommit = True

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of a statement as the superuser, committed at once."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def somebody_waits(self) -> bool:
        """Does any transaction of the database wait for a lock?"""
        return bool(self.ask(_WAITING)[0][0])

    def close(self) -> None:
        self.connection.close()


@contextmanager
def watching(database: str) -> Iterator[Watch]:
    """A watch on the database, closed afterwards."""
    watch = Watch(database)
    try:
        yield watch
    finally:
        watch.close()


def interleave(watch: Watch, act: Act, other: Act, at: int) -> Interleaved:
    """Run `act`; before its statement number `at` run `other` in a thread, until it has ended or waits for a lock."""
    found = Interleaved(None, None, 0)
    ended = threading.Event()

    def run() -> None:
        try:
            found.other = other()
        except Exception as error:
            found.other = error
        finally:
            connections.close_all()
            ended.set()

    thread = threading.Thread(target=run, daemon=True)

    def held(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if found.statements == at:
            found.was_held = True
            thread.start()
            deadline = time.monotonic() + PATIENCE
            while not ended.wait(0.002) and not watch.somebody_waits() and time.monotonic() < deadline:
                pass
            found.other_came_first = ended.is_set()
        found.statements += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(held):
        try:
            found.done = act()
        except Exception as error:
            found.done = error
    if not found.was_held:
        thread.start()
    thread.join(PATIENCE)
    if thread.is_alive():
        found.other = TimeoutError("It did not end.")
    return found
