"""All sections in the order of the task list, and how a stored answer reads in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from placements.questions.living import HOME, WHERE
from placements.questions.needs import NEEDS, RISKS
from placements.questions.person import ADULT, PARENT_AND_CHILD, PERSON
from placements.questions.practical import PRACTICAL
from placements.questions.shapes import Kind, Question, Section
from placements.questions.wishes import MATTERS, OUTCOMES

ALL_SECTIONS: tuple[Section, ...] = (
    PERSON,
    NEEDS,
    RISKS,
    PARENT_AND_CHILD,
    ADULT,
    WHERE,
    HOME,
    MATTERS,
    OUTCOMES,
    PRACTICAL,
)
_BY_CODE = {section.code: section for section in ALL_SECTIONS}


def section(code: str) -> Section:
    """The section of that code; KeyError when there is none."""
    return _BY_CODE[code]


def question(section_code: str, name: str) -> Question:
    """The question of a section; KeyError when there is none."""
    for found in section(section_code).questions:
        if found.name == name:
            return found
    raise KeyError(name)


def sections_for(category: str, needs: Sequence[str] = ()) -> tuple[Section, ...]:
    """The sections of a referral of this category with these needs, in order."""
    return tuple(section for section in ALL_SECTIONS if section.is_for(category, tuple(needs)))


def shown_text(question: Question, value: Any) -> str:
    """A stored answer in words; an empty text where nothing was answered."""
    if value is None or value == "" or value == []:
        return ""
    labels = {code: str(label) for code, label in question.options}
    if question.kind is Kind.YES_NO:
        return _("Yes") if value else _("No")
    if question.kind in (Kind.CHOICE, Kind.SELECT):
        return labels.get(value, str(value))
    if question.kind is Kind.CHOICES:
        return ", ".join(labels.get(code, str(code)) for code in value)
    if question.kind is Kind.OUTWARDS:
        return ", ".join(value)
    if question.kind is Kind.DATE:
        day = value if isinstance(value, dt.date) else dt.date.fromisoformat(value)
        return date_format(day, "j F Y")
    if question.kind is Kind.MONEY:
        return f"£{value} {question.suffix}".strip()
    return f"{value} {question.suffix}".strip() if question.suffix else str(value)
