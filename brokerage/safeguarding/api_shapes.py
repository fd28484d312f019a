"""What the API's operations on alerts take and answer."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, Query, Shape
from brokerage.core.forms.checked import checked_field
from brokerage.core.texts import LONGEST
from brokerage.safeguarding.models import Kind, Reason, Severity
from brokerage.safeguarding.states import ALERT

_HAPPENED = "A member of staff was arrested last night."
_TAKEN = "The police and the regulator know. Two more adults are on every shift."


class AlertRow(Shape):
    """An alert that your organisation was told of, as lists show it."""

    reference = s.CharField()
    severity = s.ChoiceField(choices=Severity.choices)
    kind = s.ChoiceField(choices=Kind.choices)
    about = s.CharField(help_text="The provider, home or household, as it was called that day.")
    reasons = s.ListField(child=s.ChoiceField(choices=Reason.choices), help_text="Why you were told.")
    people = s.IntegerField(help_text="How many of your people lived there, or were to move in, when you were told.")
    told_at = s.DateTimeField()
    acknowledged_at = s.DateTimeField(allow_null=True, help_text="When your organisation answered.")
    closed_at = s.DateTimeField(allow_null=True)
    example: ClassVar[dict[str, Any]] = {
        "reference": "S-7K3M-9QX2",
        "severity": "high",
        "kind": "allegation",
        "about": "Birch House, Birch Care Ltd",
        "reasons": ["resident", "region"],
        "people": 2,
        "told_at": "2026-11-22T09:30:00Z",
        "acknowledged_at": None,
        "closed_at": None,
    }


class AlertQuery(Query):
    """Which of the alerts received."""

    answered = s.BooleanField(required=False, help_text="Whether your organisation has answered.")
    closed = s.BooleanField(required=False)
    severity = s.ChoiceField(choices=Severity.choices, required=False)
    kind = s.ChoiceField(choices=Kind.choices, required=False)
    provider_id = s.UUIDField(required=False)


class RaisedRow(Shape):
    """An alert that your organisation raised, as lists show it."""

    reference = s.CharField()
    state = s.ChoiceField(choices=ALERT.choices)
    severity = s.ChoiceField(choices=Severity.choices)
    kind = s.ChoiceField(choices=Kind.choices)
    about = s.CharField()
    raised_at = s.DateTimeField()
    raised_by = s.CharField(help_text="The person, or the client and its owner.")
    example: ClassVar[dict[str, Any]] = {
        "reference": "S-7K3M-9QX2",
        "state": "awaiting_confirmation",
        "severity": "high",
        "kind": "allegation",
        "about": "Birch House, Birch Care Ltd",
        "raised_at": "2026-11-22T09:30:00Z",
        "raised_by": "Olive Officer",
    }


class RaisedNow(RaisedRow):
    """An alert as it was just raised."""

    has_second_person = s.BooleanField(
        help_text="Whether somebody else of your organisation may send alerts. Without one, a high alert goes out only"
        " with `is_immediate_danger`: telephone the central team."
    )
    example: ClassVar[dict[str, Any]] = {**RaisedRow.example, "has_second_person": True}


class RaisedQuery(Query):
    """Which of the alerts raised."""

    state = s.ChoiceField(choices=ALERT.choices, required=False)
    severity = s.ChoiceField(choices=Severity.choices, required=False)


class ToldPart(Shape):
    """What your organisation was told, and what it answered."""

    reasons = s.ListField(child=s.ChoiceField(choices=Reason.choices))
    people = s.IntegerField()
    told_at = s.DateTimeField()
    acknowledged_at = s.DateTimeField(allow_null=True)
    acknowledged_by = s.CharField(allow_blank=True)
    response = s.CharField(allow_blank=True)


class RaisedPart(Shape):
    """What only the organisation that raised it reads."""

    state = s.ChoiceField(choices=ALERT.choices)
    raised_at = s.DateTimeField()
    raised_by = s.CharField()
    decided_at = s.DateTimeField(allow_null=True)
    decided_by = s.CharField(allow_blank=True, help_text="The second person.")
    decision_note = s.CharField(allow_blank=True, help_text="Why it was not sent.")
    sent_at = s.DateTimeField(allow_null=True)
    told_provider = s.CharField(allow_blank=True, help_text="What the provider is told.")
    closed_by = s.CharField(allow_blank=True)


class AlertOut(Shape):
    """An alert, trimmed by why you were told: what you may not read is null."""

    reference = s.CharField()
    severity = s.ChoiceField(choices=Severity.choices)
    kind = s.ChoiceField(choices=Kind.choices)
    about = s.CharField()
    provider_id = s.UUIDField()
    establishment_id = s.UUIDField(allow_null=True)
    household_id = s.UUIDField(allow_null=True)
    organisation = s.CharField(allow_null=True, help_text="Who raised it.")
    is_immediate_danger = s.BooleanField(allow_null=True)
    what_happened = s.CharField(allow_null=True)
    action_taken = s.CharField(allow_null=True)
    regulator_reference = s.CharField(allow_null=True, allow_blank=True)
    regulator_told_on = s.DateField(allow_null=True)
    police_reference = s.CharField(allow_null=True, allow_blank=True)
    police_told_on = s.DateField(allow_null=True)
    lado_reference = s.CharField(allow_null=True, allow_blank=True)
    lado_told_on = s.DateField(allow_null=True)
    text = s.CharField(allow_null=True, help_text="What the provider that it is about is told.")
    closed_at = s.DateTimeField(allow_null=True)
    outcome = s.CharField(allow_null=True, allow_blank=True)
    told = ToldPart(allow_null=True, help_text="Null until it is sent.")
    raised = RaisedPart(allow_null=True, help_text="Null unless your organisation raised it.")
    example: ClassVar[dict[str, Any]] = {
        "reference": "S-7K3M-9QX2",
        "severity": "high",
        "kind": "allegation",
        "about": "Birch House, Birch Care Ltd",
        "provider_id": "77c0ffee-1234-4abc-8def-001122334455",
        "establishment_id": "0c7a6e1b-8f0a-4b55-8a0d-4f6f0f1e2d33",
        "household_id": None,
        "organisation": "Harrow",
        "is_immediate_danger": True,
        "what_happened": _HAPPENED,
        "action_taken": _TAKEN,
        "regulator_reference": "CAS-1",
        "regulator_told_on": "2026-11-22",
        "police_reference": "",
        "police_told_on": None,
        "lado_reference": "",
        "lado_told_on": None,
        "text": None,
        "closed_at": None,
        "outcome": "",
        "told": {
            "reasons": ["resident", "region"],
            "people": 2,
            "told_at": "2026-11-22T09:30:00Z",
            "acknowledged_at": None,
            "acknowledged_by": "",
            "response": "",
        },
        "raised": None,
    }


class NewAlert(Input):
    """An alert. Name nobody: everybody told would read it."""

    provider_id = s.UUIDField()
    establishment_id = s.UUIDField(required=False, allow_null=True)
    household_id = s.UUIDField(required=False, allow_null=True, help_text="With its agency as `establishment_id`.")
    kind = s.ChoiceField(choices=Kind.choices)
    severity = s.ChoiceField(choices=Severity.choices)
    is_immediate_danger = s.BooleanField(default=False, help_text="A high alert is then sent at once.")
    what_happened = s.CharField(max_length=LONGEST)
    action_taken = s.CharField(max_length=LONGEST)
    told_provider = s.CharField(
        max_length=LONGEST, allow_blank=True, default="", help_text="What the provider is told; empty: nothing."
    )
    regulator_reference = s.CharField(max_length=60, allow_blank=True, default="")
    regulator_told_on = s.DateField(required=False, allow_null=True)
    police_reference = s.CharField(max_length=60, allow_blank=True, default="")
    police_told_on = s.DateField(required=False, allow_null=True)
    lado_reference = s.CharField(max_length=60, allow_blank=True, default="")
    lado_told_on = s.DateField(required=False, allow_null=True)
    is_checked = checked_field()
    example: ClassVar[dict[str, Any]] = {
        "provider_id": "77c0ffee-1234-4abc-8def-001122334455",
        "kind": "allegation",
        "severity": "medium",
        "what_happened": _HAPPENED,
        "action_taken": _TAKEN,
    }


class Dismissal(Input):
    """Why an alert is not sent."""

    reason = s.CharField(max_length=LONGEST)
    is_checked = checked_field()
    example: ClassVar[dict[str, Any]] = {"reason": "It was about another home of the same name."}


class Closing(Input):
    """What came of an alert; everybody who was told reads it, so name nobody."""

    outcome = s.CharField(max_length=LONGEST)
    is_checked = checked_field()
    example: ClassVar[dict[str, Any]] = {"outcome": "The allegation was unfounded. Staffing was strengthened."}


class Plan(Input):
    """What is done for one of your people there."""

    placement_id = s.UUIDField()
    plan = s.CharField(max_length=LONGEST)
    example: ClassVar[dict[str, Any]] = {
        "placement_id": "5b1d1d0e-3c3a-4f7e-8f3e-2b7f6f1f0a11",
        "plan": "The social worker visits before 6 p.m.",
    }


class NewAnswer(Input):
    """Your organisation’s answer: given once, with a plan for each of your people there."""

    response = s.CharField(max_length=LONGEST)
    plans = s.ListField(child=Plan(), required=False, max_length=200)
    is_checked = checked_field()
    example: ClassVar[dict[str, Any]] = {"response": "We visit today.", "plans": []}


class LaterPlans(Input):
    """What is done for those of your people who came to live there after your organisation answered."""

    plans = s.ListField(child=Plan(), max_length=200)
    is_checked = checked_field()
    example: ClassVar[dict[str, Any]] = {"plans": [Plan.example]}


class PersonThere(Shape):
    """One of your placements that an alert is about: each needs a plan, in your answer or added to it."""

    placement_id = s.UUIDField()
    placement = s.CharField(help_text="Its reference.")
    planned_start_on = s.DateField()
    started_on = s.DateField(allow_null=True)
    has_plan = s.BooleanField(help_text="False once you have answered: this person came later, and waits for a plan.")
    example: ClassVar[dict[str, Any]] = {
        "placement_id": "5b1d1d0e-3c3a-4f7e-8f3e-2b7f6f1f0a11",
        "placement": "P-4H2K-8WZM",
        "planned_start_on": "2026-10-01",
        "started_on": "2026-10-01",
        "has_plan": True,
    }


class WelfareCheckRow(Shape):
    """A welfare check: whether it is done, and nothing about the person."""

    id = s.UUIDField()
    placement_id = s.UUIDField()
    placement = s.CharField(help_text="Its reference.")
    planned_at = s.DateTimeField()
    planned_by = s.CharField()
    due_on = s.DateField(allow_null=True, help_text="The day by which it is to be done.")
    done_on = s.DateField(allow_null=True)
    done_by = s.CharField(allow_blank=True)
    example: ClassVar[dict[str, Any]] = {
        "id": "c0a4e6c2-0b57-4c4f-8ed7-5a5d0f0d9f10",
        "placement_id": "5b1d1d0e-3c3a-4f7e-8f3e-2b7f6f1f0a11",
        "placement": "P-4H2K-8WZM",
        "planned_at": "2026-11-22T10:00:00Z",
        "planned_by": "Olive Officer",
        "due_on": "2026-11-25",
        "done_on": None,
        "done_by": "",
    }


class WelfareCheckOut(WelfareCheckRow):
    """A welfare check: what was planned for one of your people there, and what was found."""

    plan = s.CharField()
    found = s.CharField(allow_blank=True)
    is_safe = s.BooleanField(allow_null=True)
    example: ClassVar[dict[str, Any]] = {
        **WelfareCheckRow.example,
        "plan": "The social worker visits before 6 p.m.",
        "found": "",
        "is_safe": None,
    }


class CollectedChecks(Shape):
    """How far the welfare checks of one authority are, in numbers of people."""

    organisation = s.CharField()
    planned_count = s.IntegerField()
    done_count = s.IntegerField()
    safe_count = s.IntegerField()
    unsafe_count = s.IntegerField(help_text="Found not safe.")
    late_count = s.IntegerField(help_text="Not done by its day.")
    example: ClassVar[dict[str, Any]] = {
        "organisation": "Harrow",
        "planned_count": 3,
        "done_count": 2,
        "safe_count": 1,
        "unsafe_count": 1,
        "late_count": 0,
    }


class CheckDone(Input):
    """What a welfare check found."""

    found = s.CharField(max_length=LONGEST)
    is_safe = s.BooleanField()
    done_on = s.DateField(help_text="Today or earlier.")
    example: ClassVar[dict[str, Any]] = {"found": "Safe and well.", "is_safe": True, "done_on": "2026-11-22"}


class RosterLine(Shape):
    """One organisation that was told."""

    organisation = s.CharField()
    organisation_kind = s.CharField()
    reasons = s.ListField(child=s.ChoiceField(choices=Reason.choices))
    people = s.IntegerField()
    told_at = s.DateTimeField()
    people_told = s.IntegerField(help_text="How many people have a message.")
    e_mails_sent = s.IntegerField()
    people_texted = s.IntegerField(help_text="How many people were sent a text message.")
    texted_at = s.DateTimeField(allow_null=True, help_text="When the first text left.")
    seen_at = s.DateTimeField(allow_null=True, help_text="When the first of them saw it.")
    acknowledged_at = s.DateTimeField(allow_null=True)
    acknowledged_by = s.CharField(allow_blank=True)
    response = s.CharField(allow_blank=True)
    reminded = s.IntegerField(help_text="How often it was reminded.")
    reminded_at = s.DateTimeField(allow_null=True)
    people_without_plan = s.IntegerField(
        help_text="How many came to live there after a live alert was answered, and have no plan yet."
    )
    example: ClassVar[dict[str, Any]] = {
        "organisation": "Ealing",
        "organisation_kind": "authority",
        "reasons": ["region"],
        "people": 0,
        "told_at": "2026-11-22T09:30:00Z",
        "people_told": 4,
        "e_mails_sent": 4,
        "people_texted": 2,
        "texted_at": "2026-11-22T09:30:03Z",
        "seen_at": "2026-11-22T09:31:12Z",
        "acknowledged_at": None,
        "acknowledged_by": "",
        "response": "",
        "reminded": 0,
        "reminded_at": None,
        "people_without_plan": 0,
    }
