"""Repeating a short database step when the connection to PostgreSQL was cut under it, or it was given up.

For marks that must not be lost (work done, message sent) and for what a request reads first, never for domain actions:
the step must be repeatable.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import Error, InterfaceError, OperationalError, connection
from psycopg2.errors import DeadlockDetected

logger = logging.getLogger(__name__)
Result = TypeVar("Result")

#: Seconds that a restart of PostgreSQL may take.
PATIENCE = 30.0


def keep_trying(step: Callable[[], Result], *, seconds: float = PATIENCE) -> Result:
    """Do `step`; on a cut connection open another and do it again, for `seconds`.

    Inside a transaction it is tried once, as what went before it is lost with the connection.
    """
    deadline = time.monotonic() + seconds
    wait = 0.1
    while True:
        try:
            return step()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or time.monotonic() + wait > deadline:
                raise
            logger.warning("The database went away (%s); trying again", type(error).__name__)
            connection.close()
        time.sleep(wait)
        wait = min(wait * 2, 2.0)


def first_row(sql: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    """The row of the query that a request begins with, of who asks; None where it finds nothing.

    It tells whether the connection kept from an earlier request still lives, which Django would otherwise ask
    beforehand. It is asked again, once: on another connection, if that one was cut; on the same, if PostgreSQL gave it
    up for somebody else (a migration locks tables in an order of its own). What else goes wrong (a query that takes too
    long) is raised: it would go wrong again.
    """
    if connection.connection is None or connection.in_atomic_block:
        return _row(sql, values)
    kept: Any = connection
    kept.health_check_done = True
    try:
        return _row(sql, values)
    except Error as error:
        if not connection.is_usable():
            connection.close()
        elif not isinstance(error.__cause__, DeadlockDetected):
            raise
        logger.warning(
            "The first reading of a request failed (%s); reading again", type(error.__cause__ or error).__name__
        )
        return _row(sql, values)


def _row(sql: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: tuple[Any, ...] | None = cursor.fetchone()
    return found
