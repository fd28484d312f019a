"""The field's vocabularies, used as they are: needs and risks, categories, SSDA903 codes, placement standard v2.

Labels whose official wording is unverified (K3, Z11-Z14) are inferred and said to be so in docs/.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Need(models.TextChoices):
    """What a home must be able to meet; the eleven risk flags of the national placements standard among them."""

    EMOTIONAL_BEHAVIOURAL = "emotional_behavioural", _("Emotional and behavioural needs")
    MENTAL_HEALTH = "mental_health", _("Mental health")
    THERAPEUTIC = "therapeutic", _("Therapeutic care")
    LEARNING_DISABILITY = "learning_disability", _("Learning disability")
    AUTISM = "autism", _("Autism")
    PHYSICAL_DISABILITY = "physical_disability", _("Physical disability")
    SENSORY = "sensory", _("Hearing or sight loss")
    COMPLEX_HEALTH = "complex_health", _("Complex health needs")
    NURSING = "nursing", _("Nursing care")
    DEMENTIA = "dementia", _("Dementia")
    PARENT_AND_CHILD = "parent_and_child", _("Parent and child together")
    PREGNANCY = "pregnancy", _("Pregnancy")
    UASC = "uasc", _("Unaccompanied asylum-seeking child")
    SIBLING_GROUP = "sibling_group", _("Brothers and sisters together")
    SELF_HARM = "self_harm", _("Self-harm")
    EATING_DISORDER = "eating_disorder", _("Eating disorder")
    SUBSTANCE_MISUSE = "substance_misuse", _("Drugs and alcohol")
    EXPLOITATION_CRIMINAL = "exploitation_criminal", _("Criminal exploitation")
    EXPLOITATION_SEXUAL = "exploitation_sexual", _("Sexual exploitation")
    MISSING = "missing", _("Going missing")
    AGGRESSION = "aggression", _("Physical harm to others")
    SEXUALISED_BEHAVIOUR = "sexualised_behaviour", _("Harmful sexual behaviour")
    FIRE_SETTING = "fire_setting", _("Fire setting")
    HARM_TO_ANIMALS = "harm_to_animals", _("Harm to animals")
    OFFENDING = "offending", _("Offending, bail or licence conditions")


RISKS_TO_SELF = (
    Need.SELF_HARM,
    Need.EXPLOITATION_CRIMINAL,
    Need.SUBSTANCE_MISUSE,
    Need.EATING_DISORDER,
    Need.MISSING,
    Need.EXPLOITATION_SEXUAL,
)
RISKS_TO_OTHERS = (
    Need.AGGRESSION,
    Need.SEXUALISED_BEHAVIOUR,
    Need.FIRE_SETTING,
    Need.HARM_TO_ANIMALS,
    Need.OFFENDING,
)
RISKS = RISKS_TO_SELF + RISKS_TO_OTHERS
NEEDS_ONLY = tuple(need for need in Need if need not in RISKS)


class Category(models.TextChoices):
    """What kind of home is asked for."""

    FOSTERING = "fostering", _("Fostering")
    RESIDENTIAL = "residential", _("Children's residential")
    SUPPORTED_ACCOMMODATION = "supported_accommodation", _("Supported accommodation (16 and 17)")
    SEN_SCHOOL = "sen_school", _("Special school")
    ADULT_RESIDENTIAL = "adult_residential", _("Adult residential and nursing")


class Sex(models.TextChoices):
    FEMALE = "female", _("Female")
    MALE = "male", _("Male")


class SexAccepted(models.TextChoices):
    ANY = "any", _("Any")
    FEMALE = "female", _("Female only")
    MALE = "male", _("Male only")


class EstablishmentKind(models.TextChoices):
    FOSTERING_AGENCY = "fostering_agency", _("Fostering agency")
    CHILDRENS_HOME = "childrens_home", _("Children's home")
    SUPPORTED_ACCOMMODATION = "supported_accommodation", _("Supported accommodation")
    SPECIAL_SCHOOL = "special_school", _("Special school (day)")
    RESIDENTIAL_SPECIAL_SCHOOL = "residential_special_school", _("Residential special school")
    CARE_HOME = "care_home", _("Care home (adults)")
    NURSING_HOME = "nursing_home", _("Nursing home (adults)")


#: The kinds of establishment that may take a placement of a category.
KINDS_FOR_CATEGORY: dict[str, tuple[str, ...]] = {
    Category.FOSTERING: (EstablishmentKind.FOSTERING_AGENCY,),
    Category.RESIDENTIAL: (EstablishmentKind.CHILDRENS_HOME, EstablishmentKind.RESIDENTIAL_SPECIAL_SCHOOL),
    Category.SUPPORTED_ACCOMMODATION: (EstablishmentKind.SUPPORTED_ACCOMMODATION,),
    Category.SEN_SCHOOL: (EstablishmentKind.SPECIAL_SCHOOL, EstablishmentKind.RESIDENTIAL_SPECIAL_SCHOOL),
    Category.ADULT_RESIDENTIAL: (EstablishmentKind.CARE_HOME, EstablishmentKind.NURSING_HOME),
}


class Regulator(models.TextChoices):
    OFSTED = "ofsted", "Ofsted"
    CIW = "ciw", "Care Inspectorate Wales"
    CQC = "cqc", "Care Quality Commission"


class RegistrationStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")
    CANCELLED = "cancelled", _("Cancelled")
    RESIGNED = "resigned", _("Resigned")


class Rating(models.TextChoices):
    OUTSTANDING = "outstanding", _("Outstanding")
    EXCELLENT = "excellent", _("Excellent")
    STRONG = "strong", _("Strong")
    GOOD = "good", _("Good")
    INCONSISTENT = "inconsistent", _("Inconsistent")
    REQUIRES_IMPROVEMENT = "requires_improvement", _("Requires improvement")
    NEEDS_IMPROVEMENT = "needs_improvement", _("Needs improvement")
    INADEQUATE = "inadequate", _("Inadequate")
    SERIOUS_WEAKNESSES = "serious_weaknesses", _("Serious weaknesses")
    NEEDS_SIGNIFICANT_IMPROVEMENT = "needs_significant_improvement", _("Needs significant improvement")
    NOT_RATED = "not_rated", _("Not yet rated")


class ProfitStatus(models.TextChoices):
    FOR_PROFIT = "for_profit", _("For profit")
    NOT_FOR_PROFIT = "not_for_profit", _("Not for profit")
    PUBLIC = "public", _("Public body")


class LegalForm(models.TextChoices):
    LIMITED_COMPANY = "limited_company", _("Limited company")
    GUARANTEE_COMPANY = "guarantee_company", _("Company limited by guarantee")
    COMMUNITY_INTEREST_COMPANY = "community_interest_company", _("Community interest company")
    LLP = "llp", _("Limited liability partnership")
    CHARITABLE_INCORPORATED = "charitable_incorporated", _("Charitable incorporated organisation")
    REGISTERED_SOCIETY = "registered_society", _("Registered society")
    SOLE_TRADER = "sole_trader", _("Sole trader")
    LOCAL_AUTHORITY = "local_authority", _("Local authority")
    NHS_BODY = "nhs_body", _("NHS body")


class Urgency(models.TextChoices):
    """Needed by, as the national placements standard has it."""

    TODAY = "today", _("Today")
    WITHIN_5_DAYS = "within_5_days", _("Within 5 days")
    PLANNED = "planned", _("In more than 5 days")


class LegalStatus(models.TextChoices):
    """SSDA903 legal status."""

    C1 = "C1", _("C1 Interim care order")
    C2 = "C2", _("C2 Full care order")
    D1 = "D1", _("D1 Freeing order granted")
    E1 = "E1", _("E1 Placement order granted")
    V2 = "V2", _("V2 Accommodated under section 20")
    V3 = "V3", _("V3 Short breaks under an agreement, each recorded as an episode")
    V4 = "V4", _("V4 Short breaks under an agreement, recorded as agreements")
    L1 = "L1", _("L1 Police protection")
    L2 = "L2", _("L2 Emergency protection order")
    L3 = "L3", _("L3 Child assessment order")
    J1 = "J1", _("J1 Remanded to local authority or youth detention accommodation")
    J2 = "J2", _("J2 Accommodated under PACE 1984")
    J3 = "J3", _("J3 Youth rehabilitation order with a residence or intensive fostering requirement")


class NeedCode(models.TextChoices):
    """SSDA903 category of need."""

    N1 = "N1", _("N1 Abuse or neglect")
    N2 = "N2", _("N2 Child's disability")
    N3 = "N3", _("N3 Parental illness or disability")
    N4 = "N4", _("N4 Family in acute stress")
    N5 = "N5", _("N5 Family dysfunction")
    N6 = "N6", _("N6 Socially unacceptable behaviour")
    N7 = "N7", _("N7 Low income")
    N8 = "N8", _("N8 Absent parenting")


class PlacementSource(models.TextChoices):
    """How a placement was bought; spot is outside any vehicle, so that leakage is visible."""

    CALL_OFF = "call_off", _("Call-off from a vehicle")
    EXISTING = "existing", _("Existing framework placement")
    SPOT = "spot", _("Spot purchase")
    IN_HOUSE = "in_house", _("In-house")
    BLOCK = "block", _("Block contract")


class DeclineReason(models.TextChoices):
    NO_VACANCY = "no_vacancy", _("No vacancy")
    NEED_NOT_MET = "need_not_met", _("We cannot meet a need")
    RISK = "risk", _("Risk")
    MATCH = "match", _("Match with the people living there")
    STAFFING = "staffing", _("Staffing")
    LOCATION = "location", _("Location")
    AGE_OR_REGISTRATION = "age_or_registration", _("Age or registration")
    PRICE = "price", _("Price")
    TOO_LITTLE_INFORMATION = "too_little_information", _("Too little information")
    OTHER = "other", _("Other")
