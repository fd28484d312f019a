"""Writing the demo's regions, members and people (inside the loader's context)."""

from __future__ import annotations

import datetime as dt
import secrets
from decimal import Decimal
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from brokerage.core.accounts.models import MobileNumber, User
from brokerage.core.tenants.models import (
    AuthorityProfile,
    Delegation,
    Membership,
    Organisation,
    Region,
    RegionMember,
)
from brokerage.core.tenants.permissions import Role
from brokerage.demo.cast import AUTHORITIES, PEOPLE, REGIONS, DemoPerson
from providers.models import Provider


def load_regions(on: dt.date) -> int:
    """Regions, their central teams and members; contacts of the authorities people sign in to."""
    starts_on = on - dt.timedelta(days=700)
    by_code = {
        profile.gss_code: profile.organisation for profile in AuthorityProfile.objects.select_related("organisation")
    }
    for code, (colour, telephone, out_of_hours, address) in AUTHORITIES.items():
        organisation = by_code[code]
        organisation.colour = colour
        organisation.contact_phone = telephone
        organisation.out_of_hours_phone = out_of_hours
        organisation.contact_email = f"placements@{organisation.slug}.example"
        organisation.address = address
        organisation.save()
    for entry in REGIONS:
        central = Organisation.objects.create(
            kind=Organisation.Kind.CENTRAL,
            name=entry.central,
            slug=f"{entry.slug}-hub",
            colour=entry.colour,
            contact_email=f"hub@{entry.slug}.example",
        )
        region = Region.objects.create(name=entry.name, slug=entry.slug, central_team=central)
        members = [by_code[code] for code in entry.members]
        RegionMember.objects.bulk_create(
            RegionMember(region=region, organisation=organisation, starts_on=starts_on)
            for organisation in [central, *members]
        )
    nhs = Organisation.objects.create(
        kind=Organisation.Kind.ASSOCIATE,
        name="North West London Integrated Care Board (demo)",
        slug="nwl-icb",
        colour="#005eb8",
    )
    west = Region.objects.get(slug="west-london")
    RegionMember.objects.create(region=west, organisation=nhs, starts_on=starts_on, granted_acts=["dpv.view"])
    Delegation.objects.create(
        authority=by_code["E09000009"],
        central_team=west.central_team,
        starts_on=starts_on,
        weekly_limit=Decimal("3000.00"),
        categories=["adult_residential"],
        reason="The hub places adults for all members",
    )
    return len(REGIONS)


def _organisation(key: str) -> Organisation:
    if key.startswith(("E", "W")) and key[1:].isdigit():
        return AuthorityProfile.objects.select_related("organisation").get(gss_code=key).organisation
    return Region.objects.select_related("central_team").get(slug=key).central_team


def load_people(password: str, *, providers: list[Provider]) -> list[dict[str, Any]]:
    """Everybody who signs in, all with the same password; returns what `var/demo.json` tells of them."""
    hashed = make_password(password)
    told = [_person(person, _organisation(person.organisation), hashed, password) for person in PEOPLE]
    for provider in providers:
        organisation = provider.organisation
        for role, called, roles in (
            ("bids", "Bid writer", (Role.BID_WRITER, Role.PROVIDER_ADMINISTRATOR)),
            ("signs", "Signatory", (Role.PROVIDER_SIGNATORY,)),
            ("home", "Home manager", (Role.HOME_MANAGER,)),
        ):
            name = f"{called} of {organisation.name}"
            person = DemoPerson(f"{role}@{organisation.slug}.example", name[:120], "", tuple(roles))
            told.append(_person(person, organisation, hashed, password))
    hub = Region.objects.get(slug="west-london").central_team
    both = User.objects.get(email="ewan@ealing.example")
    Membership.objects.create(user=both, organisation=hub, roles=[Role.MARKET_MANAGER])
    give_mobile_numbers()
    return told


def give_mobile_numbers() -> None:
    """Leads, managers and duty officers have confirmed numbers, of Ofcom's range for drama; others have none."""
    roles = [Role.SAFEGUARDING_LEAD, Role.DUTY_OFFICER, Role.TEAM_MANAGER, Role.CONTRACT_MANAGER]
    people = User.objects.filter(pk__in=Membership.objects.filter(roles__overlap=roles).values("user_id"))
    MobileNumber.objects.bulk_create(
        MobileNumber(user=user, number=f"+4477009001{place:02d}", confirmed_at=timezone.now())
        for place, user in enumerate(people.order_by("email")[:99], start=1)
    )


def _person(person: DemoPerson, organisation: Organisation, hashed: str, password: str) -> dict[str, Any]:
    user = User.objects.create(email=person.email, name=person.name, password=hashed)
    EmailAddress.objects.create(user=user, email=person.email, verified=True, primary=True)
    Membership.objects.create(
        user=user,
        organisation=organisation,
        roles=list(person.roles),
        weekly_limit=Decimal(person.weekly_limit) if person.weekly_limit else None,
    )
    return {
        "email": person.email,
        "password": password,
        "name": person.name,
        "role": ", ".join(str(Role(role).label) for role in person.roles),
        "organisation": organisation.name,
        "organisation_slug": organisation.slug,
    }


def new_password() -> str:
    """A password of the demo: long enough for the rules, short enough to type."""
    words = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "islet", "lilac", "maple", "ocean")
    return "-".join(secrets.choice(words) for _word in range(3)) + f"-{secrets.randbelow(90) + 10}"
