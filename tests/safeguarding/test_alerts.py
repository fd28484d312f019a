"""Raising an alert tells everybody who must know, each no more than they may read, in one transaction."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from django.db import ProgrammingError, connection
from django.http import Http404

from brokerage.core.audit import outbox
from brokerage.core.audit.models import OutboxItem
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, worker
from brokerage.safeguarding.actions import alerts, answers
from brokerage.safeguarding.actions.alerts import AlertFacts
from brokerage.safeguarding.models import Alert, AlertRecipient, WelfareCheck
from brokerage.safeguarding.queries.alerts import people_there, received_alerts, roster
from tests.cast import TODAY, actor_of, ident
from tests.scenarios import awarded

pytestmark = pytest.mark.django_db


def facts(**changes: Any) -> AlertFacts:
    return AlertFacts(
        **{
            "provider_id": ident("birch"),
            "establishment_id": ident("birch-house"),
            "kind": "allegation",
            "severity": "medium",
            "what_happened": "A member of staff was arrested last night.",
            "action_taken": "The police and the regulator know.",
            **changes,
        }
    )


def raised(who: str = "olive", **changes: Any) -> Alert:
    with acting(actor_of(who)) as actor:
        return alerts.raise_alert(actor, facts=facts(**changes))


def told(who: str) -> AlertRecipient | None:
    with acting(actor_of(who)):
        return received_alerts().first()


def test_everybody_who_must_know_is_told_and_no_more_than_that() -> None:
    awarded("birch-house", who="oscar")
    alert = raised()
    assert alert.status == "live"
    ealing, central, newport = told("edith"), told("carol"), told("nia")
    assert ealing is not None and central is not None
    assert "region" in ealing.reasons
    assert central.reasons == ["central"] and central.content["what_happened"]
    assert newport is None or newport.reasons == ["other_region"]
    with acting(actor_of("bob")):
        assert not AlertRecipient.objects.exists()


def test_the_region_reads_that_there_is_one_and_not_what_happened() -> None:
    raised()
    ealing = told("edith")
    assert ealing is not None and ealing.reasons == ["region"]
    assert ealing.content["about"].startswith("Birch House") and "what_happened" not in ealing.content
    with acting(actor_of("edith")):
        assert not Alert.objects.exists() and not roster(ealing.reference)


def test_the_raiser_sees_who_was_told_and_why() -> None:
    alert = raised()
    with acting(actor_of("olive")):
        names = {line.organisation_name: line for line in roster(alert.reference)}
    assert "Ealing" in " ".join(names)
    assert all(line.told_at and not line.acknowledged_at for line in names.values())
    assert any("You run the region" in line.reason_labels for line in names.values())


def test_messages_are_written_in_the_alerts_own_transaction_and_name_nothing() -> None:
    alert = raised()
    with worker():
        messages = list(Message.objects.filter(reference=alert.reference))
    assert messages and all(message.is_urgent for message in messages)
    assert {message.channel for message in messages} == {"in_app", "email"}
    assert all(message.path.endswith(f"/alerts/{alert.reference}/") for message in messages)


def test_a_high_one_waits_for_a_second_person_unless_somebody_is_in_danger() -> None:
    waiting = raised(severity="high")
    assert waiting.status == "awaiting_confirmation" and told("edith") is None
    with acting(actor_of("olive")) as actor, pytest.raises(NotPermitted):
        alerts.confirm_alert(actor, reference=waiting.reference)
    herself = dataclasses.replace(actor_of("olive"), permissions=frozenset({"alert.confirm"}))
    with acting(herself) as actor, pytest.raises(RuleBroken, match="Somebody else"):
        alerts.confirm_alert(actor, reference=waiting.reference)
    with acting(actor_of("tessa")) as actor:
        assert alerts.confirm_alert(actor, reference=waiting.reference).status == "live"
        with pytest.raises(NotNow):
            alerts.confirm_alert(actor, reference=waiting.reference)
    assert told("edith") is not None
    assert raised(severity="high", is_immediate_danger=True).status == "live"


def test_not_sending_needs_a_reason_and_tells_nobody() -> None:
    waiting = raised(severity="high")
    with acting(actor_of("tessa")) as actor:
        with pytest.raises(RuleBroken) as refused:
            alerts.dismiss_alert(actor, reference=waiting.reference, reason=" ")
        assert refused.value.field == "reason"
        assert alerts.dismiss_alert(actor, reference=waiting.reference, reason="A mix-up").status == "dismissed"
    assert told("edith") is None


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"kind": "weather"}, "kind_missing", "kind"),
        ({"severity": ""}, "severity_missing", "severity"),
        ({"what_happened": " "}, "what_happened_missing", "what_happened"),
        ({"action_taken": ""}, "action_taken_missing", "action_taken"),
        ({"what_happened": "x" * 4001}, "text_too_long", "what_happened"),
        ({"police_reference": "Born on 3 May 2012"}, "names_a_person", "police_reference"),
        ({"lado_reference": "Mrs Abernathy"}, "names_a_person", "lado_reference"),
        ({"regulator_reference": "a friend called Amy"}, "names_a_person", "regulator_reference"),
        ({"police_told_on": dt.date(2999, 1, 1)}, "day_ahead", "police_told_on"),
        ({"what_happened": "Born on 3 May 2012, NHS number 943 476 5919."}, "names_a_person", "what_happened"),
    ],
)
def test_what_an_alert_may_not_be(changes: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        raised(**changes)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_unknown_homes_and_roles() -> None:
    with pytest.raises(Http404):
        raised(establishment_id=ident("cedar-house"))
    with pytest.raises(NotPermitted):
        raised("alice")


def test_each_authority_answers_once_with_a_plan_for_each_of_its_people() -> None:
    awarded("birch-house")
    alert = raised()
    with acting(actor_of("olive")) as actor:
        own = received_alerts().get()
        assert own.people == 1 and "starting" in own.reasons
        (placement,) = people_there(own)
        with pytest.raises(RuleBroken) as refused:
            answers.acknowledge_alert(actor, reference=alert.reference, response="We visit today")
        assert refused.value.code == "plan_missing"
        plans = {placement.pk: "The social worker visits before 6 p.m."}
        answers.acknowledge_alert(actor, reference=alert.reference, response="We visit today", plans=plans)
        with pytest.raises(NotNow):
            answers.acknowledge_alert(actor, reference=alert.reference, response="Again", plans=plans)
        check = WelfareCheck.objects.get()
        answers.record_check(actor, check_id=check.pk, found="Safe and well", is_safe=True, done_on=TODAY)
        line = next(line for line in roster(alert.reference) if line.people)
        assert line.acknowledged_by_name == actor.name
    with acting(actor_of("edith")):
        assert not WelfareCheck.objects.exists()


def test_a_forged_row_is_refused_by_the_database() -> None:
    alert = raised()
    with (
        pytest.raises(ProgrammingError, match="not yours"),
        acting(actor_of("edith")) as actor,
        connection.cursor() as cursor,
    ):
        assert actor.kind == "authority"
        cursor.execute("SELECT alert_tell(%s)", [alert.pk])


def test_closing_tells_everybody_the_outcome() -> None:
    alert = raised()
    with acting(actor_of("tessa")) as actor:
        alerts.close_alert(actor, reference=alert.reference, outcome="Unfounded; staffing was strengthened.")
    ealing = told("edith")
    assert ealing is not None and ealing.closed_at and ealing.content["outcome"].startswith("Unfounded")


def test_reminders_go_on_until_answered() -> None:
    alert = raised(severity="high", is_immediate_danger=True)
    with worker():
        assert OutboxItem.objects.filter(kind="alert_reminder").count() == 1
        OutboxItem.objects.filter(kind="alert_reminder").update(available_at=alert.raised_at - dt.timedelta(days=1))
    assert outbox.drain("alerts", rounds=1) == 1
    ealing = told("edith")
    assert ealing is not None and ealing.reminded == 1
    with worker():
        assert Message.objects.filter(template="safeguarding.reminder").exists()
        assert OutboxItem.objects.filter(kind="alert_reminder", done_at__isnull=True).get().payload["step"] == 2
