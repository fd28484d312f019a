"""What a referral still lacks before it can go to providers: the same list for the task page and for publishing.

Pure: it is given the referral's values and reads no table and no clock. Sections saved "for later" may hold anything;
only this list decides whether a referral is complete.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from placements.disclosure_fields import needs_answered
from placements.questions import Question, Section, sections_for
from placements.questions.wishes import OUTCOMES_AT_MOST

Text = str | Promise

#: Where raw input is kept that could not be read as an answer: `answers[AS_TYPED][section][field]`.
AS_TYPED = "as_typed"

#: Years of age that a category may be used for, both included. Supported accommodation is for 16 and 17 year olds
#: only (Supported Accommodation (England) Regulations 2023); special schools run to the end of an EHC plan at 25.
AGES: dict[str, tuple[int, int]] = {
    "fostering": (0, 17),
    "residential": (0, 17),
    "supported_accommodation": (16, 17),
    "sen_school": (2, 25),
    "adult_residential": (18, 130),
}


class Draft(Protocol):
    """What is read of a referral."""

    category: Any
    age: Any
    sex: Any
    person_id: Any
    answers: Any


@dataclass(frozen=True)
class Missing:
    """One thing to do: where (`section`, `field`; the section may be empty for the person's record) and what."""

    section: str
    field: str
    message: Text


def missing(referral: Draft) -> list[Missing]:
    """Everything that keeps the referral from being published, in the order of the form; empty when complete."""
    found: list[Missing] = []
    if referral.person_id is None:
        found.append(Missing("", "person", _("Say who the referral is for")))
    low, high = AGES.get(str(referral.category), (0, 130))
    if referral.age is not None and not low <= referral.age <= high:
        found.append(Missing("", "age", age_problem(low, high)))
    for section in sections_for(referral.category, needs_answered(referral.answers)):
        found += missing_in(section, referral.category, referral.answers)
    return found


def missing_in(section: Section, category: str, answers: Mapping[str, Any]) -> list[Missing]:
    """What one section lacks: unanswered questions that arise, and input that could not be read."""
    given = answers.get(section.code) or {}
    unread = (answers.get(AS_TYPED) or {}).get(section.code) or {}
    found = [
        Missing(section.code, asked.name, _("“%(label)s” could not be read") % {"label": asked.full_label})
        if asked.name in unread
        else Missing(section.code, asked.name, asked.full_label)
        for asked in section.questions_for(category)
        if asked.name in unread or (is_required(asked, given) and is_empty(given.get(asked.name)))
    ]
    if section.code == "outcomes":
        found += _half_outcomes(given)
    return found


def is_required(asked: Question, given: Mapping[str, Any]) -> bool:
    """Whether the question must be answered, the section's other answers being `given`."""
    return asked.required and asked.is_asked(given)


def is_empty(value: Any) -> bool:
    """Whether nothing was answered (False and 0 are answers)."""
    return value is None or value == "" or value == []


def age_problem(low: int, high: int) -> Text:
    """What to say when the person's age does not suit the category."""
    if high >= 130:
        return _("This kind of placement is for people aged %(low)s and over") % {"low": low}
    return _("This kind of placement is for people aged %(low)s to %(high)s") % {"low": low, "high": high}


def _half_outcomes(given: Mapping[str, Any]) -> list[Missing]:
    """The first outcome is required as a whole by the table; another one, once begun, must be whole too."""
    found = []
    for number in range(2, OUTCOMES_AT_MOST + 1):
        names = (f"outcome_{number}", f"measure_{number}", f"review_on_{number}")
        empty = [name for name in names if is_empty(given.get(name))]
        if 0 < len(empty) < len(names):
            found += [Missing("outcomes", name, half_outcome_message(name)) for name in empty]
    return found


def half_outcome_message(name: str) -> Text:
    """What an outcome that was begun lacks; `name` is the question's."""
    kind, _dash, number = name.rpartition("_")
    messages = {
        "outcome": _("Say what outcome %(number)s is"),
        "measure": _("Say how you will know that outcome %(number)s is reached"),
        "review_on": _("Enter the review date of outcome %(number)s"),
    }
    return messages[kind] % {"number": number}


def section_state(section: Section, category: str, answers: Mapping[str, Any], done: Sequence[str]) -> str:
    """`not_started`, `in_progress` or `done` (saved as finished, and still complete)."""
    if section.code in done and not missing_in(section, category, answers):
        return "done"
    started = any(not is_empty(value) for value in (answers.get(section.code) or {}).values())
    typed = bool((answers.get(AS_TYPED) or {}).get(section.code))
    return "in_progress" if started or typed else "not_started"


def outcomes_of(answers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The outcomes wanted: [{"outcome", "measure", "review_on" (ISO date or None)}]."""
    given = answers.get("outcomes") or {}
    return [
        {
            "outcome": given[f"outcome_{number}"],
            "measure": given.get(f"measure_{number}") or "",
            "review_on": given.get(f"review_on_{number}"),
        }
        for number in range(1, OUTCOMES_AT_MOST + 1)
        if given.get(f"outcome_{number}")
    ]
