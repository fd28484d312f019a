"""What a provider reads of a referral: the release's content, made from the referral's columns and answers.

Pure. Only answers that `placements.disclosure_fields` names get in; the person appears by age and outward postcode,
never by name, date of birth or full postcode, until full papers are opened to a shortlisted provider.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from placements.disclosure_fields import readable, released_answers
from placements.questions import STAGE_ONE, STAGE_TWO


@dataclass(frozen=True)
class ReferralFacts:
    """The columns of a referral that everyone invited may know."""

    category: str
    age: int | None
    sex: str
    needs: tuple[str, ...]
    outward: str
    max_miles: int | None
    needed_on: dt.date | None
    expected_weeks: int | None
    planned_months: int | None
    needs_solo: bool
    single_sex_home: bool


@dataclass(frozen=True)
class PersonFacts:
    """The identity that full papers open."""

    full_name: str
    known_as: str
    date_of_birth: dt.date


@dataclass(frozen=True)
class Paper:
    """An uploaded document as a release lists it."""

    id: str
    kind: str
    kind_label: str
    name: str
    content_type: str
    size: int
    stored_name: str
    is_for_all_invited: bool


def stage_one(facts: ReferralFacts, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The content for everyone invited: plain JSON, sections in the form's order with labels in words."""
    home = answers.get("home") or {}
    together = home.get("siblings_together") == "together"
    return {
        "age": facts.age,
        "sex": facts.sex,
        "needs": list(facts.needs),
        "outward": facts.outward,
        "max_miles": facts.max_miles,
        "needed_on": facts.needed_on.isoformat() if facts.needed_on else None,
        "expected_weeks": facts.expected_weeks,
        "planned_months": facts.planned_months,
        "siblings": 1 + (home.get("sibling_count") or 0) if together else 1,
        "needs_solo": facts.needs_solo,
        "single_sex_home": facts.single_sex_home,
        "sections": _sections(released_answers(answers, category=facts.category, stage=STAGE_ONE)),
    }


def stage_two(facts: ReferralFacts, answers: Mapping[str, Any], person: PersonFacts | None) -> dict[str, Any]:
    """Stage one and, under `papers`, who the person is and the answers kept for shortlisted providers."""
    first = released_answers(answers, category=facts.category, stage=STAGE_ONE)
    both = released_answers(answers, category=facts.category, stage=STAGE_TWO)
    added = {
        section: {name: value for name, value in given.items() if name not in first.get(section, {})}
        for section, given in both.items()
    }
    papers = _sections({section: given for section, given in added.items() if given})
    if person is not None:
        papers.insert(0, _identity(person))
    return {**stage_one(facts, answers), "papers": papers}


def listed_documents(papers: Iterable[Paper], *, stage: int) -> list[dict[str, Any]]:
    """What a release's documents list at a stage. A file's own name may tell who somebody is: at stage one its kind
    stands in for it."""
    return [
        {
            "id": paper.id,
            "kind": paper.kind,
            "name": paper.name if stage == STAGE_TWO else paper.kind_label,
            "content_type": paper.content_type,
            "size": paper.size,
            "stored_name": paper.stored_name,
            "stage": STAGE_ONE if paper.is_for_all_invited else STAGE_TWO,
        }
        for paper in papers
        if stage == STAGE_TWO or paper.is_for_all_invited
    ]


def _sections(released: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "code": section["code"],
            "title": str(section["title"]),
            "rows": [
                {"field": row["field"], "label": str(row["key"]), "value": str(row["value"])} for row in section["rows"]
            ],
        }
        for section in readable(released)
    ]


def _identity(person: PersonFacts) -> dict[str, Any]:
    rows = [
        {"field": "full_name", "label": _("Name"), "value": person.full_name},
        {"field": "known_as", "label": _("Known as"), "value": person.known_as},
        {
            "field": "date_of_birth",
            "label": _("Date of birth"),
            "value": date_format(person.date_of_birth, "j F Y"),
        },
    ]
    return {"code": "identity", "title": _("Who the person is"), "rows": [row for row in rows if row["value"]]}
