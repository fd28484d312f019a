"""Celery's part in the API: once a night the answers kept for repeated requests are removed."""

from __future__ import annotations

from celery import shared_task

from brokerage.core.api.purge import purge_kept_answers


@shared_task(name="brokerage.core.api.tasks.purge_answers")
def purge_answers() -> int:
    """Remove kept answers older than a day; returns how many went."""
    return purge_kept_answers()
