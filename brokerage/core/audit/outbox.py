"""Draining the outbox: claim a batch by lease, do the work outside the claim, mark it done.

A worker that dies loses its lease after `LEASE`, and another takes the item; handlers are therefore repeatable.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection

from brokerage.core.audit.models import OutboxItem
from brokerage.core.tenants.context import worker

logger = logging.getLogger(__name__)

#: How long a claimed item is left to its worker.
LEASE = timedelta(minutes=5)
#: After so many failures an item is set aside for a person (`manage.py outbox`).
MOST_ATTEMPTS = 12

Handler = Callable[[OutboxItem], None]
_handlers: dict[str, Handler] = {}


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that does the work of one kind; it must be repeatable."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return register


def claim(queue: str, size: int) -> list[OutboxItem]:
    """Lease up to `size` due items; the database's clock decides what is due."""
    with worker(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_outboxitem o SET leased_until = now() + make_interval(secs => %s), attempts = o.attempts + 1"
            " FROM (SELECT id FROM audit_outboxitem WHERE queue = %s AND done_at IS NULL AND failed_at IS NULL"
            " AND available_at <= now() AND (leased_until IS NULL OR leased_until < now())"
            " ORDER BY available_at LIMIT %s FOR UPDATE SKIP LOCKED) due WHERE o.id = due.id RETURNING o.id",
            [LEASE.total_seconds(), queue, size],
        )
        ids = [row[0] for row in cursor.fetchall()]
        return list(OutboxItem.objects.filter(pk__in=ids).order_by("available_at", "created_at"))


def drain(queue: str, *, size: int = 50, rounds: int = 20) -> int:
    """Do the due work of one queue; returns how many items were done."""
    done = 0
    for _round in range(rounds):
        items = claim(queue, size)
        if not items:
            break
        for item in items:
            done += do(item)
    return done


def do(item: OutboxItem) -> int:
    """Do one item's work and mark it done, or later; returns 1 when it was done."""
    try:
        _handlers[item.kind](item)
    except Exception as error:
        logger.exception("Outbox item %s (%s) failed, attempt %s", item.pk, item.kind, item.attempts)
        _mark(item, error)
        return 0
    _mark(item, None)
    return 1


def _mark(item: OutboxItem, error: Exception | None) -> None:
    change: dict[str, Any]
    with worker(), connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now = cursor.fetchone()[0]
        if error is None:
            change = {"done_at": now, "leased_until": None, "last_error": ""}
        else:
            wait = timedelta(seconds=min(2 ** min(item.attempts, 20), 600))
            change = {
                "available_at": now + wait,
                "leased_until": None,
                "last_error": type(error).__name__,
                "failed_at": now if item.attempts >= MOST_ATTEMPTS else None,
            }
        OutboxItem.objects.filter(pk=item.pk).update(**change)
