"""What the API's operations on concerns, suggestions and complaints take and answer."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, Query, Shape
from brokerage.core.forms.checked import checked_field
from brokerage.core.texts import LONGEST
from brokerage.safeguarding.concerns.actions import concerns as concern_acts
from brokerage.safeguarding.concerns.actions import patterns as pattern_acts
from brokerage.safeguarding.concerns.models import ComplaintKind, ConcernKind, EntryKind, Pattern, Side
from brokerage.safeguarding.concerns.states import COMPLAINT, CONCERN, SUGGESTION

_PROVIDER = "77c0ffee-1234-4abc-8def-001122334455"
_HOME = "0c7a6e1b-8f0a-4b55-8a0d-4f6f0f1e2d33"
_WHAT = "The kitchen was dirty, and the fridge was locked."


class ConcernRow(Shape):
    """A concern, as lists show it."""

    reference = s.CharField()
    state = s.ChoiceField(choices=CONCERN.choices)
    kind = s.ChoiceField(choices=ConcernKind.choices)
    about = s.CharField(help_text="The provider, home or household, as it was called that day.")
    seen_on = s.DateField()
    organisation = s.CharField(help_text="Whose note it is.")
    is_shared = s.BooleanField(help_text="Whether the region’s central team reads it.")
    written_at = s.DateTimeField()
    example: ClassVar[dict[str, Any]] = {
        "reference": "K-7K3M-9QX2",
        "state": "open",
        "kind": "care",
        "about": "Birch House, Birch Care Ltd",
        "seen_on": "2026-11-21",
        "organisation": "Harrow",
        "is_shared": True,
        "written_at": "2026-11-22T09:30:00Z",
    }


class ConcernOut(ConcernRow):
    """A concern, and what was decided."""

    provider_id = s.UUIDField()
    establishment_id = s.UUIDField(allow_null=True)
    household_id = s.UUIDField(allow_null=True)
    what = s.CharField()
    written_by = s.CharField(help_text="The person, or the client and its owner.")
    decided_at = s.DateTimeField(allow_null=True)
    decided_by = s.CharField(allow_blank=True)
    decided_by_organisation = s.CharField(allow_blank=True)
    reason = s.CharField(allow_blank=True)
    example: ClassVar[dict[str, Any]] = {
        **ConcernRow.example,
        "provider_id": _PROVIDER,
        "establishment_id": _HOME,
        "household_id": None,
        "what": _WHAT,
        "written_by": "Olive Officer",
        "decided_at": None,
        "decided_by": "",
        "decided_by_organisation": "",
        "reason": "",
    }


class ConcernQuery(Query):
    """Which concerns."""

    state = s.ChoiceField(choices=CONCERN.choices, required=False)
    kind = s.ChoiceField(choices=ConcernKind.choices, required=False)
    provider_id = s.UUIDField(required=False)
    establishment_id = s.UUIDField(required=False)


class NewConcern(Input):
    """A concern. Name nobody."""

    provider_id = s.UUIDField()
    establishment_id = s.UUIDField(required=False, allow_null=True)
    household_id = s.UUIDField(required=False, allow_null=True, help_text="With its agency as `establishment_id`.")
    kind = s.ChoiceField(choices=ConcernKind.choices)
    what = s.CharField(max_length=concern_acts.LONGEST_NOTE)
    seen_on = s.DateField(help_text="Today or earlier.")
    is_shared = s.BooleanField(default=True, help_text="With the region’s central team; its own always are.")
    is_checked = checked_field()
    example: ClassVar[dict[str, Any]] = {
        "provider_id": _PROVIDER,
        "kind": "care",
        "what": _WHAT,
        "seen_on": "2026-11-21",
    }


class ConcernDecision(Input):
    """What is done about a concern, and why."""

    decision = s.ChoiceField(choices=concern_acts.DECISIONS, help_text="`alert`: you raise it with `POST /alerts`.")
    reason = s.CharField(max_length=LONGEST)
    is_checked = checked_field()
    example: ClassVar[dict[str, Any]] = {"decision": "look", "reason": "We have called the home and visit on Monday."}


class SuggestionState(Shape):
    """Where a pattern suggested to your leads stands: counts, never what was counted."""

    reference = s.CharField()
    state = s.ChoiceField(choices=SUGGESTION.choices)
    pattern = s.ChoiceField(choices=Pattern.choices)
    provider_id = s.UUIDField()
    establishment_id = s.UUIDField(allow_null=True)
    count = s.IntegerField()
    latest_on = s.DateField()
    raised_at = s.DateTimeField()
    decided_at = s.DateTimeField(allow_null=True)
    decided_by = s.CharField(allow_blank=True)
    example: ClassVar[dict[str, Any]] = {
        "reference": "G-7K3M-9QX2",
        "state": "open",
        "pattern": "concerns",
        "provider_id": _PROVIDER,
        "establishment_id": _HOME,
        "count": 3,
        "latest_on": "2026-11-21",
        "raised_at": "2026-11-22T09:30:00Z",
        "decided_at": None,
        "decided_by": "",
    }


class SuggestionRow(SuggestionState):
    """A pattern suggested to your leads, with the reason of whoever decided."""

    reason = s.CharField(allow_blank=True)
    example: ClassVar[dict[str, Any]] = {**SuggestionState.example, "reason": ""}


class SuggestionQuery(Query):
    """Which suggestions."""

    state = s.ChoiceField(choices=SUGGESTION.choices, required=False)
    pattern = s.ChoiceField(choices=Pattern.choices, required=False)
    provider_id = s.UUIDField(required=False)


class SuggestionDecision(Input):
    """What becomes of a suggestion, and why."""

    decision = s.ChoiceField(
        choices=pattern_acts.DECISIONS,
        help_text="Alerts and measures are acts of their own, measures central teams’.",
    )
    reason = s.CharField(max_length=LONGEST)
    is_checked = checked_field()
    example: ClassVar[dict[str, Any]] = {"decision": "look", "reason": "We verify the provider’s papers again."}


class ComplaintRow(Shape):
    """A complaint or dispute, as lists show it."""

    reference = s.CharField()
    state = s.ChoiceField(choices=COMPLAINT.choices)
    kind = s.ChoiceField(choices=ComplaintKind.choices)
    made_by = s.ChoiceField(choices=Side.choices, help_text="Which side complained.")
    authority = s.CharField()
    provider = s.CharField()
    made_at = s.DateTimeField()
    acknowledge_by = s.DateField(help_text="The last day on which it is acknowledged in time.")
    acknowledged_at = s.DateTimeField(allow_null=True)
    was_late = s.BooleanField(help_text="Whether it was acknowledged after that day.")
    closed_at = s.DateTimeField(allow_null=True)
    example: ClassVar[dict[str, Any]] = {
        "reference": "D-7K3M-9QX2",
        "state": "made",
        "kind": "invoice",
        "made_by": "authority",
        "authority": "Harrow",
        "provider": "Birch Care Ltd",
        "made_at": "2026-11-22T09:30:00Z",
        "acknowledge_by": "2026-12-22",
        "acknowledged_at": None,
        "was_late": False,
        "closed_at": None,
    }


class ComplaintEntryOut(Shape):
    """What one of them said or did."""

    kind = s.ChoiceField(choices=EntryKind.choices)
    organisation = s.CharField()
    by = s.CharField()
    at = s.DateTimeField()
    text = s.CharField(allow_blank=True)


class ComplaintOut(ComplaintRow):
    """A complaint with everything said since, in order."""

    authority_id = s.UUIDField()
    provider_id = s.UUIDField()
    agreement = s.CharField(allow_blank=True, help_text="Reference of the agreement that it is about.")
    what = s.CharField()
    wanted = s.CharField()
    made_by_person = s.CharField()
    acknowledged_by = s.CharField(allow_blank=True)
    mediator = s.CharField(allow_null=True)
    mediation_asked_at = s.DateTimeField(allow_null=True)
    mediated_at = s.DateTimeField(allow_null=True)
    entries = s.ListField(child=ComplaintEntryOut())
    example: ClassVar[dict[str, Any]] = {
        **ComplaintRow.example,
        "authority_id": "0a6a4b36-8c9f-4d1a-9a1e-2f6f7e1f0b22",
        "provider_id": _PROVIDER,
        "agreement": "A-7K3M-9QX2",
        "what": "The invoice for October counts five weeks.",
        "wanted": "A corrected invoice.",
        "made_by_person": "Olive Officer",
        "acknowledged_by": "",
        "mediator": None,
        "mediation_asked_at": None,
        "mediated_at": None,
        "entries": [],
    }


class ComplaintQuery(Query):
    """Which complaints."""

    state = s.ChoiceField(choices=COMPLAINT.choices, required=False)
    kind = s.ChoiceField(choices=ComplaintKind.choices, required=False)
    overdue = s.BooleanField(required=False, help_text="Not acknowledged, and the last day for it is over.")


class NewComplaint(Input):
    """A complaint. The other side reads all of it; name nobody."""

    against_id = s.UUIDField(help_text="The provider’s id; from a provider, the authority’s.")
    kind = s.ChoiceField(choices=ComplaintKind.choices)
    agreement_reference = s.CharField(max_length=20, allow_blank=True, default="")
    what = s.CharField(max_length=LONGEST)
    wanted = s.CharField(max_length=LONGEST)
    is_checked = checked_field()
    example: ClassVar[dict[str, Any]] = {
        "against_id": _PROVIDER,
        "kind": "invoice",
        "what": "The invoice for October counts five weeks.",
        "wanted": "A corrected invoice.",
    }


class Said(Input):
    """What you say. Everybody who reads the complaint reads it."""

    text = s.CharField(max_length=LONGEST)
    is_checked = checked_field()
    example: ClassVar[dict[str, Any]] = {"text": "We have corrected the invoice today."}
