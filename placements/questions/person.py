"""About the person; an adult's funding and capacity; parent and child."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from brokerage.core.vocabulary import LegalStatus, NeedCode
from placements.questions import standard
from placements.questions.shapes import ADULTS, CHILDREN, NEVER, STAGE_ONE, STAGE_TWO, Kind, Options, Question, Section

#: SSDA903 ethnicity, so that the return needs no typing.
ETHNICITIES: Options = (
    ("WBRI", _("White British")),
    ("WIRI", _("White Irish")),
    ("WIRT", _("Traveller of Irish heritage")),
    ("WROM", _("Gypsy or Roma")),
    ("WOTH", _("Any other White background")),
    ("MWBC", _("White and Black Caribbean")),
    ("MWBA", _("White and Black African")),
    ("MWAS", _("White and Asian")),
    ("MOTH", _("Any other mixed background")),
    ("AIND", _("Indian")),
    ("APKN", _("Pakistani")),
    ("ABAN", _("Bangladeshi")),
    ("AOTH", _("Any other Asian background")),
    ("BCRB", _("Caribbean")),
    ("BAFR", _("African")),
    ("BOTH", _("Any other Black background")),
    ("CHNE", _("Chinese")),
    ("OOTH", _("Any other ethnic group")),
    ("REFU", _("Refused")),
    ("NOBT", _("Not yet known")),
)
CLIENT_GROUPS: Options = (
    ("learning_disability", _("Learning disability")),
    ("physical_disability", _("Physical disability")),
    ("mental_health", _("Functional mental health")),
    ("sensory_loss", _("Sensory loss")),
    ("autism", _("Autism")),
    ("dementia", _("Dementia")),
    ("older_people", _("Older people")),
)
CAPACITY: Options = (
    ("has", _("Has capacity to decide where to live")),
    ("lacks", _("Lacks capacity: a best-interests decision is recorded")),
    ("fluctuates", _("Capacity changes from time to time")),
    ("not_assessed", _("Not yet assessed")),
)
DOLS: Options = (
    ("not_needed", _("Not needed")),
    ("applied", _("Applied for")),
    ("authorised", _("Authorised")),
)
TOP_UP_PAYERS: Options = (("third_party", _("A third party")), ("person", _("The person")))

PERSON = Section(
    "person",
    _("About the person"),
    _("Age and sex come from the person’s record. Names and dates of birth do not belong on this page."),
    (
        Question(
            "gender_identity",
            _("Gender identity, if it differs"),
            Kind.LINE,
            STAGE_TWO,
            max_length=60,
            person_column="gender_identity",
        ),
        Question(
            "ethnicity",
            _("Ethnicity"),
            Kind.SELECT,
            STAGE_TWO,
            options=ETHNICITIES,
            required=True,
            person_column="ethnicity",
        ),
        Question("religion", _("Religion or belief"), Kind.LINE, STAGE_TWO, max_length=60, person_column="religion"),
        Question(
            "first_language",
            _("First language"),
            Kind.LINE,
            STAGE_ONE,
            required=True,
            max_length=60,
            person_column="first_language",
        ),
        Question("interpreter_needed", _("Do they need an interpreter?"), Kind.YES_NO, STAGE_ONE),
        Question(
            "uasc_status",
            _("Unaccompanied asylum-seeking child?"),
            Kind.CHOICE,
            STAGE_ONE,
            options=standard.UASC_STATUS,
            required=True,
            categories=CHILDREN,
        ),
        Question(
            "immigration",
            _("Immigration status and next steps"),
            Kind.LONG,
            STAGE_TWO,
            categories=CHILDREN,
            when=("uasc_status", ("yes",)),
            max_length=500,
            rows=2,
        ),
        Question(
            "legal_status",
            _("Legal status"),
            Kind.SELECT,
            STAGE_TWO,
            hint=_("As in the SSDA903 return."),
            options=tuple(LegalStatus.choices),
            required=True,
            categories=("fostering", "residential", "supported_accommodation"),
            person_column="legal_status",
        ),
        Question(
            "need_code",
            _("Main category of need"),
            Kind.SELECT,
            NEVER,
            hint=_("As in the SSDA903 return."),
            options=tuple(NeedCode.choices),
            categories=CHILDREN,
            person_column="need_code",
        ),
        Question(
            "court_conditions",
            _("Bail, licence or court conditions"),
            Kind.LONG,
            STAGE_TWO,
            hint=_("Conditions that say where they may live, with whom, or when they must be in."),
            max_length=1000,
        ),
    ),
)

ADULT = Section(
    "adult",
    _("Capacity and funding"),
    _("What the Care Act 2014 assessment says, and who pays. Funding is never shown to providers."),
    (
        Question("client_group", _("Main client group"), Kind.SELECT, STAGE_ONE, options=CLIENT_GROUPS, required=True),
        Question(
            "assessed_hours",
            _("Assessed support hours a week"),
            Kind.DECIMAL,
            STAGE_ONE,
            required=True,
            maximum=336,
            suffix=_("hours"),
        ),
        Question("capacity", _("Mental capacity"), Kind.CHOICE, STAGE_ONE, options=CAPACITY, required=True),
        Question("dols", _("Deprivation of Liberty Safeguards"), Kind.CHOICE, STAGE_ONE, options=DOLS, required=True),
        Question(
            "choice_of_home",
            _("Which home do they prefer?"),
            Kind.LONG,
            STAGE_TWO,
            hint=_("A person may choose a dearer home with a top-up (Choice of Accommodation Regulations 2014)."),
            max_length=1000,
        ),
        Question("chc_percent", _("NHS continuing healthcare share"), Kind.WHOLE, NEVER, maximum=100, suffix=_("%")),
        Question("s117_percent", _("Section 117 aftercare: NHS share"), Kind.WHOLE, NEVER, maximum=100, suffix=_("%")),
        Question("top_up", _("Will there be a top-up?"), Kind.YES_NO, NEVER, required=True),
        Question(
            "top_up_weekly",
            _("Top-up"),
            Kind.MONEY,
            NEVER,
            required=True,
            when=("top_up", ("yes",)),
            suffix=_("per week"),
        ),
        Question("top_up_payer", _("Who would pay a top-up?"), Kind.SELECT, NEVER, options=TOP_UP_PAYERS),
    ),
    categories=ADULTS,
)

PARENT_AND_CHILD = Section(
    "parent_child",
    _("Parent and child"),
    _("The parent and the baby or child will live together, often while they are assessed."),
    (
        Question("parent_age", _("Parent’s age"), Kind.WHOLE, STAGE_ONE, required=True, minimum=10, maximum=70),
        Question("parent_looked_after", _("Is the parent looked after too?"), Kind.YES_NO, STAGE_ONE, required=True),
        Question(
            "child_ages",
            _("Ages of the children, or when the baby is due"),
            Kind.LINE,
            STAGE_ONE,
            hint=_("For example: 4 months; or due in 6 weeks. No dates of birth."),
            required=True,
            max_length=120,
        ),
        Question("both_parents", _("Will both parents live there?"), Kind.YES_NO, STAGE_ONE, required=True),
        Question(
            "assessment", _("What must be assessed, and by when?"), Kind.LONG, STAGE_ONE, required=True, max_length=1500
        ),
        Question(
            "supervision", _("How much supervision is needed, day and night?"), Kind.LONG, STAGE_ONE, max_length=1000
        ),
        Question("court_timetable", _("Court timetable"), Kind.LONG, STAGE_TWO, max_length=1000),
    ),
    needs_need="parent_and_child",
)
