"""Celery's part in the firewall: every hour the authorities that nobody has looked at today."""

from __future__ import annotations

from celery import shared_task

from brokerage.safeguarding.firewall.actions.runs import check_all


@shared_task(name="brokerage.safeguarding.firewall.tasks.check_registrations")
def check_registrations() -> int:
    """Look at the open placements of every authority that is due; returns how many authorities were looked at."""
    return len(check_all())
