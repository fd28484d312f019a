"""Bad days of the gateway of texts, with real processes: no text is lost, no e-mail waits, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from tests.accounts.mobiles import give_number
from tests.faults.harness import WORKER, Site, running_site, until
from tests.safeguarding.alerting import CANARY, raised

NUMBERS = {"oscar": "+447700900031", "tessa": "+447700900032", "edith": "+447700900033", "carol": "+447700900034"}
SENT = "SELECT count(*) FROM notifications_message WHERE channel = %s AND reference = %s AND sent_at IS NOT NULL"
TRIED = "SELECT count(*) FROM notifications_message WHERE channel = %s AND sent_at IS NULL AND last_error <> ''"


@pytest.fixture(scope="module")
def running(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for all tests of this module: starting workers is slow."""
    with running_site(django_db_blocker, tmp_path_factory.mktemp("site")) as site:
        for who, number in NUMBERS.items():
            give_number(who, number)
        yield site


@pytest.fixture
def site(running: Site, settings: Any) -> Iterator[Site]:
    """The site with everything running and nothing left to do."""
    settings.SMS_BACKEND = "tests.faults.text_sink.SinkGateway"
    running.in_order()
    yield running
    for connection in connections.all():
        connection.close()


def _alert(**changes: Any) -> str:
    return raised(told_provider="", **changes).reference


def _all_texted(site: Site, reference: str) -> None:
    until(lambda: site.number(SENT, "sms", reference) == len(NUMBERS), "every text left", otherwise=site.trouble)
    assert {number for _id, number, text in site.texts.taken if reference in text} == set(NUMBERS.values())


def _all_mailed(site: Site, reference: str) -> None:
    due = "SELECT count(*) FROM notifications_message WHERE channel = 'email' AND reference = %s"
    expected = site.number(due, reference)
    assert expected > len(NUMBERS)
    until(lambda: site.number(SENT, "email", reference) == expected, "every e-mail left", otherwise=site.trouble)


@pytest.mark.parametrize("mode", ["refuse", "hang", "die", "away"])
def test_a_gateway_in_trouble_loses_no_text_and_holds_up_no_e_mail(site: Site, mode: str) -> None:
    if mode == "away":
        site.texts.go_away()
    else:
        site.texts.mode = mode
    reference = _alert(what_happened=f"Something happened there, {mode}, in {CANARY}.")
    _all_mailed(site, reference)
    until(lambda: site.number(TRIED, "sms"), "a text was tried", otherwise=site.trouble)
    assert site.number(SENT, "sms", reference) == 0
    site.texts.listen()
    _all_texted(site, reference)
    assert set(site.texts.copies().values()) == {1}, "the gateway had acknowledged none before"
    # The number without what comes before it: a part of it may be among the digits of how long a task took.
    assert CANARY not in site.log_of(WORKER) and NUMBERS["oscar"].removeprefix("+44") not in site.log_of(WORKER)


def test_a_mail_server_that_hangs_holds_up_no_text(site: Site) -> None:
    site.mail.mode = "hang"
    reference = _alert(what_happened="Something else happened there.")
    _all_texted(site, reference)
    site.mail.listen()
    _all_mailed(site, reference)


def test_a_worker_killed_with_texts_in_hand_sends_each_at_least_once(site: Site) -> None:
    site.texts.late = 0.4
    reference = _alert(what_happened="A third thing happened there.")
    until(lambda: len(site.texts.copies()) >= 2, "sending is under way", otherwise=site.trouble)
    site.kill(WORKER)
    site.texts.late = 0.0
    site.due_now()
    site.start_worker()
    _all_texted(site, reference)
    copies = site.texts.copies()
    assert len(copies) == len(NUMBERS) and max(copies.values()) <= 2
