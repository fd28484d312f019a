"""Codes of the SSDA903 return that a placement carries: its type, who provides it, why it ended.

One table for the pages and for files: a code that is not here is refused everywhere. Codes as the return's guide has
them; wording shortened. H5 and P2 ended with the 2025 return. No rules here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.vocabulary import Category

if TYPE_CHECKING:
    from placements.models import Placement

PLACEMENT_TYPES: Mapping[str, str | Promise] = {
    "U1": _("U1 Foster placement with relative or friend, long term"),
    "U2": _("U2 Fostering with relative or friend who is also an approved adopter"),
    "U3": _("U3 Fostering with relative or friend, not long term"),
    "U4": _("U4 Foster placement with other carer, long term"),
    "U5": _("U5 Fostering with other carer who is also an approved adopter"),
    "U6": _("U6 Foster placement with other carer, not long term"),
    "K1": _("K1 Secure children’s home"),
    "K2": _("K2 Children’s home"),
    "K3": _("K3 Supported accommodation"),
    "P1": _("P1 Placed with own parents"),
    "P3": _("P3 Residential employment"),
    "R1": _("R1 Residential care home"),
    "R2": _("R2 NHS or other health establishment"),
    "R3": _("R3 Family centre or mother and baby unit"),
    "R5": _("R5 Young offender institution"),
    "S1": _("S1 Residential school"),
    "T0": _("T0 Any temporary move"),
    "T1": _("T1 Temporary stay in hospital"),
    "T2": _("T2 Temporary absence on holiday"),
    "T3": _("T3 Temporary stay while the usual foster carer is on holiday"),
    "T4": _("T4 Temporary stay of seven days or less for another reason"),
    "A3": _("A3 Placed for adoption with consent, with the current foster carer"),
    "A4": _("A4 Placed for adoption with consent, not with the current foster carer"),
    "A5": _("A5 Placed for adoption under a placement order, with the current foster carer"),
    "A6": _("A6 Placed for adoption under a placement order, not with the current foster carer"),
    "Z1": _("Z1 Other placement"),
    "Z11": _("Z11 Other placement, first kind (from 2026)"),
    "Z12": _("Z12 Other placement, second kind (from 2026)"),
    "Z13": _("Z13 Other placement, third kind (from 2026)"),
    "Z14": _("Z14 Other placement, fourth kind (from 2026)"),
}
#: Codes of newer returns whose official wording was not seen: their labels are inferred.
INFERRED = frozenset({"K3", "Z11", "Z12", "Z13", "Z14"})

PLACEMENT_PROVIDERS: Mapping[str, str | Promise] = {
    "PR0": _("PR0 Parent or other person with parental responsibility"),
    "PR1": _("PR1 Own provision by the local authority"),
    "PR2": _("PR2 Other local authority provision"),
    "PR3": _("PR3 Other public provision"),
    "PR4": _("PR4 Private provision"),
    "PR5": _("PR5 Voluntary or third sector provision"),
}

END_REASONS: Mapping[str, str | Promise] = {
    "CARPL": _("CARPL Change to or carrying out of the care plan"),
    "CLOSE": _("CLOSE Resignation of carer or closure of provision"),
    "ALLEG": _("ALLEG Allegation (section 47)"),
    "STAND": _("STAND Standards of care concern"),
    "APPRR": _("APPRR Approval removed"),
    "CREQB": _("CREQB Carer asks for it to end because of behaviour"),
    "CREQO": _("CREQO Carer asks for it to end for another reason"),
    "CHILD": _("CHILD Child asks for it to end"),
    "LAREQ": _("LAREQ Responsible or area authority asks for it to end"),
    "PLACE": _("PLACE Change in the status of the placement only"),
    "OTHER": _("OTHER Other"),
}

#: Those of them that can be said of an adult.
ADULT_END_REASONS = ("CARPL", "CLOSE", "STAND", "APPRR", "CREQB", "CREQO", "LAREQ", "OTHER")

#: What a category usually is in the return; the officer changes it.
USUAL_TYPE: Mapping[str, str] = {
    Category.FOSTERING: "U6",
    Category.RESIDENTIAL: "K2",
    Category.SUPPORTED_ACCOMMODATION: "K3",
    Category.SEN_SCHOOL: "S1",
}
#: By the provider's profit status.
USUAL_PROVIDER: Mapping[str, str] = {"for_profit": "PR4", "not_for_profit": "PR5", "public": "PR3"}


def end_reasons_of(category: str) -> tuple[str, ...]:
    """The codes with which a placement of this category can end."""
    return ADULT_END_REASONS if category == Category.ADULT_RESIDENTIAL else tuple(END_REASONS)


def usual_codes(placement: Placement) -> dict[str, str]:
    """`placement_type` and `placement_provider` as they usually are for such a placement; empty where none is usual."""
    profit = placement.provider.profit_status if placement.provider else ""
    return {
        "placement_type": USUAL_TYPE.get(placement.category, ""),
        "placement_provider": USUAL_PROVIDER.get(profit, ""),
    }
