"""The same people in every test.

Two authorities of one region (Harrow, Ealing), one of another (Newport), both regions' central teams, three
providers (Alder: fostering, Birch and Cedar: children's homes), one vehicle each for fostering and residential.
Built once into the template database; ids are stable.
"""

from __future__ import annotations

import datetime as dt
import os
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from brokerage.core.tenants.actors import Actor

if TYPE_CHECKING:
    from brokerage.core.accounts.models import User

NAMESPACE = UUID("6f1c1b1e-6a5e-4d0c-9d8e-8f7d6c5b4a39")
#: The day of the whole run (`tests.plugin`), and validity around it.
TODAY = dt.date.fromisoformat(os.environ["TESTS_DAY"])
LONG_AGO = TODAY - dt.timedelta(days=400)
FAR_AHEAD = TODAY + dt.timedelta(days=1500)


def ident(name: str) -> UUID:
    """The stable id of a named thing of the cast."""
    return uuid5(NAMESPACE, name)


#: who -> (name, organisation slug, roles, weekly limit)
PEOPLE: dict[str, tuple[str, str, list[str], str | None]] = {
    "olive": ("Olive Officer", "harrow", ["placement_officer"], "2000.00"),
    "oscar": ("Oscar Officer", "harrow", ["placement_officer"], "6000.00"),
    "tessa": ("Tessa Manager", "harrow", ["team_manager"], None),
    "nora": ("Nora Nominated", "harrow", ["nominated_officer"], None),
    "dora": ("Dora Director", "harrow", ["director"], None),
    "sam": ("Sam Signatory", "harrow", ["authority_signatory"], None),
    "sandra": ("Sandra Social", "harrow", ["social_worker"], None),
    "connie": ("Connie Commissioner", "harrow", ["commissioner"], None),
    "fiona": ("Fiona Finance", "harrow", ["finance_officer"], None),
    "adam": ("Adam Administrator", "harrow", ["authority_administrator"], None),
    "edith": ("Edith Ealing", "ealing", ["placement_officer", "commissioner", "safeguarding_lead"], "9000.00"),
    "nia": ("Nia Newport", "newport", ["placement_officer", "commissioner", "safeguarding_lead"], "9000.00"),
    "carol": ("Carol Contract", "west-london-central", ["contract_manager", "central_administrator"], None),
    "mark": ("Mark Market", "west-london-central", ["market_manager"], None),
    "wendy": ("Wendy Wales", "south-east-wales-central", ["contract_manager"], None),
    "hugh": ("Hugh Hub", "west-london-central", ["hub_broker"], None),
    "alice": ("Alice Alder", "alder", ["provider_administrator", "bid_writer", "provider_signatory"], None),
    "bob": ("Bob Birch", "birch", ["provider_administrator", "bid_writer", "provider_signatory"], None),
    "cecil": ("Cecil Cedar", "cedar", ["bid_writer"], None),
}


def email_of(who: str) -> str:
    return f"{who}@example.org"


def build_cast() -> None:
    """Write the cast as the loader (once, into the template)."""
    from brokerage.core.accounts.models import User
    from brokerage.core.tenants.context import loader
    from brokerage.core.tenants.models import Delegation, Membership, Organisation, Region, RegionMember

    with loader():
        central = Organisation.objects.create(
            id=ident("west-london-central"),
            kind="central",
            name="West London Central Team",
            slug="west-london-central",
        )
        region = Region.objects.create(
            id=ident("west-london"), name="West London", slug="west-london", central_team=central
        )
        for slug in ("harrow", "ealing", "west-london-central"):
            RegionMember.objects.create(
                region=region, organisation=Organisation.objects.get(slug=slug), starts_on=LONG_AGO
            )
        elsewhere = Organisation.objects.create(
            id=ident("south-east-wales-central"),
            kind="central",
            name="South East Wales Central Team",
            slug="south-east-wales-central",
        )
        wales = Region.objects.create(
            id=ident("south-east-wales"), name="South East Wales", slug="south-east-wales", central_team=elsewhere
        )
        for slug in ("newport", "south-east-wales-central"):
            RegionMember.objects.create(
                region=wales, organisation=Organisation.objects.get(slug=slug), starts_on=LONG_AGO
            )
        for slug in ("alder", "birch", "cedar"):
            Organisation.objects.create(id=ident(slug), kind="provider", name=f"{slug.title()} Care Ltd", slug=slug)
        for who, (name, slug, roles, limit) in PEOPLE.items():
            user = User.objects.create(id=ident(f"user {who}"), email=email_of(who), name=name, password="!")
            Membership.objects.create(
                user=user,
                organisation=Organisation.objects.get(slug=slug),
                roles=roles,
                weekly_limit=Decimal(limit) if limit else None,
            )
        Delegation.objects.create(
            id=ident("delegation"),
            authority=Organisation.objects.get(slug="ealing"),
            central_team=central,
            starts_on=LONG_AGO,
            weekly_limit=Decimal("3000.00"),
        )
        build_market()


def build_market() -> None:
    """Providers, homes, households, vehicles, lots, admissions and ceilings (inside the loader's context)."""
    from brokerage.core.tenants.models import Organisation, Region
    from dpv.models import AccessAgreement, Admission, Ceiling, Lot, MenuItem, RuleVersion, Vehicle
    from dpv.rule_defaults import fostering_defaults, residential_defaults
    from providers.models import CarerHousehold, Establishment, Insurance, Occupancy, Provider

    region = Region.objects.get(slug="west-london")
    for slug in ("alder", "birch", "cedar"):
        provider = Provider.objects.create(
            organisation=Organisation.objects.get(slug=slug),
            legal_name=f"{slug.title()} Care Ltd",
            legal_form="limited_company",
            company_number=f"9000000{'abc'.index(slug[0])}",
            profit_status="for_profit",
            verified_on=TODAY - dt.timedelta(days=30),
        )
        for kind in Insurance.Kind.values:
            Insurance.objects.create(
                provider=provider,
                kind=kind,
                cover_amount=Decimal("10000000"),
                starts_on=LONG_AGO,
                expires_on=FAR_AHEAD,
            )
    place = {"easting": 515512, "northing": 188184, "gss_code": "E09000015", "outward": "HA1"}
    common = {
        "regulator": "ofsted",
        "registered_on": LONG_AGO,
        "registration_status": "active",
        "rating": "good",
        "inspected_on": LONG_AGO,
        "postcode": "HA1 2AA",
        "registered_manager": "Morgan Manager",
        **place,
    }
    needs = ["emotional_behavioural", "self_harm", "missing", "exploitation_criminal", "sibling_group"]
    homes = {
        "alder-fostering": ("alder", "fostering_agency", None, 0, 17, "any"),
        "birch-house": ("birch", "childrens_home", 4, 8, 17, "any"),
        "birch-lodge": ("birch", "childrens_home", 2, 11, 17, "male"),
        "cedar-house": ("cedar", "childrens_home", 3, 10, 17, "any"),
    }
    for number, (name, (slug, kind, capacity, age_min, age_max, sex)) in enumerate(homes.items()):
        establishment = Establishment.objects.create(
            id=ident(name),
            provider_id=ident(slug),
            name=name.replace("-", " ").title(),
            kind=kind,
            urn=f"SC99000{number}",
            capacity=capacity,
            age_min=age_min,
            age_max=age_max,
            sex_accepted=sex,
            needs=needs,
            **common,
        )
        if capacity:
            Occupancy.objects.create(provider_id=ident(slug), establishment=establishment, places=capacity)
    for code in ("ALD-1", "ALD-2"):
        household = CarerHousehold.objects.create(
            id=ident(code),
            provider_id=ident("alder"),
            agency_id=ident("alder-fostering"),
            code=code,
            age_min=0,
            age_max=17,
            needs=needs,
            adults=2,
            approved_on=LONG_AGO,
            **place,
        )
        Occupancy.objects.create(provider_id=ident("alder"), household=household, places=2)
    vehicles = {
        "T-FOST": ("Test fostering", "ealing", fostering_defaults(), "STD", "fostering"),
        "T-RES": ("Test residential", "harrow", residential_defaults(), "STD", "residential"),
    }
    for code, (name, lead, rules, lot_code, category) in vehicles.items():
        vehicle = Vehicle.objects.create(
            id=ident(code),
            region=region,
            lead_authority=Organisation.objects.get(slug=lead),
            code=code,
            name=name,
            legal_regime="pa2023_light_touch",
            starts_on=LONG_AGO,
            ends_on=FAR_AHEAD,
        )
        RuleVersion.objects.create(
            id=ident(f"rules {code}"),
            region=region,
            vehicle=vehicle,
            valid_from=LONG_AGO,
            parameters=rules.to_json(),
        )
        Lot.objects.create(
            id=ident(f"lot {code}"),
            region=region,
            vehicle=vehicle,
            code=lot_code,
            name=f"{name} standard",
            category=category,
            age_min=0,
            age_max=17,
        )
        for slug in ("harrow", "ealing"):
            AccessAgreement.objects.create(
                region=region,
                vehicle=vehicle,
                authority=Organisation.objects.get(slug=slug),
                starts_on=LONG_AGO,
            )
        for slug in ("alder", "birch", "cedar"):
            MenuItem.objects.create(
                region=region,
                provider_id=ident(slug),
                vehicle=vehicle,
                service="one_to_one_hour",
                unit="hour",
                unit_price=Decimal("25.00"),
                valid_from=LONG_AGO,
            )
    ceilings = {
        "alder-fostering": ("T-FOST", "900.00"),
        "birch-house": ("T-RES", "4000.00"),
        "birch-lodge": ("T-RES", "4200.00"),
        "cedar-house": ("T-RES", "4500.00"),
    }
    for name, (code, weekly) in ceilings.items():
        admission = Admission.objects.create(
            id=ident(f"admission {name}"),
            region=region,
            vehicle_id=ident(code),
            lot_id=ident(f"lot {code}"),
            provider_id=ident(homes[name][0]),
            establishment_id=ident(name),
            admitted_on=LONG_AGO,
            quality_score=Decimal("80.00"),
        )
        Ceiling.objects.create(
            id=ident(f"ceiling {name}"),
            region=region,
            provider_id=ident(homes[name][0]),
            admission=admission,
            age_min=0,
            age_max=17,
            weekly=Decimal(weekly),
            valid_from=LONG_AGO,
        )


def user_of(who: str) -> User:
    """The user of a member of the cast."""
    from brokerage.core.accounts.models import UNSEEN, User

    return User.objects.defer(*UNSEEN).get(pk=ident(f"user {who}"))


def actor_of(who: str, organisation: str | None = None) -> Actor:
    """The member of the cast as an actor, for their own organisation or (hub broker) another."""
    from brokerage.core.tenants.directory import actor_for

    actor = actor_for(user_of(who), organisation or PEOPLE[who][1])
    assert actor is not None, f"{who} may not act for {organisation}"
    return actor
