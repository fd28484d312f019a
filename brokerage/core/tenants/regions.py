"""Which region, and so which central team, an organisation belongs to today, and which authorities a region has."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from brokerage.core.clock import database_today
from brokerage.core.tenants.models import Organisation, Region, RegionMember


def region_of(organisation_id: UUID) -> Region | None:
    """The region that a central team runs, or that an authority is a member of (the first by name, if of several)."""
    regions = Region.objects.select_related("central_team")
    run = regions.filter(central_team_id=organisation_id).first()
    if run is not None:
        return run
    member = RegionMember.objects.filter(running_today(), organisation_id=organisation_id)
    return regions.filter(pk__in=member.values("region")).order_by("name").first()


def authorities_of(region: Region) -> set[UUID]:
    """The authorities that are members of the region today."""
    members = RegionMember.objects.filter(
        running_today(), region=region, organisation__kind=Organisation.Kind.AUTHORITY
    )
    return set(members.values_list("organisation_id", flat=True))


def running_today() -> Q:
    """Memberships of a region that hold today."""
    today = database_today()
    return Q(starts_on__lte=today) & (Q(ends_on__isnull=True) | Q(ends_on__gte=today))
