"""Writing the audit trail and the outbox: the last step of every action, in its transaction."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models

from brokerage.core.audit.models import REFERENCE_LENGTH, Entry, OutboxItem
from brokerage.core.clock import database_now
from brokerage.core.tenants.actors import Actor
from brokerage.core.webhooks.noting import noting, told_of

#: The entry and what follows from it go in one message. Plain statements: every act writes one.
_ENTRY = """
INSERT INTO audit_entry (id, organisation_id, kind, subject_type, subject_id, subject_reference, actor_user_id,
  actor_name, on_behalf_of_id, at, data) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb)
"""
#: By the clock that decides what is due: work of a process whose clock is ahead does not wait for it.
_WORK = """
INSERT INTO audit_outboxitem (id, organisation_id, queue, kind, payload, entry_id, created_at, available_at, attempts,
  last_error) VALUES (%s, %s, %s, %s, %s::jsonb, %s, clock_timestamp(), coalesce(%s::timestamptz, clock_timestamp()),
  0, '')
"""
Statement = tuple[str, list[Any]]


@dataclass(frozen=True)
class Notice:
    """Who is to be told: everyone of an organisation holding one of `permissions`, or one `user_id`.

    `template` names a registered text (`notifications.texts`); `reference` is all that it may say of the subject;
    `path` is where the link leads. `category` is the kind of referral that an authority is told about: hub brokers
    whose delegation covers it are told too. An urgent one goes by the queue of alerts, ahead of everything else.
    """

    template: str
    organisation_id: UUID
    reference: str
    path: str
    permissions: tuple[str, ...] = ()
    user_id: UUID | None = None
    category: str = ""
    is_urgent: bool = False


def _short(reference: object) -> str:
    """Of a reference that is a name, as much as entries and messages hold."""
    return str(reference)[:REFERENCE_LENGTH]


def record(
    kind: str,
    *,
    subject: models.Model,
    actor: Actor,
    data: Mapping[str, Any] | None = None,
    reference: str | None = None,
    notify: Iterable[Notice] = (),
) -> Entry:
    """Append one entry for the actor's organisation, and queue its notices.

    `data` holds codes, amounts, states and names of changed fields: never a fact about a person.
    """
    entry = Entry(
        organisation_id=actor.organisation_id,
        kind=kind,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        subject_reference=_short(reference if reference is not None else getattr(subject, "reference", "") or ""),
        actor_user_id=actor.user_id,
        actor_name=actor.name[:120],
        on_behalf_of_id=actor.on_behalf_of_id,
        # Not this process's clock: entries of all processes are in one order, and a clock that is off dates nothing.
        at=database_now(),
        data=dict(data or {}) | ({"api_client": str(actor.client_id)} if actor.client_id else {}),
    )
    notices = [
        {
            "template": notice.template,
            "organisation_id": str(notice.organisation_id),
            "reference": _short(notice.reference),
            "path": notice.path,
            "permissions": list(notice.permissions),
            "user_id": str(notice.user_id) if notice.user_id else None,
            "category": notice.category,
            "is_urgent": notice.is_urgent,
        }
        for notice in notify
    ]
    change = told_of(entry)
    follows: list[Statement] = []
    if notices:
        payload = {"notices": notices, "change": change} if change else {"notices": notices}
        queue = "alerts" if any(notice["is_urgent"] for notice in notices) else "events"
        follows = [
            _work(
                OutboxItem(
                    organisation_id=actor.organisation_id,
                    queue=queue,
                    kind="notify",
                    payload=payload,
                    entry_id=entry.pk,
                )
            )
        ]
    elif change:
        follows = [noting(entry, change)]
    _write(_entry(entry), *follows)
    entry._state.adding = False
    return entry


def enqueue(
    kind: str,
    *,
    queue: str,
    actor: Actor,
    payload: Mapping[str, Any],
    entry_id: UUID | None = None,
    available_at: dt.datetime | None = None,
) -> OutboxItem:
    """Queue work in the actor's transaction: nothing is lost when the broker is away. It waits until `available_at`."""
    item = OutboxItem(
        organisation_id=actor.organisation_id,
        queue=queue,
        kind=kind,
        payload=dict(payload),
        entry_id=entry_id,
    )
    _write(_work(item, available_at))
    item._state.adding = False
    return item


def _entry(entry: Entry) -> Statement:
    return _ENTRY, [
        entry.pk,
        entry.organisation_id,
        entry.kind,
        entry.subject_type,
        entry.subject_id,
        entry.subject_reference,
        entry.actor_user_id,
        entry.actor_name,
        entry.on_behalf_of_id,
        entry.at,
        _json(entry.data),
    ]


def _work(item: OutboxItem, available_at: dt.datetime | None = None) -> Statement:
    """`available_at`: no earlier; nothing is now."""
    values = [item.pk, item.organisation_id, item.queue, item.kind, _json(item.payload), item.entry_id, available_at]
    return _WORK, values


def _write(*statements: Statement) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            ";".join(sql for sql, _values in statements), [value for _sql, values in statements for value in values]
        )


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder)
