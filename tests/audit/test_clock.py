"""A process whose clock is off dates nothing and delays nothing: the database's clock does."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from brokerage.core.audit import outbox
from brokerage.core.audit.models import Entry
from brokerage.core.notifications.models import Message
from brokerage.core.notifications.tasks import deliver_texts
from brokerage.core.tenants.context import acting, worker
from tests.accounts.mobiles import BACKEND, give_number
from tests.cast import actor_of, ident, user_of
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


@pytest.mark.django_db
def test_a_text_is_not_too_old_where_the_clock_of_its_worker_is_ahead(settings: Any) -> None:
    settings.SMS_BACKEND = BACKEND
    give_number("bob")
    text = Message(event_id=uuid4(), user=user_of("bob"), organisation_id=ident("birch"), channel="sms", is_urgent=True)
    text.template, text.reference, text.path = "safeguarding.alert", "R-1", "/o/birch/alerts/R-1/"
    text.available_at = timezone.now() - DAY
    with worker():
        Message.objects.bulk_create([text])
    with clock_off(400 * DAY):
        assert deliver_texts() == 1
