"""Which tables a page's statements would read from end to end: each is explained before it runs, in its own role."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

#: What an officer, a commissioner, a provider and a system open all day; {reference} and {provider} are filled in.
OFFICER = (
    "/o/harrow/",
    "/o/harrow/referrals/",
    "/o/harrow/referrals/?status=published",
    "/o/harrow/referrals/?category=fostering&mine=on",
    "/o/harrow/referrals/{reference}/",
    "/o/harrow/referrals/{reference}/providers/",
    "/o/harrow/referrals/{reference}/compare/",
    "/o/harrow/homes/?category=residential&age=14",
    "/o/harrow/placements/",
    "/o/harrow/placements/?status=active",
    "/o/harrow/agreements/",
    "/o/harrow/messages/",
)
COMMISSIONER = (
    "/o/harrow/",
    "/o/harrow/spend/",
    "/o/harrow/vehicles/",
    "/o/harrow/providers/",
)
PROVIDER = (
    "/o/{provider}/",
    "/o/{provider}/inbox/",
    "/o/{provider}/inbox/list/",
    "/o/{provider}/offers/",
    "/o/{provider}/agreements/",
    "/o/{provider}/messages/",
)
SYSTEM = (
    "/api/v1/referrals?limit=50",
    "/api/v1/referrals/{reference}",
    "/api/v1/placements?limit=50",
    "/api/v1/agreements?limit=50",
    "/api/v1/awards?limit=50",
    "/api/v1/audit?limit=50",
    "/api/v1/providers?limit=50",
)


@dataclass
class Watch:
    """Sequential scans seen: table -> the statements (their beginning) and the pages that do them."""

    scans: dict[str, set[str]] = field(default_factory=dict)
    statements: int = 0
    page: str = ""


@contextmanager
def watching(*, without_scans: bool = False) -> Iterator[Watch]:
    """Explain every statement of the default connection. `without_scans` forbids sequential scans, so that one that is
    still planned has no index to use, however small the table is."""
    from django.db import connection

    watch = Watch()

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip()[:6].upper() in ("SELECT", "WITH", "UPDATE", "DELETE") and "set_config(" not in sql and not many:
            with connection.connection.cursor() as cursor:
                if without_scans:
                    cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute("EXPLAIN (FORMAT JSON) " + sql, params)
                found = cursor.fetchone()[0]
                if without_scans:
                    cursor.execute("SET LOCAL enable_seqscan = on")
            watch.statements += 1
            plan = json.loads(found) if isinstance(found, str) else found
            for table in sequential(plan[0]["Plan"]):
                watch.scans.setdefault(table, set()).add(f"{watch.page}: {' '.join(sql.split())[:160]}")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield watch


def sequential(plan: dict[str, Any]) -> Iterator[str]:
    """The tables that a plan reads sequentially."""
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from sequential(part)


def open_all(watch: Watch, asks: list[tuple[Any, tuple[str, ...]]], **named: str) -> None:
    """Open every page of each asker."""
    for asker, paths in asks:
        for path in paths:
            watch.page = path.format(**named)
            asker.get(watch.page)
