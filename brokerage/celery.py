"""The Celery application: queues, and the ticks that wake each queue's drain.

PostgreSQL holds the work (outbox, messages); Celery only wakes the drains. A tick that waits behind another is
worthless after a few seconds, so it expires.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_init
from django.core.exceptions import ImproperlyConfigured

from brokerage.startup import make_way, refuse_unsafe_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "brokerage.settings")

QUEUES: tuple[str, ...] = ("alerts", "texts", "events", "messages", "documents", "webhooks", "default")
#: Of which a worker takes nothing else.
URGENT_QUEUES: tuple[str, ...] = ("alerts", "texts")

app = Celery("brokerage")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.task_default_queue = "default"
app.conf.task_routes = {
    "brokerage.core.api.tasks.purge_answers": {"queue": "default"},
    "brokerage.core.accounts.tasks.close_dormant": {"queue": "default"},
    "brokerage.core.audit.tasks.drain_events": {"queue": "events"},
    "brokerage.core.notifications.tasks.deliver_alerts": {"queue": "alerts"},
    "brokerage.core.notifications.tasks.deliver_texts": {"queue": "texts"},
    "brokerage.core.audit.tasks.drain_alerts": {"queue": "alerts"},
    "brokerage.core.notifications.tasks.deliver_messages": {"queue": "messages"},
    "brokerage.core.audit.tasks.drain_documents": {"queue": "documents"},
    "brokerage.core.audit.tasks.drain_work": {"queue": "default"},
    "brokerage.core.audit.tasks.purge_done": {"queue": "default"},
    "brokerage.core.notifications.tasks.purge_messages": {"queue": "default"},
    "brokerage.core.webhooks.tasks.deliver_webhooks": {"queue": "webhooks"},
    "brokerage.core.webhooks.tasks.purge_changes": {"queue": "default"},
    "brokerage.reports.tasks.fold_books": {"queue": "default"},
    "brokerage.safeguarding.concerns.tasks.look_for_patterns": {"queue": "default"},
    "brokerage.safeguarding.firewall.tasks.check_registrations": {"queue": "default"},
    "brokerage.safeguarding.voice.tasks.route_messages": {"queue": "alerts"},
    "brokerage.safeguarding.voice.tasks.remind_readers": {"queue": "alerts"},
    "brokerage.safeguarding.voice.tasks.purge_closed": {"queue": "default"},
}


def _tick(task: str, *, every: float = 1.0) -> dict[str, Any]:
    """Every second, or so many; one that cannot be published is dropped, as the next says the same."""
    return {"task": task, "schedule": every, "options": {"expires": 5, "retry": False}}


def _nightly(task: str, minute: int) -> dict[str, Any]:
    return {"task": task, "schedule": crontab(hour=3, minute=minute), "options": {"expires": 3600}}


app.conf.beat_scheduler = "brokerage.scheduler:SteadyScheduler"
app.conf.beat_schedule = {
    # Soon after midnight; every later hour finds nothing to do, or finishes what was stopped.
    "registrations": {
        "task": "brokerage.safeguarding.firewall.tasks.check_registrations",
        "schedule": crontab(minute=5),
        "options": {"expires": 3300},
    },
    "dormant accounts": _nightly("brokerage.core.accounts.tasks.close_dormant", minute=50),
    "events": _tick("brokerage.core.audit.tasks.drain_events"),
    # Each tick wakes one process: a machine's second one joins in half a second after the first.
    "alerts": _tick("brokerage.core.notifications.tasks.deliver_alerts", every=0.5),
    "texts": _tick("brokerage.core.notifications.tasks.deliver_texts"),
    "alert-work": _tick("brokerage.core.audit.tasks.drain_alerts"),
    "messages": _tick("brokerage.core.notifications.tasks.deliver_messages"),
    "documents": _tick("brokerage.core.audit.tasks.drain_documents"),
    "webhooks": _tick("brokerage.core.webhooks.tasks.deliver_webhooks"),
    "work": _tick("brokerage.core.audit.tasks.drain_work"),
    "purge-answers": _nightly("brokerage.core.api.tasks.purge_answers", 40),
    "purge-work": _nightly("brokerage.core.audit.tasks.purge_done", 10),
    "purge-messages": _nightly("brokerage.core.notifications.tasks.purge_messages", 20),
    "purge-changes": _nightly("brokerage.core.webhooks.tasks.purge_changes", 30),
    "books": _nightly("brokerage.reports.tasks.fold_books", 15),
    "patterns": _nightly("brokerage.safeguarding.concerns.tasks.look_for_patterns", 25),
    "voices": _tick("brokerage.safeguarding.voice.tasks.route_messages"),
    "voice-reminders": {
        "task": "brokerage.safeguarding.voice.tasks.remind_readers",
        "schedule": crontab(minute="*/15"),
        "options": {"expires": 600},
    },
    "purge-voices": _nightly("brokerage.safeguarding.voice.tasks.purge_closed", 35),
}


@worker_init.connect
def _start(**_named: Any) -> None:
    try:
        refuse_unsafe_start()
    except ImproperlyConfigured as refusal:
        # Celery logs what a receiver raises, and goes on; this it does not catch.
        raise SystemExit(str(refusal)) from None
    make_way()
