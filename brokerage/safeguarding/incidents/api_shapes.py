"""What the API's operations on incidents take and answer."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, MomentField, Query, Shape
from brokerage.core.texts import LONGEST
from brokerage.safeguarding.incidents.models import InterviewOutcome, Kind, Risk, Side
from brokerage.safeguarding.incidents.queries import STATES
from brokerage.safeguarding.incidents.states import CHOICES

_HAPPENED = "Left after supper and did not come back by ten."
_DONE = "The police were told. Two members of staff are searching."


class OwnResidentRow(Shape):
    """Somebody who lives with you, or left within thirty days: known by the agreement, or by letters for the stay."""

    agreement = s.CharField(help_text="Its reference (`N-…`: a stay without an agreement here): what a report names.")
    authority = s.CharField(help_text="Who placed them and is told.")
    home = s.CharField(allow_blank=True)
    establishment_id = s.UUIDField(allow_null=True)
    household_id = s.UUIDField(allow_null=True)
    started_on = s.DateField(allow_null=True)
    ended_on = s.DateField(allow_null=True)
    example: ClassVar[dict[str, Any]] = {
        "agreement": "A-7K3M-9QX2",
        "authority": "Harrow",
        "home": "Birch House",
        "establishment_id": "5b1d1d0e-3c3a-4f7e-8f3e-2b7f6f1f0a11",
        "household_id": None,
        "started_on": "2026-10-01",
        "ended_on": None,
    }


class IncidentRow(Shape):
    """An incident as lists show it."""

    reference = s.CharField()
    kind = s.ChoiceField(choices=Kind.choices)
    state = s.ChoiceField(choices=CHOICES)
    risk = s.ChoiceField(choices=Risk.choices)
    agreement = s.CharField()
    establishment_id = s.UUIDField(allow_null=True)
    happened_at = s.DateTimeField(help_text="Of an episode: since when.")
    reported_at = s.DateTimeField()
    acknowledged_at = s.DateTimeField(allow_null=True)
    returned_at = s.DateTimeField(allow_null=True)
    interview_due_at = s.DateTimeField(allow_null=True)
    closed_at = s.DateTimeField(allow_null=True)
    example: ClassVar[dict[str, Any]] = {
        "reference": "E-7K3M-9QX2",
        "kind": "missing",
        "state": "missing",
        "risk": "high",
        "agreement": "A-7K3M-9QX2",
        "establishment_id": "5b1d1d0e-3c3a-4f7e-8f3e-2b7f6f1f0a11",
        "happened_at": "2026-11-21T22:00:00Z",
        "reported_at": "2026-11-21T22:20:00Z",
        "acknowledged_at": None,
        "returned_at": None,
        "interview_due_at": None,
        "closed_at": None,
    }


class IncidentQuery(Query):
    """Which incidents."""

    kind = s.ChoiceField(choices=Kind.choices, required=False)
    state = s.ChoiceField(
        choices=[(name, label) for name, (_rows, label) in STATES.items()],
        required=False,
        help_text="What it waits for, as the pages call it.",
    )
    agreement = s.CharField(required=False, max_length=20)
    establishment_id = s.UUIDField(required=False)
    since = MomentField(required=False, help_text="Happened at this moment or later.")
    until = MomentField(required=False, help_text="Happened before this moment.")


class IncidentOut(IncidentRow):
    """An incident, as both sides read it."""

    authority = s.CharField()
    provider = s.CharField()
    home = s.CharField(allow_blank=True)
    known_at = s.DateTimeField()
    what_happened = s.CharField()
    last_seen = s.CharField(allow_blank=True)
    action_taken = s.CharField()
    police_told_at = s.DateTimeField(allow_null=True)
    police_reference = s.CharField(allow_blank=True)
    regulator_told_at = s.DateTimeField(allow_null=True)
    regulator_reference = s.CharField(allow_blank=True)
    lado_told_at = s.DateTimeField(allow_null=True)
    lado_reference = s.CharField(allow_blank=True)
    others_told = s.CharField(allow_blank=True)
    reported_by = s.CharField()
    acknowledge_by = s.DateTimeField(help_text="When the authority should have acknowledged it.")
    acknowledged_by = s.CharField(allow_blank=True)
    returned_how = s.CharField(allow_blank=True)
    was_harmed = s.BooleanField(allow_null=True)
    harm = s.CharField(allow_blank=True)
    needs_interview = s.BooleanField(help_text="Whether a return interview is owed after a return.")
    interview_offered_at = s.DateTimeField(allow_null=True)
    interview_by = s.CharField(allow_blank=True)
    interview_outcome = s.ChoiceField(choices=InterviewOutcome.choices, allow_null=True)
    interview_on = s.DateField(allow_null=True)
    closed_by = s.CharField(allow_blank=True)
    outcome = s.CharField(allow_blank=True)
    example: ClassVar[dict[str, Any]] = {
        **IncidentRow.example,
        "authority": "Harrow",
        "provider": "Birch Care Ltd",
        "home": "Birch House",
        "known_at": "2026-11-21T22:10:00Z",
        "what_happened": _HAPPENED,
        "last_seen": "At the bus stop, in a red coat.",
        "action_taken": _DONE,
        "police_told_at": "2026-11-21T22:15:00Z",
        "police_reference": "CAD 1234",
        "regulator_told_at": None,
        "regulator_reference": "",
        "lado_told_at": None,
        "lado_reference": "",
        "others_told": "",
        "reported_by": "Bob Birch",
        "acknowledge_by": "2026-11-21T23:20:00Z",
        "acknowledged_by": "",
        "returned_how": "",
        "was_harmed": None,
        "harm": "",
        "needs_interview": True,
        "interview_offered_at": None,
        "interview_by": "",
        "interview_outcome": None,
        "interview_on": None,
        "closed_by": "",
        "outcome": "",
    }


class NewIncident(Input):
    """A report of one of your residents. Only the authority that placed them is told."""

    agreement = s.CharField(max_length=20, help_text="Of `GET /incidents/residents`.")
    kind = s.ChoiceField(choices=Kind.choices)
    risk = s.ChoiceField(choices=Risk.choices)
    happened_at = MomentField(help_text="Of an episode: since when.")
    known_at = MomentField(required=False, allow_null=True, help_text="Now, unless said.")
    what_happened = s.CharField(max_length=LONGEST)
    last_seen = s.CharField(
        max_length=LONGEST, allow_blank=True, default="", help_text="Where, and in which clothes: needed when missing."
    )
    action_taken = s.CharField(max_length=LONGEST)
    police_told_at = MomentField(required=False, allow_null=True)
    police_reference = s.CharField(max_length=60, allow_blank=True, default="")
    regulator_told_at = MomentField(required=False, allow_null=True)
    regulator_reference = s.CharField(max_length=60, allow_blank=True, default="")
    lado_told_at = MomentField(required=False, allow_null=True)
    lado_reference = s.CharField(max_length=60, allow_blank=True, default="")
    others_told = s.CharField(max_length=LONGEST, allow_blank=True, default="")
    example: ClassVar[dict[str, Any]] = {
        "agreement": "A-7K3M-9QX2",
        "kind": "missing",
        "risk": "high",
        "happened_at": "2026-11-21T22:00:00Z",
        "what_happened": _HAPPENED,
        "last_seen": "At the bus stop, in a red coat.",
        "action_taken": _DONE,
    }


class EntryRow(Shape):
    """What either side added; an internal entry is read by the authority alone."""

    id = s.UUIDField()
    side = s.ChoiceField(choices=Side.choices)
    move = s.CharField(allow_blank=True, help_text="The act that it belongs to; empty: an addition.")
    text = s.CharField(allow_blank=True)
    is_internal = s.BooleanField()
    by = s.CharField()
    at = s.DateTimeField()
    example: ClassVar[dict[str, Any]] = {
        "id": "c0a4e6c2-0b57-4c4f-8ed7-5a5d0f0d9f10",
        "side": "provider",
        "move": "",
        "text": "The police have looked at the station’s cameras.",
        "is_internal": False,
        "by": "Bob Birch",
        "at": "2026-11-21T23:00:00Z",
    }


class NewEntry(Input):
    """An addition."""

    text = s.CharField(max_length=LONGEST)
    is_internal = s.BooleanField(default=False, help_text="For an authority: only it reads the entry.")
    example: ClassVar[dict[str, Any]] = {"text": "The police have looked at the station’s cameras."}


class NewReturn(Input):
    """When and how somebody came back."""

    returned_at = MomentField()
    returned_how = s.CharField(max_length=LONGEST)
    was_harmed = s.BooleanField()
    harm = s.CharField(max_length=LONGEST, allow_blank=True, default="", help_text="Needed where they were harmed.")
    example: ClassVar[dict[str, Any]] = {
        "returned_at": "2026-11-22T01:00:00Z",
        "returned_how": "Brought back by the police, tired and hungry.",
        "was_harmed": False,
    }


class Mistake(Input):
    """What was mistaken in a report."""

    reason = s.CharField(max_length=LONGEST)
    example: ClassVar[dict[str, Any]] = {"reason": "They were at school."}


class Acknowledgement(Input):
    """That it was read."""

    text = s.CharField(
        max_length=LONGEST, allow_blank=True, default="", help_text="What you do; the provider reads it."
    )
    example: ClassVar[dict[str, Any]] = {"text": "The duty social worker rings you within the hour."}


class FollowUp(Input):
    """What the provider is to do."""

    text = s.CharField(max_length=LONGEST)
    example: ClassVar[dict[str, Any]] = {"text": "Send the restraint record by Friday."}


class Offer(Input):
    """Who will do the return interview: somebody independent of the home."""

    interview_by = s.CharField(max_length=120)
    example: ClassVar[dict[str, Any]] = {"interview_by": "The advocacy service"}


class Settlement(Input):
    """What came of the return interview."""

    interview_outcome = s.ChoiceField(choices=InterviewOutcome.choices)
    interview_on = s.DateField(help_text="Today or earlier.")
    example: ClassVar[dict[str, Any]] = {"interview_outcome": "done", "interview_on": "2026-11-22"}


class Ending(Input):
    """What came of it; the provider reads it."""

    outcome = s.CharField(max_length=LONGEST)
    example: ClassVar[dict[str, Any]] = {"outcome": "A new safety plan was agreed."}
