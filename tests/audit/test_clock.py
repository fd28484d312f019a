"""A process whose clock is off dates nothing and delays nothing: the database's clock does."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from brokerage.core.audit import outbox
from brokerage.core.audit.models import Entry
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, worker
from tests.cast import actor_of
from tests.proofs.moves import clock_off
from tests.scenarios import submitted_offer

DAY = dt.timedelta(days=1)


@pytest.mark.parametrize("days", [400, -400])
def test_what_is_queued_and_recorded_is_of_today(committed: str, days: int) -> None:
    with clock_off(dt.timedelta(days=days)):
        assert abs(timezone.now() - dt.datetime.now(dt.UTC)) > 399 * DAY, "it is off"
        submitted_offer(home="birch-house")
    assert outbox.drain("events") == 1, "nobody waits a year for it"
    now = dt.datetime.now(dt.UTC)
    with acting(actor_of("bob")):
        assert all(abs(entry.at - now) < DAY for entry in Entry.objects.all())
    with worker():
        assert all(abs(message.available_at - now) < DAY for message in Message.objects.all())
