"""Questions that providers asked about a referral, and the authority's answers to everyone invited."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, Query, Shape
from brokerage.core.api.operations import Call, Page, operation
from brokerage.core.texts import LONGEST_REASON
from placements.actions import clarifications
from placements.models import Clarification
from placements.queries.referrals import referral_of

FIELDS = {
    "id": "id",
    "provider_id": "provider_id",
    "provider_name": "provider__organisation__name",
    "question": "question",
    "asked_at": "asked_at",
    "published_question": "published_question",
    "answer": "answer",
    "answered_by_name": "answered_by_name",
    "answered_at": "answered_at",
}


class ReferralQuestionRow(Shape):
    """A question, as the authority reads it. Providers read `published_question` and `answer`, never who asked."""

    id = s.UUIDField()
    provider_id = s.UUIDField()
    provider_name = s.CharField()
    question = s.CharField()
    asked_at = s.DateTimeField()
    published_question = s.CharField(allow_blank=True)
    answer = s.CharField(allow_blank=True)
    answered_by_name = s.CharField(allow_blank=True)
    answered_at = s.DateTimeField(allow_null=True, help_text="Null while it waits.")
    example = {
        "id": "4f5e6d7c-8b9a-41a9-88b7-d6e5f4a30210",
        "provider_id": "2d3c4b5a-6978-4f87-a695-b4c3d2e1f010",
        "provider_name": "Birch Care Ltd",
        "question": "Can the family visit at weekends?",
        "asked_at": "2026-11-20T13:05:00Z",
        "published_question": "Can the family visit at weekends?",
        "answer": "Yes, every second Saturday.",
        "answered_by_name": "Olive Officer",
        "answered_at": "2026-11-20T14:20:00Z",
    }


class ReferralQuestionQuery(Query):
    """Which questions."""

    waiting = s.BooleanField(required=False, help_text="`true`: only those without an answer; `false`: only answered.")


class ReferralAnswerIn(Input):
    """An answer for everyone invited."""

    published_question = s.CharField(
        max_length=LONGEST_REASON,
        help_text="The question as everyone sees it: take out what tells which provider asked.",
    )
    answer = s.CharField(max_length=LONGEST_REASON, help_text="No names, addresses or dates of birth.")
    example = {
        "published_question": "Can the family visit at weekends?",
        "answer": "Yes, every second Saturday.",
    }


@operation(scope="referrals:write", query=ReferralQuestionQuery, answer=ReferralQuestionRow, paged=True)
def list_referral_clarifications(call: Call, reference: str) -> Page:
    """List questions from providers

    Oldest first, each with who asked: for whoever answers them.
    """
    call.actor.require("referral.answer")
    rows = Clarification.objects.filter(referral=referral_of(call.actor, reference))
    if "waiting" in call.query:
        rows = rows.filter(answered_at__isnull=call.query["waiting"])
    return call.page(rows, by=("asked_at", "id"), fields=FIELDS)


@operation(
    scope="referrals:write",
    body=ReferralAnswerIn,
    answer=ReferralQuestionRow,
    codes=("referral_over", "answered", "text_missing", "text_too_long", "discloses", "names_provider"),
)
def answer_clarification(call: Call, reference: str, clarification: UUID) -> dict[str, Any]:
    """Answer a question

    The answer goes to everyone invited and never says who asked.
    """
    asked = Clarification.objects.filter(referral=referral_of(call.actor, reference), pk=clarification)
    if not asked.exists():
        raise Http404("No such question.")
    clarifications.answer_clarification(call.actor, clarification_id=clarification, **call.body)
    row = asked.values_list(*FIELDS.values()).get()
    return dict(zip(FIELDS, row, strict=True))
