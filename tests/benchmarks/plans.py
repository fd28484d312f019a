"""Which tables a page's statements would read from end to end: each is explained before it runs, in its own role."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from brokerage.core.tenants.kept_plans import KEPT
from brokerage.demo.scale.filling import LARGE

#: Tables that may come to hold more than 100,000 rows.
GROWING = frozenset(LARGE) | {
    *("audit_outboxitem", "api_keptanswer", "webhooks_change", "webhooks_delivery"),
    *("placements_clarification", "placements_match", "placements_reading", "placements_referraldocument"),
    *("incidents_incident", "incidents_incidententry", "firewall_finding", "concerns_concern"),
    *("safeguarding_alertrecipient", "safeguarding_welfarecheck", "closures_closureresident", "voice_message"),
    *("django_session", "usersessions_usersession", "tenants_postcode"),
}
#: What has a plan; several statements in one (a lock and the clock) have not.
PLANNED = re.compile(r"\s*((SELECT|WITH|UPDATE|DELETE)\b(?!\s+set_config\()|INSERT\b.*\bSELECT\b)", re.DOTALL)


@dataclass
class Watch:
    """Sequential scans seen: table -> the statements (their beginning) and the pages that do them."""

    scans: dict[str, set[str]] = field(default_factory=dict)
    statements: int = 0
    page: str = ""
    #: Explained already, by who asked: the same words have the same indexes to use.
    known: set[tuple[str, str]] = field(default_factory=set)
    reader: str = ""

    def of_growing(self) -> list[str]:
        """The scans of tables that grow, for somebody to read."""
        return sorted(f"{table}: {seen}" for table in GROWING for seen in self.scans.get(table, ()))

    def is_new(self, sql: str) -> bool:
        """Whether these words of this reader have not been explained yet."""
        asked = (self.reader, sql)
        is_new = asked not in self.known
        self.known.add(asked)
        return is_new


@contextmanager
def watching(*, without_scans: bool = False) -> Iterator[Watch]:
    """Explain every statement of the default connection. `without_scans` forbids sequential scans, so that one that is
    still planned has no index to use, however small the table is."""
    from django.db import connection

    watch = Watch()

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not many and PLANNED.match(sql) and ";" not in sql.strip().rstrip(";") and watch.is_new(sql):
            with connection.connection.cursor() as cursor:
                if without_scans:
                    cursor.execute("SET enable_seqscan = off")
                explained = [plan_of(cursor, "FORMAT JSON", sql, params), *kept_plans(cursor, sql)]
                if without_scans:
                    cursor.execute("SET enable_seqscan = on")
            watch.statements += 1
            for table in {table for plan in explained for table in sequential(plan)}:
                watch.scans.setdefault(table, set()).add(f"{watch.page}: {' '.join(sql.split())[:400]}")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield watch


def plan_of(cursor: Any, options: str, sql: str, params: Any = None) -> dict[str, Any]:
    """How PostgreSQL would answer it."""
    cursor.execute(f"EXPLAIN ({options}) {sql}", params)
    found = cursor.fetchone()[0]
    told: list[dict[str, Any]] = json.loads(found) if isinstance(found, str) else found
    plan: dict[str, Any] = told[0]["Plan"]
    return plan


def kept_plans(cursor: Any, sql: str) -> Iterator[dict[str, Any]]:
    """Of the functions called that keep a plan, whose call tells nothing: their queries', for whatever values come."""
    for name in set(re.findall(r"\b(\w+)\(", sql)) & KEPT.keys():
        kept = KEPT[name]
        query = re.sub(r"\$(\d+)", lambda place, kept=kept: f"{place[0]}::{kept.takes[int(place[1]) - 1]}", kept.query)
        yield plan_of(cursor, "GENERIC_PLAN, FORMAT JSON", query)


def sequential(plan: dict[str, Any]) -> Iterator[str]:
    """The tables that a plan reads sequentially."""
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from sequential(part)
