"""Incidents through the API, for both sides: residents, reports, entries, returns, answers.

Each reading is recorded. What an act answers is kept for a repeated request: it says where the incident stands and
nothing about the person.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from django.urls import path

from brokerage.core.api.bulk import BulkAnswer, bulk_input, each
from brokerage.core.api.operations import Call, Created, Page, operation, resource
from brokerage.core.notifications.reading import mark_read_about
from brokerage.core.references import normalise_reference
from brokerage.safeguarding.incidents.actions.answers import (
    acknowledge_incident,
    close_incident,
    offer_interview,
    require_follow_up,
    settle_interview,
)
from brokerage.safeguarding.incidents.actions.entries import add_entry, read_incident, record_return
from brokerage.safeguarding.incidents.actions.reports import IncidentFacts, report_incident, withdraw_incident
from brokerage.safeguarding.incidents.api_shapes import (
    Acknowledgement,
    Ending,
    EntryRow,
    FollowUp,
    IncidentOut,
    IncidentQuery,
    IncidentRow,
    Mistake,
    NewEntry,
    NewIncident,
    NewReturn,
    Offer,
    OwnResidentRow,
    Settlement,
)
from brokerage.safeguarding.incidents.models import Incident
from brokerage.safeguarding.incidents.queries import STATES, entries_of, incident_of, residents
from brokerage.safeguarding.incidents.showing import home_of

#: Names of the answer that are those of the model.
SAME = (
    *("reference", "kind", "risk", "establishment_id", "happened_at", "known_at", "reported_at", "what_happened"),
    *("last_seen", "action_taken", "police_told_at", "police_reference", "regulator_told_at", "regulator_reference"),
    *("lado_told_at", "lado_reference", "others_told", "acknowledged_at", "returned_at", "returned_how", "was_harmed"),
    *("harm", "needs_interview", "interview_due_at", "interview_offered_at", "interview_by", "interview_on"),
    *("closed_at", "outcome"),
)
ROW = (
    *("reference", "kind", "risk", "establishment_id", "happened_at", "reported_at", "acknowledged_at"),
    *("returned_at", "interview_due_at", "closed_at"),
)
REPORT_CODES = (
    *("kind_missing", "risk_missing", "what_happened_missing", "action_taken_missing", "last_seen_missing"),
    *("text_too_long", "time_ahead", "known_before", "already_missing"),
)
NOT_NOW = ("episode_not_now", "event_not_now")


@operation(scope="incidents:read", answer=OwnResidentRow, paged=True)
def list_residents(call: Call) -> Page:
    """List your residents.

    For a provider: everybody whom you may report on, by home. An authority has none here. All of them on one page.
    """
    call.actor.require("incident.view")
    if not call.actor.is_provider:
        return call.rows([])
    return call.rows(
        [
            {
                "agreement": found.agreement_reference,
                "authority": found.authority_name,
                "home": found.home,
                "establishment_id": found.establishment_id,
                "household_id": found.household_id,
                "started_on": found.started_on,
                "ended_on": found.ended_on,
            }
            for found in residents()
        ]
    )


@operation(scope="incidents:read", query=IncidentQuery, answer=IncidentRow, paged=True)
def list_incidents(call: Call) -> Page:
    """List incidents.

    Missing episodes and notifiable events: a provider’s own reports, an authority’s own people. The last reported
    first.
    """
    call.actor.require("incident.view")
    rows, wanted = Incident.objects.all(), call.query
    if "state" in wanted:
        rows = rows.filter(STATES[wanted["state"]][0])
    if "agreement" in wanted:
        rows = rows.filter(agreement_reference=normalise_reference(wanted["agreement"]))
    lookups = {"kind": "kind", "establishment_id": "establishment_id", "since": "happened_at__gte"}
    for name, lookup in (lookups | {"until": "happened_at__lt"}).items():
        if name in wanted:
            rows = rows.filter(**{lookup: wanted[name]})
    fields = {"state": "status", "agreement": "agreement_reference", **{name: name for name in ROW}}
    return call.page(rows, by=("-reported_at", "-id"), fields=fields)


@operation(scope="incidents:read", answer=IncidentOut)
def get_incident(call: Call, reference: str) -> dict[str, Any]:
    """Read an incident.

    Both sides read the same; every reading is recorded.
    """
    incident = read_incident(call.actor, reference=reference)
    mark_read_about(call.actor, reference=incident.reference)
    return _out(incident)


@operation(scope="incidents:write", body=NewIncident, answer=IncidentRow, status=201, codes=REPORT_CODES)
def create_incident(call: Call) -> Created:
    """Report an incident.

    For a provider, of its own resident. The authority that placed them is told at once, and nobody else. A person has
    at most one open episode; the same report sent again by the same owner within ten minutes is one.
    """
    incident = _report(call, call.body)
    return Created(_row(incident), f"/incidents/{incident.reference}")


@operation(scope="incidents:write", body=bulk_input(NewIncident), answer=BulkAnswer, codes=REPORT_CODES)
def create_incidents(call: Call) -> dict[str, Any]:
    """Report many incidents.

    Each as if it were reported alone: a refused one leaves the others alone.
    """
    call.actor.require("incident.report")
    return each(call.body["items"], lambda item: _report(call, item).reference)


@operation(scope="incidents:read", answer=EntryRow, paged=True)
def list_incident_entries(call: Call, reference: str) -> Page:
    """List what was added.

    In order; an authority’s internal entries are its own. Every reading is recorded.
    """
    rows = entries_of(read_incident(call.actor, reference=reference)).order_by()
    same = ("id", "side", "move", "text", "is_internal", "at")
    return call.page(rows, by=("at", "id"), fields={"by": "by_name", **{name: name for name in same}})


@operation(
    scope="incidents:write",
    body=NewEntry,
    answer=IncidentRow,
    status=201,
    codes=("incident_closed", "text_missing", "internal_not_yours"),
)
def add_incident_entry(call: Call, reference: str) -> Created:
    """Add to an incident.

    The other side is told, unless the entry is internal. The answer says where the incident stands.
    """
    incident = add_entry(call.actor, reference=reference, **call.body).incident
    return Created(_row(incident), f"/incidents/{incident.reference}/entries")


@operation(
    scope="incidents:write",
    body=NewReturn,
    answer=IncidentRow,
    codes=(
        *("episode_not_now", "not_an_episode", "time_ahead", "returned_before", "returned_how_missing"),
        "harm_missing",
    ),
)
def record_incident_return(call: Call, reference: str) -> dict[str, Any]:
    """Record a return.

    By either side. Of a child who was missing a return interview is due within 72 hours.
    """
    _known(call, reference)
    return _row(record_return(call.actor, reference=reference, **call.body))


@operation(scope="incidents:write", body=Mistake, answer=IncidentRow, codes=(*NOT_NOW, "reason_missing"))
def withdraw_reported_incident(call: Call, reference: str) -> dict[str, Any]:
    """Take a mistaken report back.

    For the provider; the report stays to be read with the reason, and counts for nothing.
    """
    _known(call, reference)
    return _row(withdraw_incident(call.actor, reference=reference, **call.body))


@operation(
    scope="incidents:write", body=Acknowledgement, answer=IncidentRow, codes=("incident_acknowledged", "event_not_now")
)
def acknowledge_reported_incident(call: Call, reference: str) -> dict[str, Any]:
    """Acknowledge an incident.

    For the authority: within an hour when somebody is missing, else within 24.
    """
    _known(call, reference)
    return _row(acknowledge_incident(call.actor, reference=reference, **call.body))


@operation(
    scope="incidents:write",
    body=FollowUp,
    answer=IncidentRow,
    codes=("event_not_now", "not_an_event", "text_missing"),
)
def require_incident_follow_up(call: Call, reference: str) -> dict[str, Any]:
    """Ask for a follow-up.

    For the authority, of an acknowledged event; the provider answers with entries.
    """
    _known(call, reference)
    return _row(require_follow_up(call.actor, reference=reference, **call.body))


@operation(
    scope="incidents:write",
    body=Offer,
    answer=IncidentRow,
    codes=("episode_not_now", "no_interview_owed", "interview_by_missing"),
)
def offer_return_interview(call: Call, reference: str) -> dict[str, Any]:
    """Offer a return interview.

    For the authority, after the return of somebody who was missing.
    """
    _known(call, reference)
    return _row(offer_interview(call.actor, reference=reference, **call.body))


@operation(
    scope="incidents:write",
    body=Settlement,
    answer=IncidentRow,
    codes=("episode_not_now", "no_interview_owed", "interview_outcome_missing", "day_ahead"),
)
def settle_return_interview(call: Call, reference: str) -> dict[str, Any]:
    """Record the return interview.

    For the authority: whether it was done or declined, and when.
    """
    _known(call, reference)
    return _row(settle_interview(call.actor, reference=reference, **call.body))


@operation(
    scope="incidents:write", body=Ending, answer=IncidentRow, codes=(*NOT_NOW, "interview_owed", "outcome_missing")
)
def close_reported_incident(call: Call, reference: str) -> dict[str, Any]:
    """Close an incident.

    For the authority; the provider reads the outcome.
    """
    _known(call, reference)
    return _row(close_incident(call.actor, reference=reference, **call.body))


def _known(call: Call, reference: str) -> None:
    """Nobody learns from a refusal that somebody else's incident exists."""
    call.actor.require("incident.view")
    incident_of(reference)


def _report(call: Call, body: Mapping[str, Any]) -> Incident:
    call.actor.require("incident.report")
    if not call.actor.is_provider:
        raise Http404
    return report_incident(call.actor, facts=IncidentFacts(**body))


def _row(incident: Incident) -> dict[str, Any]:
    return {
        **{name: getattr(incident, name) for name in ROW},
        "state": incident.status,
        "agreement": incident.agreement_reference,
    }


def _out(incident: Incident) -> dict[str, Any]:
    return {
        **{name: getattr(incident, name) for name in SAME},
        "state": incident.status,
        "agreement": incident.agreement_reference,
        "authority": incident.authority.name,
        "provider": incident.provider.organisation.name,
        "home": home_of(incident),
        "reported_by": incident.reported_by_name,
        "acknowledge_by": incident.acknowledge_by,
        "acknowledged_by": incident.acknowledged_by_name,
        "interview_outcome": incident.interview_outcome or None,
        "closed_by": incident.closed_by_name,
    }


urlpatterns = [
    path("incidents", resource(get=list_incidents, post=create_incident), name="incidents"),
    path("incidents/bulk", resource(post=create_incidents), name="incidents-bulk"),
    path("incidents/residents", resource(get=list_residents), name="incident-residents"),
    path("incidents/<str:reference>", resource(get=get_incident), name="incident"),
    path(
        "incidents/<str:reference>/entries",
        resource(get=list_incident_entries, post=add_incident_entry),
        name="incident-entries",
    ),
    path("incidents/<str:reference>/return", resource(post=record_incident_return), name="incident-return"),
    path("incidents/<str:reference>/withdraw", resource(post=withdraw_reported_incident), name="incident-withdraw"),
    path(
        "incidents/<str:reference>/acknowledge",
        resource(post=acknowledge_reported_incident),
        name="incident-acknowledge",
    ),
    path("incidents/<str:reference>/follow-up", resource(post=require_incident_follow_up), name="incident-follow-up"),
    path("incidents/<str:reference>/interview", resource(post=offer_return_interview), name="incident-interview"),
    path(
        "incidents/<str:reference>/interview/outcome",
        resource(post=settle_return_interview),
        name="incident-interview-outcome",
    ),
    path("incidents/<str:reference>/close", resource(post=close_reported_incident), name="incident-close"),
]
