"""Single answers changed by another system: only what is named, and nothing of what a person half typed is lost."""

from __future__ import annotations

import datetime as dt

import pytest
from django.http import Http404

from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.context import acting
from placements.actions.answers import change_answers
from placements.actions.referrals import change_sections, save_section
from placements.completeness import AS_TYPED
from placements.queries.referrals import referral_of
from placements.questions import section
from placements.questions.days import day_problems
from tests.cast import TODAY, actor_of
from tests.scenarios import draft_referral, published_referral

pytestmark = pytest.mark.django_db

YESTERDAY = TODAY - dt.timedelta(days=1)


def test_what_a_person_half_typed_elsewhere_in_the_section_stays() -> None:
    draft = draft_referral()
    with acting(actor_of("olive")) as olive:
        draft = save_section(
            olive,
            reference=draft.reference,
            section="where",
            values={},
            unread={"max_miles": "about ten", "expected_weeks": "a year"},
            base_revision=draft.revision,
        )
        changed = change_answers(olive, reference=draft.reference, section="where", answers={"max_miles": 10})
        assert changed.answers["where"]["max_miles"] == changed.max_miles == 10
        assert changed.answers[AS_TYPED] == {"where": {"expected_weeks": "a year"}}
        assert "where" not in changed.sections_done
        whole = change_answers(olive, reference=draft.reference, section="where", answers={"expected_weeks": 52})
        assert whole.answers[AS_TYPED] == {} and "where" in whole.sections_done


def test_several_sections_empty_what_was_half_typed_as_one_does() -> None:
    draft = draft_referral()
    with acting(actor_of("olive")) as olive:
        draft = save_section(
            olive,
            reference=draft.reference,
            section="where",
            values={"max_miles": None},
            unread={"max_miles": "about ten"},
            base_revision=draft.revision,
        )
        change_sections(olive, reference=draft.reference, sections={"where": {"max_miles": None}})
        assert not referral_of(olive, draft.reference).answers[AS_TYPED]


def test_a_day_that_cannot_be_is_refused_and_nothing_is_kept() -> None:
    draft = draft_referral()
    with acting(actor_of("olive")) as olive:
        answers = {"max_miles": 5, "needed_on": YESTERDAY.isoformat()}
        with pytest.raises(RuleBroken) as refused:
            change_answers(olive, reference=draft.reference, section="where", answers=answers)
        assert (refused.value.code, refused.value.field) == ("day_past", "needed_on")
        assert referral_of(olive, draft.reference).max_miles == 20


def test_not_of_a_published_referral_nor_without_permission_nor_in_a_section_that_is_not_asked() -> None:
    draft, running = draft_referral(), published_referral()
    with acting(actor_of("olive")) as olive:
        with pytest.raises(NotNow):
            change_answers(olive, reference=running.reference, section="where", answers={"max_miles": 5})
        with pytest.raises(Http404):
            change_answers(olive, reference=draft.reference, section="adult", answers={"top_up": True})
        with pytest.raises(Http404):
            change_answers(olive, reference=draft.reference, section="sky", answers={})
    with acting(actor_of("tessa")) as tessa, pytest.raises(NotPermitted):
        change_answers(tessa, reference=draft.reference, section="where", answers={"max_miles": 5})


@pytest.mark.parametrize(
    ("code", "answers", "problem"),
    [
        ("risks", {"missing_last_on": "2999-01-01"}, ("day_not_past", "missing_last_on")),
        ("outcomes", {"review_on_2": "2020-01-01"}, ("day_past", "review_on_2")),
        ("needs", {"dol_starts_on": "2026-02-01", "dol_ends_on": "2026-01-31"}, ("ends_before_start", "dol_ends_on")),
        ("needs", {"dol_starts_on": "2026-02-01", "dol_ends_on": "2026-02-01"}, None),
        ("where", {"needed_on": TODAY.isoformat()}, None),
    ],
)
def test_which_days_cannot_be(code: str, answers: dict[str, str], problem: tuple[str, str] | None) -> None:
    found = day_problems(section(code), "residential", answers, TODAY)
    assert [(each.code, each.field) for each in found] == ([problem] if problem else [])
