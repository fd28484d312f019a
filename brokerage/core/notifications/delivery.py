"""Delivering e-mail: claim by lease, send outside the transaction, mark.

A mail server that refuses, hangs or is away delays messages (back-off up to an hour, for days) and loses none. A
message whose fate is not known (the server took it and died before saying so) is sent again: at least once, with
the same Message-ID, by which mail systems know it for the same.
"""

from __future__ import annotations

import logging
import smtplib
import time
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.utils import translation

from brokerage.core.accounts.models import unseen
from brokerage.core.notifications.models import Message
from brokerage.core.notifications.texts import text_of
from brokerage.core.steadfast import keep_trying
from brokerage.core.tenants.context import worker

logger = logging.getLogger(__name__)

#: How long claimed messages are left to their worker: longer than `STINT` and the longest single message together.
LEASE = timedelta(minutes=6)
#: Seconds in which messages of a batch may be begun; what is left then is given back.
STINT = 60.0
BATCH = 100
#: Sent messages are marked after so many, or so many seconds: what a killed worker sends twice at most.
MARK_EVERY = 20
MARK_SECONDS = 1.0
MOST_ATTEMPTS = 100
LONGEST_WAIT = 3600
#: After trouble a process leaves the server alone for so many times the seconds that it lost, `LONGEST_REST` at most:
#: a server that hangs takes a fifth of a worker's time and never all of it.
REST_FACTOR = 4
LONGEST_REST = 60.0

_rest_until = 0.0


def deliver(*, rounds: int = 50, seconds: float = 60.0, urgent: bool = False) -> int:
    """Send what is due; returns how many were sent. Nothing is claimed later than `seconds` after the start.

    Messages of alerts go before all others: a backlog holds them up by one batch at most, even where one worker does
    everything. `urgent` sends nothing else, and has a queue of its own.
    """
    began = time.monotonic()
    sent = 0
    for _round in range(rounds):
        if time.monotonic() < _rest_until:
            break
        batch = _claim(urgent=True) or ([] if urgent else _claim(urgent=False))
        if not batch:
            break
        delivered = _send(batch)
        sent += delivered
        if delivered < len(batch) or time.monotonic() - began > seconds:
            break  # The server has trouble, or it is late: the next tick goes on.
    return sent


def compose(message: Message) -> mail.EmailMessage:
    """The e-mail of a message, in its reader's language."""
    with translation.override(message.user.language):
        text = text_of(message.template)
        facts = {"reference": message.reference, "organisation": message.organisation.name}
        return mail.EmailMessage(
            subject=str(text.subject) % facts,
            body=f"{str(text.body) % facts}\n\n{settings.BASE_URL}{message.path}\n",
            to=[message.user.email],
            headers={
                "Message-ID": f"<{message.pk}@{urlsplit(settings.BASE_URL).hostname}>",
                "X-Message-Id": str(message.pk),
                "Auto-Submitted": "auto-generated",
            },
        )


def _claim(urgent: bool) -> list[Message]:
    only = " AND is_urgent" if urgent else ""
    with worker(), connection.cursor() as cursor:
        # Materialised: a plan that runs a plain sub-query anew for every row would claim more than a batch.
        cursor.execute(
            "WITH due AS MATERIALIZED (SELECT id FROM notifications_message WHERE channel = 'email' AND sent_at IS NULL"
            f" AND failed_at IS NULL{only} AND available_at <= now() AND (leased_until IS NULL OR leased_until < now())"
            " ORDER BY available_at LIMIT %s FOR UPDATE SKIP LOCKED)"
            " UPDATE notifications_message m SET attempts = m.attempts + 1,"
            " leased_until = now() + make_interval(secs => %s) FROM due WHERE m.id = due.id RETURNING m.id",
            [BATCH, LEASE.total_seconds()],
        )
        ids = [row[0] for row in cursor.fetchall()]
        rows = Message.objects.select_related("user", "organisation").defer(*unseen("user"))
        return list(rows.filter(pk__in=ids).order_by("available_at", "id"))


def _send(batch: list[Message]) -> int:
    """Send a batch over one connection and write down each message's fate; returns how many were sent."""
    began = time.monotonic()
    try:
        server: BaseEmailBackend = mail.get_connection()
        server.open()
    except Exception as error:
        logger.warning("The mail server is away: %s", type(error).__name__)
        _leave_alone(time.monotonic() - began)
        _postpone([(message, type(error).__name__) for message in batch])
        return 0
    left = deque(batch)
    count = 0
    sent: list[Message] = []
    failed: list[tuple[Message, str]] = []
    marked = time.monotonic()
    try:
        while left and time.monotonic() - began < STINT:
            message = left.popleft()
            started = time.monotonic()
            try:
                if server.send_messages([compose(message)]) == 0:
                    raise ValueError("The server was given no recipient.")
            except Exception as error:
                logger.warning("Message %s not sent: %s", message.pk, type(error).__name__)
                failed.append((message, type(error).__name__))
                if _is_cut(error):
                    _leave_alone(time.monotonic() - started)
                    break
            else:
                sent.append(message)
                count += 1
            if len(sent) >= MARK_EVERY or time.monotonic() - marked > MARK_SECONDS:
                _mark_sent(sent)
                sent, marked = [], time.monotonic()
    finally:
        _mark_sent(sent)
        _postpone(failed)
        _give_back(left)
        _close(server)
    return count


def _is_cut(error: Exception) -> bool:
    """Is the connection of no more use, or was only this message refused?"""
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code == 421
    if isinstance(error, smtplib.SMTPException):
        return isinstance(error, smtplib.SMTPServerDisconnected)
    return isinstance(error, OSError)


def _close(server: BaseEmailBackend) -> None:
    try:
        server.close()
    except Exception as error:
        logger.warning("The mail server did not say goodbye: %s", type(error).__name__)


def _leave_alone(lost: float) -> None:
    global _rest_until
    _rest_until = time.monotonic() + min(lost * REST_FACTOR, LONGEST_REST)


def _mark_sent(sent: list[Message]) -> None:
    if sent:
        _execute(
            "UPDATE notifications_message SET sent_at = now(), leased_until = NULL, last_error = ''"
            " WHERE id = ANY (%s::uuid[])",
            [_ids(sent)],
        )


def _postpone(failed: list[tuple[Message, str]]) -> None:
    """Later, each time twice as long; after days of it a message is set aside."""
    if failed:
        _execute(
            "UPDATE notifications_message m SET leased_until = NULL, last_error = f.error,"
            " available_at = now() + make_interval(secs => least(power(2, least(m.attempts, 20)), %s)),"
            " failed_at = CASE WHEN m.attempts >= %s THEN now() END"
            " FROM unnest(%s::uuid[], %s::text[]) AS f (id, error) WHERE m.id = f.id",
            [LONGEST_WAIT, MOST_ATTEMPTS, _ids(message for message, _ in failed), [error[:200] for _, error in failed]],
        )


def _give_back(left: Iterable[Message]) -> None:
    """Messages claimed and not begun are due again at once and were not attempted."""
    ids = _ids(left)
    if ids:
        _execute(
            "UPDATE notifications_message SET leased_until = NULL, attempts = attempts - 1 WHERE id = ANY (%s::uuid[])",
            [ids],
        )


def _ids(messages: Iterable[Message]) -> list[str]:
    return [str(message.pk) for message in messages]


def _execute(statement: str, values: Sequence[Any]) -> None:
    """One marking statement, repeated when the database went away under it: each is repeatable but the giving back,
    which may then count an attempt too few."""

    def step() -> None:
        with worker(), connection.cursor() as cursor:
            cursor.execute(statement, values)

    keep_trying(step)
