"""The outbox by itself: leases, poisonous items, cut connections, the operator's command, the nightly removal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from brokerage.celery import app
from brokerage.core import steadfast
from brokerage.core.audit import outbox
from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.purge import purge_done_work
from brokerage.core.audit.record import enqueue
from brokerage.core.steadfast import keep_trying
from brokerage.core.tenants.context import acting, worker
from tests.cast import actor_of
from tests.emptied import counted, rows_handled

KIND = "tests.work"


@pytest.fixture
def done() -> Iterator[list[Any]]:
    """What the handler of these tests was given."""
    given: list[Any] = []
    outbox.handles(KIND)(lambda item: given.append(item.payload["number"]))
    yield given
    outbox._handlers.pop(KIND)


def _enqueue(count: int = 1, queue: str = "tests") -> None:
    actor = actor_of("olive")
    with acting(actor):
        for number in range(count):
            enqueue(KIND, queue=queue, actor=actor, payload={"number": number, "secret": "Quillfeather"})
    # In a test's one transaction the database's time stands still.
    _change(available_at=timezone.now() - dt.timedelta(hours=1))


def _change(**values: Any) -> None:
    with worker():
        OutboxItem.objects.filter(kind=KIND).update(**values)


def _item() -> OutboxItem:
    with worker():
        return OutboxItem.objects.get(kind=KIND)


@pytest.mark.django_db
def test_an_item_that_kills_its_workers_is_set_aside(done: list[Any]) -> None:
    _enqueue()
    _change(attempts=outbox.MOST_ATTEMPTS, leased_until=timezone.now() - dt.timedelta(minutes=1))
    assert outbox.drain("tests") == 0 and done == []
    item = _item()
    assert item.failed_at is not None and item.last_error == "WorkerLost" and item.attempts == outbox.MOST_ATTEMPTS


@pytest.mark.django_db
def test_a_table_counted_when_it_was_empty_slows_no_claim(done: list[Any]) -> None:
    _enqueue(300)
    with counted("audit_outboxitem", pages=8, rows=0), rows_handled("audit_outboxitem") as handled:
        assert len(outbox.claim("tests", 50)) == 50
    assert len(handled) == 1 and handled[0] < 5000, "not each with each, which is 15,000"


@pytest.mark.django_db
def test_the_last_attempt_may_succeed(done: list[Any]) -> None:
    _enqueue()
    _change(attempts=outbox.MOST_ATTEMPTS - 1)
    assert outbox.drain("tests") == 1 and done == [0]


@pytest.mark.django_db
def test_what_could_not_be_begun_in_time_is_given_back(done: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    _enqueue(3)
    monkeypatch.setattr(outbox, "STINT", -1.0)
    assert outbox.drain("tests", rounds=1) == 0 and done == []
    with worker():
        assert list(OutboxItem.objects.filter(kind=KIND).values_list("attempts", "leased_until")) == [(0, None)] * 3
    monkeypatch.undo()
    assert outbox.drain("tests") == 3 and sorted(done) == [0, 1, 2]


@pytest.mark.django_db
def test_a_drain_claims_nothing_after_its_time(done: list[Any]) -> None:
    _enqueue(3)
    assert outbox.drain("tests", size=1, seconds=-1.0) == 1
    assert outbox.drain("tests", size=1) == 2


def test_a_connection_cut_while_marking_is_opened_again(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _enqueue()

    def cut(item: OutboxItem) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        assert connection.connection is not None
        connection.connection.close()

    outbox.handles(KIND)(cut)
    try:
        assert outbox.drain("tests") == 1
    finally:
        outbox._handlers.pop(KIND)
    assert _item().done_at is not None


def test_keep_trying_gives_up_in_the_end(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []
    clock = [0.0]
    timing = SimpleNamespace(monotonic=lambda: clock[0], sleep=lambda seconds: clock.append(clock.pop() + seconds))
    monkeypatch.setattr(steadfast, "time", timing)

    def fail() -> None:
        tries.append(1)
        raise OperationalError("gone")

    with pytest.raises(OperationalError):
        keep_trying(fail, seconds=0.4)
    assert len(tries) == 3
    with pytest.raises(OperationalError), transaction.atomic():
        keep_trying(fail)
    assert len(tries) == 4, "inside a transaction there is one try"


@pytest.mark.django_db
def test_only_what_was_done_long_ago_is_removed(done: list[Any]) -> None:
    _enqueue(5)
    old, young = timezone.now() - dt.timedelta(days=31), timezone.now() - dt.timedelta(days=29)
    with worker():
        items = list(OutboxItem.objects.filter(kind=KIND))
        for item, values in zip(
            items,
            ({"done_at": old}, {"done_at": old}, {"done_at": young}, {"failed_at": old}, {"available_at": old}),
            strict=True,
        ):
            OutboxItem.objects.filter(pk=item.pk).update(**values)
    assert purge_done_work(batch=1) == 2
    with worker():
        assert {item.pk for item in OutboxItem.objects.filter(kind=KIND)} == {item.pk for item in items[2:]}


@pytest.mark.django_db
def test_the_operator_sees_counts_and_codes_and_may_try_again(
    done: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    _enqueue(2)
    call_command("outbox", failed=True)
    _change(attempts=12, failed_at=timezone.now(), last_error="OSError")
    with pytest.raises(SystemExit, match="1"):
        call_command("outbox", failed=True)
    said = capsys.readouterr().out
    assert "set aside" in said and said.count(f"{KIND} attempts=12 OSError") == 2
    assert "Quillfeather" not in said
    call_command("outbox", retry=True)
    assert "2 items and 0 e-mails or texts are due again." in capsys.readouterr().out
    assert outbox.drain("tests") == 2


def test_every_scheduled_task_exists_and_every_route_leads_to_one() -> None:
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert scheduled == set(app.conf.task_routes)
    assert scheduled <= set(app.tasks)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("task_acks_late", True),
        ("task_reject_on_worker_lost", True),
        ("worker_prefetch_multiplier", 1),
        ("broker_connection_max_retries", None),
        ("worker_cancel_long_running_tasks_on_connection_loss", False),
    ],
)
def test_settings_without_which_celery_loses_work(setting: str, value: object) -> None:
    assert getattr(app.conf, setting) == value


def test_no_tick_runs_longer_than_the_broker_waits_for_it() -> None:
    from brokerage.core.notifications import delivery

    patience = app.conf.broker_transport_options["visibility_timeout"]
    assert delivery.LEASE.total_seconds() + delivery.STINT < patience
    assert outbox.STINT < outbox.LEASE.total_seconds() < patience
    options = app.conf.broker_transport_options
    assert (options["unacked_restore_interval"], options["unacked_restore_throttle"]) == (5, 1)
