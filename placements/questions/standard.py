"""The children's social care placements standard, version 2: its values, and the exact words the return wants.

Codes are ours (stored), the second value is what people read, `RETURN_WORDS` is what the standard's file carries.
The eleven risk flags are needs of `brokerage.core.vocabulary`.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from placements.questions.shapes import Options

UASC_STATUS: Options = (("yes", _("Yes")), ("no", _("No")), ("not_applicable", _("Not applicable")))
COMMUNICATION_NEEDS: Options = (("yes", _("Yes")), ("no", _("No")), ("not_specified", _("Not specified")))
COMMUNICATION: Options = (
    ("esol", _("English for speakers of other languages (ESOL)")),
    ("bsl", _("British Sign Language (BSL)")),
    ("makaton", _("Makaton")),
    ("other", _("Other")),
    ("none", _("None")),
)
CULTURAL_NEEDS: Options = (
    ("required", _("Required")),
    ("not_required", _("Not required")),
    ("not_known", _("Not known")),
    ("other", _("Other")),
)
COMPANIONS: Options = (
    ("solo", _("Must live without other children or residents")),
    ("with_others", _("Should live with others")),
    ("only_older", _("Only with others who are older")),
    ("only_younger", _("Only with others who are younger")),
    ("no_preference", _("No preference")),
)
PETS: Options = (
    ("must", _("Yes, there must be pets")),
    ("can", _("Yes, there can be pets")),
    ("no", _("No pets")),
    ("not_known", _("Not known")),
)
ADDITIONAL_SUPPORT: Options = (
    ("additional_supervision", _("Additional supervision")),
    ("therapeutic_support", _("Therapeutic support")),
    ("respite_worker", _("A worker for respite")),
    ("taxis_to_school", _("Taxis to school")),
    ("other", _("Other")),
    ("na", _("None of these")),
)
ASSESSMENT_METHOD: Options = (
    ("berri", _("BERRI")),
    ("cans", _("CANS")),
    ("other_tool", _("Other formalised tool")),
    ("social_worker", _("Other social worker assessment")),
)
SUITABILITY: Options = (
    ("preferred", _("Preferred")),
    ("suitable", _("Suitable but not preferred")),
    ("unsuitable", _("Unsuitable")),
    ("not_specified", _("Not specified")),
)
OUT_OF_LA_REASON: Options = (
    ("safeguarding", _("Safeguarding concerns")),
    ("bail", _("Bail conditions")),
    ("court_order", _("Court order")),
    ("other", _("Other")),
)
RISK: Options = (("none", _("No known risk")), ("present", _("Risk present")))

#: Risk flag (a need code) -> its name in the standard, and how the form words it.
RISK_FLAGS: dict[str, tuple[str, str | Promise]] = {
    "self_harm": ("riskToSelfSelfHarm", _("Self-harm")),
    "exploitation_criminal": ("riskToSelfCriminalExploitation", _("Criminal exploitation")),
    "substance_misuse": ("riskToSelfDrugAlcohol", _("Drugs and alcohol")),
    "eating_disorder": ("riskToSelfEatingDisorder", _("Eating disorder")),
    "missing": ("riskToSelfMissing", _("Going missing")),
    "exploitation_sexual": ("riskToSelfSexualExploitation", _("Sexual exploitation")),
    "aggression": ("riskToOthersPhysical", _("Physical harm to others")),
    "sexualised_behaviour": ("riskToOthersSexual", _("Sexual harm to others")),
    "fire_setting": ("riskToOthersFire", _("Fire setting")),
    "harm_to_animals": ("riskToOthersAnimals", _("Harm to animals")),
    "offending": ("riskToOthersCriminal", _("Criminal exploitation of others, or offending")),
}
RISKS_TO_SELF = tuple(list(RISK_FLAGS)[:6])
RISKS_TO_OTHERS = tuple(list(RISK_FLAGS)[6:])

#: The standard's own words for our codes, by question.
RETURN_WORDS: dict[str, dict[str, str]] = {
    "urgency": {"today": "Today", "within_5_days": "< 5 days", "planned": "> 5 days"},
    "uasc_status": {"yes": "Yes", "no": "No", "not_applicable": "Not Applicable"},
    "communication_needs": {"yes": "Yes", "no": "No", "not_specified": "Not specified"},
    "communication": {"esol": "ESOL", "bsl": "BSL", "makaton": "Makaton", "other": "Other", "none": "None"},
    "cultural_needs": {
        "required": "Required",
        "not_required": "Not Required",
        "not_known": "Not Known",
        "other": "Other",
    },
    "pets": {"must": "Yes - must", "can": "Yes - can", "no": "No", "not_known": "Not known"},
    "additional_support": {
        "additional_supervision": "Additional supervision",
        "therapeutic_support": "Therapeutic support",
        "respite_worker": "A worker for respite",
        "taxis_to_school": "Taxis to school",
        "other": "Other",
        "na": "NA",
    },
    "assessment_method": {
        "berri": "BERRI",
        "cans": "CANS",
        "other_tool": "Other formalised tool",
        "social_worker": "Other social worker assessment",
    },
    "suitability": {
        "preferred": "Preferred",
        "suitable": "Suitable but not preferred",
        "unsuitable": "Unsuitable",
        "not_specified": "Not specified",
    },
    "out_of_la_reason": {
        "safeguarding": "Safeguarding concerns",
        "bail": "Bail conditions",
        "court_order": "Court order",
        "other": "Other",
    },
    "risk": {"none": "No known risk", "present": "Risk present"},
}
