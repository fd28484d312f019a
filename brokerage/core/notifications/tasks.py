"""Delivering e-mail: claim by lease, send outside the transaction, mark.

A mail server that refuses or is away delays messages (back-off up to an hour, for days) and loses none.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.core import mail
from django.db import connection
from django.utils import translation

from brokerage.core.notifications.models import Message
from brokerage.core.notifications.texts import text_of
from brokerage.core.tenants.context import worker

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
BATCH = 100
MOST_ATTEMPTS = 100
LONGEST_WAIT = 3600


@shared_task(name="brokerage.core.notifications.tasks.deliver_messages")
def deliver_messages(rounds: int = 50) -> int:
    """Send what is due; returns how many were sent."""
    sent = 0
    for _round in range(rounds):
        batch = _claim()
        if not batch:
            break
        delivered = _send(batch)
        sent += delivered
        if delivered < len(batch):
            break  # The server has trouble: the next tick tries again.
    return sent


def _claim() -> list[Message]:
    with worker(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notifications_message m SET attempts = m.attempts + 1,"
            " leased_until = now() + make_interval(secs => %s)"
            " FROM (SELECT id FROM notifications_message WHERE channel = 'email' AND sent_at IS NULL"
            " AND failed_at IS NULL AND available_at <= now() AND (leased_until IS NULL OR leased_until < now())"
            " ORDER BY available_at LIMIT %s FOR UPDATE SKIP LOCKED) due WHERE m.id = due.id RETURNING m.id",
            [LEASE.total_seconds(), BATCH],
        )
        ids = [row[0] for row in cursor.fetchall()]
        return list(
            Message.objects.filter(pk__in=ids).select_related("user", "organisation").order_by("available_at", "id")
        )


def compose(message: Message) -> mail.EmailMessage:
    """The e-mail of a message, in its reader's language."""
    with translation.override(message.user.language):
        text = text_of(message.template)
        facts = {"reference": message.reference, "organisation": message.organisation.name}
        return mail.EmailMessage(
            subject=str(text.subject) % facts,
            body=f"{str(text.body) % facts}\n\n{settings.BASE_URL}{message.path}\n",
            to=[message.user.email],
            headers={"X-Message-Id": str(message.pk), "Auto-Submitted": "auto-generated"},
        )


def _send(batch: list[Message]) -> int:
    sent: list[Message] = []
    failed: list[tuple[Message, str]] = []
    try:
        connection_ = mail.get_connection()
        connection_.open()
    except OSError as error:
        _postpone([(message, type(error).__name__) for message in batch])
        return 0
    try:
        for message in batch:
            try:
                connection_.send_messages([compose(message)])
                sent.append(message)
            except Exception as error:
                logger.warning("Message %s not sent: %s", message.pk, type(error).__name__)
                failed.append((message, type(error).__name__))
    finally:
        connection_.close()
    with worker(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notifications_message SET sent_at = now(), leased_until = NULL, last_error = ''"
            " WHERE id = ANY (%s::uuid[])",
            [[str(message.pk) for message in sent]],
        )
    _postpone(failed)
    return len(sent)


def _postpone(failed: list[tuple[Message, str]]) -> None:
    with worker(), connection.cursor() as cursor:
        for message, error in failed:
            wait = min(2 ** min(message.attempts, 20), LONGEST_WAIT)
            cursor.execute(
                "UPDATE notifications_message SET available_at = now() + make_interval(secs => %s),"
                " leased_until = NULL, last_error = %s,"
                " failed_at = CASE WHEN attempts >= %s THEN now() END WHERE id = %s",
                [wait, error[:200], MOST_ATTEMPTS, message.pk],
            )
