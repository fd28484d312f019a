"""Reading, changing and amending a referral's answers: each section of the form has its own address and shape, and all
of them have one together."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path

from brokerage.core import locks
from brokerage.core.api.operations import Call, Operation, operation, resource
from placements.actions.answers import change_answers
from placements.actions.drafts import asked_section
from placements.actions.referrals import change_sections
from placements.actions.running import amend_referral
from placements.api.question_fields import amendment_for, input_for, shape_for, shapes_for
from placements.api.referral_shapes import SectionsIn
from placements.completeness import missing_in, section_state
from placements.disclosure_fields import needs_answered
from placements.models import Referral
from placements.queries.referrals import referral_id_of, referral_of
from placements.questions import ALL_SECTIONS, Section, sections_for

ANSWER_CODES = (
    "answer_invalid",
    "answer_too_long",
    "answer_not_offered",
    "answer_contradicts",
    "answer_out_of_range",
    "question_unknown",
    "outward_code_invalid",
    "postcode_missing",
    "too_long",
    "day_past",
    "day_not_past",
    "ends_before_start",
)


def section_out(referral: Referral, section: Section) -> dict[str, Any]:
    """A section as the API answers it."""
    given = referral.answers.get(section.code) or {}
    return {
        "section": section.code,
        "title": str(section.title),
        "status": section_state(section, referral.category, referral.answers, referral.sections_done),
        "missing": [
            {"section": lacking.section, "field": lacking.field, "message": str(lacking.message)}
            for lacking in missing_in(section, referral.category, referral.answers)
        ],
        "answers": {question.name: given.get(question.name) for question in section.questions},
    }


def hold_referral(call: Call, reference: str) -> None:
    """Take the referral's own lock, as its actions do, so that If-Match is compared with what stands."""
    locks.hold(referrals=[referral_id_of(call.actor, reference)])


def _named(function: Any, name: str, summary: str, description: str) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{summary}\n\n{description}"
    return function


def _operations(section: Section) -> tuple[Operation, Operation, Operation]:
    code, title = section.code, shape_for(section).example["title"]
    out = shape_for(section)

    def read(call: Call, reference: str) -> dict[str, Any]:
        referral = referral_of(call.actor, reference)
        return section_out(referral, asked_section(referral, code))

    def change(call: Call, reference: str) -> dict[str, Any]:
        referral = change_answers(call.actor, reference=reference, section=code, answers=call.body)
        return section_out(referral, asked_section(referral, code))

    def amend(call: Call, reference: str) -> dict[str, Any]:
        answers = dict(call.body)
        note, revision = answers.pop("note"), answers.pop("revision", None)
        referral = amend_referral(
            call.actor,
            reference=reference,
            section=code,
            values=answers,
            note=note,
            base_revision=revision or referral_of(call.actor, reference).revision,
        )
        return section_out(referral, asked_section(referral, code))

    get = operation(scope="referrals:read", answer=out)(
        _named(
            read,
            f"get_section_{code}",
            f"Read the answers of “{title}”",
            "Every question of the section stands in `answers`, null where it has no answer or does not belong to the"
            " referral’s category. 404 where this referral has no such section.",
        )
    )
    patch = operation(
        scope="referrals:write",
        body=input_for(section),
        answer=out,
        partial=True,
        codes=("referral_not_now", *ANSWER_CODES),
        current=get,
        lock=hold_referral,
    )(
        _named(
            change,
            f"change_section_{code}",
            f"Change answers of “{title}” in a draft",
            "Only the named questions change; null empties one. The section is `done` as soon as it lacks nothing."
            " Once a referral is published, its text is corrected by an amendment.",
        )
    )
    post = operation(
        scope="referrals:write",
        body=amendment_for(section),
        answer=out,
        codes=(
            "referral_not_now",
            "changed",
            "note_missing",
            "nothing_changed",
            "referral_incomplete",
            "disclosures_unresolved",
            "discloses",
            *ANSWER_CODES,
        ),
        current=get,
        lock=hold_referral,
    )(
        _named(
            amend,
            f"amend_section_{code}",
            f"Amend “{title}” of a published referral",
            "Everyone invited reads the new text and the note, those who declined are asked afresh, and standing offers"
            " need confirming again.",
        )
    )
    return get, patch, post


def sections_out(referral: Referral) -> dict[str, Any]:
    """Every section as the API answers it; None where the referral does not have it."""
    there = sections_for(referral.category, needs_answered(referral.answers))
    return {section.code: section_out(referral, section) if section in there else None for section in ALL_SECTIONS}


_made = {section.code: _operations(section) for section in ALL_SECTIONS}
_shapes = {code: get.answer for code, (get, _patch, _post) in _made.items() if get.answer is not None}
ReferralSections = shapes_for(_shapes)


@operation(scope="referrals:read", answer=ReferralSections)
def get_sections(call: Call, reference: str) -> dict[str, Any]:
    """Read the answers of every section

    Null stands for a section that this referral does not have.
    """
    return sections_out(referral_of(call.actor, reference))


@operation(
    scope="referrals:write",
    body=SectionsIn,
    answer=ReferralSections,
    partial=True,
    codes=("referral_not_now", *ANSWER_CODES),
    current=get_sections,
    lock=hold_referral,
)
def change_several_sections(call: Call, reference: str) -> dict[str, Any]:
    """Change answers of several sections of a draft at once

    All or none: where an answer is refused, every refused one is named and nothing is stored. Only the named questions
    change; null empties one. A section is `done` as soon as it lacks nothing.
    """
    return sections_out(change_sections(call.actor, reference=reference, sections=call.body))


def _paths() -> list[URLPattern]:
    together = resource(get=get_sections, patch=change_several_sections)
    found = [path("referrals/<str:reference>/sections", together, name="referral_sections")]
    for section in ALL_SECTIONS:
        get, patch, post = _made[section.code]
        base = f"referrals/<str:reference>/sections/{section.code}"
        found.append(path(base, resource(get=get, patch=patch), name=f"section_{section.code}"))
        found.append(path(f"{base}/amendments", resource(post=post), name=f"section_{section.code}_amendments"))
    return found


section_paths = _paths()
