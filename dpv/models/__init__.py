"""The vehicle: lots, rules, access, admissions, ceilings, menu, suspensions, measures."""

from dpv.models.admissions import Admission, Ceiling, MenuItem, Suspension
from dpv.models.measures import Measure, MeasureAppeal, MeasureStep
from dpv.models.vehicles import AccessAgreement, Lot, RuleVersion, Vehicle

__all__ = [
    "AccessAgreement",
    "Admission",
    "Ceiling",
    "Lot",
    "Measure",
    "MeasureAppeal",
    "MeasureStep",
    "MenuItem",
    "RuleVersion",
    "Suspension",
    "Vehicle",
]
