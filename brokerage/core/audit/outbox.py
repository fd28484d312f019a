"""Draining the outbox: claim a batch by lease, do the work outside the claim, mark it done.

A worker that dies loses its lease after `LEASE`, and another takes the item; handlers are therefore repeatable.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import connection

from brokerage.core.audit.models import OutboxItem
from brokerage.core.steadfast import keep_trying
from brokerage.core.tenants.context import worker

logger = logging.getLogger(__name__)

#: How long a claimed item is left to its worker.
LEASE = timedelta(minutes=5)
#: Seconds after claiming a batch in which an item of it may still be begun; the rest is given back, so that no item
#: is begun on a lease about to end.
STINT = 120.0
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


def queue_next_step(item: OutboxItem, *, at: datetime) -> None:
    """Queue the step after this one of work that goes on until something is done (`payload["step"]`), for `at`.

    Repeatable: once, whoever does the item again. For handlers that run as the worker, inside its transaction.
    """
    step = int(item.payload["step"])
    same = {name: value for name, value in item.payload.items() if name != "step"}
    queued = OutboxItem.objects.filter(
        entry_id=item.entry_id, queue=item.queue, kind=item.kind, payload__contains=same, payload__step__gt=step
    )
    if not queued.exists():
        OutboxItem(
            id=uuid4(),
            organisation_id=item.organisation_id,
            queue=item.queue,
            kind=item.kind,
            payload={**same, "step": step + 1},
            entry_id=item.entry_id,
            available_at=at,
        ).save(force_insert=True)


def claim(queue: str, size: int) -> list[OutboxItem]:
    """Lease up to `size` due items; the database's clock decides what is due.

    An item whose last allowed attempt took its worker with it is set aside instead.
    """
    with worker(), connection.cursor() as cursor:
        # Materialised: a plan that runs a plain sub-query anew for every row would claim more than `size`. By keys:
        # while the planner takes the table for empty (counted after a purge), a join reads all of it for each claim.
        cursor.execute(
            "WITH due AS MATERIALIZED (SELECT id FROM audit_outboxitem WHERE queue = %(queue)s AND done_at IS NULL"
            " AND failed_at IS NULL AND available_at <= now() AND (leased_until IS NULL OR leased_until < now())"
            " ORDER BY available_at LIMIT %(size)s FOR UPDATE SKIP LOCKED)"
            " UPDATE audit_outboxitem o SET"
            " leased_until = CASE WHEN o.attempts < %(most)s THEN now() + make_interval(secs => %(lease)s) END,"
            " attempts = least(o.attempts + 1, %(most)s),"
            " failed_at = CASE WHEN o.attempts >= %(most)s THEN now() END,"
            " last_error = CASE WHEN o.attempts >= %(most)s THEN 'WorkerLost' ELSE o.last_error END"
            " WHERE o.id = ANY (ARRAY(SELECT id FROM due)) RETURNING o.id, o.failed_at IS NULL",
            {"most": MOST_ATTEMPTS, "lease": LEASE.total_seconds(), "queue": queue, "size": size},
        )
        found = cursor.fetchall()
        for item_id in (row[0] for row in found if not row[1]):
            logger.error("Outbox item %s took every worker with it and is set aside", item_id)
        ids = [row[0] for row in found if row[1]]
        return list(OutboxItem.objects.filter(pk__in=ids).order_by("available_at", "created_at"))


def drain(queue: str, *, size: int = 50, rounds: int = 20, seconds: float = 60.0) -> int:
    """Do the due work of one queue; returns how many items were done.

    Nothing is claimed later than `seconds` after the start: the next tick goes on, and a tick stays far below the
    time after which the broker would give it to a second worker.
    """
    began = time.monotonic()
    done = 0
    for _round in range(rounds):
        items = claim(queue, size)
        claimed = time.monotonic()
        for number, item in enumerate(items):
            if time.monotonic() - claimed > STINT:
                _give_back(items[number:])
                break
            done += do(item)
        if not items or time.monotonic() - began > seconds:
            break
    return done


def do(item: OutboxItem) -> int:
    """Do one item's work and mark it done, or later; returns 1 when it was done."""
    try:
        _handlers[item.kind](item)
    except Exception as error:
        name = type(error).__name__
        logger.exception("Outbox item %s (%s) failed, attempt %s", item.pk, item.kind, item.attempts)
        keep_trying(lambda: _mark(item, name))
        return 0
    keep_trying(lambda: _mark(item, ""))
    return 1


def _mark(item: OutboxItem, error: str) -> None:
    """Done when `error` is empty; else later, or set aside after the last attempt."""
    with worker(), connection.cursor() as cursor:
        if not error:
            cursor.execute(
                "UPDATE audit_outboxitem SET done_at = now(), leased_until = NULL, last_error = '' WHERE id = %s",
                [item.pk],
            )
            return
        wait = min(2 ** min(item.attempts, 20), 600)
        cursor.execute(
            "UPDATE audit_outboxitem SET available_at = now() + make_interval(secs => %s), leased_until = NULL,"
            " last_error = %s, failed_at = CASE WHEN attempts >= %s THEN now() END WHERE id = %s",
            [wait, error, MOST_ATTEMPTS, item.pk],
        )


def _give_back(items: Sequence[OutboxItem]) -> None:
    """Items claimed and not begun are due again at once and were not attempted."""
    ids = [str(item.pk) for item in items]
    with worker(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_outboxitem SET leased_until = NULL, attempts = attempts - 1 WHERE id = ANY (%s::uuid[])",
            [ids],
        )
