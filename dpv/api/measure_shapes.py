"""What the API's operations on measures take and answer."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, Query, Shape
from brokerage.core.forms.checked import checked_field
from brokerage.core.tenants.actors import Actor
from brokerage.core.texts import LONGEST
from dpv.models import Measure, MeasureAppeal, MeasureStep
from dpv.queries.measures import Reach, appeals_of, reach_of, steps_of
from dpv.states import MEASURE

_TOLD = "We found too few staff at night."
_CONDITIONS = "A rota with two awake at night, seen by us."


class MeasureRow(Shape):
    """A restriction, suspension or bar, as lists show it."""

    reference = s.CharField()
    kind = s.ChoiceField(choices=Measure.Kind.choices)
    level = s.ChoiceField(choices=Measure.Level.choices)
    about = s.CharField(help_text="What it covers, as it was called that day.")
    state = s.ChoiceField(choices=MEASURE.choices)
    provider_id = s.UUIDField()
    establishment_id = s.UUIDField(allow_null=True)
    lot_id = s.UUIDField(allow_null=True)
    proposed_at = s.DateTimeField()
    in_force_at = s.DateTimeField(allow_null=True)
    confirm_by = s.DateField(allow_null=True, help_text="When a second person must have confirmed an urgent one.")
    review_on = s.DateField()
    lifted_at = s.DateTimeField(allow_null=True)
    example: ClassVar[dict[str, Any]] = {
        "reference": "M-7K3M-9QX2",
        "kind": "suspend",
        "level": "establishment",
        "about": "Birch House, Birch Care Ltd",
        "state": "in_force",
        "provider_id": "4b8d1f2e-0a3c-4d5e-9f60-718293a4b5c6",
        "establishment_id": "0f9e8d7c-6b5a-4c3d-8e1f-2a3b4c5d6e7f",
        "lot_id": None,
        "proposed_at": "2026-11-22T09:00:00Z",
        "in_force_at": "2026-11-22T09:30:00Z",
        "confirm_by": None,
        "review_on": "2026-12-22",
        "lifted_at": None,
    }


_SAME = (
    *("reference", "kind", "level", "about", "provider_id", "establishment_id", "lot_id", "proposed_at"),
    *("in_force_at", "confirm_by", "review_on", "lifted_at"),
)
ROW_FIELDS = {"state": "status", **{name: name for name in _SAME}}


class MeasureQuery(Query):
    """Which measures."""

    state = s.ChoiceField(choices=MEASURE.choices, required=False)
    kind = s.ChoiceField(choices=Measure.Kind.choices, required=False)
    provider_id = s.UUIDField(required=False)
    establishment_id = s.UUIDField(required=False)


class MeasureStepOut(Shape):
    """Something that was done about a measure."""

    kind = s.ChoiceField(choices=MeasureStep.Kind.choices)
    text = s.CharField(allow_blank=True, help_text="The reason, or a note.")
    by = s.CharField()
    at = s.DateTimeField()
    example: ClassVar[dict[str, Any]] = {
        "kind": "proposed",
        "text": "Two visits found nobody awake at night.",
        "by": "Carol Contract",
        "at": "2026-11-22T09:00:00Z",
    }


class MeasureAppealOut(Shape):
    """The provider's view, and the central team's answer."""

    text = s.CharField()
    by = s.CharField()
    at = s.DateTimeField()
    outcome = s.ChoiceField(choices=MeasureAppeal.Outcome.choices, allow_null=True)
    answer = s.CharField(allow_blank=True)
    answered_by = s.CharField(allow_blank=True)
    answered_at = s.DateTimeField(allow_null=True)
    example: ClassVar[dict[str, Any]] = {
        "text": "Both were awake.",
        "by": "Bob Birch",
        "at": "2026-11-22T10:00:00Z",
        "outcome": "not_upheld",
        "answer": "The rota says otherwise.",
        "answered_by": "Mark Market",
        "answered_at": "2026-11-23T10:00:00Z",
    }


class MeasureReachOut(Shape):
    """What it stops or would stop now, as numbers."""

    admissions = s.IntegerField()
    invitations = s.IntegerField(help_text="Open ones.")
    offers = s.IntegerField(help_text="Invitations with a live offer.")
    unsigned = s.IntegerField(help_text="Agreements not yet signed by both sides.")
    people = s.IntegerField(help_text="People there or about to move in: they stay.")
    authorities = s.IntegerField(help_text="Whose people these are.")
    example: ClassVar[dict[str, Any]] = {
        "admissions": 2,
        "invitations": 3,
        "offers": 1,
        "unsigned": 0,
        "people": 4,
        "authorities": 2,
    }


class MeasureOut(MeasureRow):
    """A measure with its steps and appeals. A provider reads neither steps nor the alert."""

    told_provider = s.CharField(help_text="The reason as the provider reads it.")
    conditions = s.CharField(allow_blank=True)
    lift_conditions = s.CharField(allow_blank=True, help_text="What goes on after it is lifted.")
    is_urgent = s.BooleanField(help_text="Put in force at once because somebody was in danger.")
    alert = s.CharField(allow_null=True, help_text="The reference of the safeguarding alert.")
    steps = MeasureStepOut(many=True)
    appeals = MeasureAppealOut(many=True)
    reach = MeasureReachOut(allow_null=True, help_text="For the region's central team, while it waits or holds.")
    example: ClassVar[dict[str, Any]] = {
        **MeasureRow.example,
        "told_provider": _TOLD,
        "conditions": _CONDITIONS,
        "lift_conditions": "",
        "is_urgent": False,
        "alert": "S-7K3M-9QX2",
        "steps": [MeasureStepOut.example],
        "appeals": [MeasureAppealOut.example],
        "reach": MeasureReachOut.example,
    }


def _text(text: str, **kwargs: Any) -> s.CharField:
    return s.CharField(max_length=LONGEST, help_text=text, **kwargs)


class NewMeasure(Input):
    """A measure to propose. A home and a lot narrow what it covers."""

    kind = s.ChoiceField(choices=Measure.Kind.choices)
    provider_id = s.UUIDField()
    establishment_id = s.UUIDField(required=False, allow_null=True)
    lot_id = s.UUIDField(required=False, allow_null=True)
    reason = _text("For your colleagues and the region's authorities. Name no child or adult.")
    told_provider = _text("The reason as the provider reads it.")
    conditions = _text(
        "On what a restricted home may be used; what must happen before the others are lifted.",
        required=False,
        allow_blank=True,
    )
    review_on = s.DateField()
    alert_reference = s.CharField(
        max_length=20, required=False, allow_blank=True, help_text="An alert that your organisation has."
    )
    is_urgent = s.BooleanField(required=False, help_text="Somebody is in danger now: a suspension holds at once.")
    is_checked = checked_field()
    example: ClassVar[dict[str, Any]] = {
        "kind": "suspend",
        "provider_id": MeasureRow.example["provider_id"],
        "establishment_id": MeasureRow.example["establishment_id"],
        "reason": MeasureStepOut.example["text"],
        "told_provider": _TOLD,
        "conditions": _CONDITIONS,
        "review_on": "2026-12-22",
    }


class MeasureDecision(Input):
    """The second person's decision."""

    agree = s.BooleanField(help_text="Whether it is put in force (or lifted).")
    note = _text("Needed when you do not agree.", required=False, allow_blank=True, default="")
    is_checked = checked_field()
    example: ClassVar[dict[str, Any]] = {"agree": True, "note": "Seen the notes of both visits."}


class MeasureNote(Input):
    """Why."""

    note = _text("Why. Name no child or adult.")
    is_checked = checked_field()
    example: ClassVar[dict[str, Any]] = {"note": "The wrong home was chosen."}


class MeasureReviewIn(Input):
    """What a review found."""

    note = _text("What it found.")
    review_on = s.DateField(help_text="The next review.")
    conditions = _text("From now on; left out, they stay.", required=False, allow_blank=True)
    is_checked = checked_field()
    example: ClassVar[dict[str, Any]] = {"note": "One of two actions is done.", "review_on": "2027-01-22"}


class MeasureLiftIn(Input):
    """Why it should be lifted."""

    note = _text("Why. Name no child or adult.")
    lift_conditions = _text("What goes on after it is lifted.", required=False, allow_blank=True, default="")
    is_checked = checked_field()
    example: ClassVar[dict[str, Any]] = {"note": "The rota was seen.", "lift_conditions": "A visit each month."}


class MeasureAppealIn(Input):
    """The provider's view."""

    text = _text("The central team and the region's authorities read it. Name no child or adult.")
    is_checked = checked_field()
    example: ClassVar[dict[str, Any]] = {"text": MeasureAppealOut.example["text"]}


class MeasureAppealAnswer(Input):
    """The answer to the appeal that waits."""

    outcome = s.ChoiceField(choices=MeasureAppeal.Outcome.choices)
    answer = _text("The provider reads it.")
    is_checked = checked_field()
    example: ClassVar[dict[str, Any]] = {"outcome": "not_upheld", "answer": MeasureAppealOut.example["answer"]}


def measure_row(measure: Measure) -> dict[str, Any]:
    """Where a measure stands, as lists show it."""
    return {**{name: getattr(measure, name) for name in _SAME}, "state": measure.status}


def measure_out(actor: Actor, measure: Measure) -> dict[str, Any]:
    """A measure as the actor may read it."""
    is_ours = actor.is_central and (measure.is_standing or measure.status == MEASURE.initial)
    return {
        **measure_row(measure),
        "told_provider": measure.told_provider,
        "conditions": measure.conditions,
        "lift_conditions": measure.lift_conditions if measure.lifted_at or not actor.is_provider else "",
        "is_urgent": measure.is_urgent,
        "alert": None if actor.is_provider else measure.alert_reference or None,
        "steps": [
            {"kind": step.kind, "text": step.text, "by": step.by_name, "at": step.at}
            for step in ([] if actor.is_provider else steps_of(measure))
        ],
        "appeals": [
            {
                "text": appeal.text,
                "by": appeal.by_name,
                "at": appeal.at,
                "outcome": appeal.outcome or None,
                "answer": appeal.answer,
                "answered_by": appeal.answered_by_name,
                "answered_at": appeal.answered_at,
            }
            for appeal in appeals_of(measure)
        ],
        "reach": _reach(reach_of(measure)) if is_ours else None,
    }


def _reach(reach: Reach) -> dict[str, int]:
    return {name: getattr(reach, name) for name in MeasureReachOut.example}
