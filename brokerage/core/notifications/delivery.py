"""Delivering e-mail and text messages: claim by lease, send outside the transaction, mark.

A server that refuses, hangs or is away delays messages (back-off up to an hour, for days) and loses none; what is
urgent is tried again within seconds of its return. A message whose fate is not known (the server took it and died
before saying so) is sent again: at least once, with the same id, by which mail systems know it for the same.
"""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection

from brokerage.core.notifications.carriers import EMAIL, SAID, URGENT_FOR, Carrier
from brokerage.core.notifications.models import Message
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
#: What is urgent and met a server that is away is due again after so many seconds.
URGENT_WAIT = 15
#: Seconds after which a process that makes way takes what is urgent for something that nobody else sends.
LEFT_ALONE = 30.0


def deliver(*, rounds: int = 50, seconds: float = 60.0, urgent: bool = False, carrier: Carrier = EMAIL) -> int:
    """Send what is due on one channel; returns how many were sent. Nothing is claimed `seconds` after the start.

    Messages of alerts go before all others: a backlog holds them up by one batch at most, even where one worker does
    everything. `urgent` sends nothing else, and has a queue of its own. A process that makes way (`nice`) leaves them
    to those that do not, and sends nothing meanwhile: what it holds would be sent last, and its open transactions hold
    the others up. What nobody has begun for `LEFT_ALONE` it sends all the same.
    """
    began = time.monotonic()
    sent = 0
    for _round in range(rounds):
        if time.monotonic() < carrier.rest_until:
            break
        batch = _claim(carrier, urgent=True) if urgent else _next(carrier)
        if not batch:
            break
        delivered = _send(carrier, batch)
        sent += delivered
        if delivered < len(batch) or time.monotonic() - began > seconds:
            break  # The server has trouble, or it is late: the next tick goes on.
    return sent


def _next(carrier: Carrier) -> list[Message]:
    """A batch for a process that sends everything: what is urgent first."""
    if os.nice(0) <= 0:
        return _claim(carrier, urgent=True) or _claim(carrier, urgent=False)
    waited = _urgent_waits(carrier)
    if waited is None:
        return _claim(carrier, urgent=False)
    return _claim(carrier, urgent=True) if waited > LEFT_ALONE else []


def _urgent_waits(carrier: Carrier) -> float | None:
    """For how many seconds something urgent has been due that nobody has begun; None where nothing is."""
    with worker(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM now() - available_at) FROM notifications_message WHERE channel = %s"
            " AND sent_at IS NULL AND failed_at IS NULL AND is_urgent AND available_at <= now()"
            " AND (leased_until IS NULL OR leased_until < now()) ORDER BY available_at LIMIT 1",
            [carrier.channel.value],
        )
        found = cursor.fetchone()
    return None if found is None else float(found[0])


def _claim(carrier: Carrier, *, urgent: bool) -> list[Message]:
    """A batch of what is due; None of it where all that is due turns out not to be sent any more."""
    while True:
        claimed, batch = _claim_some(carrier, urgent=urgent)
        if batch or not claimed:
            return batch


def _claim_some(carrier: Carrier, *, urgent: bool) -> tuple[int, list[Message]]:
    only = " AND is_urgent" if urgent else ""
    with worker(), connection.cursor() as cursor:
        # Materialised: a plan that runs a plain sub-query anew for every row would claim more than a batch. By keys:
        # while the planner takes the table for empty (counted after a purge), a join reads all of it for each batch.
        cursor.execute(
            "WITH due AS MATERIALIZED (SELECT id FROM notifications_message WHERE channel = %s AND sent_at IS NULL"
            f" AND failed_at IS NULL{only} AND available_at <= now() AND (leased_until IS NULL OR leased_until < now())"
            " ORDER BY available_at LIMIT %s FOR UPDATE SKIP LOCKED)"
            " UPDATE notifications_message m SET attempts = m.attempts + 1,"
            " leased_until = now() + make_interval(secs => %s) WHERE m.id = ANY (ARRAY(SELECT id FROM due))"
            " RETURNING m.id",
            [carrier.channel.value, BATCH, LEASE.total_seconds()],
        )
        ids = [row[0] for row in cursor.fetchall()]
        rows = Message.objects.select_related("user", "organisation").only(*SAID)
        return len(ids), carrier.claimed(list(rows.filter(pk__in=ids).order_by("available_at", "id")))


def _send(carrier: Carrier, batch: list[Message]) -> int:
    """Send a batch over one connection and write down each message's fate; returns how many were sent."""
    began = time.monotonic()
    try:
        server = carrier.open()
    except Exception as error:
        logger.warning("The server for %s is away: %s", carrier.channel, type(error).__name__)
        carrier.leave_alone(time.monotonic() - began)
        _postpone([(message, type(error).__name__, True) for message in batch])
        return 0
    left = deque(batch)
    count = 0
    sent: list[Message] = []
    failed: list[tuple[Message, str, bool]] = []
    marked = time.monotonic()
    try:
        while left and time.monotonic() - began < STINT:
            message = left.popleft()
            started = time.monotonic()
            try:
                carrier.send(server, message)
            except Exception as error:
                logger.warning("Message %s not sent: %s", message.pk, type(error).__name__)
                is_cut = carrier.is_cut(error)
                failed.append((message, type(error).__name__, is_cut))
                if is_cut:
                    carrier.leave_alone(time.monotonic() - started)
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


def _close(server: Any) -> None:
    try:
        server.close()
    except Exception as error:
        logger.warning("The server did not say goodbye: %s", type(error).__name__)


def _mark_sent(sent: list[Message]) -> None:
    if sent:
        _execute(
            "UPDATE notifications_message SET sent_at = now(), leased_until = NULL, last_error = ''"
            " WHERE id = ANY (%s::uuid[])",
            [_ids(sent)],
        )


def _postpone(failed: list[tuple[Message, str, bool]]) -> None:
    """Later, each time twice as long; after days of it a message is set aside. What is urgent and was not refused
    itself (the server is away) is due again at once, without counting the attempt."""
    if failed:
        _execute(
            "UPDATE notifications_message m SET leased_until = NULL, last_error = f.error,"
            " attempts = m.attempts - CASE WHEN m.is_urgent AND f.is_away THEN 1 ELSE 0 END,"
            " available_at = now() + make_interval(secs => CASE WHEN m.is_urgent AND f.is_away THEN %s"
            " ELSE least(power(2, least(m.attempts, 20)), %s) END),"
            " failed_at = CASE WHEN CASE WHEN m.is_urgent AND f.is_away"
            " THEN m.created_at < now() - make_interval(secs => %s) ELSE m.attempts >= %s END THEN now() END"
            " FROM unnest(%s::uuid[], %s::text[], %s::boolean[]) AS f (id, error, is_away) WHERE m.id = f.id",
            [
                URGENT_WAIT,
                LONGEST_WAIT,
                URGENT_FOR.total_seconds(),
                MOST_ATTEMPTS,
                _ids(message for message, _error, _away in failed),
                [error[:200] for _message, error, _away in failed],
                [away for _message, _error, away in failed],
            ],
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
