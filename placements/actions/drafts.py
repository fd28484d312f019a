"""The parts of drafting that several acts share: answers into the referral, its columns, what a copy takes along.

Nothing here checks permissions, locks, saves or records: the acts do (`referrals`, `siblings`, `releases`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _

from brokerage.core.clock import database_today
from brokerage.core.errors import RuleBroken
from brokerage.core.geography import outward_code
from brokerage.core.periods import age_on
from placements.columns import columns_from
from placements.completeness import AS_TYPED, missing_in
from placements.disclosure_fields import needs_answered
from placements.models import Person, Referral
from placements.questions import ALL_SECTIONS, Section, sections_for
from placements.questions import section as section_of
from placements.questions.checking import checked
from placements.questions.days import day_problems

#: A copy for the same person keeps these; for another person (a sibling) only what belongs to the household.
COPIED_FOR_SAME = (
    "person",
    "needs",
    "risks",
    "parent_child",
    "adult",
    "where",
    "home",
    "matters",
    "outcomes",
    "practical",
)
COPIED_FOR_OTHER = ("where", "home", "practical")
#: Days are never copied: a past date would look like a decision.
NOT_COPIED = {"where": ("needed_on",), "outcomes": tuple(f"review_on_{number}" for number in range(1, 7))}


class AnswersRefused(RuleBroken):
    """Every answer of several sections that is none; it reads as the first of `broken`."""

    broken: tuple[RuleBroken, ...]

    def __init__(self, broken: Sequence[RuleBroken]) -> None:
        super().__init__(broken[0].code, broken[0].message, broken[0].field)
        self.broken = tuple(broken)


def asked_section(referral: Referral, code: str) -> Section:
    """The section of that code, when the referral's category and needs ask for it; Http404 otherwise."""
    for section in sections_for(referral.category, needs_answered(referral.answers)):
        if section.code == code:
            return section
    raise Http404("No such section.")


def put_answers(
    referral: Referral, section: str, values: Mapping[str, Any], unread: Mapping[str, Any] | None = None
) -> list[str]:
    """Write a section's answers into the referral (not saved) and derive its columns; returns the changed names.

    Part of a bigger act: whoever calls it holds the referral's lock, saves and records. Raises RuleBroken where a
    value is no answer to its question, and Http404 for a section this referral does not have.
    """
    asked = {question.name: question for question in asked_section(referral, section).questions_for(referral.category)}
    unread = {name: value for name, value in (unread or {}).items() if name in asked}
    before = dict(referral.answers.get(section) or {})
    after = dict(before)
    for name, value in values.items():
        if name not in asked:
            raise RuleBroken("question_unknown", _("This question is not asked in this section"), name)
        after[name] = checked(asked[name], value)
    for name in unread:
        after[name] = None
    typed_before = (referral.answers.get(AS_TYPED) or {}).get(section) or {}
    typed = {**(referral.answers.get(AS_TYPED) or {}), section: dict(unread)}
    referral.answers = {
        **referral.answers,
        section: {name: value for name, value in after.items() if value is not None},
        AS_TYPED: {code: kept for code, kept in typed.items() if kept},
    }
    derive(referral)
    names = [
        name for name in asked if before.get(name) != after.get(name) or typed_before.get(name) != unread.get(name)
    ]
    return names


def put_sections(referral: Referral, sections: Mapping[str, Mapping[str, Any]], today: dt.date) -> dict[str, list[str]]:
    """Write the named answers (None empties one) of several sections into the referral (not saved), mark each section
    done that lacks nothing, and derive its columns; returns the changed names by section.

    Part of a bigger act, as `put_answers` is. Raises AnswersRefused with everything that is no answer, is no question
    of this referral, or is a day that cannot be, each on `sections.<section>.<question>`.
    """
    broken: list[RuleBroken] = []
    changed: dict[str, list[str]] = {}
    done = set(referral.sections_done)
    for section in ALL_SECTIONS:
        if (values := sections.get(section.code)) is None:
            continue
        found, names = _put_section(referral, section, values, today)
        for problem in found:
            problem.field = ".".join(part for part in ("sections", section.code, problem.field) if part)
        broken += found
        if names:
            changed[section.code] = names
        done.discard(section.code)
        if not missing_in(section, referral.category, referral.answers):
            done.add(section.code)
    if broken:
        raise AnswersRefused(broken)
    referral.sections_done = [section.code for section in ALL_SECTIONS if section.code in done]
    derive(referral)
    return changed


def _put_section(
    referral: Referral, section: Section, values: Mapping[str, Any], today: dt.date
) -> tuple[list[RuleBroken], list[str]]:
    """What is wrong with the values, and the names of the answers that differ from those before."""
    if section not in sections_for(referral.category, needs_answered(referral.answers)):
        return [RuleBroken("question_unknown", _("This referral does not have this section"))], []
    asked = {question.name: question for question in section.questions_for(referral.category)}
    before = referral.answers.get(section.code) or {}
    after = dict(before)
    broken: list[RuleBroken] = []
    for name, value in values.items():
        try:
            if name not in asked:
                raise RuleBroken("question_unknown", _("This question is not asked in this section"), name)
            after[name] = checked(asked[name], value)
        except RuleBroken as problem:
            problem.field = name
            broken.append(problem)
    typed = referral.answers.get(AS_TYPED) or {}
    unread_before = typed.get(section.code) or {}
    unread = {name: text for name, text in unread_before.items() if name not in values}
    referral.answers = {
        **referral.answers,
        section.code: {name: value for name, value in after.items() if value is not None},
        AS_TYPED: {code: kept for code, kept in {**typed, section.code: unread}.items() if kept},
    }
    days = day_problems(section, referral.category, referral.answers[section.code], today)
    broken += [problem for problem in days if problem.field in values]
    return broken, [name for name in values if before.get(name) != after.get(name) or name in unread_before]


def refresh_age(referral: Referral) -> None:
    """Set age and sex from the person's record as of today (not saved): an age must be today's when it goes out."""
    if referral.person is not None:
        referral.age = age_on(referral.person.date_of_birth, database_today())
        referral.sex = referral.person.sex


def derive(referral: Referral) -> None:
    """Set what matching reads (not saved) from the answers and the person's record."""
    for column, value in columns_from(referral.answers, category=referral.category).items():
        setattr(referral, column, value)
    refresh_age(referral)


def first_answers(person: Person, urgency: str, social_worker: tuple[UUID, str] | None) -> dict[str, Any]:
    """What is known before anybody types: the person's record, the urgency, the family's area, the social worker."""
    about = {
        name: getattr(person, name)
        for name in ("gender_identity", "ethnicity", "religion", "first_language", "legal_status", "need_code")
    }
    where = {"urgency": urgency, "outward": outward_code(person.home_postcode) if person.home_postcode else ""}
    practical = {"social_worker_name": social_worker[1] if social_worker else "", "school_name": person.school_name}
    sections = {"person": about, "where": where, "practical": practical}
    return {code: {name: value for name, value in given.items() if value} for code, given in sections.items()}


def copied_answers(source: Referral, section: str, category: str) -> dict[str, Any]:
    """The answers of one section that a copy takes along."""
    names = {question.name for question in section_of(section).questions_for(category)}
    left_out = NOT_COPIED.get(section, ())
    return {name: value for name, value in source.answers[section].items() if name in names and name not in left_out}
