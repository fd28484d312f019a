"""Celery's part in accounts: once a day, close those that nobody uses."""

from __future__ import annotations

from celery import shared_task

from brokerage.core.accounts.actions import close_dormant_accounts


@shared_task(name="brokerage.core.accounts.tasks.close_dormant")
def close_dormant() -> int:
    """How many were closed."""
    return close_dormant_accounts()
