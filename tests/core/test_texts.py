"""The limits of free texts stand in one place, and pages, the API and the acts hold to the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from brokerage.core.errors import RuleBroken
from brokerage.core.texts import LONGEST, LONGEST_REASON, LONGEST_TOLD, require_short, require_text
from brokerage.safeguarding.voice.forms import AnswerForm
from contracts.api.award_shapes import NewAward
from contracts.forms.awards import AwardForm
from dpv.api.admission_acts import ScoreInput
from dpv.forms.admissions import ScoreForm
from placements.api.opportunity_shapes import NewOpportunityQuestion
from placements.forms.inbox import QuestionForm

ROOT = Path(__file__).resolve().parent.parent.parent
#: Homes of a limit of their own.
OWN = {"brokerage/core/texts.py", "brokerage/safeguarding/concerns/actions/concerns.py", "placements/offer_answers.py"}


def test_a_text_may_be_as_long_as_its_limit_and_no_longer() -> None:
    for most in (LONGEST, LONGEST_REASON, LONGEST_TOLD):
        require_short("x" * most, field="reason", most=most)
        with pytest.raises(RuleBroken) as refusal:
            require_text("x" * (most + 1), field="reason", message="Say why", most=most)
        assert (refusal.value.code, refusal.value.field) == ("text_too_long", "reason")


def test_pages_and_the_api_have_the_same_limit() -> None:
    pages = (QuestionForm.base_fields["question"], AwardForm.base_fields["reason"], ScoreForm.base_fields["reason"])
    shapes = (NewOpportunityQuestion().fields["question"], NewAward().fields["reason"], ScoreInput().fields["reason"])
    assert {getattr(field, "max_length", None) for field in (*pages, *shapes)} == {LONGEST_REASON}
    assert getattr(AnswerForm.base_fields["text"], "max_length", None) == LONGEST_TOLD


def test_no_module_spells_a_limit_again() -> None:
    again = [
        path.relative_to(ROOT).as_posix()
        for storey in ("brokerage", "contracts", "dpv", "placements", "providers")
        for path in sorted((ROOT / storey).rglob("*.py"))
        if re.search(r"^LONGEST\w* = [248]_?000\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert set(again) == OWN
