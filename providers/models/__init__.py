"""Who provides: organisations, establishments, households, insurance, imports."""

from providers.models.establishments import CarerHousehold, Establishment, Occupancy
from providers.models.imports import ImportProblem, ImportRun
from providers.models.organisations import Insurance, Provider

__all__ = [
    "CarerHousehold",
    "Establishment",
    "ImportProblem",
    "ImportRun",
    "Insurance",
    "Occupancy",
    "Provider",
]
