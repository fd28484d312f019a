"""Officers are told once that a closing time has passed; a time put off is told at its new end."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.clock import database_now
from brokerage.core.tenants.context import acting, worker
from placements.actions.running import extend_closing
from placements.announcements import announce_closing
from placements.models import Referral
from tests.cast import actor_of
from tests.scenarios import published_referral

pytestmark = pytest.mark.django_db


def queued() -> list[OutboxItem]:
    with worker():
        return list(OutboxItem.objects.filter(kind="announce_closing").order_by("available_at"))


def told(referral: Referral) -> list[Any]:
    with acting(actor_of("olive")):
        return list(Entry.objects.filter(kind="referral.closing_passed", subject_id=str(referral.pk)))


def test_officers_are_told_once_and_only_of_the_closing_time_in_force() -> None:
    referral = published_referral().referral
    with acting(actor_of("olive")) as olive:
        later = database_now() + dt.timedelta(days=20)
        extend_closing(olive, reference=referral.reference, closes_at=later, reason="Two managers answer on Monday")
    first, second = queued()
    assert (first.available_at, second.available_at) == (referral.closes_at, later)
    announce_closing(first)
    assert told(referral) == []
    for _time in range(2):
        announce_closing(second)
    (entry,) = told(referral)
    with worker():
        notices = OutboxItem.objects.get(entry_id=entry.pk).payload["notices"]
    assert [(notice["template"], notice["permissions"]) for notice in notices] == [
        ("placements.closing_passed", ["award.make"])
    ]


def test_nobody_is_told_of_a_referral_that_has_ended() -> None:
    referral = published_referral().referral
    with acting(actor_of("olive")):
        Referral.objects.filter(pk=referral.pk).update(status="withdrawn", ended_at=database_now())
    for item in queued():
        announce_closing(item)
    assert told(referral) == []
