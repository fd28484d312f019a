"""Removing deliveries and changes of long ago, in small transactions. Numbers are never given again."""

from __future__ import annotations

from django.db import connection

from brokerage.core.tenants.context import worker

#: Days that a finished delivery is shown and can be sent again; what still waits is never removed.
KEEP_DELIVERIES_DAYS = 30
#: Days of the feed that a poller can catch up on.
KEEP_CHANGES_DAYS = 400
BATCH = 5_000

_OLD = (
    (
        "DELETE FROM webhooks_delivery WHERE id = ANY (ARRAY(SELECT id FROM webhooks_delivery"
        " WHERE created_at < now() - make_interval(days => %s) AND state <> 'waiting' LIMIT %s))",
        KEEP_DELIVERIES_DAYS,
    ),
    (
        "DELETE FROM webhooks_delivery WHERE id = ANY (ARRAY(SELECT id FROM webhooks_delivery"
        " WHERE created_at < now() - make_interval(days => %s) LIMIT %s))",
        KEEP_CHANGES_DAYS,
    ),
    (
        "DELETE FROM webhooks_change WHERE id = ANY (ARRAY(SELECT c.id FROM webhooks_change c"
        " WHERE c.at < now() - make_interval(days => %s)"
        " AND NOT EXISTS (SELECT 1 FROM webhooks_delivery d WHERE d.change_id = c.id) LIMIT %s))",
        KEEP_CHANGES_DAYS,
    ),
)


def purge_old(*, batch: int = BATCH) -> int:
    """Remove deliveries finished 30 days ago and changes of more than 400 days ago; returns how many rows went."""
    removed = 0
    for statement, days in _OLD:
        while True:
            with worker(), connection.cursor() as cursor:
                cursor.execute(statement, [days, batch])
                removed += cursor.rowcount
                if cursor.rowcount < batch:
                    break
    return removed
