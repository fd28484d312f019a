"""What matters to the person, and the outcomes wanted of the placement."""

from __future__ import annotations

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from placements.questions import standard
from placements.questions.shapes import LIVING_CHILDREN, STAGE_ONE, STAGE_TWO, Kind, Question, Section

OUTCOMES_AT_MOST = 6

MATTERS = Section(
    "matters",
    _("What matters to them"),
    _("Say what the person and the family want, in their words where you can, without names."),
    (
        Question(
            "voice",
            _("What do they say they want?"),
            Kind.LONG,
            STAGE_ONE,
            hint=_("In their own words. If they cannot say, what do people who know them well see?"),
            required=True,
            max_length=3000,
            rows=6,
        ),
        Question("interests", _("What do they enjoy and do well?"), Kind.LONG, STAGE_ONE, max_length=1500),
        Question("family_view", _("What does the family want?"), Kind.LONG, STAGE_TWO, max_length=2000),
        Question(
            "family_time",
            _("Family time plan"),
            Kind.LONG,
            STAGE_ONE,
            hint=_(
                "Who (by relationship), how often, where, supervised or not. For example: mother, weekly, at a centre."
            ),
            required=True,
            max_length=1500,
            categories=LIVING_CHILDREN,
        ),
        Question(
            "cultural_needs",
            _("Is a match of culture needed?"),
            Kind.CHOICE,
            STAGE_ONE,
            options=standard.CULTURAL_NEEDS,
            required=True,
        ),
        Question(
            "culture",
            _("Faith, culture and identity"),
            Kind.LONG,
            STAGE_ONE,
            hint=_("What a home should do: food, worship, hair and skin care, language, identity."),
            max_length=1500,
        ),
    ),
)


def _outcome_questions(number: int) -> tuple[Question, ...]:
    first = number == 1
    title = format_lazy("{} {}", _("Outcome"), str(number))
    return (
        Question(
            f"outcome_{number}",
            _("What should be different for them?"),
            Kind.LONG,
            STAGE_ONE,
            required=first,
            max_length=300,
            rows=2,
            heading=title,
            context=title,
        ),
        Question(
            f"measure_{number}",
            _("How will you know?"),
            Kind.LINE,
            STAGE_ONE,
            hint=_("Something that can be counted or seen, such as “at school 9 days in 10”.") if first else "",
            required=first,
            max_length=200,
            context=title,
        ),
        Question(f"review_on_{number}", _("Review on"), Kind.DATE, STAGE_ONE, required=first, context=title),
    )


OUTCOMES = Section(
    "outcomes",
    _("Outcomes"),
    _("Up to six. They go into the agreement, and the placement is reviewed against them."),
    tuple(question for number in range(1, OUTCOMES_AT_MOST + 1) for question in _outcome_questions(number)),
)
