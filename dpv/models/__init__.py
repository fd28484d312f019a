"""The vehicle: lots, rules, access, admissions, ceilings, menu, suspensions."""

from dpv.models.admissions import Admission, Ceiling, MenuItem, Suspension
from dpv.models.vehicles import AccessAgreement, Lot, RuleVersion, Vehicle

__all__ = [
    "AccessAgreement",
    "Admission",
    "Ceiling",
    "Lot",
    "MenuItem",
    "RuleVersion",
    "Suspension",
    "Vehicle",
]
