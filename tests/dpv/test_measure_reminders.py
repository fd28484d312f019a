"""Measures are not forgotten: a second person is asked for daily, and a review weekly, until it is done."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.clock import morning_of
from brokerage.core.tenants.context import acting, worker
from dpv import measure_reminders
from dpv.actions import measures
from tests.cast import TODAY, actor_of, ident
from tests.dpv.measuring import SOON, in_force, lifted, proposed

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def queued(what: str) -> list[OutboxItem]:
    with worker():
        rows = OutboxItem.objects.filter(kind="measure_reminder", payload__what=what)
        return list(rows.order_by("payload__day", "payload__step"))


def told(template: str) -> list[Any]:
    """The notices of that text that wait to be sent."""
    with worker():
        payloads = OutboxItem.objects.filter(kind="notify").values_list("payload", flat=True)
        notices = [notice for payload in payloads for notice in payload["notices"]]
    return [notice for notice in notices if notice["template"] == template]


def on(monkeypatch: pytest.MonkeyPatch, day: dt.date) -> None:
    monkeypatch.setattr(measure_reminders, "database_today", lambda: day)


def test_what_one_person_put_in_force_is_asked_for_daily_and_urgently_once_it_is_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = proposed(is_urgent=True)
    assert made.confirm_by is not None
    (item,) = queued("confirm")
    assert (item.available_at, item.queue) == (morning_of(made.confirm_by), "alerts")
    template = "dpv.measure_unconfirmed"
    on(monkeypatch, made.confirm_by - DAY)
    measure_reminders.remind(item)
    assert not told(template), "not before its day"
    on(monkeypatch, made.confirm_by)
    for _twice in range(2):
        measure_reminders.remind(item)
    assert [(one["is_urgent"], one["permissions"]) for one in told(template)] == [(False, ["measure.confirm"])]
    on(monkeypatch, made.confirm_by + DAY)
    _first, again = queued("confirm")
    assert again.available_at == morning_of(made.confirm_by + DAY)
    measure_reminders.remind(again)
    assert sorted(one["is_urgent"] for one in told(template)) == [False, True]
    assert {one["organisation_id"] for one in told(template)} == {str(ident("west-london-central"))}
    with acting(actor_of("mark")) as mark:
        measures.confirm_measure(mark, reference=made.reference)
    measure_reminders.remind(queued("confirm")[-1])
    assert len(told(template)) == 2, "it is confirmed"
    with acting(actor_of("carol")):
        assert Entry.objects.filter(kind="measure.reminded").count() == 2


def test_a_review_is_asked_for_weekly_until_another_day_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    made = in_force()
    (item,) = queued("review")
    assert item.available_at == morning_of(SOON) and not queued("confirm")
    on(monkeypatch, SOON)
    measure_reminders.remind(item)
    (notice,) = told("dpv.measure_to_review")
    assert (notice["is_urgent"], notice["permissions"]) == (False, ["measure.propose"])
    _first, again = queued("review")
    assert again.available_at == morning_of(SOON + 7 * DAY)
    with acting(actor_of("carol")) as carol:
        measures.review_measure(carol, reference=made.reference, note="Seen.", review_on=SOON + 30 * DAY)
    on(monkeypatch, SOON + 7 * DAY)
    measure_reminders.remind(again)
    assert len(told("dpv.measure_to_review")) == 1, "it was reviewed"
    later = queued("review")[-1]
    assert later.available_at == morning_of(SOON + 30 * DAY)
    lifted(made)
    on(monkeypatch, SOON + 30 * DAY)
    measure_reminders.remind(later)
    assert len(told("dpv.measure_to_review")) == 1, "it is lifted"


def test_what_is_proposed_or_refused_is_not_reviewed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = proposed(is_urgent=True, review_on=TODAY)
    proposed(kind="bar")
    (item,) = queued("review")
    with acting(actor_of("mark")) as mark:
        measures.refuse_measure(mark, reference=made.reference, note="Not so.")
    measure_reminders.remind(item)
    assert not told("dpv.measure_to_review")
