"""What the API's operations on closures take and answer."""

from __future__ import annotations

from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, Query, Shape
from brokerage.core.forms.checked import checked_field
from brokerage.core.texts import LONGEST
from brokerage.safeguarding.closures.models import ClosureReason, Why
from brokerage.safeguarding.closures.states import CLOSURE, RESIDENT, RESIDENT_MOVE

_STATES = [(state, CLOSURE.label(state)) for state in CLOSURE.states]
_STEPS = [(state, RESIDENT.label(state)) for state in RESIDENT.states]


class ClosureRow(Shape):
    """A closure that your organisation was told of, as lists show it."""

    reference = s.CharField()
    status = s.ChoiceField(choices=_STATES)
    about = s.CharField(help_text="What closes, as it was called that day.")
    why = s.ChoiceField(choices=Why.choices)
    closes_on = s.DateField()
    closed_on = s.DateField(allow_null=True)
    reasons = s.ListField(child=s.ChoiceField(choices=ClosureReason.choices), help_text="Why you are told.")
    told_at = s.DateTimeField()
    example = {
        "reference": "C-7K3M-9QX2",
        "status": "announced",
        "about": "Birch House, Birch Care Ltd",
        "why": "money",
        "closes_on": "2027-01-31",
        "closed_on": None,
        "reasons": ["resident"],
        "told_at": "2026-11-22T09:30:00Z",
    }


class ClosureOut(ClosureRow):
    """A closure. It says nothing of anybody who lives there."""

    provider_id = s.UUIDField()
    establishment_id = s.UUIDField(allow_null=True)
    household_id = s.UUIDField(allow_null=True)
    explanation = s.CharField(allow_blank=True)
    notice_on = s.DateField()
    announced_by = s.CharField(help_text="The organisation that announced it.")
    announced_at = s.DateTimeField()
    changed_at = s.DateTimeField(allow_null=True, help_text="When its day was moved last.")
    change_note = s.CharField(allow_blank=True, help_text="Why the day was moved, or why it is not closing.")
    closed_at = s.DateTimeField(allow_null=True)
    completed_at = s.DateTimeField(allow_null=True, help_text="When it had closed and nobody was left to move.")
    withdrawn_at = s.DateTimeField(allow_null=True)
    example = {
        **ClosureRow.example,
        "provider_id": "0b9f4a56-8d67-4d3e-9e3f-6f1f2d3c4b5a",
        "establishment_id": "5e0f7f0e-2a3b-4c5d-8e9f-0a1b2c3d4e5f",
        "household_id": None,
        "explanation": "The lease ends.",
        "notice_on": "2026-11-20",
        "announced_by": "Birch Care Ltd",
        "announced_at": "2026-11-22T09:30:00Z",
        "changed_at": None,
        "change_note": "",
        "closed_at": None,
        "completed_at": None,
        "withdrawn_at": None,
    }


class ClosureQuery(Query):
    """What the list is narrowed to."""

    status = s.ChoiceField(choices=_STATES, required=False)


class NewClosure(Input):
    """What closes, when and why."""

    provider_id = s.UUIDField()
    establishment_id = s.UUIDField(required=False, allow_null=True, help_text="One home; else the whole provider.")
    household_id = s.UUIDField(required=False, allow_null=True, help_text="One fostering household of that home.")
    why = s.ChoiceField(choices=Why.choices)
    closes_on = s.DateField()
    notice_on = s.DateField(help_text="The day on which notice was given.")
    explanation = s.CharField(
        required=False, allow_blank=True, max_length=LONGEST, help_text="Everybody told reads it. Name nobody."
    )
    is_checked = checked_field()
    example = {
        "provider_id": "0b9f4a56-8d67-4d3e-9e3f-6f1f2d3c4b5a",
        "establishment_id": None,
        "household_id": None,
        "why": "money",
        "closes_on": "2027-01-31",
        "notice_on": "2026-11-20",
        "explanation": "The lease ends.",
        "is_checked": False,
    }


class NewDay(Input):
    """Another day for a closure."""

    closes_on = s.DateField()
    change_note = s.CharField(max_length=LONGEST)
    is_checked = checked_field()
    example = {"closes_on": "2027-02-14", "change_note": "The lease was made longer."}


class Withdrawal(Input):
    """Why it is not closing."""

    change_note = s.CharField(max_length=LONGEST)
    is_checked = checked_field()
    example = {"change_note": "Another provider takes the home over."}


class Closed(Input):
    """The day on which it closed."""

    closed_on = s.DateField()
    example = {"closed_on": "2026-11-21"}


class AuthorityProgress(Shape):
    """How far one authority is, in numbers of people."""

    organisation = s.CharField()
    people_count = s.IntegerField()
    not_started_count = s.IntegerField()
    looking_count = s.IntegerField()
    found_count = s.IntegerField()
    ended_count = s.IntegerField(help_text="Moved, went home, or ended another way.")
    told_at = s.DateTimeField()
    seen_at = s.DateTimeField(allow_null=True)
    changed_at = s.DateTimeField(allow_null=True, help_text="When anything was recorded last.")
    reminders_count = s.IntegerField()
    example = {
        "organisation": "Harrow",
        "people_count": 3,
        "not_started_count": 1,
        "looking_count": 1,
        "found_count": 0,
        "ended_count": 1,
        "told_at": "2026-11-22T09:30:00Z",
        "seen_at": "2026-11-22T09:41:00Z",
        "changed_at": None,
        "reminders_count": 0,
    }


class ResidentRow(Shape):
    """How far the search for the next home of one of your people there is."""

    id = s.UUIDField()
    placement = s.CharField(help_text="The placement that ends.")
    placement_id = s.UUIDField()
    status = s.ChoiceField(choices=_STEPS)
    referral = s.CharField(allow_null=True, help_text="The referral that looks for the next home.")
    new_placement = s.CharField(allow_null=True, help_text="The placement that was found.")
    looking_at = s.DateTimeField(allow_null=True)
    found_at = s.DateTimeField(allow_null=True)
    ended_on = s.DateField(allow_null=True, help_text="The day they left.")
    changed_by = s.CharField(allow_blank=True)
    changed_at = s.DateTimeField(allow_null=True)
    example = {
        "id": "3f2c1d4e-5b6a-4978-8a9b-0c1d2e3f4a5b",
        "placement": "P-7K3M-9QX2",
        "placement_id": "8a7b6c5d-4e3f-4a1b-9c8d-7e6f5a4b3c2d",
        "status": "looking",
        "referral": "R-4T6W-1XZ8",
        "new_placement": None,
        "looking_at": "2026-11-22T10:00:00Z",
        "found_at": None,
        "ended_on": None,
        "changed_by": "Olive Officer",
        "changed_at": "2026-11-22T10:00:00Z",
    }


class ResidentOut(ResidentRow):
    """Where one of your people there goes next."""

    note = s.CharField(allow_blank=True)
    example = {**ResidentRow.example, "note": ""}


class NextHome(Input):
    """How far the search for one person's next home is."""

    status = s.ChoiceField(choices=[(state, RESIDENT.label(state)) for state in RESIDENT_MOVE])
    referral = s.CharField(required=False, allow_blank=True, max_length=24)
    placement = s.CharField(required=False, allow_blank=True, max_length=24, help_text="Needed once a home is found.")
    ended_on = s.DateField(required=False, allow_null=True, help_text="Needed once they have left.")
    note = s.CharField(required=False, allow_blank=True, max_length=LONGEST)
    example = {"status": "went_home", "referral": "", "placement": "", "ended_on": "2026-11-21", "note": ""}
