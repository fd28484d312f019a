"""Safeguarding alerts through the API: those received, those raised, answering, welfare checks, who was told.

An alert is read as trimmed for the organisation when it was told; each reading is recorded. What an act answers is kept
for a repeated request: it says where the alert stands, and repeats no text.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import F
from django.http import Http404
from django.urls import path

from brokerage.core.api.operations import Call, Created, Page, operation, resource
from brokerage.core.notifications.reading import mark_read_about
from brokerage.safeguarding import paper_api, proof_api
from brokerage.safeguarding.actions.alerts import AlertFacts, close_alert, confirm_alert, dismiss_alert, raise_alert
from brokerage.safeguarding.actions.answers import (
    acknowledge_alert,
    plan_for_people_who_came_later,
    read_alert,
    record_check,
)
from brokerage.safeguarding.api_answers import alert_out, check_out, check_row, raised_row, told_row
from brokerage.safeguarding.api_shapes import (
    AlertOut,
    AlertQuery,
    AlertRow,
    CheckDone,
    Closing,
    CollectedChecks,
    Dismissal,
    LaterPlans,
    NewAlert,
    NewAnswer,
    PersonThere,
    RaisedNow,
    RaisedQuery,
    RaisedRow,
    RosterLine,
    WelfareCheckOut,
    WelfareCheckRow,
)
from brokerage.safeguarding.models import Alert, AlertRecipient, WelfareCheck
from brokerage.safeguarding.queries.alerts import (
    collected_checks,
    people_there,
    raised_alert,
    received_alert,
    received_alerts,
    roster,
)
from brokerage.safeguarding.queries.reach import may_be_sent


@operation(scope="alerts:read", query=AlertQuery, answer=AlertRow, paged=True)
def list_alerts(call: Call) -> Page:
    """List the alerts received.

    Those that your organisation was told of, newest first. `answered=false` and `closed=false` together are those that
    wait for you.
    """
    call.actor.require("alert.view")
    rows, wanted = received_alerts(), call.query
    if "answered" in wanted:
        rows = rows.filter(acknowledged_at__isnull=not wanted["answered"])
    if "closed" in wanted:
        rows = rows.filter(closed_at__isnull=not wanted["closed"])
    for name, column in (("severity", "severity"), ("kind", "content__kind"), ("provider_id", "provider_id")):
        if name in wanted:
            rows = rows.filter(**{column: wanted[name]})
    return call.page(
        rows,
        by=("-told_at", "-id"),
        fields={
            "reference": "reference",
            "severity": "severity",
            "kind": "content__kind",
            "about": "content__about",
            "reasons": "reasons",
            "people": "people",
            "told_at": "told_at",
            "acknowledged_at": "acknowledged_at",
            "closed_at": "closed_at",
        },
    )


@operation(scope="alerts:read", query=RaisedQuery, answer=RaisedRow, paged=True)
def list_raised_alerts(call: Call) -> Page:
    """List the alerts raised.

    Those of your own organisation in every state, newest first. A provider raises none.
    """
    call.actor.require("alert.view")
    if call.actor.is_provider:
        return call.rows([])
    rows = Alert.objects.filter(raised_by_id=call.actor.organisation_id)
    for name, column in (("state", "status"), ("severity", "severity")):
        if name in call.query:
            rows = rows.filter(**{column: call.query[name]})
    names = ("reference", "severity", "kind", "about", "raised_at")
    return call.page(
        rows,
        by=("-raised_at", "-id"),
        fields={"state": "status", "raised_by": F("raised_by_name"), **{name: name for name in names}},
    )


@operation(scope="alerts:read", answer=AlertOut)
def get_alert(call: Call, reference: str) -> dict[str, Any]:
    """Read an alert.

    As your organisation may read it; every reading is recorded for whoever asks who knew. One that waits for a second
    person, or was not sent, is read by the organisation that raised it alone.
    """
    call.actor.require("alert.view")
    if not AlertRecipient.objects.filter(reference=reference).exists():
        return alert_out(None, _raised(call, reference))
    told = read_alert(call.actor, reference=reference)
    mark_read_about(call.actor, reference=reference)
    return alert_out(told, _raised(call, reference, or_none=True))


@operation(
    scope="alerts:write",
    body=NewAlert,
    answer=RaisedNow,
    status=201,
    codes=(
        *("what_happened_missing", "action_taken_missing", "text_too_long", "names_a_person", "day_ahead"),
        *("kind_missing", "severity_missing"),
    ),
)
def create_alert(call: Call) -> Created:
    """Raise an alert.

    Everybody who must know is told at once. A high one waits for a second person, unless somebody is in danger now.
    The same alert raised again by the same owner within ten minutes is one.
    """
    alert = raise_alert(call.actor, facts=AlertFacts(**call.body))
    row = raised_row(alert) | {"has_second_person": may_be_sent(alert)}
    return Created(row, f"/alerts/{alert.reference}")


@operation(scope="alerts:confirm", answer=RaisedRow, codes=("second_person_needed", "alert_not_now"))
def send_alert(call: Call, reference: str) -> dict[str, Any]:
    """Send an alert that waits.

    As the second person: the client’s owner must be somebody else than whoever raised it.
    """
    return raised_row(confirm_alert(call.actor, reference=reference))


@operation(
    scope="alerts:confirm",
    body=Dismissal,
    answer=RaisedRow,
    codes=("second_person_needed", "alert_not_now", "reason_missing", "text_too_long", "names_a_person"),
)
def dismiss_waiting_alert(call: Call, reference: str) -> dict[str, Any]:
    """Do not send an alert that waits.

    As the second person; the reason stays with it.
    """
    return raised_row(dismiss_alert(call.actor, reference=reference, **call.body))


@operation(
    scope="alerts:confirm",
    body=Closing,
    answer=RaisedRow,
    codes=("alert_not_now", "outcome_missing", "text_too_long", "names_a_person"),
)
def close_live_alert(call: Call, reference: str) -> dict[str, Any]:
    """Close an alert.

    Everybody who was told reads the outcome.
    """
    return raised_row(close_alert(call.actor, reference=reference, **call.body))


@operation(scope="alerts:read", answer=PersonThere, paged=True)
def list_people_there(call: Call, reference: str) -> Page:
    """List your people there.

    Your own placements that the alert is about, running or to start; for an authority.
    """
    call.actor.require("alert.view")
    told = received_alert(reference)
    if not call.actor.is_authority:
        return call.rows([])
    planned = set(WelfareCheck.objects.filter(recipient=told).values_list("placement_id", flat=True))
    return call.rows(
        [
            {
                "placement_id": placement.pk,
                "placement": placement.reference,
                "planned_start_on": placement.planned_start_on,
                "started_on": placement.started_on,
                "has_plan": placement.pk in planned,
            }
            for placement in people_there(told)
        ]
    )


@operation(
    scope="alerts:write",
    body=NewAnswer,
    answer=AlertRow,
    codes=("alert_answered", "response_missing", "plan_missing", "text_too_long", "names_a_person"),
)
def answer_alert(call: Call, reference: str) -> dict[str, Any]:
    """Answer an alert.

    Once for your organisation, with a plan for each of your people there (`GET /alerts/{reference}/people`). Each plan
    becomes a welfare check to be recorded.
    """
    plans = {item["placement_id"]: item["plan"] for item in call.body.get("plans", ())}
    with call.renaming({f"plan_{placement}": "plans" for placement in _placements(call, reference)}):
        told = acknowledge_alert(call.actor, reference=reference, **(call.body | {"plans": plans}))
    return told_row(told)


@operation(
    scope="alerts:write",
    body=LaterPlans,
    answer=AlertRow,
    codes=(
        *("alert_not_answered", "alert_over", "plans_complete", "person_unknown", "plan_missing"),
        *("text_too_long", "names_a_person"),
    ),
)
def plan_for_later_people(call: Call, reference: str) -> dict[str, Any]:
    """Add plans for people who came after your answer.

    Your answer stays as it was given. A plan for each of your people there whose `has_plan` is false (`GET
    /alerts/{reference}/people`), and for nobody else; each becomes a welfare check to be recorded. For an authority.
    """
    if not call.actor.is_authority:
        raise Http404
    plans = {item["placement_id"]: item["plan"] for item in call.body["plans"]}
    with call.renaming({f"plan_{placement}": "plans" for placement in {*plans, *_placements(call, reference)}}):
        told = plan_for_people_who_came_later(
            call.actor, reference=reference, plans=plans, is_checked=call.body["is_checked"]
        )
    return told_row(told)


@operation(scope="alerts:read", answer=WelfareCheckOut, paged=True)
def list_welfare_checks(call: Call, reference: str) -> Page:
    """List your welfare checks.

    Those of your own answer and of plans added to it, in the order they were planned; nobody else reads them.
    """
    call.actor.require("alert.view")
    told = received_alert(reference)
    if not call.actor.is_authority:
        return call.rows([])
    return call.rows([check_out(check) for check in WelfareCheck.objects.filter(recipient=told).order_by("planned_at")])


@operation(scope="alerts:read", answer=CollectedChecks, paged=True)
def list_collected_checks(call: Call, reference: str) -> Page:
    """List how far the welfare checks of each authority are.

    For the organisation that raised the alert and its region’s central team: numbers of people, never what was found.
    All of them on one page.
    """
    call.actor.require("alert.view")
    told = received_alert(reference)
    lines = [] if call.actor.is_provider else collected_checks(told.reference)
    return call.rows(
        [
            {
                "organisation": line.organisation_name,
                "planned_count": line.planned,
                "done_count": line.done,
                "safe_count": line.safe,
                "unsafe_count": line.unsafe,
                "late_count": line.late,
            }
            for line in lines
        ]
    )


@operation(
    scope="alerts:write",
    body=CheckDone,
    answer=WelfareCheckRow,
    codes=("check_done", "found_missing", "day_ahead"),
)
def record_welfare_check(call: Call, reference: str, check: UUID) -> dict[str, Any]:
    """Record a welfare check.

    Once: what was found, and whether the person is safe.
    """
    told = received_alert(reference)
    if not call.actor.is_authority or not WelfareCheck.objects.filter(pk=check, recipient=told).exists():
        raise Http404
    return check_row(record_check(call.actor, check_id=check, **call.body))


@operation(scope="alerts:read", answer=RosterLine, paged=True)
def list_alert_roster(call: Call, reference: str) -> Page:
    """List who was told.

    For the organisation that raised the alert and its region’s central team: everybody who was told and why, and what
    they did; those without an answer first.
    """
    call.actor.require("alert.view")
    lines = [] if call.actor.is_provider else roster(reference)
    if not lines:
        _raised(call, reference)
    return call.rows(
        [
            {
                "organisation": line.organisation_name,
                "organisation_kind": line.kind,
                "reasons": list(line.reasons),
                "people": line.people,
                "told_at": line.told_at,
                "people_told": line.people_told,
                "e_mails_sent": line.e_mails_sent,
                "people_texted": line.people_texted,
                "texted_at": line.texted_at,
                "seen_at": line.seen_at,
                "acknowledged_at": line.acknowledged_at,
                "acknowledged_by": line.acknowledged_by_name,
                "response": line.response,
                "reminded": line.reminded,
                "reminded_at": line.reminded_at,
                "people_without_plan": line.people_without_plan,
            }
            for line in lines
        ]
    )


def _raised(call: Call, reference: str, *, or_none: bool = False) -> Alert | None:
    """The alert itself when this organisation raised it; else Http404, or None for what it was told of."""
    alert = None if call.actor.is_provider else raised_alert(call.actor.organisation_id, reference)
    if alert is None and not or_none:
        raise Http404
    return alert


def _placements(call: Call, reference: str) -> list[UUID]:
    told = AlertRecipient.objects.filter(reference=reference).first()
    return [placement.pk for placement in people_there(told)] if told and call.actor.is_authority else []


urlpatterns = [
    path("alerts", resource(get=list_alerts, post=create_alert), name="alerts"),
    path("alerts/raised", resource(get=list_raised_alerts), name="alerts-raised"),
    path("alerts/<str:reference>", resource(get=get_alert), name="alert"),
    path("alerts/<str:reference>/confirm", resource(post=send_alert), name="alert-confirm"),
    path("alerts/<str:reference>/dismiss", resource(post=dismiss_waiting_alert), name="alert-dismiss"),
    path("alerts/<str:reference>/close", resource(post=close_live_alert), name="alert-close"),
    path("alerts/<str:reference>/people", resource(get=list_people_there), name="alert-people"),
    path("alerts/<str:reference>/answer", resource(post=answer_alert), name="alert-answer"),
    path("alerts/<str:reference>/plans", resource(post=plan_for_later_people), name="alert-plans"),
    path("alerts/<str:reference>/checks", resource(get=list_welfare_checks), name="alert-checks"),
    path("alerts/<str:reference>/checks/<uuid:check>", resource(post=record_welfare_check), name="alert-check"),
    path("alerts/<str:reference>/collected-checks", resource(get=list_collected_checks), name="alert-collected-checks"),
    path("alerts/<str:reference>/roster", resource(get=list_alert_roster), name="alert-roster"),
    *paper_api.urlpatterns,
    *proof_api.urlpatterns,
]
