"""Delivering to webhooks: a webhook with something due is claimed by lease, its deliveries sent in order and marked.

One worker at a time for one webhook, and after a failure it is left alone for a while: a receiver that is slow or away
holds up nobody else. Sent at least once, with the same webhook-id every time, by which receivers know a repetition.
A delivery is tried ten times over about three days (`SCHEDULE`); a webhook that took nothing for five days
(`PATIENCE`), or answered 410, is switched off and its client's owner is told.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from brokerage.core.accounts.sealed_text import CannotUnseal, unseal
from brokerage.core.audit.record import Notice, record
from brokerage.core.clock import database_now
from brokerage.core.steadfast import keep_trying
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import system, worker
from brokerage.core.webhooks import sending, signing
from brokerage.core.webhooks.models import Delivery, Webhook

logger = logging.getLogger(__name__)

#: Seconds from one attempt to the next, as Standard Webhooks recommends: the tenth comes after about three days.
SCHEDULE = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
#: After so long without one success a webhook is switched off.
PATIENCE = timedelta(days=5)
#: How long a claimed webhook is left to its worker: longer than `STINT` and the longest attempt together.
LEASE = timedelta(seconds=60)
#: Seconds in which further deliveries of a claimed webhook may be begun; then others have their turn.
STINT = 15.0
#: Seconds that a receiver is left alone after its first failure in a row; doubled with each, at most `LONGEST_REST`.
FIRST_REST = 5
LONGEST_REST = 900


@dataclass(frozen=True)
class Target:
    """A claimed webhook: where to send, and with which keys."""

    id: UUID
    organisation_id: UUID
    url: str
    keys: tuple[str, ...]


def deliver(*, seconds: float = 50.0) -> int:
    """Send what is due; returns how many deliveries were taken. No webhook is claimed later than `seconds`."""
    began = time.monotonic()
    taken = 0
    while time.monotonic() - began < seconds:
        target = _claim()
        if target is None:
            break
        try:
            taken += _send_due(target)
        finally:
            _release(target)
    return taken


def body_of(delivery: Delivery) -> bytes:
    """The message: what happened, when, and where to read it. References only, never a fact about a person."""
    change = delivery.change
    path = change.path if change else f"/webhooks/{delivery.webhook_id}"
    return orjson.dumps(
        {
            "type": delivery.kind,
            "timestamp": change.at if change else delivery.created_at,
            "data": {
                "number": change.number if change else None,
                "subject_type": change.subject_type if change else "webhook",
                "reference": change.reference if change else "",
                "path": f"/api/v1{path}",
            },
        },
        option=orjson.OPT_UTC_Z,
    )


def message_id(delivery: Delivery) -> str:
    """The same for every attempt and every replay of one event."""
    return f"msg_{(delivery.change_id or delivery.pk).hex}"


def _claim() -> Target | None:
    """Lease the webhook that was longest not tried, among those with something due. The database's clock decides.

    A client that was revoked, or whose owner has left, gets nothing.
    """
    with worker(), connection.cursor() as cursor:
        # Materialised: a plan that runs a plain sub-query anew for every row would claim more than one. What is due is
        # asked webhook by webhook: as a join it compares each with all that waits, while the table is taken for empty;
        # in order, or all that waits for one is looked through for each of the others.
        cursor.execute(
            "WITH due AS MATERIALIZED (SELECT w.id FROM webhooks_webhook w"
            " JOIN api_apiclient c ON c.id = w.client_id AND c.revoked_at IS NULL"
            " JOIN accounts_user u ON u.id = c.owner_id AND u.is_active"
            " JOIN tenants_organisation o ON o.id = w.organisation_id AND o.is_active"
            " JOIN tenants_membership m ON m.user_id = u.id AND m.organisation_id = w.organisation_id AND m.is_active"
            " WHERE w.state = 'active' AND (w.leased_until IS NULL OR w.leased_until < now())"
            " AND (w.resting_until IS NULL OR w.resting_until <= now())"
            " AND (SELECT d.next_at FROM webhooks_delivery d WHERE d.webhook_id = w.id AND d.state = 'waiting'"
            " ORDER BY d.next_at LIMIT 1) <= now()"
            " ORDER BY w.tried_at NULLS FIRST LIMIT 1 FOR UPDATE OF w SKIP LOCKED)"
            " UPDATE webhooks_webhook w SET leased_until = now() + make_interval(secs => %s), tried_at = now()"
            " WHERE w.id = ANY (ARRAY(SELECT id FROM due))"
            " RETURNING w.id, w.organisation_id, w.url, w.sealed_secret,"
            " CASE WHEN w.old_secret_until > now() THEN w.sealed_old_secret ELSE '' END",
            [LEASE.total_seconds()],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    keys: list[str] = []
    for sealed in filter(None, row[3:]):
        try:
            keys.append(unseal(sealed))
        except CannotUnseal:
            logger.error("A secret of webhook %s cannot be unsealed: is its key in SECRET_KEY_FALLBACKS?", row[0])
    return Target(row[0], row[1], row[2], tuple(keys))


def _send_due(target: Target) -> int:
    """Send the webhook's due deliveries, oldest first, until one fails or the time is up; returns how many were taken.

    The first one is sent however late it is, so that every claim gets something done.
    """
    began = time.monotonic()
    taken = 0
    while taken == 0 or time.monotonic() - began < STINT:
        with worker():
            due = Delivery.objects.filter(webhook_id=target.id, state="waiting", next_at__lte=database_now())
            delivery = due.select_related("change").order_by("next_at", "change__number", "created_at").first()
            now = database_now()
        if delivery is None:
            break
        answer = _attempt(target, delivery, now)
        if not answer.is_taken:
            _note_failure(target, delivery, answer)
            break
        _note_success(target, delivery, answer)
        taken += 1
    return taken


def _attempt(target: Target, delivery: Delivery, now: dt.datetime) -> sending.Answer:
    if not target.keys:
        return sending.Answer(None, "no_key")
    body = body_of(delivery)
    answer = sending.post(target.url, body, signing.headers(message_id(delivery), now, body, target.keys))
    logger.info("Delivery %s to webhook %s: %s", delivery.pk, target.id, answer.status or answer.error)
    return answer


def _note_success(target: Target, delivery: Delivery, answer: sending.Answer) -> None:
    def step() -> None:
        with worker(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE webhooks_delivery SET state = 'delivered', delivered_at = now(), attempts = attempts + 1,"
                " last_status = %s, last_error = '' WHERE id = %s AND state = 'waiting'",
                [answer.status, delivery.pk],
            )
            cursor.execute(
                "UPDATE webhooks_webhook SET failing_since = NULL, failures = 0, resting_until = NULL WHERE id = %s",
                [target.id],
            )

    keep_trying(step)


def _note_failure(target: Target, delivery: Delivery, answer: sending.Answer) -> None:
    """The delivery later, or given up; the receiver left alone; after five days, or when it is gone, switched off."""
    attempts = delivery.attempts + 1
    wait = SCHEDULE[attempts - 1] if attempts <= len(SCHEDULE) else None

    def step() -> bool:
        with worker(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE webhooks_delivery SET attempts = %(attempts)s, last_status = %(status)s,"
                " last_error = %(error)s, next_at = now() + make_interval(secs => %(wait)s),"
                " state = CASE WHEN %(over)s THEN 'failed' ELSE state END WHERE id = %(id)s AND state = 'waiting'",
                {
                    "attempts": attempts,
                    "status": answer.status,
                    "error": answer.error,
                    "wait": wait or 0,
                    "over": wait is None,
                    "id": delivery.pk,
                },
            )
            cursor.execute(
                "UPDATE webhooks_webhook SET failures = failures + 1, failing_since = coalesce(failing_since, now()),"
                " resting_until = now() + make_interval(secs => least(%s * power(2, least(failures, 20)), %s))"
                " WHERE id = %s RETURNING failing_since < now() - make_interval(secs => %s)",
                [FIRST_REST, LONGEST_REST, target.id, PATIENCE.total_seconds()],
            )
            row: tuple[Any, ...] | None = cursor.fetchone()
            return bool(row and row[0])

    is_worn_out = keep_trying(step)
    if answer.is_gone:
        disable(target.organisation_id, target.id, Webhook.Reason.GONE)
    elif is_worn_out:
        disable(target.organisation_id, target.id, Webhook.Reason.FAILING)


def disable(organisation_id: UUID, webhook_id: UUID, reason: Webhook.Reason) -> None:
    """Switch the webhook off and tell its client's owner and the administrators, once."""
    with system(organisation_id) as actor:
        webhook = Webhook.objects.select_for_update(of=("self",)).select_related("client").filter(pk=webhook_id).first()
        if webhook is None or not webhook.is_active:
            return
        webhook.state, webhook.disabled_reason = Webhook.State.DISABLED, reason
        webhook.save(update_fields=["state", "disabled_reason"])
        record(
            "webhook.disabled",
            subject=webhook,
            actor=actor,
            reference=webhook.host,
            data={"reason": str(reason)},
            notify=_told(actor, webhook),
        )


def _told(actor: Actor, webhook: Webhook) -> list[Notice]:
    """Administrators come first, as each person is told once: the page is theirs, another owner's link leads home."""
    template, page = "webhooks.disabled", f"/o/{actor.slug}/webhooks/{webhook.pk}/"
    owner = webhook.client.owner_id
    return [
        Notice(template, actor.organisation_id, webhook.host, page, permissions=("organisation.manage",)),
        Notice(template, actor.organisation_id, webhook.host, f"/o/{actor.slug}/", user_id=owner),
    ]


def _release(target: Target) -> None:
    def step() -> None:
        with worker(), connection.cursor() as cursor:
            cursor.execute("UPDATE webhooks_webhook SET leased_until = NULL WHERE id = %s", [target.id])

    keep_trying(step)
