"""The Celery application: queues, and the ticks that wake each queue's drain.

PostgreSQL holds the work (outbox, messages); Celery only wakes the drains. A tick that waits behind another is
worthless after a few seconds, so it expires.
"""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "brokerage.settings")

QUEUES: tuple[str, ...] = ("alerts", "events", "messages", "documents", "default")

app = Celery("brokerage")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.task_default_queue = "default"
app.conf.task_routes = {
    "brokerage.core.audit.tasks.drain_events": {"queue": "events"},
    "brokerage.core.notifications.tasks.deliver_messages": {"queue": "messages"},
    "brokerage.core.audit.tasks.drain_documents": {"queue": "documents"},
    "brokerage.core.audit.tasks.drain_work": {"queue": "default"},
    "brokerage.core.audit.tasks.announce_deadlines": {"queue": "default"},
}
app.conf.beat_schedule = {
    "events": {
        "task": "brokerage.core.audit.tasks.drain_events",
        "schedule": 1.0,
        "options": {"expires": 5},
    },
    "messages": {
        "task": "brokerage.core.notifications.tasks.deliver_messages",
        "schedule": 1.0,
        "options": {"expires": 5},
    },
    "documents": {
        "task": "brokerage.core.audit.tasks.drain_documents",
        "schedule": 1.0,
        "options": {"expires": 5},
    },
    "work": {
        "task": "brokerage.core.audit.tasks.drain_work",
        "schedule": 1.0,
        "options": {"expires": 5},
    },
}
