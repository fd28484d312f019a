"""Alerts as text messages: to whom, in the transaction of the alert, up the ladder, and in the proof of delivery."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from brokerage.core.audit import outbox
from brokerage.core.notifications.carriers import TEXTS
from brokerage.core.notifications.models import Message
from brokerage.core.notifications.tasks import deliver_alerts, deliver_messages, deliver_texts
from brokerage.core.sms import memory
from brokerage.core.tenants.context import acting, worker
from brokerage.safeguarding.actions.alerts import close_alert, confirm_alert
from brokerage.safeguarding.proof import ask_for_proof
from tests.accounts.mobiles import BACKEND, give_number
from tests.api.clients import client_of
from tests.cast import actor_of
from tests.safeguarding.alerting import CANARY, answered, raised
from tests.scenarios import awarded

#: Numbers of people of two authorities, of the central team and of the provider.
NUMBERS = {
    "oscar": "+447700900011",
    "tessa": "+447700900012",
    "edith": "+447700900013",
    "carol": "+447700900014",
    "bob": "+447700900015",
    "fiona": "+447700900016",
    "nia": "+447700900017",
}


@pytest.fixture(autouse=True)
def _texts(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SMS_BACKEND = BACKEND
    memory.outbox.clear()
    monkeypatch.setattr(TEXTS, "rest_until", 0.0)


@pytest.fixture
def numbers(committed: str) -> Iterator[None]:
    for who, number in NUMBERS.items():
        give_number(who, number)
    yield


def texted() -> list[str]:
    """Who was texted, in order of their names."""
    names = {number: who for who, number in NUMBERS.items()}
    return sorted(names[sent.number] for sent in memory.outbox)


def test_everybody_who_is_told_and_has_a_number_is_texted(numbers: None) -> None:
    alert = raised(told_provider="We are told of a concern. Call us.")
    assert deliver_texts() == 5
    # Neither finance, who reads no alerts, nor the other region.
    assert texted() == ["bob", "carol", "edith", "oscar", "tessa"]
    assert all(alert.reference in sent.text for sent in memory.outbox)
    assert mail.outbox == [], "e-mail has its own way out"
    assert deliver_alerts() > 5 and len(memory.outbox) == 5


def test_whoever_raised_it_is_not_texted_and_a_provider_that_is_not_told_neither(numbers: None) -> None:
    give_number("olive", "+447700900018")
    raised(told_provider="")
    deliver_texts()
    assert texted() == ["carol", "edith", "oscar", "tessa"]


def test_the_second_person_is_texted_at_once_and_is_not_told_yet(numbers: None) -> None:
    give_number("olive", "+447700900018")
    alert = raised(severity="high", told_provider="")
    assert outbox.drain("alerts") == 1, "ahead of everything else"
    deliver_texts()
    assert texted() == ["tessa"] and alert.reference in memory.outbox[0].text
    with worker():
        asked = Message.objects.filter(template="safeguarding.to_confirm")
        assert asked and all(message.is_urgent for message in asked)
        # So that they alone would be counted.
        Message.objects.exclude(template="safeguarding.to_confirm").delete()
    with acting(actor_of("tessa")) as actor:
        confirm_alert(actor, reference=alert.reference)
    with worker():
        told = Message.objects.filter(template="safeguarding.alert", organisation__slug="harrow")
        people = told.values("user_id").distinct().count()
    rows = {
        row["organisation"]: row for row in client_of("olive").get(f"/alerts/{alert.reference}/roster").json()["items"]
    }
    assert (rows["Harrow"]["people_told"], rows["Harrow"]["people_texted"]) == (people, 0)


def test_no_text_is_written_where_none_is_set_up(numbers: None, settings: Any) -> None:
    settings.SMS_BACKEND = ""
    raised()
    with worker():
        assert not Message.objects.filter(channel="sms").exists()


def test_reminders_and_the_end_are_texted_too_and_climb_the_ladder(numbers: None) -> None:
    give_number("dora", "+447700900019")
    alert = raised(told_provider="")
    deliver_texts()
    memory.outbox.clear()
    with worker():
        items = list(outbox.OutboxItem.objects.filter(kind="alert_reminder"))
    for item in items:
        item.payload["step"] = 3
        outbox.do(item)
    assert deliver_texts() == 5
    assert {sent.number for sent in memory.outbox} == {
        *(NUMBERS[who] for who in ("oscar", "tessa", "edith", "carol")),
        "+447700900019",
    }
    memory.outbox.clear()
    answered(alert.reference, "edith")
    with acting(actor_of("tessa")) as actor:
        close_alert(actor, reference=alert.reference, outcome="Unfounded.")
    deliver_texts()
    assert {NUMBERS["oscar"], NUMBERS["edith"]} <= {sent.number for sent in memory.outbox}


def test_the_proof_says_how_many_were_texted_and_when_and_no_number(
    numbers: None, sign_in: Callable[[str], Client]
) -> None:
    alert = raised(told_provider="")
    page = f"/o/harrow/alerts/{alert.reference}/who-was-told"
    olive = sign_in("olive")
    assert "texted from" not in olive.get(f"{page}/").text, "none has left yet"
    deliver_texts()
    deliver_messages()
    shown = olive.get(f"{page}/").text
    assert "2 people texted from" in shown and "1 person texted from" in shown
    lines = {
        line["Organisation"]: line
        for line in csv.DictReader(io.StringIO(olive.get(f"{page}.csv").text.lstrip("\ufeff")))
    }
    assert {name: line["People texted"] for name, line in lines.items()}["Harrow"] == "2"
    assert lines["Harrow"]["First text sent at"] and lines["Ealing"]["People texted"] == "1"
    rows = {
        row["organisation"]: row for row in client_of("olive").get(f"/alerts/{alert.reference}/roster").json()["items"]
    }
    assert rows["Harrow"]["people_texted"] == 2 and rows["Harrow"]["texted_at"]
    with worker():
        e_mails = Message.objects.filter(
            reference=alert.reference, channel="email", organisation__slug="harrow"
        ).count()
    assert rows["Harrow"]["e_mails_sent"] == e_mails, "texts do not count as e-mails"
    for number in NUMBERS.values():
        assert number[-6:] not in shown


def test_the_pdf_says_it_too(numbers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr("brokerage.safeguarding.proof._draw", lambda html, _identity: drawn.append(html) or b"%PDF")
    alert = raised(told_provider="")
    deliver_texts()
    with acting(actor_of("olive")) as actor:
        ask_for_proof(actor, reference=alert.reference)
    outbox.drain("documents")
    assert "2 people texted from" in drawn[0] and "7700" not in drawn[0]


def test_no_text_says_more_than_a_reference(numbers: None) -> None:
    awarded("birch-house")
    alert = raised(told_provider="We are told of a concern. Call us.")
    answered(alert.reference, "carol")
    deliver_texts()
    for sent in memory.outbox:
        said = sent.text.replace(alert.reference, "")
        for word in (CANARY, "arrested", "Birch House", "allegation", "concern", "Olive"):
            assert word not in said, word
