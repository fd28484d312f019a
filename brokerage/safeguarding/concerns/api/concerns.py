"""Operations on concerns and on the patterns suggested to a person.

What an act answers is kept for a repeated request: it says where the concern stands, and repeats no text.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F

from brokerage.core.api.operations import Call, Created, Page, operation
from brokerage.core.notifications.reading import mark_read_about
from brokerage.safeguarding.concerns.actions.concerns import ConcernFacts, decide_concern, write_concern
from brokerage.safeguarding.concerns.actions.patterns import decide_suggestion
from brokerage.safeguarding.concerns.api.shapes import (
    ConcernDecision,
    ConcernOut,
    ConcernQuery,
    ConcernRow,
    NewConcern,
    SuggestionDecision,
    SuggestionQuery,
    SuggestionRow,
    SuggestionState,
)
from brokerage.safeguarding.concerns.models import Concern, Suggestion
from brokerage.safeguarding.concerns.queries.lists import concern_of, suggestion_of


@operation(scope="concerns:read", query=ConcernQuery, answer=ConcernRow, paged=True)
def list_concerns(call: Call) -> Page:
    """List concerns.

    Your organisation's own and, for a central team, those shared with it; newest first.
    """
    call.actor.require("concern.view")
    rows = Concern.objects.select_related("organisation")
    for name, column in (
        *(("state", "status"), ("kind", "kind")),
        *(("provider_id", "provider_id"), ("establishment_id", "establishment_id")),
    ):
        if name in call.query:
            rows = rows.filter(**{column: call.query[name]})
    return call.page(rows, by=("-written_at", "-id"), shape=_row)


@operation(scope="concerns:read", answer=ConcernOut)
def get_concern(call: Call, reference: str) -> dict[str, Any]:
    """Read a concern."""
    call.actor.require("concern.view")
    concern = concern_of(reference)
    mark_read_about(call.actor, reference=concern.reference)
    return _out(concern)


@operation(
    scope="concerns:write",
    body=NewConcern,
    answer=ConcernRow,
    status=201,
    codes=("kind_missing", "what_missing", "text_too_long", "names_a_person", "day_ahead"),
)
def create_concern(call: Call) -> Created:
    """Note a concern.

    Below the threshold of an alert: nobody is asked to act. Patterns are looked for at once. The same concern noted
    again by the same owner within ten minutes is one.
    """
    concern = write_concern(call.actor, facts=ConcernFacts(**call.body))
    return Created(_row(concern_of(concern.reference)), f"/concerns/{concern.reference}")


@operation(
    scope="concerns:decide",
    body=ConcernDecision,
    answer=ConcernRow,
    codes=("concern_not_now", "decision_missing", "reason_missing", "text_too_long", "names_a_person"),
)
def decide_on_concern(call: Call, reference: str) -> dict[str, Any]:
    """Decide on a concern.

    By a lead of whoever noted it, or of the central team it is shared with.
    """
    return _row(decide_concern(call.actor, reference=concern_of(reference).reference, **call.body))


@operation(scope="concerns:decide", query=SuggestionQuery, answer=SuggestionRow, paged=True)
def list_suggestions(call: Call) -> Page:
    """List the patterns suggested.

    What adds up over time, suggested to your organisation's leads, newest first: three concerns in ninety days, a
    rating that fell, unplanned ends, notices by the provider. Nothing happens by itself. An authority is told of what
    adds up in its own rows; a central team of what adds up over its region.
    """
    call.actor.require("concern.decide")
    rows = Suggestion.objects.all()
    for name, column in (("state", "status"), ("pattern", "pattern"), ("provider_id", "provider_id")):
        if name in call.query:
            rows = rows.filter(**{column: call.query[name]})
    names = ("reference", "pattern", "provider_id", "establishment_id", "count", "latest_on", "raised_at", "decided_at")
    return call.page(
        rows,
        by=("-raised_at", "-id"),
        fields={
            **{name: name for name in names},
            "state": "status",
            "decided_by": F("decided_by_name"),
            "reason": F("decision_reason"),
        },
    )


@operation(scope="concerns:decide", answer=SuggestionRow)
def get_suggestion(call: Call, reference: str) -> dict[str, Any]:
    """Read a pattern suggested."""
    call.actor.require("concern.decide")
    suggestion = suggestion_of(reference)
    mark_read_about(call.actor, reference=suggestion.reference)
    return _suggestion(suggestion)


@operation(
    scope="concerns:decide",
    body=SuggestionDecision,
    answer=SuggestionState,
    codes=("suggestion_not_now", "decision_missing", "reason_missing", "text_too_long", "names_a_person"),
)
def decide_on_suggestion(call: Call, reference: str) -> dict[str, Any]:
    """Decide on a pattern.

    Dismissed, it comes back only when something new happens.
    """
    call.actor.require("concern.decide")
    return _suggestion_state(decide_suggestion(call.actor, reference=suggestion_of(reference).reference, **call.body))


def _row(concern: Concern) -> dict[str, Any]:
    return {
        "reference": concern.reference,
        "state": concern.status,
        "kind": concern.kind,
        "about": concern.about,
        "seen_on": concern.seen_on,
        "organisation": concern.organisation.name,
        "is_shared": concern.region_id is not None,
        "written_at": concern.written_at,
    }


def _out(concern: Concern) -> dict[str, Any]:
    return {
        **_row(concern),
        "provider_id": concern.provider_id,
        "establishment_id": concern.establishment_id,
        "household_id": concern.household_id,
        "what": concern.what,
        "written_by": concern.written_by_name,
        "decided_at": concern.decided_at,
        "decided_by": concern.decided_by_name,
        "decided_by_organisation": concern.decided_by_organisation,
        "reason": concern.decision_reason,
    }


def _suggestion_state(row: Suggestion) -> dict[str, Any]:
    return {
        "reference": row.reference,
        "state": row.status,
        "pattern": row.pattern,
        "provider_id": row.provider_id,
        "establishment_id": row.establishment_id,
        "count": row.count,
        "latest_on": row.latest_on,
        "raised_at": row.raised_at,
        "decided_at": row.decided_at,
        "decided_by": row.decided_by_name,
    }


def _suggestion(row: Suggestion) -> dict[str, Any]:
    return {**_suggestion_state(row), "reason": row.decision_reason}
