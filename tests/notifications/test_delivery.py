"""Delivery by itself: what is marked when some are sent, some are refused and the connection breaks."""

from __future__ import annotations

import datetime as dt
import smtplib
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from brokerage.core.notifications import delivery, tasks
from brokerage.core.notifications.carriers import EMAIL
from brokerage.core.notifications.models import Message
from brokerage.core.notifications.purge import purge_old_messages
from brokerage.core.tenants.context import worker
from tests.cast import ident, user_of
from tests.emptied import counted, rows_handled

pytestmark = pytest.mark.django_db


class Troubled(EmailBackend):
    """Raises what it is told for the messages of those numbers."""

    trouble: dict[int, Exception] = {}
    number = 0

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        kind = type(self)
        kind.number += 1
        if kind.number in kind.trouble:
            raise kind.trouble[kind.number]
        return super().send_messages(email_messages)


@pytest.fixture
def trouble(settings: Any, monkeypatch: pytest.MonkeyPatch) -> dict[int, Exception]:
    """message number -> error"""
    settings.EMAIL_BACKEND = f"{__name__}.Troubled"
    Troubled.number, Troubled.trouble = 0, {}
    monkeypatch.setattr(EMAIL, "rest_until", 0.0)
    return Troubled.trouble


def _messages(count: int, **values: Any) -> None:
    start = timezone.now() - dt.timedelta(hours=1)
    with worker():
        Message.objects.bulk_create(
            Message(
                event_id=uuid4(),
                organisation_id=ident("birch"),
                user=user_of("bob"),
                reference=f"R-{number}",
                path="/o/birch/",
                **{
                    "template": "placements.invited",
                    "channel": "email",
                    "available_at": start + dt.timedelta(seconds=number),
                    **values,
                },
            )
            for number in range(count)
        )


def _states() -> list[tuple[bool, int, str, bool]]:
    """(sent, attempts, error, leased) in order of being due at first."""
    with worker():
        rows = sorted(Message.objects.all(), key=lambda row: row.reference)
        return [(row.sent_at is not None, row.attempts, row.last_error, row.leased_until is not None) for row in rows]


def test_one_refused_message_holds_up_no_other(trouble: dict[int, Exception]) -> None:
    trouble[2] = smtplib.SMTPRecipientsRefused({"bob@example.org": (550, b"no such user")})
    _messages(3)
    assert delivery.deliver() == 2
    assert _states() == [(True, 1, "", False), (False, 1, "SMTPRecipientsRefused", False), (True, 1, "", False)]


@pytest.mark.parametrize(
    "error",
    [smtplib.SMTPServerDisconnected("gone"), smtplib.SMTPSenderRefused(421, b"busy", "us"), TimeoutError()],
)
def test_a_broken_connection_ends_the_batch_and_charges_one_message(
    trouble: dict[int, Exception], error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble[2] = error
    _messages(4)
    assert delivery.deliver() == 1
    name = type(error).__name__
    assert _states() == [(True, 1, "", False), (False, 1, name, False), (False, 0, "", False), (False, 0, "", False)]
    monkeypatch.setattr(EMAIL, "rest_until", 0.0)  # The rest lasts as long as the trouble did: not known here.
    delivery.deliver()
    assert [state[0] for state in _states()[2:]] == [True, True]


def test_a_late_server_gets_no_message_on_a_lease_about_to_end(
    trouble: dict[int, Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    _messages(3)
    monkeypatch.setattr(delivery, "STINT", -1.0)
    assert delivery.deliver() == 0
    assert _states() == [(False, 0, "", False)] * 3


def test_a_table_counted_when_it_was_empty_slows_no_batch(trouble: dict[int, Exception]) -> None:
    _messages(2000)
    with counted("notifications_message", pages=8, rows=0), rows_handled("notifications_message") as handled:
        assert delivery.deliver(rounds=1) == 100
    # The claims, and what was sent by twenties.
    assert len(handled) > 5 and max(handled) < 20_000, "not each with each, which is 200,000"


def test_an_alert_to_many_lets_other_urgent_work_have_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "BATCH", 2)
    monkeypatch.setattr(tasks, "TURN", -1.0)
    _messages(5, is_urgent=True)
    assert [tasks.deliver_alerts() for _tick in range(4)] == [2, 2, 1, 0]


def test_an_unknown_text_is_not_lost_and_holds_up_no_other(trouble: dict[int, Exception]) -> None:
    _messages(1, template="tests.nobody_knows")
    _messages(1)
    assert delivery.deliver() == 1
    assert sorted(state[:3] for state in _states()) == [(False, 1, "KeyError"), (True, 1, "")]


def test_a_backend_that_cannot_be_made_delays_only(settings: Any) -> None:
    settings.EMAIL_BACKEND = "brokerage.core.notifications.notify_backend.NotifyBackend"
    _messages(1)
    assert delivery.deliver() == 0
    assert _states() == [(False, 1, "ImproperlyConfigured", False)]


def test_after_many_failures_a_message_is_set_aside(trouble: dict[int, Exception]) -> None:
    trouble[1] = smtplib.SMTPDataError(554, b"no")
    _messages(1, attempts=delivery.MOST_ATTEMPTS - 1)
    delivery.deliver()
    with worker():
        assert Message.objects.get().failed_at is not None


def test_a_server_that_hangs_is_left_alone_for_a_while(
    trouble: dict[int, Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    _messages(1)
    EMAIL.leave_alone(10.0)
    assert delivery.deliver() == 0 and _states() == [(False, 0, "", False)]
    monkeypatch.setattr(EMAIL, "rest_until", 0.0)
    assert delivery.deliver() == 1


def test_a_message_keeps_its_id_however_often_it_is_sent(trouble: dict[int, Exception]) -> None:
    _messages(1)
    delivery.deliver()
    with worker():
        Message.objects.update(sent_at=None)
    delivery.deliver()
    first, second = mail.outbox
    assert first.message()["Message-ID"] == second.message()["Message-ID"]


def test_what_nobody_needs_any_more_is_removed() -> None:
    old, ancient = timezone.now() - dt.timedelta(days=31), timezone.now() - dt.timedelta(days=366)
    gone = [
        {"sent_at": old},
        {"channel": "in_app", "seen_at": old},
        {"channel": "in_app", "created_at": ancient},
        {"failed_at": ancient, "created_at": ancient},
    ]
    kept = [
        {"created_at": ancient},
        {"channel": "in_app", "created_at": old},
        {"channel": "in_app", "created_at": old, "seen_at": timezone.now()},
        {"failed_at": old},
        {"sent_at": timezone.now(), "created_at": old},
    ]
    for values in (*gone, *kept):
        _messages(1, **values)
    assert purge_old_messages(batch=1) == len(gone)
    with worker():
        assert Message.objects.count() == len(kept)


def _urgent(**waiting: float) -> None:
    _messages(1, is_urgent=True, template="safeguarding.alert", available_at=timezone.now() - dt.timedelta(**waiting))


def _sent() -> list[bool]:
    """Which are sent, the urgent ones first."""
    with worker():
        rows = Message.objects.order_by("-is_urgent").values_list("sent_at", flat=True)
        return [sent is not None for sent in rows]


@pytest.fixture
def makes_way(trouble: dict[int, Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    """This process was started by `nice`."""
    monkeypatch.setattr(delivery.os, "nice", lambda _more: 10)


def test_who_makes_way_leaves_what_is_urgent_to_others_and_sends_nothing_meanwhile(makes_way: None) -> None:
    _messages(1)
    _urgent(seconds=1)
    assert delivery.deliver() == 0 and _sent() == [False, False]
    assert delivery.deliver(urgent=True) == 1 and _sent() == [True, False]
    assert delivery.deliver() == 1 and _sent() == [True, True]


def test_who_makes_way_sends_what_is_urgent_and_nobody_has_begun(makes_way: None) -> None:
    _messages(1)
    _urgent(seconds=delivery.LEFT_ALONE + 1)
    assert delivery.deliver(rounds=1) == 1 and _sent() == [True, False]


def test_who_makes_way_goes_on_while_others_send_what_is_urgent(makes_way: None) -> None:
    _messages(1)
    _urgent(seconds=1)
    assert len(delivery._claim(EMAIL, urgent=True)) == 1
    assert delivery.deliver() == 1 and _sent() == [False, True]


def test_one_process_for_everything_sends_what_is_urgent_first(trouble: dict[int, Exception]) -> None:
    _messages(1)
    _urgent(seconds=1)
    assert delivery.deliver(rounds=1) == 1 and _sent() == [True, False]
    assert delivery.deliver() == 1 and _sent() == [True, True]
