"""Writing the audit trail and the outbox: the last step of every action, in its transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models.functions import Now

from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.clock import database_now
from brokerage.core.tenants.actors import Actor
from brokerage.core.webhooks.noting import note, told_of


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
        subject_reference=reference if reference is not None else str(getattr(subject, "reference", "") or ""),
        actor_user_id=actor.user_id,
        actor_name=actor.name[:120],
        on_behalf_of_id=actor.on_behalf_of_id,
        # Not this process's clock: entries of all processes are in one order, and a clock that is off dates nothing.
        at=database_now(),
        data=dict(data or {}) | ({"api_client": str(actor.client_id)} if actor.client_id else {}),
    )
    entry.save(force_insert=True)
    notices = [
        {
            "template": notice.template,
            "organisation_id": str(notice.organisation_id),
            "reference": notice.reference,
            "path": notice.path,
            "permissions": list(notice.permissions),
            "user_id": str(notice.user_id) if notice.user_id else None,
            "category": notice.category,
            "is_urgent": notice.is_urgent,
        }
        for notice in notify
    ]
    change = told_of(entry)
    if notices:
        payload = {"notices": notices, "change": change} if change else {"notices": notices}
        queue = "alerts" if any(notice["is_urgent"] for notice in notices) else "events"
        enqueue("notify", queue=queue, actor=actor, payload=payload, entry_id=entry.pk)
    elif change:
        note(entry, change)
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
        # By the clock that decides what is due: work of a process whose clock is ahead does not wait for it.
        available_at=available_at or Now(),
    )
    item.save(force_insert=True)
    return item
