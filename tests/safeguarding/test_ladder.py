"""What nobody answers climbs: officers, managers, directors, then those who can telephone. Nobody is sent to a page
that they may not open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from brokerage.core.accounts.models import User
from brokerage.core.audit import outbox
from brokerage.core.audit.models import OutboxItem
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, system, worker
from brokerage.core.tenants.models import Membership
from brokerage.core.tenants.permissions import PERMISSIONS
from brokerage.safeguarding.actions.alerts import close_alert
from brokerage.safeguarding.ladder import RUNGS, TOP, roles_on
from brokerage.safeguarding.models import Alert, AlertRecipient
from brokerage.safeguarding.reminders import next_reminder
from tests.cast import actor_of
from tests.safeguarding.alerting import answered, raised

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]


def remind(alert: Alert, step: int) -> None:
    """Do reminder `step` now; what it queues stays queued."""
    with worker():
        item = OutboxItem.objects.filter(kind="alert_reminder").latest("created_at")
        Message.objects.all().delete()
    item.payload = {"alert": str(alert.pk), "step": step}
    outbox._handlers["alert_reminder"](item)


def reminded(template: str = "reminder", organisation: str = "") -> dict[str, str]:
    """Who has a message of this template -> where its link leads."""
    with worker():
        rows = Message.objects.filter(template=f"safeguarding.{template}", channel="email")
        if organisation:
            rows = rows.filter(organisation__slug=organisation)
        paths = dict(rows.values_list("user_id", "path"))
    names = User.objects.filter(pk__in=paths).values_list("pk", "email")
    return {email.split("@")[0]: paths[pk] for pk, email in names}


def may_open(sign_in: SignIn, paths: dict[str, str]) -> None:
    for who, path in paths.items():
        assert sign_in(who).get(path).status_code == 200, (who, path)


@pytest.mark.parametrize(
    ("step", "people"),
    [
        (1, {"olive", "oscar"}),
        (2, {"olive", "oscar", "tessa", "nora"}),
        (3, {"olive", "oscar", "tessa", "nora", "dora", "connie"}),
        (9, {"olive", "oscar", "tessa", "nora", "dora", "connie"}),
    ],
)
def test_each_rung_adds_people_and_all_of_them_may_open_the_page(sign_in: SignIn, step: int, people: set[str]) -> None:
    alert = raised(told_provider="Call us.")
    remind(alert, step)
    paths = reminded(organisation="harrow")
    assert set(paths) == people
    may_open(sign_in, paths)
    # Central teams and providers have no rungs.
    assert set(reminded(organisation="west-london-central")) == {"carol", "mark"}
    assert set(reminded(organisation="birch")) == {"bob"}


def test_every_rung_holds_roles_that_read_and_answer_and_nobody_else() -> None:
    readers = {role for role, granted in PERMISSIONS.items() if {"alert.view", "incident.answer"} <= granted}
    assert {role for rung in RUNGS for role in rung} == readers
    assert len({*roles_on(1)}) < len({*roles_on(2)}) < len({*roles_on(TOP)}) == len({*roles_on(99)})


def test_where_nobody_stands_on_a_rung_every_reader_is_reminded() -> None:
    edith = actor_of("edith")
    with system(edith.organisation_id):
        Membership.objects.filter(user_id=edith.user_id).update(roles=["director"])
    alert = raised()
    remind(alert, 1)
    assert set(reminded(organisation="ealing")) == {"edith"}


def test_from_the_top_rung_on_those_who_can_telephone_hear_that_somebody_is_silent(sign_in: SignIn) -> None:
    alert = raised()
    for step in (1, 2):
        remind(alert, step)
        assert not reminded("silent")
    remind(alert, 3)
    paths = reminded("silent")
    # Those who decide on alerts at the authority that raised it, whoever raised it, and the region's central team.
    assert set(paths) == {"olive", "tessa", "nora", "dora", "connie", "carol", "mark"}
    assert all(path.endswith(f"/alerts/{alert.reference}/who-was-told/") for path in paths.values())
    may_open(sign_in, paths)


def test_nobody_hears_that_they_are_silent_themselves_but_by_their_reminder() -> None:
    alert = raised()
    with acting(actor_of("carol")):
        told = AlertRecipient.objects.get()
    for who in ("edith", "olive"):
        answered(alert.reference, who)
    remind(alert, 3)
    assert not reminded("reminder", "ealing") and set(reminded(organisation="west-london-central")) == {"carol", "mark"}
    silent = reminded("silent")
    assert told.acknowledged_at is None and {"carol", "mark"}.isdisjoint(silent) and "tessa" in silent


def test_the_last_step_is_repeated_each_day_until_everybody_answers_or_it_is_closed() -> None:
    alert = raised(severity="high", is_immediate_danger=True)

    def queued() -> list[int]:
        with worker():
            waiting = OutboxItem.objects.filter(kind="alert_reminder", done_at__isnull=True)
            return sorted(item.payload["step"] for item in waiting)

    remind(alert, 30)
    assert queued() == [31]
    with worker():
        ahead = OutboxItem.objects.get(kind="alert_reminder", payload__step=31)
    assert dt.timedelta(hours=23) < ahead.available_at - ahead.created_at <= dt.timedelta(hours=24)
    with acting(actor_of("tessa")) as actor:
        close_alert(actor, reference=alert.reference, outcome="Unfounded.")
    with worker():
        Message.objects.all().delete()
    outbox._handlers["alert_reminder"](ahead)
    assert queued() == [31] and not reminded() and not reminded("silent")


def test_a_reminder_done_twice_tells_nobody_twice() -> None:
    alert = raised()
    remind(alert, 3)
    with worker():
        before = Message.objects.count()
        item = OutboxItem.objects.filter(kind="alert_reminder", payload__step=1).get()
    item.payload["step"] = 3
    outbox._handlers["alert_reminder"](item)
    with worker():
        assert Message.objects.count() == before
        assert OutboxItem.objects.filter(kind="alert_reminder").count() == 2


@pytest.mark.parametrize(
    ("severity", "waits"), [("high", [1, 2, 4, 24, 24]), ("medium", [4, 8, 24, 24]), ("low", [24, 48, 72, 24])]
)
def test_the_hours_between_reminders(severity: str, waits: list[int], monkeypatch: Any) -> None:
    # A Wednesday, and office hours that never end: the hours alone.
    monkeypatch.setattr("brokerage.safeguarding.reminders.OFFICE", (0, 24))
    monkeypatch.setattr("brokerage.safeguarding.reminders.is_working_day", lambda day: True)
    now = dt.datetime(2026, 3, 4, 9, tzinfo=dt.UTC)
    assert [next_reminder(severity, step, now) - now for step in range(1, len(waits) + 1)] == [
        dt.timedelta(hours=wait) for wait in waits
    ]
