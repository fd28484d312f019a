"""Removing work done long ago from the outbox, in small transactions. The audit trail itself is never touched."""

from __future__ import annotations

from django.db import connection

from brokerage.core.tenants.context import worker

KEEP_DAYS = 30
BATCH = 5_000


def purge_done_work(*, batch: int = BATCH) -> int:
    """Remove items done more than 30 days ago; returns how many. What waits or was set aside stays for a person."""
    removed = 0
    while True:
        with worker(), connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM audit_outboxitem WHERE id = ANY (ARRAY(SELECT id FROM audit_outboxitem"
                " WHERE done_at < now() - make_interval(days => %s) LIMIT %s))",
                [KEEP_DAYS, batch],
            )
            removed += cursor.rowcount
            if cursor.rowcount < batch:
                return removed
