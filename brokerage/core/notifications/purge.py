"""Removing messages that nobody needs any more, in small transactions, so that nothing else waits for it."""

from __future__ import annotations

from django.db import connection

from brokerage.core.tenants.context import worker

#: Days after sending or reading; and for what was never read, or could never be sent.
KEEP_DAYS = 30
KEEP_UNSEEN_DAYS = 365
BATCH = 5_000


def purge_old_messages(*, batch: int = BATCH) -> int:
    """Remove e-mails sent, and screen messages read more than 30 days ago, and the rest after a year.

    What is urgent stays: it proves who was told of an alert, a closure or a finding, and when. One still waiting to be
    sent is never removed. Returns how many rows went.
    """
    removed = 0
    while True:
        with worker(), connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM notifications_message WHERE id = ANY (ARRAY(SELECT id FROM notifications_message WHERE"
                " NOT is_urgent AND (coalesce(sent_at, CASE WHEN channel = 'in_app' THEN seen_at END)"
                " < now() - make_interval(days => %s)"
                " OR (created_at < now() - make_interval(days => %s) "
                " AND (channel = 'in_app' OR failed_at IS NOT NULL)))"
                " LIMIT %s))",
                [KEEP_DAYS, KEEP_UNSEEN_DAYS, batch],
            )
            removed += cursor.rowcount
            if cursor.rowcount < batch:
                return removed
