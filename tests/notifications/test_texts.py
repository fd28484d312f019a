"""Text messages: who gets one and who does not, what it says, what a gateway in trouble does to texts and e-mail."""

from __future__ import annotations

import datetime as dt
import smtplib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.utils import timezone
from notifications_python_client.errors import HTTPError
from notifications_python_client.notifications import NotificationsAPIClient

from brokerage.core.accounts.models import MobileNumber, User, unseen
from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.record import Notice, record
from brokerage.core.notifications import delivery
from brokerage.core.notifications.carriers import EMAIL, TEXTS, URGENT_FOR, compose_text
from brokerage.core.notifications.expand import expand_notices
from brokerage.core.notifications.models import Message
from brokerage.core.notifications.notify_backend import NotifyBackend
from brokerage.core.notifications.purge import purge_old_messages
from brokerage.core.notifications.tasks import deliver_alerts, deliver_texts
from brokerage.core.sms import memory
from brokerage.core.sms.alphabet import ONE_TEXT, septets
from brokerage.core.sms.files import FileGateway
from brokerage.core.sms.gateways import Gateway, GatewayAway
from brokerage.core.sms.notify import NotifyGateway
from brokerage.core.tenants.context import acting, worker
from brokerage.core.tenants.models import Organisation
from tests.accounts.mobiles import BACKEND, give_number
from tests.cast import actor_of, ident, user_of
from tests.notifications.test_delegated import delegate

pytestmark = pytest.mark.django_db


class Troubled(memory.MemoryGateway):
    """Raises what it is told for the texts of those numbers (from 1)."""

    trouble: dict[int, Exception] = {}
    number = 0

    def send(self, *, number: str, text: str, reference: str) -> None:
        kind = type(self)
        kind.number += 1
        if kind.number in kind.trouble:
            raise kind.trouble[kind.number]
        super().send(number=number, text=text, reference=reference)


@pytest.fixture(autouse=True)
def trouble(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[int, Exception]]:
    """text number -> error"""
    settings.SMS_BACKEND = f"{__name__}.Troubled"
    memory.outbox.clear()
    Troubled.number, Troubled.trouble = 0, {}
    for carrier in (EMAIL, TEXTS):
        monkeypatch.setattr(carrier, "rest_until", 0.0)
    yield Troubled.trouble


def texts(count: int, who: str = "bob", **values: Any) -> None:
    """So many urgent texts to one person are due."""
    start = timezone.now() - dt.timedelta(hours=1)
    with worker():
        Message.objects.bulk_create(
            Message(
                event_id=uuid4(),
                organisation_id=ident("birch"),
                user=user_of(who),
                **{
                    "template": "safeguarding.alert",
                    "channel": "sms",
                    "reference": f"R-{number}",
                    "path": "/o/birch/alerts/",
                    "is_urgent": True,
                    "available_at": start + dt.timedelta(seconds=number),
                    **values,
                },
            )
            for number in range(count)
        )


def states(channel: str = "sms") -> list[tuple[bool, int, str, bool]]:
    """(sent, attempts, error, leased), in order of being due at first."""
    with worker():
        rows = sorted(Message.objects.filter(channel=channel), key=lambda row: row.reference)
        return [(row.sent_at is not None, row.attempts, row.last_error, row.leased_until is not None) for row in rows]


def tell(*, is_urgent: bool, who: str = "adam", slug: str = "harrow", **named: Any) -> None:
    """A notice to those of the person's organisation who raise alerts, expanded twice."""
    with acting(actor_of(who)) as actor:
        notice = Notice(
            template="placements.offer_received",
            organisation_id=actor.organisation_id,
            reference="HAR-7K3M-9QX2",
            path=f"/o/{slug}/referrals/HAR-7K3M-9QX2/",
            is_urgent=is_urgent,
            **{"permissions": ("alert.raise",), **named},
        )
        row = Organisation.objects.get(pk=actor.organisation_id)
        entry = record("referral.noted", subject=row, actor=actor, notify=[notice])
    with worker():
        item = OutboxItem.objects.get(entry_id=entry.pk)
    for _time in range(2):
        expand_notices(item)


def channels() -> dict[str, set[str]]:
    """who -> channels by which they are told."""
    with worker():
        found: dict[str, set[str]] = {}
        for email, channel in Message.objects.values_list("user__email", "channel"):
            found.setdefault(email.partition("@")[0], set()).add(channel)
    return found


def test_an_urgent_notice_is_texted_to_whoever_confirmed_a_number() -> None:
    give_number("olive")
    MobileNumber.objects.create(user_id=user_of("oscar").pk, asked_number="+447700900002")
    tell(is_urgent=True)
    told = channels()
    assert told["olive"] == {"in_app", "email", "sms"}
    assert told["oscar"] == {"in_app", "email"}, "an unconfirmed number gets nothing"
    assert [who for who, by in told.items() if "sms" in by] == ["olive"]
    assert deliver_texts() == 1
    assert [sent.number for sent in memory.outbox] == ["+447700900001"]
    assert deliver_texts() == 0


def test_nothing_else_is_texted() -> None:
    give_number("olive")
    tell(is_urgent=False)
    assert channels()["olive"] == {"in_app", "email"}
    assert deliver_texts() == 0 and memory.outbox == []


def test_to_one_person_by_name() -> None:
    give_number("olive")
    tell(is_urgent=True, user_id=user_of("olive").pk, permissions=())
    assert channels() == {"olive": {"in_app", "email", "sms"}}


@pytest.mark.parametrize("is_urgent", [True, False])
def test_under_a_delegation_too(is_urgent: bool) -> None:
    give_number("hugh")
    delegate()
    tell(is_urgent=is_urgent, who="edith", slug="ealing", permissions=("offer.view",))
    assert channels()["hugh"] == {"in_app", "email"} | ({"sms"} if is_urgent else set())


def test_without_a_gateway_no_text_is_written_and_what_waits_stays(settings: Any) -> None:
    give_number("olive")
    give_number("bob", "+447700900002")
    texts(1)
    settings.SMS_BACKEND = ""
    tell(is_urgent=True)
    assert channels()["olive"] == {"in_app", "email"}
    assert deliver_texts() == 0 and states() == [(False, 0, "", False)]
    settings.SMS_BACKEND = BACKEND
    assert deliver_texts() == 1


@pytest.mark.parametrize("language", ["en", "cy"])
def test_it_says_who_writes_the_reference_and_the_link_in_one_text(language: str, settings: Any) -> None:
    settings.BASE_URL = "https://placements.example.gov.uk"
    User.objects.filter(pk=user_of("bob").pk).update(language=language)
    give_number("bob")
    path = "/o/bath-and-north-east-somerset/alerts/SG-7K3M-9QX2/"
    texts(1, reference="SG-7K3M-9QX2", path=path)
    deliver_texts()
    text = memory.outbox[0].text
    assert "SG-7K3M-9QX2" in text and text.endswith(f"{settings.BASE_URL}{path}")
    assert "Bob" not in text and "Birch" not in text and "safeguarding" not in text.lower()
    length = septets(text)
    assert length is not None, "a letter that no plain text message has"
    assert length <= ONE_TEXT, length


def test_every_urgent_message_reads_the_same() -> None:
    give_number("bob")
    for template in ("safeguarding.alert", "safeguarding.reminder", "incidents.reported", "tests.nobody_knows"):
        texts(1, template=template, reference="R-1")
    deliver_texts()
    assert len({sent.text for sent in memory.outbox}) == 1 and len(memory.outbox) == 4


def test_one_refused_text_holds_up_no_other(trouble: dict[int, Exception]) -> None:
    trouble[2] = ValueError("Notify refused the text")
    give_number("bob")
    texts(3)
    assert deliver_texts() == 2
    assert states() == [(True, 1, "", False), (False, 1, "ValueError", False), (True, 1, "", False)]


@pytest.mark.parametrize("error", [GatewayAway("503"), TimeoutError(), requests.ConnectionError()])
def test_a_gateway_that_is_away_ends_the_batch_and_counts_against_nobody(
    trouble: dict[int, Exception], error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble[2] = error
    give_number("bob")
    texts(4)
    assert deliver_texts() == 1
    name = type(error).__name__
    assert states() == [(True, 1, "", False), (False, 0, name, False), (False, 0, "", False), (False, 0, "", False)]
    with worker():
        waits = Message.objects.get(last_error=name)
    assert (waits.available_at - timezone.now()).total_seconds() <= delivery.URGENT_WAIT and waits.failed_at is None
    monkeypatch.setattr(TEXTS, "rest_until", 0.0)  # The rest lasts as long as the trouble did: not known here.
    with worker():
        Message.objects.update(available_at=timezone.now() - dt.timedelta(seconds=1))
    assert deliver_texts() == 3


def test_the_rest_after_trouble_ends_within_a_minute() -> None:
    TEXTS.leave_alone(3600.0)
    EMAIL.leave_alone(3600.0)
    assert TEXTS.rest_until - time.monotonic() + delivery.URGENT_WAIT < 60
    assert EMAIL.rest_until - time.monotonic() <= 60


def test_after_days_without_a_server_what_is_urgent_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(EMAIL, "open", away)
    long_ago = timezone.now() - URGENT_FOR
    texts(1, channel="email", created_at=long_ago - dt.timedelta(hours=1))
    texts(1, channel="email", created_at=long_ago + dt.timedelta(hours=1), reference="waits")
    deliver_alerts()
    with worker():
        assert Message.objects.get(failed_at__isnull=True).reference == "waits"


def test_a_gateway_in_trouble_holds_up_no_e_mail_and_the_other_way_round(
    trouble: dict[int, Exception], settings: Any
) -> None:
    give_number("bob")
    trouble[1] = GatewayAway("503")
    texts(1)
    texts(1, channel="email")
    assert (deliver_texts(), deliver_alerts()) == (0, 1)
    assert [message.to for message in mail.outbox] == [["bob@example.org"]]

    settings.EMAIL_BACKEND = "brokerage.core.notifications.notify_backend.NotifyBackend"  # It cannot be made.
    TEXTS.rest_until = 0.0
    EMAIL.leave_alone(30.0)
    texts(1, channel="email", reference="R-9")
    texts(1, reference="R-9")
    assert (deliver_alerts(), deliver_texts()) == (0, 1)


def test_a_gateway_that_cannot_be_made_delays_only(settings: Any) -> None:
    settings.SMS_BACKEND = "brokerage.core.sms.notify.NotifyGateway"
    give_number("bob")
    texts(1)
    assert deliver_texts() == 0
    assert states() == [(False, 0, "ImproperlyConfigured", False)]


def test_what_a_worker_held_when_it_died_is_sent_by_the_next() -> None:
    give_number("bob")
    texts(2)
    batch = delivery._claim(TEXTS, urgent=True)
    assert len(batch) == 2 and deliver_texts() == 0, "under lease: nobody else has them"
    with worker():
        Message.objects.update(leased_until=timezone.now() - dt.timedelta(seconds=1))
    assert deliver_texts() == 2
    assert {sent.reference for sent in memory.outbox} == {str(message.pk) for message in batch}


def test_a_text_to_somebody_whose_number_is_gone_reaches_nobody_and_waits_for_nothing() -> None:
    give_number("bob")
    texts(2)
    MobileNumber.objects.all().delete()
    assert deliver_texts() == 0 and states() == [] and memory.outbox == []


def test_no_log_holds_a_number_or_a_text(trouble: dict[int, Exception], caplog: pytest.LogCaptureFixture) -> None:
    trouble[1] = ValueError("+447700900001 is no number")
    trouble[2] = GatewayAway("+447700900001")
    give_number("bob")
    texts(3)
    deliver_texts()
    assert "not sent: ValueError" in caplog.text and "900001" not in caplog.text
    assert "900001" not in str(states())


def test_the_claim_of_texts_reads_its_own_small_index() -> None:
    with worker(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM notifications_message WHERE channel = %s AND sent_at IS NULL AND failed_at IS NULL"
            " AND is_urgent AND available_at <= now() ORDER BY available_at LIMIT 100",
            ["sms"],
        )
        assert "message_text_due" in str(cursor.fetchall())


def test_what_is_urgent_stays_as_proof_of_who_was_told() -> None:
    ancient = timezone.now() - dt.timedelta(days=366)
    times = {"created_at": ancient, "available_at": ancient}
    for channel in ("sms", "email"):
        texts(1, channel=channel, sent_at=ancient, **times)
        texts(1, channel=channel, failed_at=ancient, **times)
    texts(1, channel="in_app", seen_at=ancient, **times)
    texts(1, channel="in_app", **times)
    texts(1, channel="email", sent_at=ancient, is_urgent=False, **times)
    assert purge_old_messages() == 1
    with worker():
        assert set(Message.objects.values_list("is_urgent", flat=True)) == {True}
        assert Message.objects.count() == 6


def test_texts_that_waited_for_days_are_set_aside_and_hold_up_no_new_one() -> None:
    give_number("bob")
    old = timezone.now() - URGENT_FOR - dt.timedelta(hours=1)
    texts(3, created_at=old, available_at=old)
    texts(1, reference="new")
    assert deliver_texts() == 1
    assert [sent.text for sent in memory.outbox if "new" in sent.text] and len(memory.outbox) == 1
    assert [state[2] for state in states()] == ["Too old"] * 3 + [""]
    with worker():
        assert Message.objects.filter(failed_at__isnull=False, leased_until__isnull=True).count() == 3


def test_a_text_about_many_says_no_number_for_a_reference() -> None:
    give_number("bob")
    texts(1, template="firewall.many", reference="57", path="/o/birch/firewall/?state=open")
    assert deliver_texts() == 1
    assert "57" not in memory.outbox[0].text and "urgent. Sign in: " in memory.outbox[0].text


class _Answer(requests.Response):
    def __init__(self, status: int) -> None:
        super().__init__()
        self.status_code = status
        self._content = b'{"message": "phone_number +447700900001 is wrong"}'


@pytest.fixture
def notify(settings: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """GOV.UK Notify's client with its last call: what it was asked, and with which status it answers."""
    settings.SMS_BACKEND = "brokerage.core.sms.notify.NotifyGateway"
    settings.NOTIFY_API_KEY = f"key-{uuid4()}-{uuid4()}"
    settings.NOTIFY_SMS_TEMPLATE_ID = "template-of-texts"
    call: dict[str, Any] = {"status": 201}

    def post(client: NotificationsAPIClient, url: str, data: dict[str, Any]) -> dict[str, str]:
        call.update(url=url, data=data, timeout=client.timeout)
        if call["status"] != 201:
            raise HTTPError(_Answer(call["status"]))
        return {"id": "1"}

    monkeypatch.setattr(NotificationsAPIClient, "post", post)
    return call


def test_notify_gets_the_number_the_text_and_the_message_s_own_id(notify: dict[str, Any], settings: Any) -> None:
    give_number("bob")
    texts(1)
    assert deliver_texts() == 1
    with worker():
        message = Message.objects.select_related("user", "organisation").defer(*unseen("user")).get()
        text = compose_text(message)
    assert notify["url"] == "/v2/notifications/sms" and notify["timeout"] == settings.SMS_TIMEOUT
    assert notify["data"] == {
        "phone_number": "+447700900001",
        "template_id": "template-of-texts",
        "personalisation": {"text": text},
        "reference": str(message.pk),
    }


@pytest.mark.parametrize(("status", "is_away"), [(400, False), (403, True), (429, True), (500, True), (503, True)])
def test_notify_refuses_one_text_or_is_away_for_all(notify: dict[str, Any], status: int, is_away: bool) -> None:
    notify["status"] = status
    with pytest.raises(GatewayAway if is_away else ValueError) as error:
        NotifyGateway().send(number="+447700900001", text="A text", reference="1")
    assert "900001" not in str(error.value) and error.value.__suppress_context__


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_no_log_quotes_what_notify_says(
    settings: Any, monkeypatch: pytest.MonkeyPatch, channel: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings.NOTIFY_API_KEY = f"key-{uuid4()}-{uuid4()}"
    settings.NOTIFY_SMS_TEMPLATE_ID = settings.NOTIFY_TEMPLATE_ID = "template"
    timeouts = []

    def request(session: requests.Session, method: str, url: str, **asked: Any) -> requests.Response:
        timeouts.append(asked["timeout"])
        return _Answer(400)

    monkeypatch.setattr(requests.Session, "request", request)
    with pytest.raises((ValueError, HTTPError)):
        if channel == "sms":
            NotifyGateway().send(number="+447700900001", text="A text", reference="1")
        else:
            NotifyBackend().send_messages([mail.EmailMessage(subject="A", body="B", to=["bob@example.com"])])
    assert "900001" not in caplog.text and timeouts == [settings.SMS_TIMEOUT]


def test_the_demo_writes_texts_to_files(settings: Any, tmp_path: Path) -> None:
    settings.SMS_BACKEND = f"{FileGateway.__module__}.{FileGateway.__name__}"
    settings.SMS_FILE_PATH = str(tmp_path / "texts")
    give_number("bob")
    texts(2)
    assert deliver_texts() == 2
    first, second = sorted((tmp_path / "texts").iterdir())
    assert first.read_text().startswith("To: +447700900001\nReference: ") and "R-0" in first.read_text()
    assert "R-1" in second.read_text()
    assert isinstance(FileGateway(), Gateway)


def test_an_urgent_e_mail_is_tried_again_soon_after_the_server_s_return(settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Gone"
    texts(1, channel="email")
    assert deliver_alerts() == 0
    with worker():
        waits = Message.objects.get()
    assert (waits.available_at - timezone.now()).total_seconds() <= delivery.URGENT_WAIT


class Gone(EmailBackend):
    """A mail server that is away."""

    def open(self) -> None:
        raise smtplib.SMTPServerDisconnected("gone")
