"""Practicalities: education, health, support, transport, emergency plan, budget, and whom to ring."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from placements.questions.shapes import CHILDREN, NEVER, STAGE_ONE, STAGE_TWO, Kind, Options, Question, Section

EDUCATION: Options = (
    ("nursery", _("Nursery or not yet at school")),
    ("school", _("At school")),
    ("special_school", _("At a special school")),
    ("alternative", _("Alternative provision or tuition")),
    ("college", _("College, training or work")),
    ("none", _("Not in education")),
)
SUPPORT: Options = (
    ("usual", _("The home’s usual staffing or care")),
    ("one_some", _("One to one for some hours")),
    ("one_always", _("One to one all day")),
    ("two_some", _("Two to one for some hours")),
    ("two_always", _("Two to one all day")),
)

PRACTICAL = Section(
    "practical",
    _("Practicalities"),
    _("Names and telephone numbers go to shortlisted providers only; the budget code to nobody."),
    (
        Question(
            "education",
            _("Education now"),
            Kind.SELECT,
            STAGE_ONE,
            options=EDUCATION,
            required=True,
            categories=CHILDREN,
            heading=_("Education"),
        ),
        Question(
            "education_included",
            _("Must the placement include education?"),
            Kind.YES_NO,
            STAGE_ONE,
            required=True,
            categories=CHILDREN,
        ),
        Question(
            "school_name",
            _("Name of the school or college"),
            Kind.LINE,
            STAGE_TWO,
            max_length=120,
            categories=CHILDREN,
            person_column="school_name",
        ),
        Question(
            "health",
            _("Health needs and medication the home must manage"),
            Kind.LONG,
            STAGE_ONE,
            required=True,
            hint=_("Write “none known” if there are none."),
            max_length=2000,
            heading=_("Health and support"),
        ),
        Question(
            "health_services", _("Doctors, CAMHS and other services"), Kind.LONG, STAGE_TWO, max_length=1000, rows=3
        ),
        Question("support", _("Support"), Kind.SELECT, STAGE_ONE, options=SUPPORT, required=True),
        Question("waking_night", _("Is a waking night needed?"), Kind.YES_NO, STAGE_ONE, required=True),
        Question("equipment", _("Equipment"), Kind.LONG, STAGE_ONE, max_length=500, rows=2),
        Question("transport", _("Transport"), Kind.LONG, STAGE_ONE, max_length=500, rows=2),
        Question(
            "peep",
            _("Do they need a personal emergency evacuation plan?"),
            Kind.YES_NO,
            STAGE_ONE,
            hint=_("If they could not leave the building by themselves in a fire."),
            required=True,
            heading=_("Safety"),
        ),
        Question(
            "peep_detail",
            _("What help would they need to get out?"),
            Kind.LONG,
            STAGE_ONE,
            required=True,
            when=("peep", ("yes",)),
            max_length=500,
            rows=2,
        ),
        Question(
            "budget_code",
            _("Budget code"),
            Kind.LINE,
            NEVER,
            required=True,
            max_length=40,
            heading=_("Money"),
        ),
        Question(
            "social_worker_name",
            _("Social worker"),
            Kind.LINE,
            STAGE_TWO,
            required=True,
            max_length=120,
            column="social_worker_name",
            heading=_("Whom to ring"),
        ),
        Question(
            "social_worker_phone", _("Social worker’s telephone"), Kind.LINE, STAGE_TWO, required=True, max_length=30
        ),
        Question("team_manager", _("Team manager"), Kind.LINE, NEVER, max_length=120),
        Question(
            "out_of_hours",
            _("Telephone out of hours"),
            Kind.LINE,
            STAGE_TWO,
            required=True,
            max_length=30,
            hint=_("The emergency duty team’s number."),
        ),
    ),
)
