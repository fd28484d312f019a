"""The questions of a referral's section as API fields: one table asks on pages, checks, redacts and documents the API.

What an answer is beyond its shape, `placements.questions.checking` decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import lazystr
from django.utils.translation import override
from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, MoneyField, Shape
from placements.questions import NEVER, STAGE_ONE, STAGE_TWO, Kind, Question, Section
from placements.questions.checking import PLACES_AT_MOST

READERS = {
    STAGE_ONE: "Everyone invited reads it.",
    STAGE_TWO: "Only shortlisted providers read it.",
    NEVER: "No provider reads it.",
}
#: Whose example a section's is: the category that the questions are taken of.
EXAMPLE_CATEGORY = {"adult": "adult_residential"}
EXAMPLE_TEXTS = {
    "first_language": "English",
    "what_works": "Calm, steady adults.",
    "daily_life": "Needs routine, praise and help to settle in the evening.",
    "voice": "I want to stay near my friends and play football.",
    "family_time": "Mother, every week, at a contact centre.",
    "outcome_1": "Settled at school.",
    "measure_1": "There 9 days in 10.",
    "health": "None known.",
    "budget_code": "CH-1001",
    "social_worker_name": "Sandra Social",
    "social_worker_phone": "020 7946 0000",
    "out_of_hours": "020 7946 0001",
    "child_ages": "4 months",
}
EXAMPLE_NUMBERS = {"max_miles": 20, "expected_weeks": 52, "planned_months": 12, "parent_age": 17}


def input_for(section: Section) -> type[Input]:
    """The body that changes answers of a section: every field optional, null empties it. One class for each section."""
    if section.code not in _inputs:
        fields = {question.name: _field(question) for question in section.questions}
        _inputs[section.code] = type(
            f"{_camel(section.code)}Answers",
            (Input,),
            {
                **fields,
                "example": example_of(section, whole=False),
                "__doc__": f"Answers of “{_english(section.title)}”. What is left out stays as it is; null empties it.",
            },
        )
    return _inputs[section.code]


_inputs: dict[str, type[Input]] = {}


def inputs_for(sections: Sequence[Section], *, shown: Sequence[str]) -> type[Input]:
    """The body that changes answers of several sections, by the section's code; those `shown` make its example."""
    fields = {section.code: input_for(section)(required=False) for section in sections}
    return type(
        "SectionsAnswers",
        (Input,),
        {
            **fields,
            "example": {code: fields[code].example for code in shown},
            "__doc__": "Answers by section and question. What is left out stays as it is; null empties an answer.",
        },
    )


def amendment_for(section: Section) -> type[Input]:
    """The body that corrects a published referral: answers of the section, and what everyone invited is told."""
    return type(
        f"{_camel(section.code)}Amendment",
        (input_for(section),),
        {
            "note": s.CharField(
                max_length=1000, help_text="What has changed. Everyone invited reads it: no names, no addresses."
            ),
            "revision": s.IntegerField(
                required=False,
                min_value=1,
                help_text="The referral’s `revision` that you read: refused with 409 if it has changed since.",
            ),
            "example": {"note": "We say more about what helps.", **example_of(section, whole=False)},
            "__doc__": f"A correction of the section “{_english(section.title)}”.",
        },
    )


def shapes_for(shapes: Mapping[str, type[Shape]]) -> type[Shape]:
    """How all sections of a referral are answered to a reader, given how each one is."""
    adults = {"adult", "parent_child"}
    return type(
        "ReferralSections",
        (Shape,),
        {
            **{code: shape(allow_null=True) for code, shape in shapes.items()},
            "example": {code: None if code in adults else shape.example for code, shape in shapes.items()},
            "__doc__": "Every section of a referral by its code; null where the referral does not have it.",
        },
    )


def shape_for(section: Section) -> type[Shape]:
    """How a section is answered to a reader: every question of it, null where there is no answer."""
    answers = type(
        f"{_camel(section.code)}Given",
        (Shape,),
        {
            **{question.name: _field(question, required=True) for question in section.questions},
            "example": example_of(section, whole=True),
            "__doc__": f"The answers of “{_english(section.title)}”; null where there is none.",
        },
    )
    return type(
        f"{_camel(section.code)}Section",
        (Shape,),
        {
            "section": s.CharField(help_text="The section’s code."),
            "title": s.CharField(),
            "status": s.ChoiceField(choices=STATES, help_text="`done` once it lacks nothing."),
            "missing": MissingAnswer(many=True),
            "answers": answers(),
            "example": {
                "section": section.code,
                "title": _english(section.title),
                "status": "done",
                "missing": [],
                "answers": example_of(section, whole=True),
            },
            "__doc__": f"The section “{_english(section.title)}” of a referral.",
        },
    )


STATES = ("not_started", "in_progress", "done")


class MissingAnswer(Shape):
    """Something to do before the referral can be published."""

    section = s.CharField(allow_blank=True, help_text="Empty where it is about the person’s record.")
    field = s.CharField()
    message = s.CharField()
    example = {"section": "needs", "field": "daily_life", "message": "What do they need help with, day to day?"}


def example_of(section: Section, *, whole: bool) -> dict[str, Any]:
    """Answers of the section: of `whole` every field, null where the example's category has no such question."""
    category = EXAMPLE_CATEGORY.get(section.code, "residential")
    found: dict[str, Any] = {}
    for question in section.questions:
        if question.is_for(category) and (question.required or question.when is None):
            found[question.name] = _example(question)
        elif whole:
            found[question.name] = None
    return found


def _field(question: Question, *, required: bool = False) -> s.Field:
    common: dict[str, Any] = {"required": required, "allow_null": True, "help_text": lazystr(_Help(question))}
    if question.kind in (Kind.CHOICE, Kind.SELECT):
        return s.ChoiceField(choices=question.options, **common)
    if question.kind is Kind.CHOICES:
        return s.ListField(child=s.ChoiceField(choices=question.options), max_length=len(question.options), **common)
    if question.kind is Kind.YES_NO:
        return s.BooleanField(**common)
    if question.kind is Kind.DATE:
        return s.DateField(**common)
    if question.kind is Kind.WHOLE:
        return s.IntegerField(min_value=question.minimum, max_value=question.maximum, **common)
    if question.kind is Kind.DECIMAL:
        return s.DecimalField(
            max_digits=8, decimal_places=2, min_value=question.minimum, max_value=question.maximum, **common
        )
    if question.kind is Kind.MONEY:
        return MoneyField(**common)
    if question.kind is Kind.OUTWARD:
        return s.CharField(max_length=8, **common)
    if question.kind is Kind.OUTWARDS:
        return s.ListField(child=s.CharField(max_length=8), max_length=PLACES_AT_MOST, **common)
    return s.CharField(max_length=question.max_length, allow_blank=True, **common)


class _Help:
    """What the document says of a question; made when it is read, because labels are translated."""

    def __init__(self, question: Question) -> None:
        self.question = question

    def __str__(self) -> str:
        asked = self.question
        parts = [_sentence(str(asked.full_label)), str(asked.hint), READERS[asked.stage]]
        if asked.suffix:
            parts.append(f"In {asked.suffix}." if asked.suffix != "%" else "In per cent.")
        if asked.exclusive:
            parts.append(f"`{asked.exclusive}` stands alone.")
        if asked.categories:
            parts.append(f"Only for: {', '.join(asked.categories)}.")
        if asked.when is not None:
            parts.append(f"Asked when `{asked.when[0]}` is {' or '.join(asked.when[1])}.")
        if asked.required:
            parts.append("Needed before publishing.")
        return " ".join(part for part in parts if part)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _example(question: Question) -> Any:
    codes = [code for code, _label in question.options if code != question.exclusive]
    if question.kind in (Kind.CHOICE, Kind.SELECT):
        return codes[0]
    if question.kind is Kind.CHOICES:
        return codes[:1]
    if question.kind is Kind.DATE:
        return dt.date(2026, 3, 2).isoformat() if question.name.endswith("_last_on") else "2099-06-01"
    if question.kind is Kind.WHOLE:
        return EXAMPLE_NUMBERS.get(question.name, max(question.minimum, 1))
    simple = {Kind.YES_NO: False, Kind.DECIMAL: "12.50", Kind.MONEY: "120.00", Kind.OUTWARD: "HA1"}
    if question.kind is Kind.OUTWARDS:
        return ["NW10"]
    text = EXAMPLE_TEXTS.get(question.name, "As agreed at the last review.")
    return simple.get(question.kind, text[: question.max_length])


def _english(text: Any) -> str:
    """A translatable text as it is written here, whatever language is spoken while this is imported."""
    with override(None):
        return str(text)


def _camel(code: str) -> str:
    return "".join(word.capitalize() for word in code.split("_"))
