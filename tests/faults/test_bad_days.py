"""Bad days with real processes: the broker, workers, the scheduler, the mail server and PostgreSQL fail in turn.

What was acknowledged is never lost; what was sent is not sent again, but for a message whose fate nobody knows.
"""

from __future__ import annotations

import hashlib
import math
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections

from brokerage.celery import app
from brokerage.core import locks
from brokerage.core.audit.models import Entry
from brokerage.core.audit.record import Notice, record
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.models import Organisation
from contracts.models import Agreement
from tests.cast import actor_of, user_of
from tests.faults.harness import BEAT, WORKER, Site, running_site, until
from tests.scenarios import awarded, published_referral

#: Whoever holds "inbox.view" at the two providers of children's homes.
INVITED = ["bob@example.org", "cecil@example.org"]


#: The ticks of one second, and two that go by the clock.
EVERY = [entry["schedule"] for entry in app.conf.beat_schedule.values() if isinstance(entry["schedule"], float)]
ONE_SECOND = sum(math.ceil(1 / every) for every in EVERY) + 2


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


def tell(count: int, who: str = "bob") -> None:
    """So many notices for one person, each from an act of its own, in one transaction."""
    actor, user, told = actor_of("olive"), user_of(who), actor_of(who).organisation_id
    with acting(actor):
        organisation = Organisation.objects.get(pk=actor.organisation_id)
        for _number in range(count):
            reference = f"R-{uuid4().hex[:6]}"
            notice = Notice("placements.invited", told, reference, "/o/birch/", user_id=user.pk)
            record("tests.act", subject=organisation, actor=actor, notify=[notice])


def exactly_once(site: Site, count: int | None = None) -> None:
    """Every e-mail that this test caused was taken once and is marked so; nothing else was sent."""
    copies, emails = site.mail.copies(), site.emails()
    assert set(copies) == set(emails) - site.earlier
    assert set(copies.values()) == {1}, copies
    assert all(emails[message][0] for message in copies)
    if count is not None:
        assert len(copies) == count


def invited_people(site: Site) -> list[str]:
    """Those at the providers who were sent something: others of the authority may be told too."""
    return [person for person in site.mail.recipients() if person in INVITED]


def agreement_now() -> Agreement:
    with acting(actor_of("oscar")):
        return Agreement.objects.select_related("referral").order_by("-created_at")[0]


def test_redis_stopped_while_a_referral_is_published(site: Site) -> None:
    site.kill_redis()
    story = published_referral()
    with acting(actor_of("olive")):
        story.referral.refresh_from_db()
    assert story.referral.status == "published"
    assert site.is_alive(WORKER) and site.is_alive(BEAT)
    site.valkey.start()
    site.everything_arrives()
    assert invited_people(site) == INVITED
    exactly_once(site)


def test_messages_on_screen_need_neither_redis_nor_the_mail_server(site: Site) -> None:
    site.mail.go_away()
    site.kill_redis()
    story = published_referral()

    def on_screen() -> bool:
        with acting(actor_of("bob")):
            return Message.objects.filter(channel="in_app", reference=story.reference).exists()

    until(on_screen, "the message is on screen", otherwise=site.trouble)
    assert site.mail.recipients() == []
    site.valkey.start()
    site.mail.listen()
    site.everything_arrives()
    assert invited_people(site) == INVITED
    exactly_once(site)


def test_redis_comes_back_empty_while_work_is_under_way(site: Site) -> None:
    site.mail.late = 0.1
    tell(30)
    until(lambda: len(site.mail.copies()) >= 5, "sending is under way", otherwise=site.trouble)
    site.kill_redis()
    site.valkey.start()
    site.everything_arrives()
    exactly_once(site, 30)
    assert site.is_alive(WORKER) and site.is_alive(BEAT)


def test_the_scheduler_neither_dies_nor_floods_while_redis_is_away(site: Site) -> None:
    before = site.log_of(BEAT).count("The broker is away")
    site.kill_redis()
    until(lambda: site.log_of(BEAT).count("The broker is away") > before, "the scheduler noticed")
    site.kill(WORKER)
    site.valkey.start()
    waiting = until(site.ticks_waiting, "the scheduler publishes again", otherwise=site.trouble)
    assert waiting <= ONE_SECOND, "ticks that were missed are not made up for"
    assert site.is_alive(BEAT)
    assert "Traceback" not in site.log_of(BEAT)
    tell(1)
    site.start_worker()
    site.everything_arrives()
    exactly_once(site, 1)


def test_a_killed_scheduler_goes_on_where_it_was(site: Site) -> None:
    site.kill(BEAT)
    tell(3)
    site.start_beat()
    site.everything_arrives()
    exactly_once(site, 3)


@pytest.mark.parametrize("victim", ["child", "worker"])
def test_a_worker_killed_between_award_and_document(site: Site, victim: str) -> None:
    """The referral's lock, held by the test, keeps the worker from finishing, however fast it draws."""
    agreements = site.number("SELECT count(*) FROM contracts_agreement")
    # Waiting for this very lock, by whoever has begun this very document: other work takes other locks.
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database ="
    waiting += " (SELECT oid FROM pg_database WHERE datname = current_database())"
    waiting += " AND ((classid::bigint << 32) | objid::bigint) = hashtextextended(%s, 0)"
    begun = "SELECT count(*) FROM audit_outboxitem WHERE kind = 'render_ipa' AND payload->>'agreement' = %s"
    begun += " AND attempts > 0"

    def drawing() -> bool:
        return bool(site.number(begun, str(drawn.pk)) and site.number(waiting, f"referral:{drawn.referral_id}"))

    with site.working_child_stopped() as goes_on:
        _story, _award = awarded()
        drawn = agreement_now()
        with acting(actor_of("oscar")):
            locks.hold(referrals=[drawn.referral_id])
            goes_on()
            until(drawing, "the worker has drawn and waits to say so", otherwise=site.trouble)
            if victim == "child":
                os.kill(site.child_of_worker(), signal.SIGKILL)
            else:
                site.kill(WORKER)
    assert agreement_now().status == "drawn_up"
    if victim == "worker":
        site.start_worker()
    assert site.is_alive(WORKER)
    site.due_now()
    site.everything_arrives()
    agreement = agreement_now()
    assert agreement.status == "awaiting_signatures"
    assert site.number("SELECT count(*) FROM contracts_agreement") == agreements + 1
    stored = (site.directory / "files" / agreement.unsealed_file).read_bytes()
    assert hashlib.sha256(stored).hexdigest() == agreement.unsealed_sha256
    assert len(list((site.directory / "files" / Path(agreement.unsealed_file).parent).iterdir())) == 1
    with acting(actor_of("oscar")):
        assert Entry.objects.filter(kind="agreement.rendered", subject_id=str(agreement.pk)).count() == 1
    tried = "SELECT attempts FROM audit_outboxitem WHERE kind = 'render_ipa' AND payload->>'agreement' = %s"
    assert site.number(tried, str(agreement.pk)) >= 2


@pytest.mark.parametrize("trouble", ["away", "refuse", "busy", "hang"])
def test_a_mail_server_in_trouble_for_a_day(site: Site, trouble: str) -> None:
    if trouble == "away":
        site.mail.go_away()
    else:
        site.mail.mode = trouble
    tell(5)
    tried = "SELECT count(*) FROM notifications_message WHERE sent_at IS NULL AND last_error <> ''"
    until(lambda: site.number(tried) == 5, "every message was tried", otherwise=site.trouble)
    # A day of it: a message is tried about once an hour at the end and not set aside.
    site.ask("UPDATE notifications_message SET attempts = 36 WHERE sent_at IS NULL AND channel = 'email'")
    site.due_now()
    until(
        lambda: site.number(f"{tried} AND attempts > 36 AND available_at > now() + interval '55 minutes'") > 0,
        "it is tried again, and then left for an hour",
        otherwise=site.trouble,
    )
    assert site.number("SELECT count(*) FROM notifications_message WHERE failed_at IS NOT NULL") == 0
    assert site.mail.recipients() == []
    site.mail.listen()
    site.everything_arrives()
    exactly_once(site, 5)


def test_a_late_mail_server_is_waited_for(site: Site) -> None:
    site.mail.late = 0.8
    tell(3)
    site.everything_arrives()
    exactly_once(site, 3)
    assert all(attempts == 1 for message, (_sent, attempts) in site.emails().items() if message in site.mail.copies())


def test_a_mail_server_that_hangs_does_not_hold_up_other_work(site: Site) -> None:
    site.mail.mode = "hang"
    tell(1)
    tried = "SELECT count(*) FROM notifications_message WHERE sent_at IS NULL AND attempts > 0"
    until(lambda: site.number(tried), "the server was tried", otherwise=site.trouble)
    awarded()
    until(lambda: agreement_now().status == "awaiting_signatures", "the document is drawn", otherwise=site.trouble)


def test_a_mail_server_that_dies_in_the_middle_of_a_batch(site: Site) -> None:
    site.mail.dies_after = 7
    tell(20)
    half = "SELECT count(*) FROM notifications_message WHERE channel = 'email' AND sent_at IS NULL AND last_error <> ''"
    until(lambda: site.number(half) > 0, "the server died", otherwise=site.trouble)
    # Marked truthfully: sent is what the server acknowledged, no more and no less.
    taken = set(site.mail.copies())
    assert len(taken) == 7
    waiting = {row[0] for row in site.ask("SELECT id::text FROM notifications_message WHERE sent_at IS NULL")}
    assert not taken & waiting
    site.mail.listen()
    site.everything_arrives()
    exactly_once(site, 20)


def test_a_worker_killed_while_sending_sends_few_twice(site: Site) -> None:
    site.mail.late = 0.1
    tell(40)
    until(lambda: len(site.mail.copies()) >= 12, "sending is under way", otherwise=site.trouble)
    site.kill(WORKER)
    site.mail.late = 0.0
    site.due_now()
    site.start_worker()
    site.everything_arrives()
    copies = site.mail.copies()
    assert len(copies) == 40, "nothing is lost"
    twice = sum(1 for count in copies.values() if count > 1)
    assert max(copies.values()) <= 2 and twice <= 20, "only what was sent since the last mark"


def test_postgresql_cuts_every_connection_during_a_drain(site: Site) -> None:
    site.mail.late = 0.1
    tell(30)
    until(lambda: len(site.mail.copies()) >= 5, "sending is under way", otherwise=site.trouble)
    cut = 0
    for mark in (8, 14, 20):
        until(lambda mark=mark: len(site.mail.copies()) >= mark, "sending goes on", otherwise=site.trouble)
        cut += site.cut_connections()
    assert cut
    site.everything_arrives()
    exactly_once(site, 30)
    assert site.is_alive(WORKER) and site.is_alive(BEAT)
