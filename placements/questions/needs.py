"""Needs, and the eleven risk flags of the national standard with what a provider must know of each."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from brokerage.core.vocabulary import NEEDS_ONLY, Need
from placements.questions import standard
from placements.questions.shapes import ADULTS, CHILDREN, STAGE_ONE, STAGE_TWO, Kind, Options, Question, Section

#: These follow from other answers (unaccompanied status, sibling group) and are not asked twice.
DERIVED_NEEDS = (Need.UASC, Need.SIBLING_GROUP)
NO_NEEDS = "none"


def _need_options(*left_out: str) -> Options:
    kept = tuple((need.value, need.label) for need in NEEDS_ONLY if need not in DERIVED_NEEDS and need not in left_out)
    return (*kept, (NO_NEEDS, _("None of these")))


CHILD_NEEDS = _need_options(Need.NURSING, Need.DEMENTIA)
ADULT_NEEDS = _need_options(Need.PARENT_AND_CHILD, Need.PREGNANCY)
SEND_NEEDS: Options = (
    ("ASD", _("Autistic spectrum disorder")),
    ("SEMH", _("Social, emotional and mental health")),
    ("SLCN", _("Speech, language and communication")),
    ("SPLD", _("Specific learning difficulty")),
    ("MLD", _("Moderate learning difficulty")),
    ("SLD", _("Severe learning difficulty")),
    ("PMLD", _("Profound and multiple learning difficulty")),
    ("HI", _("Hearing impairment")),
    ("VI", _("Vision impairment")),
    ("MSI", _("Multi-sensory impairment")),
    ("PD", _("Physical disability")),
    ("OTH", _("Other")),
)
FREQUENCIES: Options = (
    ("daily", _("Every day")),
    ("weekly", _("Every week")),
    ("monthly", _("Every month")),
    ("seldom", _("Less often")),
    ("once", _("Once")),
    ("not_known", _("Not known")),
)

NEEDS = Section(
    "needs",
    _("Needs"),
    _("Everyone invited reads these answers. Write “he”, “she”, “they” or “the young person”, never a name."),
    (
        Question(
            "needs",
            _("What must a home be able to meet?"),
            Kind.CHOICES,
            STAGE_ONE,
            options=CHILD_NEEDS,
            hint=_("Homes are matched on these. Risks are asked on the next page."),
            required=True,
            categories=CHILDREN,
            exclusive=NO_NEEDS,
        ),
        Question(
            "adult_needs",
            _("What must a home be able to meet?"),
            Kind.CHOICES,
            STAGE_ONE,
            options=ADULT_NEEDS,
            hint=_("Homes are matched on these. Risks are asked on the next page."),
            required=True,
            categories=ADULTS,
            exclusive=NO_NEEDS,
        ),
        Question(
            "daily_life",
            _("What do they need help with, day to day?"),
            Kind.LONG,
            STAGE_ONE,
            required=True,
            max_length=3000,
            rows=6,
        ),
        Question(
            "communication_needs",
            _("Do they have communication needs?"),
            Kind.CHOICE,
            STAGE_ONE,
            options=standard.COMMUNICATION_NEEDS,
            required=True,
            heading=_("Communication"),
        ),
        Question(
            "communication",
            _("Which?"),
            Kind.CHOICES,
            STAGE_ONE,
            options=standard.COMMUNICATION,
            required=True,
            when=("communication_needs", ("yes",)),
        ),
        Question("communication_other", _("Other communication needs"), Kind.LINE, STAGE_ONE, max_length=120),
        Question(
            "ehcp",
            _("Is there an education, health and care plan?"),
            Kind.YES_NO,
            STAGE_ONE,
            required=True,
            categories=CHILDREN,
        ),
        Question(
            "send_need",
            _("Primary special educational need"),
            Kind.SELECT,
            STAGE_ONE,
            options=SEND_NEEDS,
            required=True,
            categories=("sen_school",),
        ),
        Question(
            "home_adaptation",
            _("Must the home be adapted?"),
            Kind.YES_NO,
            STAGE_ONE,
            required=True,
            heading=_("The home and support"),
        ),
        Question(
            "home_adaptation_detail",
            _("Which adaptations?"),
            Kind.LONG,
            STAGE_ONE,
            required=True,
            when=("home_adaptation", ("yes",)),
            max_length=500,
            rows=2,
        ),
        Question(
            "additional_support",
            _("Which additional support is needed?"),
            Kind.CHOICES,
            STAGE_ONE,
            options=standard.ADDITIONAL_SUPPORT,
            exclusive="na",
            categories=CHILDREN,
        ),
        Question(
            "assessment_method",
            _("How were the needs assessed?"),
            Kind.CHOICE,
            STAGE_ONE,
            options=standard.ASSESSMENT_METHOD,
            required=True,
            categories=CHILDREN,
            heading=_("Assessment"),
        ),
        Question("assessment_summary", _("What the assessment says"), Kind.LONG, STAGE_TWO),
        Question(
            "deprivation_of_liberty",
            _("Is a deprivation of liberty order in force or sought?"),
            Kind.YES_NO,
            STAGE_ONE,
            required=True,
            categories=CHILDREN,
            heading=_("Deprivation of liberty"),
        ),
        Question(
            "dol_starts_on",
            _("The order starts on"),
            Kind.DATE,
            STAGE_TWO,
            categories=CHILDREN,
            when=("deprivation_of_liberty", ("yes",)),
        ),
        Question(
            "dol_ends_on",
            _("The order ends on, if that is known"),
            Kind.DATE,
            STAGE_TWO,
            categories=CHILDREN,
            when=("deprivation_of_liberty", ("yes",)),
        ),
        Question(
            "placement_moves",
            _("How many homes have they had in the last 12 months?"),
            Kind.WHOLE,
            STAGE_ONE,
            maximum=60,
            heading=_("What happened before"),
        ),
        Question("last_ended", _("Why did the last placement end?"), Kind.LONG, STAGE_TWO, max_length=1500),
        Question("what_works", _("What has worked well?"), Kind.LONG, STAGE_ONE, max_length=1500),
    ),
)


def _risk_questions(flag: str) -> tuple[Question, ...]:
    _standard_name, label = standard.RISK_FLAGS[flag]
    present = (flag, ("present",))
    headings = {standard.RISKS_TO_SELF[0]: _("Risks to them"), standard.RISKS_TO_OTHERS[0]: _("Risks to others")}
    heading = headings.get(flag, "")
    return (
        Question(flag, label, Kind.CHOICE, STAGE_ONE, options=standard.RISK, required=True, heading=heading),
        Question(
            f"{flag}_trigger",
            _("What happens, and what sets it off?"),
            Kind.LONG,
            STAGE_ONE,
            required=True,
            when=present,
            context=label,
            max_length=1000,
            rows=3,
        ),
        Question(
            f"{flag}_frequency",
            _("How often?"),
            Kind.SELECT,
            STAGE_ONE,
            options=FREQUENCIES,
            required=True,
            when=present,
            context=label,
        ),
        Question(f"{flag}_last_on", _("When did it last happen?"), Kind.DATE, STAGE_ONE, when=present, context=label),
        Question(
            f"{flag}_mitigation",
            _("What keeps them and others safe?"),
            Kind.LONG,
            STAGE_ONE,
            required=True,
            when=present,
            context=label,
            max_length=1000,
            rows=3,
        ),
    )


RISKS = Section(
    "risks",
    _("Risks"),
    _(
        "The eleven risks of the national placements standard. Say what sets a risk off and what helps:"
        " a bare flag frightens good homes away."
    ),
    (
        *(question for flag in standard.RISK_FLAGS for question in _risk_questions(flag)),
        Question(
            "for_shortlisted",
            _("Anything that only shortlisted providers should read"),
            Kind.LONG,
            STAGE_TWO,
            heading=_("Anything else"),
        ),
    ),
)
