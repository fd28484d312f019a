"""Reminders of a start nobody recorded and of additional services about to end: looked at again, told once."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from brokerage.core.audit import outbox
from brokerage.core.audit.models import OutboxItem
from brokerage.core.clock import database_now, morning_of
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, worker
from brokerage.core.tenants.models import Membership
from placements import reminders
from placements.actions.placements import reschedule_placement, start_placement
from placements.extras import ExtraLine
from placements.models import Offer, Placement
from placements.offered_prices import extra_to_json
from tests.cast import actor_of, user_of
from tests.scenarios import award, chosen

pytestmark = pytest.mark.usefixtures("committed")
TODAY = dt.date.today()


def planned(*ends: dt.date) -> Placement:
    """A placement planned by an award, with an additional service ending on each of the days."""
    _story, offers = chosen()
    with acting(actor_of("bob")):
        Offer.objects.filter(pk=offers[0].pk).update(
            extras=[
                extra_to_json(
                    ExtraLine(
                        code="therapy",
                        label="Therapy",
                        unit="hour",
                        unit_rate=Decimal("10.00"),
                        menu_rate=Decimal("10.00"),
                        quantity_per_week=Decimal(1),
                        starts_on=TODAY,
                        ends_on=day,
                        review_on=day,
                        outcome="Calmer evenings",
                    )
                )
                for day in ends
            ]
        )
    made = award(offers[0])
    with acting(actor_of("oscar")):
        return Placement.objects.get(award_id=made.pk)


def queued(kind: str) -> list[OutboxItem]:
    with worker():
        return list(OutboxItem.objects.filter(kind=kind).order_by("available_at"))


def told(template: str) -> list[Any]:
    """Who was told, in the application."""
    outbox.drain("events")
    with worker():
        found = Message.objects.filter(template=template, channel="in_app").order_by("user__email")
        return list(found.values_list("user__email", "path"))


def on(monkeypatch: pytest.MonkeyPatch, day: dt.date) -> None:
    monkeypatch.setattr(reminders, "database_today", lambda: day)


def test_the_officer_is_told_once_that_no_start_was_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    placement = planned()
    (item,) = queued(reminders.START)
    assert item.available_at == morning_of(placement.planned_start_on + dt.timedelta(days=1))
    reminders.tell_of_start(item)
    assert told("placements.start_not_recorded") == [], "the day has not come"
    on(monkeypatch, placement.planned_start_on + dt.timedelta(days=1))
    for _time in range(2):
        reminders.tell_of_start(item)
    assert told("placements.start_not_recorded") == [
        ("oscar@example.org", f"/o/harrow/placements/{placement.reference}/")
    ]


def test_an_officer_who_has_left_is_not_the_only_one_told(monkeypatch: pytest.MonkeyPatch) -> None:
    placement = planned()
    with acting(actor_of("adam")):
        Membership.objects.filter(user_id=user_of("oscar").pk).update(is_active=False)
    on(monkeypatch, placement.planned_start_on + dt.timedelta(days=1))
    reminders.tell_of_start(queued(reminders.START)[0])
    assert [email for email, _path in told("placements.start_not_recorded")] == ["olive@example.org"]


def test_a_start_put_off_or_recorded_is_no_matter_for_a_reminder(monkeypatch: pytest.MonkeyPatch) -> None:
    placement = planned()
    later = placement.planned_start_on + dt.timedelta(days=10)
    with acting(actor_of("oscar")) as oscar:
        reschedule_placement(oscar, placement_id=placement.pk, planned_start_on=later)
    first, second = queued(reminders.START)
    assert second.available_at == morning_of(later + dt.timedelta(days=1))
    on(monkeypatch, later + dt.timedelta(days=1))
    reminders.tell_of_start(first)
    with acting(actor_of("oscar")) as oscar:
        codes = {"placement_type": "K2", "placement_provider": "PR4"}
        start_placement(oscar, placement_id=placement.pk, started_on=TODAY, **codes)
    reminders.tell_of_start(second)
    assert told("placements.start_not_recorded") == []


def test_officers_are_told_before_an_additional_service_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    soon, late = TODAY + dt.timedelta(days=10), TODAY + dt.timedelta(days=60)
    placement = planned(soon, late, late)
    assert queued(reminders.EXTRAS) == [], "nothing runs before the start"
    with acting(actor_of("oscar")) as oscar:
        codes = {"placement_type": "K2", "placement_provider": "PR4"}
        start_placement(oscar, placement_id=placement.pk, started_on=TODAY, **codes)
    first, second = queued(reminders.EXTRAS)
    assert first.available_at < database_now()
    assert second.available_at == morning_of(late - dt.timedelta(days=14))
    for _time in range(2):
        reminders.tell_of_extras(first)
    assert [email for email, _path in told("placements.extras_ending")] == ["olive@example.org", "oscar@example.org"]
    with acting(actor_of("oscar")):
        Placement.objects.filter(pk=placement.pk).update(status="ended", ended_on=TODAY)
    reminders.tell_of_extras(second)
    assert len(told("placements.extras_ending")) == 2
