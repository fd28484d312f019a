"""Celery's part in the outbox: each tick wakes one queue's drain; once a night what was done long ago is removed."""

from __future__ import annotations

from celery import shared_task

from brokerage.core.audit import outbox, purge


@shared_task(name="brokerage.core.audit.tasks.drain_events")
def drain_events() -> int:
    """Expand events into message rows."""
    return outbox.drain("events", size=100)


@shared_task(name="brokerage.core.audit.tasks.drain_alerts")
def drain_alerts() -> int:
    """Reminders of safeguarding alerts."""
    return outbox.drain("alerts", size=20)


@shared_task(name="brokerage.core.audit.tasks.drain_documents")
def drain_documents() -> int:
    """Draw documents; one at a time, so that several workers share them."""
    return outbox.drain("documents", size=1)


@shared_task(name="brokerage.core.audit.tasks.drain_work")
def drain_work() -> int:
    """Everything else that must happen after a commit."""
    return outbox.drain("default", size=10)


@shared_task(name="brokerage.core.audit.tasks.purge_done")
def purge_done() -> int:
    """Remove work done long ago; returns how many items went."""
    return purge.purge_done_work()
