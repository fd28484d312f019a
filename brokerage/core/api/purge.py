"""Removing the answers kept for repeated requests once their 24 hours are over, in small transactions."""

from __future__ import annotations

from django.db import connection

from brokerage.core.api.idempotency import KEPT
from brokerage.core.tenants.context import worker

BATCH = 5_000


def purge_kept_answers(*, batch: int = BATCH) -> int:
    """Remove answers kept more than 24 hours ago; returns how many."""
    removed = 0
    while True:
        with worker(), connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM api_keptanswer WHERE id = ANY (ARRAY(SELECT id FROM api_keptanswer"
                " WHERE created_at < statement_timestamp() - make_interval(secs => %s) LIMIT %s))",
                [KEPT.total_seconds(), batch],
            )
            removed += cursor.rowcount
            if cursor.rowcount < batch:
                return removed
