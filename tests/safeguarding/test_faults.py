"""Bad days with real processes: an alert is on every screen at once, goes out before everything else, and is lost by
nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting
from brokerage.safeguarding.actions.alerts import confirm_alert
from tests.cast import PEOPLE, actor_of
from tests.faults.harness import WORKER, Site, running_site, until
from tests.safeguarding.alerting import CANARY, raised

#: Everybody of the region who reads alerts, but Olive, who raises them.
TOLD = sorted(f"{who}@example.org" for who in ("oscar", "tessa", "nora", "dora", "connie", "edith", "carol", "mark"))
#: As many ordinary e-mails, due long before.
BACKLOG = """
INSERT INTO notifications_message (id, event_id, organisation_id, user_id, channel, template, reference, path,
  created_at, available_at, attempts, last_error)
SELECT gen_random_uuid(), gen_random_uuid(), m.organisation_id, m.user_id, 'email', 'placements.invited', 'BACKLOG',
  '/o/birch/', now() - interval '1 hour', now() - interval '1 hour', 0, ''
FROM generate_series(1, %s), tenants_membership m JOIN accounts_user u ON u.id = m.user_id
WHERE u.email = 'bob@example.org'
"""
URGENT = "SELECT count(*) FROM notifications_message WHERE is_urgent AND channel = 'email' AND sent_at IS NOT NULL"


@pytest.fixture(scope="module")
def running(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for all tests of this module: starting workers is slow."""
    with running_site(django_db_blocker, tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def site(running: Site) -> Iterator[Site]:
    """The site with everything running and nothing left to do."""
    running.in_order()
    yield running
    for connection in connections.all():
        connection.close()


def copies_of(site: Site, reference: str) -> dict[str, int]:
    """How often each e-mail that tells of the alert was taken by the mail server."""
    copies = site.mail.copies()
    rows = site.ask(
        "SELECT id::text FROM notifications_message"
        " WHERE channel = 'email' AND template = 'safeguarding.alert' AND reference = %s",
        reference,
    )
    return {row[0]: copies[row[0]] for row in rows}


def test_redis_stopped_while_an_alert_is_raised(site: Site, sign_in: Callable[[str], Client]) -> None:
    readers = {who: sign_in(who) for who in ("edith", "oscar", "carol")}
    site.kill_redis()
    alert = raised(told_provider="")
    for who, client in readers.items():
        page = client.get(f"/o/{PEOPLE[who][1]}/")
        assert page.status_code == 200 and alert.reference in page.content.decode(), f"no banner for {who}"
        assert CANARY not in page.content.decode()
        with acting(actor_of(who)) as actor:
            assert Message.objects.filter(reference=alert.reference, user_id=actor.user_id, channel="in_app").exists()
    assert alert.reference not in sign_in("nia").get("/o/newport/").content.decode()
    assert site.mail.recipients() == []
    site.valkey.start()
    until(lambda: site.number(URGENT) >= len(TOLD), "every e-mail is sent", otherwise=site.trouble)
    site.everything_arrives()
    assert site.mail.recipients() == TOLD
    assert set(copies_of(site, alert.reference).values()) == {1}
    for log in (site.log_of("worker"), site.log_of("beat")):
        assert CANARY not in log and "arrested" not in log


def test_an_alert_goes_out_before_twenty_thousand_others(site: Site) -> None:
    site.mail.late = 0.005
    site.ask(BACKLOG, 20_000)
    until(lambda: len(site.mail.copies()) >= 150, "the backlog is under way", otherwise=site.trouble)
    alert = raised(what_happened="Something else happened there.")
    before = len(site.mail.copies())
    until(lambda: site.number(URGENT + " AND reference = %s", alert.reference) == len(TOLD), "the alert is out")
    order = [message for message, _recipient in site.mail.taken]
    places = [place for place, message in enumerate(order) if message in copies_of(site, alert.reference)]
    assert len(places) == len(TOLD)
    # At most the batch that was under way is before it, and what was taken while this test was looking.
    assert max(places) - before <= 300, (before, places)
    left = site.number("SELECT count(*) FROM notifications_message WHERE reference = 'BACKLOG' AND sent_at IS NULL")
    assert left > 18_000
    site.ask("DELETE FROM notifications_message WHERE reference = 'BACKLOG'")
    site.mail.late = 0.0
    site.everything_arrives()
    assert set(copies_of(site, alert.reference).values()) == {1}


def test_a_worker_killed_in_the_middle_of_an_alert(site: Site) -> None:
    site.mail.late = 0.3
    waiting = raised(severity="high", what_happened="A third thing happened there.")
    site.everything_arrives()
    site.mail.forget()
    with acting(actor_of("tessa")) as actor:
        alert = confirm_alert(actor, reference=waiting.reference)
    until(lambda: len(site.mail.copies()) >= 3, "sending is under way", otherwise=site.trouble)
    site.kill(WORKER)
    site.mail.late = 0.0
    site.due_now()
    site.start_worker()
    site.everything_arrives()
    copies = copies_of(site, alert.reference)
    assert min(copies.values()) >= 1, "every message at least once"
    assert max(copies.values()) <= 2
    # Seen once: one row for each person and event on screen, however often the e-mail came.
    doubled = site.ask(
        "SELECT user_id, organisation_id, template FROM notifications_message"
        " WHERE reference = %s AND channel = 'in_app' GROUP BY 1, 2, 3 HAVING count(*) > 1",
        alert.reference,
    )
    assert doubled == []
    # However much time was made to pass: a reminder made due would be followed by the next, and nobody would be idle.
    reminders = site.ask(
        "SELECT done_at IS NULL, available_at > now() + interval '45 minutes' FROM audit_outboxitem"
        " WHERE kind = 'alert_reminder' AND payload ->> 'alert' = %s",
        str(alert.pk),
    )
    assert reminders == [(True, True)]
