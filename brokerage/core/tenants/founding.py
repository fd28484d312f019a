"""What the operator alone may make: regions with their central team and members, and associate members.

Runs as the loader (`context.loader`): no organisation may write these tables. Each step can be run again, and stands
in the chain of the organisation that it changes. People are invited by `actions.invite_person`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.record import record
from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import AuthorityProfile, Organisation, Region, RegionMember
from brokerage.core.tenants.permissions import PERMISSIONS, ROLES_BY_KIND, Role, permissions_of

#: How the operator is named in the chains; a command has no user.
OPERATOR_NAME = "Operator"
LONGEST_NAME = 120


def operator_for(organisation: Organisation) -> Actor:
    """The operator, writing into that organisation's chain."""
    return Actor(
        user_id=None,
        name=OPERATOR_NAME,
        organisation_id=organisation.pk,
        organisation_name=organisation.name,
        kind=organisation.kind,
        slug=organisation.slug,
        is_system=True,
    )


def administrator_role(kind: str) -> Role:
    """The role that manages the people of this kind of organisation. Raises RuleBroken (`no_administrator`)."""
    for role in ROLES_BY_KIND.get(kind, ()):
        if "people.manage" in PERMISSIONS[role]:
            return role
    raise RuleBroken("no_administrator", _("This kind of organisation has no administrator"))


def found_region(*, name: str, central_team: str, starts_on: dt.date) -> tuple[Region, bool]:
    """The region of that name with its central team, and whether it is new.

    Refused when: a name is empty or has no letter (`name_missing`); the region is there with another central team
    (`other_central_team`); another region's address would be the same (`region_taken`).
    """
    name, central_team = _name(name), _name(central_team)
    region = Region.objects.select_related("central_team").filter(name=name).first()
    if region is not None:
        if region.central_team.name != central_team:
            raise RuleBroken(
                "other_central_team",
                _("%(region)s is run by %(team)s already") % {"region": region.name, "team": region.central_team.name},
            )
        return region, False
    slug = slugify(name)[:60]
    other = Region.objects.filter(slug=slug).first()
    if other is not None:
        raise RuleBroken(
            "region_taken", _("The name is too near to that of the region %(region)s") % {"region": other.name}
        )
    central = Organisation.objects.create(
        kind=Organisation.Kind.CENTRAL, name=central_team, slug=_free_slug(central_team)
    )
    region = Region.objects.create(name=name, slug=slug, central_team=central)
    RegionMember.objects.create(region=region, organisation=central, starts_on=starts_on)
    record("region.created", subject=region, actor=operator_for(central), reference=region.slug)
    return region, True


def authorities_of(codes: Iterable[str]) -> list[Organisation]:
    """The authorities with those GSS codes, each once.

    Refused when a code is not that of an authority (`authority_unknown`) or of one that is closed
    (`authority_closed`); then nothing is to be written.
    """
    wanted = list(dict.fromkeys(code.strip().upper() for code in codes if code.strip()))
    if not wanted:
        raise RuleBroken("members_missing", _("Name at least one member by its GSS code"))
    profiles = AuthorityProfile.objects.select_related("organisation").in_bulk(wanted, field_name="gss_code")
    unknown = [code for code in wanted if code not in profiles]
    if unknown:
        raise RuleBroken("authority_unknown", _("No authority has the code %(codes)s") % {"codes": ", ".join(unknown)})
    closed = [code for code in wanted if not profiles[code].organisation.is_active]
    if closed:
        raise RuleBroken("authority_closed", _("Closed authorities: %(codes)s") % {"codes": ", ".join(closed)})
    return [profiles[code].organisation for code in wanted]


def add_members(region: Region, organisations: Sequence[Organisation], *, starts_on: dt.date) -> list[Organisation]:
    """Make them members from a day on; returns those that were not. The member's chain and the central team's tell."""
    members = set(RegionMember.objects.filter(region=region).values_list("organisation_id", flat=True))
    added = [organisation for organisation in organisations if organisation.pk not in members]
    for organisation in added:
        _join(region, organisation, starts_on=starts_on, acts=[])
    return added


def add_associate_member(
    region: Region, *, name: str, acts: Sequence[str], starts_on: dt.date
) -> tuple[Organisation, str]:
    """An associate member of the region with the acts granted to it; second: "created", "joined", "changed", "same".

    An associate of that name in another region is the same organisation. Refused when: an act is not one that an
    associate may be granted (`act_unknown`); another kind of organisation has that name (`name_taken`).
    """
    name = _name(name)
    granted = sorted(set(acts))
    unknown = sorted(set(granted) - grantable_acts())
    if unknown or not granted:
        raise RuleBroken(
            "act_unknown",
            _("An associate may be granted: %(acts)s") % {"acts": ", ".join(sorted(grantable_acts()))},
        )
    associate = Organisation.objects.filter(name=name, kind=Organisation.Kind.ASSOCIATE).first()
    if associate is None:
        other = Organisation.objects.filter(name__iexact=name).first()
        if other is not None:
            raise RuleBroken(
                "name_taken",
                _("%(name)s is there already: %(kind)s") % {"name": other.name, "kind": other.get_kind_display()},
            )
        associate = Organisation.objects.create(kind=Organisation.Kind.ASSOCIATE, name=name, slug=_free_slug(name))
        _join(region, associate, starts_on=starts_on, acts=granted)
        return associate, "created"
    member = RegionMember.objects.filter(region=region, organisation=associate).first()
    if member is None:
        _join(region, associate, starts_on=starts_on, acts=granted)
        return associate, "joined"
    if sorted(member.granted_acts) == granted:
        return associate, "same"
    before, member.granted_acts = member.granted_acts, granted
    member.save(update_fields=["granted_acts"])
    for organisation in (associate, region.central_team):
        record(
            "region.acts_changed",
            subject=region,
            actor=operator_for(organisation),
            reference=region.slug,
            data={"member": associate.slug, "before": before, "after": granted},
        )
    return associate, "changed"


def grantable_acts() -> frozenset[str]:
    """What a region may grant an associate: what the roles of such an organisation can do, but for running itself."""
    return permissions_of(ROLES_BY_KIND["associate"], "associate") - permissions_of([administrator_role("associate")])


def _join(region: Region, organisation: Organisation, *, starts_on: dt.date, acts: list[str]) -> None:
    RegionMember.objects.create(region=region, organisation=organisation, starts_on=starts_on, granted_acts=acts)
    data = {"member": organisation.slug, "starts_on": starts_on.isoformat(), "acts": acts}
    for kind, told in (("region.joined", organisation), ("region.member_added", region.central_team)):
        record(kind, subject=region, actor=operator_for(told), reference=region.slug, data=data)


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not slugify(name):
        raise RuleBroken("name_missing", _("Give a name with letters in it"))
    if len(name) > LONGEST_NAME:
        raise RuleBroken("name_too_long", _("Give a name of at most 120 characters"))
    return name


def _free_slug(name: str) -> str:
    """A name for addresses that no organisation has yet."""
    base = slugify(name)[:70].strip("-")
    taken = set(Organisation.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    number, slug = 2, base
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug
