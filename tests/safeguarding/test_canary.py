"""A word of what happened is nowhere but with those who may read it: no other row, message, e-mail, log or address."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from django.core import mail
from django.test import Client

from brokerage.core.audit import outbox
from brokerage.core.notifications.tasks import deliver_messages
from brokerage.core.tenants.context import acting, worker
from brokerage.safeguarding.actions.alerts import close_alert
from brokerage.safeguarding.models import AlertRecipient, Reason
from tests.api.clients import client_of
from tests.cast import PEOPLE, actor_of
from tests.plugin import database_url
from tests.safeguarding.alerting import CANARY, answered, raised
from tests.scenarios import awarded

#: Who may read what happened; everybody else is told that there is an alert.
ENTITLED = {Reason.RAISED, Reason.RESIDENT, Reason.STARTING, Reason.SEARCHING, Reason.CENTRAL}


@pytest.fixture
def story(committed: str) -> Iterator[tuple[str, str]]:
    """(database, reference) of an alert that was raised, told, answered, reminded of, and closed."""
    for who in ("olive", "edith", "carol", "bob"):
        client_of(who)
    awarded("birch-house")
    alert = raised(told_provider="We are told of a concern. Call us.")
    for who in ("olive", "carol", "bob"):
        answered(alert.reference, who)
    with worker():
        items = list(outbox.OutboxItem.objects.filter(kind="alert_reminder"))
    for item in items:
        outbox.do(item)
    with acting(actor_of("tessa")) as actor:
        close_alert(actor, reference=alert.reference, outcome="Unfounded; staffing was strengthened.")
    for queue in ("alerts", "events"):
        outbox.drain(queue)
    deliver_messages()
    yield committed, alert.reference


def rows_with(database: str, word: str) -> dict[str, list[tuple[Any, ...]]]:
    """Table -> its rows in which the word stands, whatever the column; read past every row security."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with closing(psycopg2.connect(database_url(database))) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT * FROM "{table}" t WHERE t::text ILIKE %s', [f"%{word}%"])
            if rows := cursor.fetchall():
                found[table] = rows
    return found


def test_the_word_is_in_the_alert_and_with_the_entitled_alone(story: tuple[str, str]) -> None:
    database, _reference = story
    found = rows_with(database, CANARY)
    assert set(found) == {"safeguarding_alert", "safeguarding_alertrecipient"}
    with worker():
        told = {row.pk: row for row in AlertRecipient.objects.all()}
    assert any(not ENTITLED & set(row.reasons) for row in told.values()), "somebody is told for the region alone"
    for row in told.values():
        reads = CANARY in str(row.content)
        assert reads == bool(ENTITLED & set(row.reasons)), (row.reasons, row.content)


def test_no_email_says_more_than_a_reference(story: tuple[str, str]) -> None:
    _database, reference = story
    about = [message for message in mail.outbox if reference in message.subject]
    assert len(about) > 15
    for message in about:
        said = f"{message.subject}{message.body}{message.extra_headers}".replace(reference, "")
        for word in (CANARY, "arrested", "Birch House", "allegation", "Unfounded", "concern"):
            assert word not in said, word


def test_no_log_and_no_address_says_it(committed: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        machine, other = client_of("olive"), client_of("edith")
        alert = raised()
        machine.get(f"/alerts/{alert.reference}")
        other.get(f"/alerts/{alert.reference}")
        other.post(f"/alerts/{alert.reference}/answer", {"response": f"Nothing in {CANARY}", "plans": "nonsense"})
        refusal = machine.post("/alerts", {"what_happened": CANARY})
        assert refusal.status_code == 422 and CANARY not in refusal.content.decode()
        outbox.drain("alerts")
        outbox.drain("events")
        deliver_messages()
    assert CANARY not in caplog.text
    with worker():
        assert not AlertRecipient.objects.filter(reference__icontains=CANARY).exists()


@pytest.mark.parametrize("who", ["edith", "bob", "nia", "cecil"])
def test_no_page_tells_it_to_anybody_else(committed: str, sign_in: Callable[[str], Client], who: str) -> None:
    alert = raised(told_provider="We are told of a concern. Call us.")
    home = f"/o/{PEOPLE[who][1]}/"
    client = sign_in(who)
    paths = ["", "alerts/", f"alerts/{alert.reference}/", "messages/", f"alerts/{alert.reference}/who-was-told/"]
    paths += [f"alerts/{alert.reference}/who-was-told.csv", f"search/?q={alert.reference}", "alerts/?raised=1"]
    answers = [client.get(f"{home}{path}") for path in paths]
    assert all(CANARY.encode() not in answer.content for answer in answers if not answer.streaming)
    assert {answer.status_code for answer in answers} <= {200, 302, 403, 404}
    if who in ("edith", "bob"):
        assert answers[2].status_code == 200, "it was told: otherwise this proves nothing"
