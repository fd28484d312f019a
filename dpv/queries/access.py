"""Which lots an authority may send a referral to: by access agreement, or because the vehicle is open to any."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.kept_queries import KeptQuery, given
from dpv.models import AccessAgreement, Lot, RuleVersion


def lots_open_to(authority_id: UUID, category: str | None, on: dt.date) -> QuerySet[Lot]:
    """The lots of that category (None: every category) whose vehicle runs and may be used by the authority that day,
    with their vehicles."""
    agreements = AccessAgreement.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=on),
        vehicle_id=OuterRef("vehicle_id"),
        authority_id=authority_id,
        starts_on__lte=on,
    )
    open_to = (
        RuleVersion.objects.filter(vehicle_id=OuterRef("vehicle_id"), valid_from__lte=on)
        .order_by("-valid_from")
        .values("parameters__open_to__value")[:1]
    )
    lots: QuerySet[Lot] = (
        Lot.objects.annotate(has_access=Exists(agreements), open_to=Subquery(open_to))
        .filter(Q(has_access=True) | Q(open_to="any"), vehicle__starts_on__lte=on, vehicle__ends_on__gte=on)
        .select_related("vehicle")
        .order_by("vehicle__name", "code")
    )
    return lots if category is None else lots.filter(category=category)


_OPEN = KeptQuery(lambda: lots_open_to(given("authority"), given("category"), given("on")))


def require_access(authority_id: UUID, lot_ids: Iterable[UUID], category: str, on: dt.date) -> list[Lot]:
    """The lots, when every one of them is open to the authority that day.

    Raises RuleBroken: `lots_missing` (none chosen), `lot_not_open` (no access agreement, other category, no such lot).
    """
    wanted = set(lot_ids)
    if not wanted:
        raise RuleBroken("lots_missing", _("Select at least one lot"), "lots")
    found = [lot for lot in _OPEN.all(authority=authority_id, category=category, on=on) if lot.pk in wanted]
    if len(found) != len(wanted):
        raise RuleBroken("lot_not_open", _("Your authority may not use one of these lots today"), "lots")
    return found
