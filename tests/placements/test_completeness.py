"""What a draft lacks: per category, per answer; outcomes whole; ages that suit the category."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from brokerage.core.errors import RuleBroken
from brokerage.core.vocabulary import RISKS, Need
from placements.columns import columns_from, needs_to_meet
from placements.completeness import missing, missing_in, outcomes_of, section_state
from placements.disclosure_fields import STAGE_ONE_FIELDS, STAGE_TWO_FIELDS, readable, released_answers
from placements.questions import ALL_SECTIONS, NEVER, STAGE_ONE, STAGE_TWO, question, section, sections_for
from placements.questions.checking import checked
from placements.questions.standard import RISK_FLAGS
from tests.scenarios import referral_answers


@dataclass
class Draft:
    category: str = "residential"
    age: int | None = 14
    sex: str = "male"
    person_id: Any = field(default_factory=uuid4)
    answers: dict[str, Any] = field(default_factory=referral_answers)


def fields(draft: Draft) -> set[str]:
    return {f"{item.section}.{item.field}" for item in missing(draft)}


def test_a_complete_referral_lacks_nothing() -> None:
    assert missing(Draft()) == []
    assert missing(Draft(category="fostering", answers=referral_answers("fostering"))) == []


def test_an_empty_draft_names_every_required_question_of_its_category() -> None:
    found = fields(Draft(answers={}))
    assert {"needs.needs", "risks.self_harm", "where.outward", "outcomes.outcome_1", "practical.budget_code"} <= found
    assert not any(name.startswith("adult.") for name in found)


def test_the_adult_variant_asks_for_capacity_and_funding_and_not_for_a_legal_status() -> None:
    found = fields(Draft(category="adult_residential", age=40, answers={}))
    assert {
        "adult.client_group",
        "adult.assessed_hours",
        "adult.capacity",
        "adult.top_up",
        "needs.adult_needs",
    } <= found
    assert "person.legal_status" not in found and "home.pets" not in found


def test_parent_and_child_adds_its_section_once_the_need_is_ticked() -> None:
    answers = referral_answers("fostering")
    answers["needs"]["needs"] = ["parent_and_child"]
    draft = Draft(category="fostering", answers=answers)
    assert "parent_child.parent_age" in fields(draft)
    assert "parent_child" in [found.code for found in sections_for("fostering", ["parent_and_child"])]
    assert "parent_child" not in [found.code for found in sections_for("fostering", [])]


def test_no_and_nought_are_answers() -> None:
    answers = referral_answers()
    assert answers["home"]["sibling_count"] == 0 and answers["practical"]["peep"] is False
    assert missing_in(section("home"), "residential", answers) == []


@pytest.mark.parametrize(
    ("part", "changes", "lacks"),
    [
        ("home", {"companions": "solo"}, "home.solo_reason"),
        ("risks", {"fire_setting": "present"}, "risks.fire_setting_mitigation"),
        ("where", {"is_local": False}, "where.out_of_la_reason"),
        ("where", {"near_school": "must"}, "where.school_outward"),
        ("needs", {"communication_needs": "yes"}, "needs.communication"),
        ("practical", {"peep": True}, "practical.peep_detail"),
    ],
)
def test_an_answer_can_raise_the_next_question(part: str, changes: dict[str, Any], lacks: str) -> None:
    answers = referral_answers()
    answers[part] = {**answers[part], **changes}
    assert lacks in fields(Draft(answers=answers))


def test_an_outcome_begun_must_be_whole() -> None:
    answers = referral_answers()
    answers["outcomes"]["outcome_3"] = "Sees friends"
    assert fields(Draft(answers=answers)) == {"outcomes.measure_3", "outcomes.review_on_3"}
    assert [each["outcome"] for each in outcomes_of(answers)] == ["Settled at school", "Sees friends"]


@pytest.mark.parametrize(
    ("category", "age", "fits"),
    [
        ("supported_accommodation", 15, False),
        ("supported_accommodation", 16, True),
        ("supported_accommodation", 18, False),
        ("residential", 17, True),
        ("residential", 18, False),
        ("adult_residential", 17, False),
        ("adult_residential", 96, True),
        ("sen_school", 19, True),
    ],
)
def test_the_age_must_suit_the_category(category: str, age: int, fits: bool) -> None:
    assert (".age" not in fields(Draft(category=category, age=age))) is fits


def test_input_that_could_not_be_read_counts_as_missing() -> None:
    answers = {**referral_answers(), "as_typed": {"where": {"max_miles": "a few"}}}
    assert fields(Draft(answers=answers)) == {"where.max_miles"}
    assert section_state(section("where"), "residential", answers, ["where"]) == "in_progress"


def test_states_of_a_section() -> None:
    answers = referral_answers()
    assert section_state(section("where"), "residential", answers, ["where"]) == "done"
    assert section_state(section("where"), "residential", answers, []) == "in_progress"
    assert section_state(section("where"), "residential", {}, []) == "not_started"


# --- Columns --------------------------------------------------------------------------------------------------


def test_matching_reads_needs_risks_and_what_other_answers_imply() -> None:
    answers = referral_answers()
    answers["person"]["uasc_status"] = "yes"
    answers["home"] |= {"siblings_together": "together", "sibling_count": 2, "companions": "solo"}
    assert needs_to_meet(answers) == ["emotional_behavioural", "self_harm", "missing", "uasc", "sibling_group"]
    columns = columns_from(answers, category="residential")
    assert columns["needs_solo"] is True and columns["outward"] == "HA1" and columns["planned_months"] == 12


def test_no_plan_to_stay_is_no_planned_months_even_when_they_were_typed_first() -> None:
    answers = referral_answers()
    answers["where"]["is_permanent"] = False
    assert columns_from(answers, category="residential")["planned_months"] is None


def test_none_of_these_is_not_a_need() -> None:
    assert needs_to_meet({"needs": {"needs": ["none"]}}) == []


def test_the_eleven_flags_are_the_vocabularys_risks() -> None:
    assert tuple(RISK_FLAGS) == tuple(need.value for need in RISKS)
    assert len(RISK_FLAGS) == 11 and Need.MISSING in RISK_FLAGS


# --- Answers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "name", "given", "stored"),
    [
        ("where", "outward", "ha1 2aa", "HA1"),
        ("where", "avoid_outwards", "nw10, W10,,nw10", ["NW10", "W10"]),
        ("where", "max_miles", " 20 ", 20),
        ("where", "is_local", "no", False),
        ("adult", "assessed_hours", "12.5", "12.5"),
        ("adult", "top_up_weekly", "£1,250", "1250.00"),
        ("matters", "voice", "  one\r\ntwo ", "one\ntwo"),
        ("person", "religion", " ", None),
        ("needs", "needs", ["autism", "mental_health"], ["mental_health", "autism"]),
    ],
)
def test_answers_are_stored_in_one_form(part: str, name: str, given: Any, stored: Any) -> None:
    assert checked(question(part, name), given) == stored


@pytest.mark.parametrize(
    ("part", "name", "given"),
    [
        ("where", "outward", "Harrow"),
        ("where", "max_miles", "20.5"),
        ("where", "max_miles", "²"),
        ("where", "max_miles", 401),
        ("where", "max_miles", True),
        ("where", "needed_on", "31 June"),
        ("where", "urgency", "soon"),
        ("where", "is_local", "maybe"),
        ("needs", "needs", ["none", "autism"]),
        ("needs", "needs", ["fire_setting"]),
        ("adult", "assessed_hours", "NaN"),
        ("adult", "top_up_weekly", "1e3"),
        ("matters", "voice", "x" * 3001),
        ("person", "religion", {"a": 1}),
    ],
)
def test_what_is_no_answer_is_refused_on_its_question(part: str, name: str, given: Any) -> None:
    with pytest.raises(RuleBroken) as refused:
        checked(question(part, name), given)
    assert refused.value.field == name


# --- Disclosure table -----------------------------------------------------------------------------------------


def test_every_question_has_one_name_and_a_known_stage() -> None:
    for found in ALL_SECTIONS:
        names = [asked.name for asked in found.questions]
        assert len(names) == len(set(names)), found.code
        for asked in found.questions:
            assert asked.stage in (NEVER, STAGE_ONE, STAGE_TWO)
            if asked.when:
                assert asked.when[0] in names, asked.name


def test_names_numbers_and_money_of_the_authority_never_reach_stage_one() -> None:
    stage_one = {f"{code}.{name}" for code, names in STAGE_ONE_FIELDS.items() for name in names}
    for name in ("practical.social_worker_name", "practical.school_name", "person.ethnicity", "person.legal_status"):
        assert name not in stage_one
    both = stage_one | {f"{code}.{name}" for code, names in STAGE_TWO_FIELDS.items() for name in names}
    assert not {"practical.budget_code", "adult.chc_percent", "adult.s117_percent", "adult.top_up_weekly"} & both


def test_released_answers_leave_out_what_does_not_arise() -> None:
    answers = referral_answers()
    answers["home"]["solo_reason"] = "Typed, then the choice was changed"
    answers["as_typed"] = {"where": {"max_miles": "Zachariah"}}
    released = released_answers(answers, category="residential", stage=STAGE_ONE)
    assert "solo_reason" not in released["home"] and "social_worker_name" not in released["practical"]
    assert "as_typed" not in released and "Zachariah" not in str(released)
    second = released_answers(answers, category="residential", stage=STAGE_TWO)
    assert second["practical"]["social_worker_name"] == "Sandra Social"
    assert "budget_code" not in second["practical"]


def test_released_answers_read_in_words(settings: Any) -> None:
    pages = readable(released_answers(referral_answers(), category="residential", stage=STAGE_ONE))
    home = next(page for page in pages if page["code"] == "home")
    assert {"field": "pets", "key": "May there be pets?", "value": "Yes, there can be pets"} in [
        {**row, "key": str(row["key"])} for row in home["rows"]
    ]
