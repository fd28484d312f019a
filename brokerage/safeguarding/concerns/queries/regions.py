"""Which region, and so which central team, an organisation belongs to today."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from brokerage.core.clock import database_today
from brokerage.core.tenants.models import Region, RegionMember


def region_of(organisation_id: UUID) -> Region | None:
    """The region that a central team runs, or that an authority is a member of (the first by name, if of several)."""
    regions = Region.objects.select_related("central_team")
    run = regions.filter(central_team_id=organisation_id).first()
    if run is not None:
        return run
    today = database_today()
    member = RegionMember.objects.filter(organisation_id=organisation_id, starts_on__lte=today).filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=today)
    )
    return regions.filter(pk__in=member.values("region")).order_by("name").first()
