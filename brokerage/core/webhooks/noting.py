"""Queueing an act for the change feed, in the act's transaction: one statement, and only for organisations that have
(had) an API client. Acts that notify somebody ride on that work instead (`audit.record`).
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from brokerage.core.audit.models import Entry
from brokerage.core.webhooks import events


def told_of(entry: Entry) -> dict[str, Any] | None:
    """What the feed will say of the entry, ready for the outbox; None when its kind is not public."""
    told = events.of_act(entry.kind, reference=entry.subject_reference, subject_id=entry.subject_id)
    if told is None:
        return None
    return {"kind": told.kind, "reference": told.reference, "path": told.path, "at": entry.at.isoformat()}


def noting(entry: Entry, change: dict[str, Any]) -> tuple[str, list[Any]]:
    """The statement that queues the change, if anybody follows the organisation's feed."""
    return _NOTE, [uuid4(), json.dumps({"change": change}), entry.pk, entry.organisation_id]


_NOTE = """
INSERT INTO audit_outboxitem (id, organisation_id, queue, kind, payload, entry_id, created_at, available_at, attempts,
  last_error)
SELECT %s, f.organisation_id, 'events', 'change', %s::jsonb, %s, clock_timestamp(), clock_timestamp(), 0, ''
FROM webhooks_feed f
WHERE f.organisation_id = %s
"""


def begin_feed(organisation_id: UUID) -> None:
    """From now on the organisation's changes are kept: called by the action that makes an API client. Repeatable."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO webhooks_feed (organisation_id, number, begun_at) VALUES (%s, 0, now())"
            " ON CONFLICT DO NOTHING",
            [organisation_id],
        )
