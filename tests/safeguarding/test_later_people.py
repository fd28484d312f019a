"""Somebody comes to live at a home after their council has answered an alert about it: it is asked for a plan, may give
it, and is reminded until it does. The answer itself stays as it was given."""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError
from django.http import Http404
from django.test import Client

from brokerage.core.audit import outbox
from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, worker
from brokerage.safeguarding.actions import answers
from brokerage.safeguarding.actions.alerts import close_alert
from brokerage.safeguarding.actions.answers import plan_for_people_who_came_later, record_check
from brokerage.safeguarding.api_shapes import PersonThere, RosterLine
from brokerage.safeguarding.checks import tell_of_late_checks
from brokerage.safeguarding.models import AlertRecipient, WelfareCheck
from brokerage.safeguarding.queries.alerts import awaiting_plans, people_without_plan, received_alert, roster
from placements.models import Placement
from tests import scenarios
from tests.api.answers import fits
from tests.api.clients import client_of
from tests.cast import TODAY, actor_of
from tests.safeguarding.alerting import answered, raised
from tests.safeguarding.test_api import refused
from tests.safeguarding.test_choosing import looked
from tests.safeguarding.test_row_security import at_once
from tests.safeguarding.test_watching import words

SignIn = Callable[[str], Client]
PLAN = "The social worker visits today."


def came(*, first: bool = False, severity: str = "medium") -> str:
    """An alert of Ealing's that Harrow has answered, and somebody of Harrow's who comes to live there afterwards;
    `first`: somebody lived there before the answer too."""
    if first:
        scenarios.awarded("birch-house")
    alert = raised("edith", severity=severity, is_immediate_danger=severity == "high")
    answered(alert.reference)
    scenarios.awarded("birch-house")
    looked()
    return alert.reference


def later(reference: str) -> list[UUID]:
    with acting(actor_of("olive")):
        return [placement.pk for placement in people_without_plan(received_alert(reference))]


def plan(reference: str, plans: dict[UUID, str] | None = None, who: str = "olive", **more: Any) -> AlertRecipient:
    given = dict.fromkeys(later(reference), PLAN) if plans is None else plans
    with acting(actor_of(who)) as actor:
        return plan_for_people_who_came_later(actor, reference=reference, plans=given, **more)


def messages(template: str) -> list[str]:
    """Where the e-mails of this template lead."""
    with worker():
        rows = Message.objects.filter(template=f"safeguarding.{template}", channel="email")
        return sorted(rows.values_list("path", flat=True))


def asked() -> list[Any]:
    with worker():
        payloads = OutboxItem.objects.filter(kind="notify").values_list("payload", flat=True)
        notices = [one for payload in payloads for one in payload["notices"]]
    return [one for one in notices if one["template"] == "safeguarding.people_came"]


def waiting(kind: str = "alert_plan_reminder") -> list[OutboxItem]:
    with worker():
        return list(OutboxItem.objects.filter(kind=kind, done_at__isnull=True).order_by("payload__step"))


@pytest.mark.django_db
@pytest.mark.parametrize("first", [False, True])
def test_the_council_says_what_will_be_done_and_its_answer_stays(first: bool) -> None:
    reference = came(first=first)
    with acting(actor_of("olive")):
        before = received_alert(reference)
        assert "starting" in before.reasons and before.checks.count() == first
    (person,) = later(reference)
    told = plan(reference)
    assert (told.response, told.acknowledged_at) == (before.response, before.acknowledged_at) and not later(reference)
    with acting(actor_of("olive")):
        check = WelfareCheck.objects.get(placement_id=person)
        assert check.plan == PLAN and check.due_on == TODAY + dt.timedelta(days=3)
        assert Entry.objects.get(kind="alert.plans_added").data == {"people": 1}
        assert not awaiting_plans().exists()
        with pytest.raises(NotNow) as found:
            plan_for_people_who_came_later(actor_of("olive"), reference=reference, plans={})
        assert found.value.code == "plans_complete"


@pytest.mark.django_db
def test_what_is_refused() -> None:
    alert = raised("edith")
    scenarios.awarded("birch-house")
    with pytest.raises(NotNow) as early:
        plan(alert.reference)
    assert early.value.code == "alert_not_answered"
    answered(alert.reference)
    scenarios.awarded("birch-house")
    (person,) = later(alert.reference)
    with acting(actor_of("olive")):
        (earlier,) = WelfareCheck.objects.values_list("placement_id", flat=True)
    for plans, code, number in (
        ({}, "plan_missing", person),
        ({person: " "}, "plan_missing", person),
        ({person: "x" * 4001}, "text_too_long", person),
        ({person: "Born on 3 May 2012."}, "names_a_person", person),
        ({person: "Mrs Abernathy visits."}, "names_a_person", person),
        ({person: PLAN, earlier: PLAN}, "person_unknown", earlier),
        ({person: PLAN, UUID(int=7): PLAN}, "person_unknown", UUID(int=7)),
    ):
        with pytest.raises(RuleBroken) as found:
            plan(alert.reference, plans)
        assert (found.value.code, found.value.field) == (code, f"plan_{number}"), plans
    for who, reference in (("alice", alert.reference), ("olive", "S-0000-0000")):
        with pytest.raises(Http404):
            plan(reference, {}, who=who)
    reader = dataclasses.replace(actor_of("olive"), permissions=frozenset({"alert.view"}))
    with acting(reader), pytest.raises(NotPermitted):
        plan_for_people_who_came_later(reader, reference=alert.reference, plans={person: PLAN})
    with pytest.raises(NotNow):
        plan(alert.reference, {}, who="carol")
    plan(alert.reference, {person: "Mrs Abernathy visits."}, is_checked=True)
    scenarios.awarded("birch-house")
    with acting(actor_of("edith")) as edith:
        close_alert(edith, reference=alert.reference, outcome="Unfounded.")
    with pytest.raises(NotNow) as over:
        plan(alert.reference)
    assert over.value.code == "alert_over"
    with acting(actor_of("olive")):
        assert not awaiting_plans().exists()


@pytest.mark.django_db
def test_others_learn_how_many_and_no_more(sign_in: SignIn) -> None:
    reference = came(first=True)
    for who, slug in (("edith", "ealing"), ("carol", "west-london-central")):
        with acting(actor_of(who)):
            lines = {line.organisation_name: line.people_without_plan for line in roster(reference)}
        assert lines.pop("Harrow") == 1 and not any(lines.values())
        page = words(sign_in(who).get(f"/o/{slug}/alerts/{reference}/who-was-told/"))
        assert "1 person came later: no plan" in page
        assert "1 person came later and has no plan yet" in words(sign_in(who).get(f"/o/{slug}/alerts/{reference}/"))
        with acting(actor_of("olive")):
            references = Placement.objects.values_list("reference", flat=True)
            assert not any(one in page for one in references)
    rows = client_of("carol").get(f"/alerts/{reference}/roster").json()
    assert sum(row["people_without_plan"] for row in fits(RosterLine, rows)["items"]) == 1
    plan(reference)
    with acting(actor_of("edith")):
        assert not any(line.people_without_plan for line in roster(reference))


@pytest.mark.django_db
def test_the_council_is_asked_for_each_person_once() -> None:
    reference = came(severity="high")
    (notice,) = asked()
    harrow = actor_of("olive").organisation_id
    assert notice["organisation_id"] == str(harrow) and notice["is_urgent"]
    assert notice["path"] == f"/o/harrow/alerts/{reference}/"
    scenarios.invited("birch-house")
    looked()
    assert len(asked()) == 1, "nobody else came"
    scenarios.awarded("birch-house")
    looked()
    assert len(asked()) == 2 and len(waiting()) == 1


@pytest.mark.django_db
def test_it_is_reminded_up_the_ladder_until_everybody_has_a_plan() -> None:
    reference = came()
    (first,) = waiting()
    assert first.payload["step"] == 1
    outbox._handlers["alert_plan_reminder"](first)
    outbox._handlers["alert_plan_reminder"](first)
    officers = messages("plans_missing")
    assert officers and all(path == f"/o/harrow/alerts/{reference}/" for path in officers)
    (second,) = waiting()
    assert second.payload["step"] == 2 and not messages("plans_silent")
    with acting(actor_of("olive")):
        assert received_alert(reference).reminded == 1
    second.payload["step"] = 3
    outbox._handlers["alert_plan_reminder"](second)
    assert len(messages("plans_missing")) > 2 * len(officers)
    heard = messages("plans_silent")
    assert heard and all(path.endswith(f"/alerts/{reference}/who-was-told/") for path in heard)
    assert not any(path.startswith("/o/harrow/") for path in heard)
    plan(reference)
    count = len(messages("plans_missing"))
    (last,) = waiting()
    outbox._handlers["alert_plan_reminder"](last)
    assert not waiting() and len(messages("plans_missing")) == count
    scenarios.awarded("birch-house")
    looked()
    (again,) = waiting()
    assert again.payload["step"] == 1


def late(day: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Do the reminders of checks that wait for that day from today on; how many are late, each time it is told."""
    today = TODAY + dt.timedelta(days=day)
    monkeypatch.setattr("brokerage.safeguarding.checks.database_today", lambda: today)
    with worker():
        items = list(OutboxItem.objects.filter(kind="check_reminder", done_at__isnull=True).order_by("created_at"))
    for item in items:
        if item.available_at.date() <= today:
            tell_of_late_checks(item)
            with worker():
                OutboxItem.objects.filter(pk=item.pk).update(done_at=item.available_at)
    with acting(actor_of("olive")):
        told = Entry.objects.filter(kind="alert.checks_late", data__day=today.isoformat())
        return [entry.data["late"] for entry in told]


def done(number: int) -> None:
    with acting(actor_of("olive")) as olive:
        check = WelfareCheck.objects.order_by("planned_at")[number]
        record_check(olive, check_id=check.pk, found="Well.", is_safe=True, done_on=TODAY)


@pytest.mark.django_db
def test_reminders_of_later_checks_come_though_earlier_ones_were_late_and_done(monkeypatch: pytest.MonkeyPatch) -> None:
    reference = came(first=True)
    assert late(4, monkeypatch) == [1]
    done(0)
    assert late(5, monkeypatch) == []
    with worker():
        assert not OutboxItem.objects.filter(kind="check_reminder", done_at__isnull=True).exists()
    monkeypatch.setattr("brokerage.safeguarding.actions.answers.database_today", lambda: TODAY + dt.timedelta(days=5))
    plan(reference)
    assert [late(day, monkeypatch) for day in range(6, 11)] == [[], [], [], [1], [1]]
    done(1)
    assert late(11, monkeypatch) == [] and late(12, monkeypatch) == []


@pytest.mark.django_db
def test_reminders_of_earlier_and_later_checks_are_one_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    reference = came(first=True)
    monkeypatch.setattr("brokerage.safeguarding.actions.answers.database_today", lambda: TODAY + dt.timedelta(days=2))
    plan(reference)
    assert [late(day, monkeypatch) for day in range(3, 9)] == [[], [1], [1], [2], [2], [2]]
    done(0)
    assert late(9, monkeypatch) == [1]
    done(1)
    assert late(10, monkeypatch) == [] and late(11, monkeypatch) == []


@pytest.mark.django_db
def test_the_page_asks_and_takes_the_plans(sign_in: SignIn) -> None:
    reference = came()
    (person,) = later(reference)
    olive = sign_in("olive")
    home = olive.get("/o/harrow/")
    assert "people came after your answer" in words(home) and f"/o/harrow/alerts/{reference}/" in home.content.decode()
    assert "Plans missing" in words(olive.get("/o/harrow/alerts/?state=plans_missing"))
    shown = words(olive.get(f"/o/harrow/alerts/{reference}/"))
    assert "1 person came to live there after you answered: say what will be done" in shown and "Plans missing" in shown
    page = f"/o/harrow/alerts/{reference}/plans/"
    assert olive.get(page).status_code == 200
    empty = words(olive.post(page, {}))
    assert "Say what will be done for" in empty and "I have checked" not in empty
    named = words(olive.post(page, {f"plan_{person}": "Mrs Abernathy visits."}))
    assert "may tell who a person is" in named and "I have checked" in named
    ticked = olive.post(page, {f"plan_{person}": "Mrs Abernathy visits.", "is_checked": "on"})
    assert ticked.status_code == 302 and ticked["Location"] == f"/o/harrow/alerts/{reference}/"
    shown = words(olive.get(f"/o/harrow/alerts/{reference}/"))
    assert "after you answered" not in shown and "Record the check" in shown
    assert olive.get(page).status_code == 409
    assert "people came after your answer" not in words(olive.get("/o/harrow/"))
    assert sign_in("carol").get(f"/o/west-london-central/alerts/{reference}/plans/").status_code == 404


def test_through_the_api(committed: str) -> None:
    machine = client_of("olive")
    reference = came(first=True)
    people = fits(PersonThere, machine.get(f"/alerts/{reference}/people").json())["items"]
    (new,) = [one["placement_id"] for one in people if not one["has_plan"]]
    assert len(people) == 2
    address = f"/alerts/{reference}/plans"
    for body, status, code, field in (
        ({"plans": []}, 422, "plan_missing", "plans"),
        ({"plans": [{"placement_id": str(UUID(int=7)), "plan": PLAN}]}, 422, "person_unknown", "plans"),
        ({"plans": [{"placement_id": new, "plan": "Mrs Abernathy visits."}]}, 422, "names_a_person", "plans"),
    ):
        refused(machine.post(address, body), status, code, field)
    body = {"plans": [{"placement_id": new, "plan": PLAN}]}
    first, again = machine.post(address, body, key="k"), machine.post(address, body, key="k")
    assert first.status_code == again.status_code == 200 and first.content == again.content, first.content
    assert PLAN not in first.content.decode()
    refused(machine.post(address, body), 409, "plans_complete")
    assert len(machine.get(f"/alerts/{reference}/checks").json()["items"]) == 2
    assert client_of("carol").post(address, body).status_code == 404
    outbox.drain("events")
    outbox.drain("alerts")
    kinds = [one["kind"] for one in machine.get("/changes").json()["items"] if one["reference"] == reference]
    assert "alert.people_came" in kinds and "alert.plans_added" in kinds


def test_two_at_once_plan_for_each_person_once(committed: str) -> None:
    reference = came()
    outcomes = at_once(lambda: plan(reference), lambda: plan(reference))
    assert sorted(getattr(outcome, "code", "done") for outcome in outcomes) == ["done", "plans_complete"]
    with acting(actor_of("olive")):
        assert WelfareCheck.objects.count() == 1


def test_without_the_lock_the_database_keeps_one_check_for_each_person(
    committed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: both have read that nobody planned; the database lets one through."""
    reference = came()
    plans = dict.fromkeys(later(reference), PLAN)
    looked_at = threading.Barrier(2)
    before = answers.to_be_planned

    def look(*said: Any) -> Any:
        found = before(*said)
        looked_at.wait(20)
        return found

    monkeypatch.setattr(answers, "to_be_planned", look)
    monkeypatch.setattr(answers, "hold_name", lambda _name: None)
    outcomes = at_once(lambda: plan(reference, plans), lambda: plan(reference, plans))
    assert [isinstance(outcome, IntegrityError) for outcome in outcomes].count(True) == 1
    with acting(actor_of("olive")):
        assert WelfareCheck.objects.count() == 1
