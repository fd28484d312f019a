"""Measures through the API: reading, proposing, deciding, reviewing, lifting, appealing and answering."""

from __future__ import annotations

from typing import Any

from django.http import Http404

from brokerage.core.api.operations import Call, Created, Page, operation
from dpv.actions import measures as acts
from dpv.actions.measure_appeals import answer_appeal, appeal_measure
from dpv.actions.measures import MeasureFacts
from dpv.api.measure_shapes import (
    ROW_FIELDS,
    MeasureAppealAnswer,
    MeasureAppealIn,
    MeasureDecision,
    MeasureLiftIn,
    MeasureNote,
    MeasureOut,
    MeasureQuery,
    MeasureReviewIn,
    MeasureRow,
    NewMeasure,
    measure_out,
    measure_row,
)
from dpv.models import Measure
from dpv.queries.measures import measure_by_reference

_TEXTS = ("text_too_long", "names_a_person")
_SECOND = ("measure_not_now", "second_person_needed", "note_missing", *_TEXTS)


# An act first looks for the measure: whoever may not see it learns nothing, not even that they may not do this.


def _row(reference: str) -> dict[str, Any]:
    """What an act answers: kept for a repeated request, so it repeats no reason."""
    return measure_row(measure_by_reference(reference))


@operation(scope="measures:read", query=MeasureQuery, answer=MeasureRow, paged=True)
def list_measures(call: Call) -> Page:
    """List measures.

    Newest first: a central team reads its region's, authorities and the provider those that hold or held.
    """
    call.actor.require("measure.view")
    rows = Measure.objects.all()
    for name, column in (("state", "status"), *((same, same) for same in ("kind", "provider_id", "establishment_id"))):
        if name in call.query:
            rows = rows.filter(**{column: call.query[name]})
    return call.page(rows, by=("-proposed_at", "-id"), fields=ROW_FIELDS)


@operation(scope="measures:read", answer=MeasureOut)
def get_measure(call: Call, reference: str) -> dict[str, Any]:
    """Read a measure.

    With its steps and the provider's appeals. A provider reads the reason it is told, not who said what.
    """
    call.actor.require("measure.view")
    return measure_out(call.actor, measure_by_reference(reference))


@operation(
    scope="measures:write",
    body=NewMeasure,
    answer=MeasureRow,
    status=201,
    codes=(
        *("measure_exists", "only_suspend_at_once", "kind_missing", "reason_missing", "told_provider_missing"),
        *("conditions_missing", "review_in_past", "alert_unknown", *_TEXTS),
    ),
)
def propose_a_measure(call: Call) -> Created:
    """Propose a measure.

    A second person decides. A suspension holds at once when somebody is in danger now (`is_urgent`); a second person
    confirms it within one working day.
    """
    made = acts.propose_measure(call.actor, facts=MeasureFacts(**call.body))
    return Created(_row(made.reference), f"/measures/{made.reference}")


@operation(scope="measures:write", body=MeasureDecision, answer=MeasureRow, codes=_SECOND)
def decide_measure(call: Call, reference: str) -> dict[str, Any]:
    """Decide on a measure.

    As the second person: the client’s owner must be somebody else than whoever proposed it. It holds from this moment:
    nobody is invited, offers, is awarded or signs under it. One that holds already is confirmed or ended.
    """
    measure_by_reference(reference)
    action = acts.confirm_measure if call.body["agree"] else acts.refuse_measure
    action(call.actor, reference=reference, note=call.body["note"], is_checked=call.body["is_checked"])
    return _row(reference)


@operation(
    scope="measures:write",
    body=MeasureNote,
    answer=MeasureRow,
    codes=("measure_not_now", "not_the_proposer", "note_missing", *_TEXTS),
)
def withdraw_proposed_measure(call: Call, reference: str) -> dict[str, Any]:
    """Take a proposal back.

    Before anybody has decided; whoever proposed it.
    """
    measure_by_reference(reference)
    acts.withdraw_measure(call.actor, reference=reference, **call.body)
    return _row(reference)


@operation(
    scope="measures:write",
    body=MeasureReviewIn,
    answer=MeasureRow,
    codes=("measure_not_now", "note_missing", "review_in_past", "conditions_missing", *_TEXTS),
)
def review_standing_measure(call: Call, reference: str) -> dict[str, Any]:
    """Record a review of a measure.

    It goes on, with a new day of review and, if given, other conditions. The provider is told.
    """
    measure_by_reference(reference)
    acts.review_measure(call.actor, reference=reference, **call.body)
    return _row(reference)


@operation(
    scope="measures:write", body=MeasureLiftIn, answer=MeasureRow, codes=("measure_not_now", "note_missing", *_TEXTS)
)
def propose_to_lift_measure(call: Call, reference: str) -> dict[str, Any]:
    """Propose to lift a measure.

    It holds on until a second person lifts it.
    """
    measure_by_reference(reference)
    acts.propose_lift(call.actor, reference=reference, **call.body)
    return _row(reference)


@operation(scope="measures:write", body=MeasureDecision, answer=MeasureRow, codes=_SECOND)
def decide_lift_of_measure(call: Call, reference: str) -> dict[str, Any]:
    """Lift a measure, or keep it.

    As the second person: somebody else than whoever proposed to lift it.
    """
    measure_by_reference(reference)
    action = acts.lift_measure if call.body["agree"] else acts.keep_measure
    action(call.actor, reference=reference, note=call.body["note"], is_checked=call.body["is_checked"])
    return _row(reference)


@operation(
    scope="measures:write",
    body=MeasureAppealIn,
    answer=MeasureRow,
    codes=("measure_not_now", "appeal_open", "text_missing", *_TEXTS),
)
def appeal_against_measure(call: Call, reference: str) -> dict[str, Any]:
    """Appeal against a measure.

    For the provider: its view stays on record. The measure holds until it is lifted.
    """
    measure_by_reference(reference)
    if not call.actor.is_provider:
        raise Http404
    appeal_measure(call.actor, reference=reference, **call.body)
    return _row(reference)


@operation(
    scope="measures:write",
    body=MeasureAppealAnswer,
    answer=MeasureRow,
    codes=("no_appeal", "second_person_needed", "outcome_missing", "answer_missing", *_TEXTS),
)
def answer_measure_appeal(call: Call, reference: str) -> dict[str, Any]:
    """Answer an appeal.

    By somebody else than whoever proposed the measure. The provider is told.
    """
    measure_by_reference(reference)
    answer_appeal(call.actor, reference=reference, **call.body)
    return _row(reference)
