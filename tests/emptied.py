"""Statistics as a table has them once everything in it was deleted and then counted: pages, and no rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from tests.api.crowds import superuser
from tests.benchmarks.plans import plan_of


@contextmanager
def counted_when_empty(table: str) -> Iterator[list[int]]:
    """The planner takes the table for empty meanwhile. For each UPDATE of it: how many rows its plan reads in vain,
    which is a multiple of all rows where it compares each with each."""
    found: list[int] = []
    written = "UPDATE pg_class SET relpages = %s, reltuples = %s WHERE oid = %s::regclass"

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if re.search(rf"(?<!FOR )UPDATE {table}\b", sql):
            with connection.connection.cursor() as cursor:
                cursor.execute("SAVEPOINT explained")
                found.append(_read_in_vain(plan_of(cursor, "ANALYZE, FORMAT JSON", sql, params)))
                cursor.execute("ROLLBACK TO explained")
        return execute(sql, params, many, context)

    with superuser(str(connection.settings_dict["NAME"])) as cursor:
        cursor.execute("SELECT relpages, reltuples FROM pg_class WHERE oid = %s::regclass", [table])
        before = cursor.fetchone()
        assert before is not None
        cursor.execute(written, [8, 0, table])
        try:
            with connection.execute_wrapper(explain):
                yield found
        finally:
            cursor.execute(written, [*before, table])


def _read_in_vain(plan: dict[str, Any]) -> int:
    removed = plan.get("Rows Removed by Join Filter", 0) + plan.get("Rows Removed by Filter", 0)
    below: list[dict[str, Any]] = plan.get("Plans", [])
    return int(removed * plan["Actual Loops"]) + sum(_read_in_vain(one) for one in below)
