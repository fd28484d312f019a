"""The scheduler finds the broker again, whatever fell due while it was away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from brokerage.celery import app
from brokerage.embedded.keys import write_private
from brokerage.embedded.places import make_private_directory
from brokerage.embedded.valkey import EmbeddedValkey
from brokerage.scheduler import SteadyScheduler
from tests.faults.ports import held_port

#: A tick that comes all the time, which is tried once; and every other, which kombu tries again.
SECOND = "alerts"
TRIED_AGAIN = sorted(name for name, entry in app.conf.beat_schedule.items() if entry["options"].get("retry", True))


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    """A broker of the test's own."""
    broker = EmbeddedValkey(tmp_path, password="only-for-faults", for_tests=True)
    place, port = held_port()
    make_private_directory(broker.data)
    write_private(broker.configuration, f"port {port}\n")
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
        place.close()


def published(valkey: EmbeddedValkey) -> int:
    with redis.Redis.from_url(valkey.url()) as client:
        return sum(client.llen(name) for name in client.scan_iter(_type="list"))


@pytest.fixture
def scheduler(valkey: EmbeddedValkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SteadyScheduler]:
    monkeypatch.setattr(app.conf, "broker_url", valkey.url())
    scheduler = SteadyScheduler(app=app, schedule_filename=str(tmp_path / "beat"), lazy=True)
    scheduler.setup_schedule()
    yield scheduler
    scheduler.close()


def tick(scheduler: SteadyScheduler, *names: str) -> None:
    for name in names:
        scheduler.apply_entry(scheduler.schedule[name], producer=scheduler.producer)


@pytest.mark.parametrize("meanwhile", [[SECOND], *([SECOND, name, SECOND] for name in TRIED_AGAIN)], ids=" ".join)
@pytest.mark.parametrize("begins", ["with a broker", "without"])
def test_whatever_falls_due_while_the_broker_is_away_ticks_go_on_when_it_is_back(
    begins: str, meanwhile: list[str], scheduler: SteadyScheduler, valkey: EmbeddedValkey
) -> None:
    if begins == "with a broker":
        tick(scheduler, SECOND)
        assert published(valkey) == 1
    valkey.stop()
    tick(scheduler, *meanwhile)
    valkey.start()
    before = published(valkey)
    tick(scheduler, SECOND, SECOND)
    assert published(valkey) == before + 2


def test_an_hour_without_a_broker_uses_up_neither_descriptors_nor_numbers_of_channels(
    scheduler: SteadyScheduler, valkey: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    valkey.stop()
    tick(scheduler, SECOND)
    kept = scheduler.connection
    tick(scheduler, SECOND, SECOND)
    assert scheduler.connection is kept
    # As if a minute had passed with each.
    monkeypatch.setattr("brokerage.scheduler.SAY_EVERY", -1.0)
    tick(scheduler, SECOND)
    assert scheduler.connection is not kept
