"""Statistics that no longer hold: as a table has them that was emptied and counted, or counted with its first row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from tests.api.crowds import superuser
from tests.benchmarks.plans import plan_of


@contextmanager
def counted(table: str, *, pages: int, rows: int) -> Iterator[None]:
    """The planner takes the table for one of so many rows on so many pages meanwhile."""
    written = "UPDATE pg_class SET relpages = %s, reltuples = %s WHERE oid = %s::regclass"
    with superuser(str(connection.settings_dict["NAME"])) as cursor:
        cursor.execute("SELECT relpages, reltuples FROM pg_class WHERE oid = %s::regclass", [table])
        before = cursor.fetchone()
        assert before is not None
        cursor.execute(written, [pages, rows, table])
        try:
            yield
        finally:
            cursor.execute(written, [*before, table])


@contextmanager
def rows_handled(table: str) -> Iterator[list[int]]:
    """Of each UPDATE of the table: how many rows the nodes of its plan read, gave on or threw away, all in all."""
    found: list[int] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if re.search(rf"(?<!FOR )UPDATE {table}\b", sql):
            with connection.connection.cursor() as cursor:
                cursor.execute("SAVEPOINT explained")
                found.append(_handled(plan_of(cursor, "ANALYZE, FORMAT JSON", sql, params)))
                cursor.execute("ROLLBACK TO explained")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield found


def _handled(plan: dict[str, Any]) -> int:
    here = plan["Actual Rows"] + plan.get("Rows Removed by Join Filter", 0) + plan.get("Rows Removed by Filter", 0)
    below: list[dict[str, Any]] = plan.get("Plans", [])
    return round(here * plan["Actual Loops"]) + sum(_handled(one) for one in below)
