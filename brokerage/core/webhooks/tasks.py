"""Celery's part in webhooks: each tick wakes the delivery; once a night what nobody needs any more is removed."""

from __future__ import annotations

from celery import shared_task

from brokerage.core.webhooks import delivery
from brokerage.core.webhooks.purge import purge_old


@shared_task(name="brokerage.core.webhooks.tasks.deliver_webhooks")
def deliver_webhooks() -> int:
    """Send what is due; returns how many deliveries were taken."""
    return delivery.deliver()


@shared_task(name="brokerage.core.webhooks.tasks.purge_changes")
def purge_changes() -> int:
    """Remove deliveries and changes of long ago; returns how many rows went."""
    return purge_old()
