"""Which answers of a referral may leave the authority, and when: the table the published projection is made from.

Stage one goes to everyone invited, stage two only to shortlisted providers, everything else to nobody. Anything not
named here cannot be released. Pure; derived from `placements.questions`, where each question states its stage.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from placements.questions import ALL_SECTIONS, STAGE_ONE, STAGE_TWO, question, sections_for, shown_text
from placements.questions.shapes import Text


def _fields_of(stage: int) -> dict[str, list[str]]:
    table = {
        section.code: [question.name for question in section.questions if question.stage == stage]
        for section in ALL_SECTIONS
    }
    return {code: names for code, names in table.items() if names}


#: {section: [field]}: everyone invited reads these.
STAGE_ONE_FIELDS: dict[str, list[str]] = _fields_of(STAGE_ONE)
#: {section: [field]}: added for shortlisted providers (they also keep stage one).
STAGE_TWO_FIELDS: dict[str, list[str]] = _fields_of(STAGE_TWO)

#: Labels as the officer saw them.
SECTION_LABELS: dict[str, Text] = {section.code: section.title for section in ALL_SECTIONS}
FIELD_LABELS: dict[str, dict[str, Text]] = {
    section.code: {question.name: question.full_label for question in section.questions} for section in ALL_SECTIONS
}
#: Columns of Referral that stage one carries besides the answers; and of Person at stage two.
STAGE_ONE_COLUMNS = (
    "reference",
    "category",
    "age",
    "sex",
    "needs",
    "outward",
    "urgency",
    "needed_on",
    "expected_weeks",
)
STAGE_TWO_PERSON_FIELDS = ("given_name", "family_name", "known_as", "date_of_birth")


def released_answers(answers: Mapping[str, Any], *, category: str, stage: int) -> dict[str, dict[str, Any]]:
    """The answers that may go out at `stage` (1 or 2, 2 includes 1) as {section: {field: stored value}}.

    Questions that do not arise (another category, an unticked option) and empty answers are left out.
    """
    tables = (STAGE_ONE_FIELDS,) if stage == STAGE_ONE else (STAGE_ONE_FIELDS, STAGE_TWO_FIELDS)
    released: dict[str, dict[str, Any]] = {}
    for section in sections_for(category, needs_answered(answers)):
        given = answers.get(section.code) or {}
        allowed = {name for table in tables for name in table.get(section.code, ())}
        kept = {
            asked.name: given[asked.name]
            for asked in section.questions_for(category)
            if asked.name in allowed and asked.is_asked(given) and given.get(asked.name) not in (None, "", [])
        }
        if kept:
            released[section.code] = kept
    return released


def readable(released: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Released answers for a page: [{"code", "title", "rows": [{"field", "key", "value"}]}], in the form's order."""
    pages = []
    for section in ALL_SECTIONS:
        given = released.get(section.code) or {}
        rows = [
            {"field": asked.name, "key": asked.full_label, "value": shown_text(asked, given[asked.name])}
            for asked in section.questions
            if asked.name in given
        ]
        if rows:
            pages.append({"code": section.code, "title": section.title, "rows": rows})
    return pages


def needs_answered(answers: Mapping[str, Any]) -> tuple[str, ...]:
    """The needs ticked in the needs section (child or adult)."""
    given = answers.get("needs") or {}
    return tuple(given.get("needs") or given.get("adult_needs") or ())


def free_text_fields(stage: int) -> list[tuple[str, str]]:
    """(section, field) of every free text that goes out at `stage`: what the disclosure check reads."""
    table = STAGE_ONE_FIELDS if stage == STAGE_ONE else STAGE_TWO_FIELDS
    return [(code, name) for code, names in table.items() for name in names if question(code, name).is_free_text]
