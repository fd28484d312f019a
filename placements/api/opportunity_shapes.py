"""What the answers hold that a provider's system reads of a referral, and a question's body."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, Query, Shape
from brokerage.core.texts import LONGEST_REASON
from brokerage.core.vocabulary import Category, Need, Urgency
from placements.api.invitations import PlaceOut
from placements.api.provider_shapes import STATES
from placements.models import Release
from placements.queries.inbox import TABS


class OpportunityHome(Shape):
    """One of your invited homes, and how it stands."""

    id = s.UUIDField(help_text="The invitation.")
    establishment_id = s.UUIDField()
    establishment_name = s.CharField(help_text="Its name.")
    status = s.ChoiceField(choices=STATES, help_text="Your offer’s state, or the invitation’s where there is none.")
    example = {
        "id": "5b8a3f0e-3c6f-4c0a-9a53-1d1b7f6f2b11",
        "establishment_id": "0c7a6e1b-8f0a-4b55-8a0d-4f6f0f1e2d33",
        "establishment_name": "Birch House",
        "status": "open",
    }


class OpportunityRow(Shape):
    """A referral in your inbox."""

    reference = s.CharField()
    authority_name = s.CharField(help_text="The name of the council that asks.")
    category = s.ChoiceField(choices=Category.choices)
    urgency = s.ChoiceField(choices=Urgency.choices)
    status = s.ChoiceField(
        choices=Release.State.choices, help_text="That the closing time has passed is told by `inbox` and `closes_at`."
    )
    inbox = s.ChoiceField(choices=list(TABS.items()), help_text="Where it stands in your inbox now.")
    stage = s.IntegerField(help_text="1: redacted. 2: full papers are open to you.")
    version = s.IntegerField(help_text="Above 1 once the council has changed the referral.")
    is_sealed = s.BooleanField(help_text="Nobody at the council sees an offer before the closing time.")
    closes_at = s.DateTimeField()
    published_at = s.DateTimeField()
    updated_at = s.DateTimeField()
    age = s.IntegerField(allow_null=True, help_text="In years; null once the referral has closed for you.")
    outward = s.CharField(allow_null=True, allow_blank=True, help_text="First half of the postcode looked near.")
    needs = s.ListField(child=s.ChoiceField(choices=Need.choices), allow_null=True)
    invitations = OpportunityHome(many=True)
    example: ClassVar[dict[str, Any]] = {
        "reference": "R-7K3M-9QX2",
        "authority_name": "London Borough of Harrow",
        "category": "residential",
        "urgency": "within_5_days",
        "status": "open",
        "inbox": "awaiting",
        "stage": 1,
        "version": 1,
        "is_sealed": False,
        "closes_at": "2026-11-27T17:00:00Z",
        "published_at": "2026-11-24T09:12:44Z",
        "updated_at": "2026-11-24T09:12:44Z",
        "age": 14,
        "outward": "HA1",
        "needs": ["emotional_behavioural", "self_harm"],
        "invitations": [OpportunityHome.example],
    }


class OpportunityQuery(Query):
    """Which referrals to list."""

    inbox = s.ChoiceField(choices=list(TABS.items()), required=False)
    category = s.ChoiceField(choices=Category.choices, required=False)
    urgency = s.ChoiceField(choices=Urgency.choices, required=False)
    establishment_id = s.UUIDField(required=False, help_text="One of your homes: referrals that it is invited to.")


class OpportunityLine(Shape):
    """One answer of the council, in words."""

    field = s.CharField()
    label = s.CharField()
    value = s.CharField()


class OpportunitySection(Shape):
    """Answers that belong together."""

    code = s.CharField()
    title = s.CharField()
    rows = OpportunityLine(many=True)


class OpportunityFacts(Shape):
    """The referral in short, for programs."""

    age = s.IntegerField(allow_null=True)
    sex = s.CharField(allow_null=True, allow_blank=True)
    needs = s.ListField(child=s.ChoiceField(choices=Need.choices), help_text="What an offer must answer.")
    outward = s.CharField(allow_null=True, allow_blank=True)
    max_miles = s.IntegerField(allow_null=True)
    needed_on = s.DateField(allow_null=True)
    expected_weeks = s.IntegerField(allow_null=True)
    planned_months = s.IntegerField(allow_null=True)
    children_together = s.IntegerField(help_text="Brothers and sisters to be placed, this one included.")
    needs_solo = s.BooleanField()
    single_sex_home = s.BooleanField()


class OpportunityDocument(Shape):
    """A document that your stage opens."""

    id = s.UUIDField()
    kind = s.CharField()
    name = s.CharField(help_text="At stage 1 its kind stands for its name.")
    content_type = s.CharField()
    size = s.IntegerField(help_text="In bytes.")
    example = {
        "id": "f2d1c6a4-90be-4a57-bd0d-0d1f3a1c7e55",
        "kind": "care_plan",
        "name": "Care plan",
        "content_type": "application/pdf",
        "size": 48211,
    }


class OpportunityQuestion(Shape):
    """A question: answered to everyone invited, or one of yours that waits."""

    id = s.UUIDField(allow_null=True, help_text="Null once it is answered: the answer never says who asked.")
    question = s.CharField()
    answer = s.CharField(allow_null=True)
    asked_at = s.DateTimeField(allow_null=True)
    answered_at = s.DateTimeField(allow_null=True)
    example = {
        "id": None,
        "question": "Is there a bus to the school?",
        "answer": "Yes, the 182.",
        "asked_at": None,
        "answered_at": "2026-11-24T15:02:10Z",
    }


class OpportunityOut(Shape):
    """A referral as released to you: redacted at stage 1, with full papers at stage 2, emptied once it closes."""

    reference = s.CharField()
    authority_name = s.CharField()
    category = s.ChoiceField(choices=Category.choices)
    urgency = s.ChoiceField(choices=Urgency.choices)
    status = s.ChoiceField(choices=Release.State.choices)
    is_open = s.BooleanField(help_text="Whether offers, declines and questions may be sent now.")
    stage = s.IntegerField()
    version = s.IntegerField()
    is_sealed = s.BooleanField()
    closes_at = s.DateTimeField()
    published_at = s.DateTimeField()
    updated_at = s.DateTimeField()
    amendment_note = s.CharField(allow_blank=True, help_text="What the council changed last.")
    outcome_reason = s.CharField(allow_blank=True, help_text="Why it has closed for you.")
    facts = OpportunityFacts(allow_null=True)
    sections = OpportunitySection(many=True)
    papers = OpportunitySection(many=True, help_text="Full papers at stage 2: each reading is recorded.")
    documents = OpportunityDocument(many=True)
    clarifications = OpportunityQuestion(many=True)
    invitations = PlaceOut(many=True)
    example: ClassVar[dict[str, Any]] = {
        **{
            name: OpportunityRow.example[name]
            for name in (
                "reference",
                "authority_name",
                "category",
                "urgency",
                "status",
                "stage",
                "version",
                "is_sealed",
            )
        },
        **{name: OpportunityRow.example[name] for name in ("closes_at", "published_at", "updated_at")},
        "is_open": True,
        "amendment_note": "",
        "outcome_reason": "",
        "facts": {
            "age": 14,
            "sex": "male",
            "needs": ["emotional_behavioural", "self_harm"],
            "outward": "HA1",
            "max_miles": 20,
            "needed_on": "2026-12-01",
            "expected_weeks": 52,
            "planned_months": 12,
            "children_together": 1,
            "needs_solo": False,
            "single_sex_home": False,
        },
        "sections": [
            {
                "code": "needs",
                "title": "Needs",
                "rows": [{"field": "what_works", "label": "What works", "value": "Calm, steady adults."}],
            }
        ],
        "papers": [],
        "documents": [OpportunityDocument.example],
        "clarifications": [OpportunityQuestion.example],
        "invitations": [PlaceOut.example],
    }


class NewOpportunityQuestion(Input):
    """A question to the council. Everyone invited sees it with its answer: do not say who you are."""

    question = s.CharField(max_length=LONGEST_REASON)
    example = {"question": "Is there a bus to the school?"}
