"""What waits, what was set aside, and trying again: `manage.py outbox [--failed] [--retry]`.

Shows counts, kinds, attempts and names of errors: never what an item is about. Exit status 1 when something was set
aside (and `--retry` was not asked for), so that monitoring may call it.
"""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from brokerage.core.tenants.context import worker

COUNTS = """
SELECT queue, state, count(*), coalesce(extract(epoch FROM now() - min(since)), 0)::bigint FROM (
  SELECT queue, available_at AS since, CASE
    WHEN failed_at IS NOT NULL THEN 'set aside' WHEN done_at IS NOT NULL THEN 'done'
    WHEN leased_until >= now() THEN 'under way' WHEN available_at > now() THEN 'later' ELSE 'due' END AS state
  FROM audit_outboxitem
  UNION ALL
  SELECT CASE channel WHEN 'sms' THEN 'text' ELSE 'e-mail' END, available_at, CASE
    WHEN failed_at IS NOT NULL THEN 'set aside' WHEN sent_at IS NOT NULL THEN 'done'
    WHEN leased_until >= now() THEN 'under way' WHEN available_at > now() THEN 'later' ELSE 'due' END
  FROM notifications_message WHERE channel <> 'in_app'
) counted GROUP BY queue, state ORDER BY queue, state
"""
FAILED = """
SELECT id, queue, kind, attempts, last_error, failed_at FROM audit_outboxitem WHERE failed_at IS NOT NULL
UNION ALL
SELECT id, CASE channel WHEN 'sms' THEN 'text' ELSE 'e-mail' END, template, attempts, last_error, failed_at
  FROM notifications_message WHERE failed_at IS NOT NULL AND channel <> 'in_app'
ORDER BY 6 LIMIT %s
"""
RETRY = "failed_at = NULL, leased_until = NULL, attempts = 0, available_at = now() WHERE failed_at IS NOT NULL"


class Command(BaseCommand):
    help = "Count the outbox, the e-mail and the texts by state, list what was set aside, try it again."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--failed", action="store_true", help="list what was set aside (200 at most)")
        parser.add_argument("--retry", action="store_true", help="make everything that was set aside due again")

    def handle(self, *args: Any, **options: Any) -> None:
        with worker(), connection.cursor() as cursor:
            if options["retry"]:
                cursor.execute(f"UPDATE audit_outboxitem SET {RETRY}")
                again = cursor.rowcount
                cursor.execute(f"UPDATE notifications_message SET {RETRY}")
                self.stdout.write(f"{again} items and {cursor.rowcount} e-mails or texts are due again.")
            cursor.execute(COUNTS)
            counts = cursor.fetchall()
            cursor.execute(FAILED, [200])
            failed = cursor.fetchall()
        self.stdout.write(f"{'queue':<12}{'state':<12}{'count':>8}  oldest")
        for queue, state, count, seconds in counts:
            age = "" if state in ("done", "later") else f"{seconds} s"
            self.stdout.write(f"{queue:<12}{state:<12}{count:>8}  {age}".rstrip())
        if options["failed"]:
            for item_id, queue, kind, attempts, error, failed_at in failed:
                self.stdout.write(f"{item_id} {queue} {kind} attempts={attempts} {error} {failed_at:%Y-%m-%d %H:%M}Z")
        if failed:
            sys.exit(1)
