"""A provider's menu of additional services on a vehicle: its tendered unit prices on a day."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db.models import Q

from dpv.models import MenuItem


def menu_of(provider_id: UUID, vehicle_id: UUID, on: dt.date) -> list[MenuItem]:
    """One item for each service in force, the latest price of it, in the order of their codes."""
    rows = MenuItem.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=on), valid_from__lte=on)
    return list(
        rows.filter(provider_id=provider_id, vehicle_id=vehicle_id)
        .order_by("service", "-valid_from")
        .distinct("service")
    )
