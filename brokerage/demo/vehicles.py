"""The demo's vehicles and lots, by the codes the import files use."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from brokerage.core.tenants.models import AuthorityProfile, Region
from brokerage.core.vocabulary import Category, Need
from dpv.models import AccessAgreement, Lot, RuleVersion, Vehicle
from dpv.rule_defaults import (
    adult_defaults,
    fostering_defaults,
    residential_defaults,
    sen_defaults,
    supported_accommodation_defaults,
)
from dpv.rules import VehicleRules


@dataclass(frozen=True)
class DemoLot:
    code: str
    name: str
    category: Category
    ages: tuple[int, int]
    needs: tuple[Need, ...] = ()
    is_solo: bool = False


@dataclass(frozen=True)
class DemoVehicle:
    """A vehicle, who leads it (GSS code), under which regime, and its lots."""

    code: str
    name: str
    region: str
    lead: str
    regime: Vehicle.LegalRegime
    lots: tuple[DemoLot, ...]


_PA, _PCR = Vehicle.LegalRegime.PA_LIGHT_TOUCH, Vehicle.LegalRegime.PCR_LIGHT_TOUCH
_FOSTERING, _HOME = Category.FOSTERING, Category.RESIDENTIAL
_ADULT = Category.ADULT_RESIDENTIAL

VEHICLES = (
    DemoVehicle(
        "WL-FOST",
        "West London fostering",
        "west-london",
        "E09000009",
        _PA,
        (
            DemoLot("STD", "Standard fostering", _FOSTERING, (0, 17), (Need.EMOTIONAL_BEHAVIOURAL,)),
            DemoLot(
                "COMPLEX",
                "Complex fostering",
                _FOSTERING,
                (0, 17),
                (Need.LEARNING_DISABILITY, Need.MENTAL_HEALTH),
            ),
            DemoLot("PC", "Parent and child fostering", _FOSTERING, (0, 120), (Need.PARENT_AND_CHILD,)),
        ),
    ),
    DemoVehicle(
        "WL-RES",
        "West London children's residential",
        "west-london",
        "E09000018",
        _PA,
        (
            DemoLot("STD", "Standard residential", _HOME, (0, 17), (Need.EMOTIONAL_BEHAVIOURAL,)),
            DemoLot("THER", "Therapeutic residential", _HOME, (8, 17), (Need.THERAPEUTIC,)),
            DemoLot("SOLO", "Solo residential", _HOME, (8, 17), (), True),
        ),
    ),
    DemoVehicle(
        "WL-SA",
        "West London supported accommodation",
        "west-london",
        "E09000017",
        _PCR,
        (DemoLot("SA16", "Aged 16 and 17", Category.SUPPORTED_ACCOMMODATION, (16, 17)),),
    ),
    DemoVehicle(
        "WL-ADULT",
        "West London adult residential and nursing",
        "west-london",
        "E09000005",
        _PCR,
        (
            DemoLot("LD", "Learning disability", _ADULT, (18, 120), (Need.LEARNING_DISABILITY,)),
            DemoLot("MH", "Mental health", _ADULT, (18, 120), (Need.MENTAL_HEALTH,)),
            DemoLot("PD", "Physical disability", _ADULT, (18, 120), (Need.PHYSICAL_DISABILITY,)),
            DemoLot("NURS", "Nursing", _ADULT, (18, 120), (Need.NURSING,)),
        ),
    ),
    DemoVehicle(
        "SEW-CH",
        "South East Wales children",
        "south-east-wales",
        "W06000022",
        _PA,
        (
            DemoLot("FOST", "Fostering", _FOSTERING, (0, 17)),
            DemoLot("RES", "Residential", _HOME, (8, 17)),
        ),
    ),
    DemoVehicle(
        "EM-CH",
        "East Midlands children",
        "east-midlands",
        "E10000024",
        _PA,
        (
            DemoLot("FOST", "Fostering", _FOSTERING, (0, 17)),
            DemoLot("RES", "Residential", _HOME, (8, 17)),
            DemoLot("SEN", "Special school places", Category.SEN_SCHOOL, (5, 19)),
        ),
    ),
)


def rules_for(vehicle: DemoVehicle) -> VehicleRules:
    """The default rules of the vehicle's first lot's service."""
    return {
        Category.FOSTERING: fostering_defaults,
        Category.RESIDENTIAL: residential_defaults,
        Category.SUPPORTED_ACCOMMODATION: supported_accommodation_defaults,
        Category.SEN_SCHOOL: sen_defaults,
        Category.ADULT_RESIDENTIAL: adult_defaults,
    }[vehicle.lots[0].category]()


def load_vehicles(on: dt.date) -> int:
    """Write the vehicles, their lots, rules and access agreements (inside the loader's context)."""
    starts_on, ends_on = on - dt.timedelta(days=500), on + dt.timedelta(days=365 * 4)
    profiles: dict[str, UUID] = dict(AuthorityProfile.objects.values_list("gss_code", "organisation_id"))
    for entry in VEHICLES:
        region = Region.objects.get(slug=entry.region)
        vehicle = Vehicle.objects.create(
            region=region,
            lead_authority_id=profiles[entry.lead],
            code=entry.code,
            name=entry.name,
            legal_regime=entry.regime,
            starts_on=starts_on,
            ends_on=ends_on,
        )
        RuleVersion.objects.create(
            region=region,
            vehicle=vehicle,
            valid_from=starts_on,
            parameters=rules_for(entry).to_json(),
            reason="First version, with the vehicle's terms",
        )
        for lot in entry.lots:
            Lot.objects.create(
                region=region,
                vehicle=vehicle,
                code=lot.code,
                name=lot.name,
                category=lot.category,
                age_min=lot.ages[0],
                age_max=lot.ages[1],
                needs=list(lot.needs),
                is_solo=lot.is_solo,
            )
        members = region.members.filter(organisation__kind="authority").values_list("organisation_id", flat=True)
        AccessAgreement.objects.bulk_create(
            AccessAgreement(
                region=region, vehicle=vehicle, authority_id=member, starts_on=starts_on, annual_fee="8333.33"
            )
            for member in members
        )
    return len(VEHICLES)
