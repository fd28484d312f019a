"""Celery's part in messages: each tick wakes the delivery; once a night what nobody needs any more is removed."""

from __future__ import annotations

from celery import shared_task

from brokerage.core.notifications import delivery
from brokerage.core.notifications.carriers import TEXTS
from brokerage.core.notifications.purge import purge_old_messages
from brokerage.core.sms.gateways import texts_are_set_up

#: Seconds after which other work of the queue for alerts has its turn, and what is left waits for the next tick.
TURN = 5.0


@shared_task(name="brokerage.core.notifications.tasks.deliver_messages")
def deliver_messages(rounds: int = 50) -> int:
    """Send what is due; returns how many were sent."""
    return delivery.deliver(rounds=rounds)


@shared_task(name="brokerage.core.notifications.tasks.deliver_alerts")
def deliver_alerts(rounds: int = 50) -> int:
    """Send the messages of safeguarding alerts; returns how many were sent."""
    return delivery.deliver(rounds=rounds, urgent=True, seconds=TURN)


@shared_task(name="brokerage.core.notifications.tasks.deliver_texts")
def deliver_texts(rounds: int = 50) -> int:
    """Send the text messages that are due, all of them urgent; returns how many were sent."""
    return delivery.deliver(rounds=rounds, urgent=True, carrier=TEXTS) if texts_are_set_up() else 0


@shared_task(name="brokerage.core.notifications.tasks.purge_messages")
def purge_messages() -> int:
    """Remove messages sent or read long ago; returns how many."""
    return purge_old_messages()
