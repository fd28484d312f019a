"""A provider's menu of extras on a vehicle: unit prices from a day on, and their end. Placed extras keep theirs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core import locks
from brokerage.core.audit.record import record
from brokerage.core.clock import database_today
from brokerage.core.errors import RuleBroken
from brokerage.core.money import is_whole_pence, money_text
from brokerage.core.tenants.actors import Actor
from dpv.imports.menus import UNITS
from dpv.models import Admission, MenuItem
from dpv.queries.admissions import admission_by_id
from dpv.states import ADMISSION_LIVE


@transaction.atomic
def set_menu_item(
    actor: Actor, *, admission_id: UUID, service: str, unit_price: Decimal, valid_from: dt.date
) -> MenuItem:
    """Set the unit price of an extra for the admission's provider on its vehicle, from a day on.

    Refused when: the service is unknown; the price is not pounds and pence above 0; the day is past. The same day
    again corrects the price.
    """
    actor.require("dpv.ceiling")
    admission = admission_by_id(admission_id)
    _hold_admissions_of(admission)
    if service not in MenuItem.Service.values:
        raise RuleBroken("service_unknown", _("Choose a service"), "service")
    if not is_whole_pence(unit_price) or not 0 < unit_price <= Decimal("9999999.99"):
        raise RuleBroken("price_invalid", _("The unit price must be more than £0, in pounds and pence"), "unit_price")
    if valid_from < database_today():
        raise RuleBroken("menu_in_past", _("The first day must be today or later"), "valid_from")
    keys = {"vehicle": admission.vehicle, "provider": admission.provider, "service": service, "valid_from": valid_from}
    item = MenuItem.objects.filter(**keys).first() or MenuItem(
        region_id=admission.region_id, unit=UNITS[service], **keys
    )
    before = None if item._state.adding else money_text(item.unit_price)
    item.unit_price = unit_price
    item.save()
    record(
        "menu.set",
        subject=item,
        actor=actor,
        reference=admission.vehicle.code,
        data={
            "service": service,
            "unit_price": money_text(unit_price),
            "before": before,
            "valid_from": valid_from.isoformat(),
        },
    )
    return item


@transaction.atomic
def end_menu_item(actor: Actor, *, item_id: UUID, last_on: dt.date) -> MenuItem:
    """Take an extra off the menu after a day. Refused when the day is past or before the price began."""
    actor.require("dpv.ceiling")
    item = MenuItem.objects.select_related("vehicle").filter(pk=item_id).first()
    if item is None:
        raise Http404("No such price.")
    if last_on < database_today() or last_on < item.valid_from:
        raise RuleBroken("menu_end_in_past", _("The last day must be today or later"), "last_on")
    item.valid_to = last_on
    item.save(update_fields=["valid_to"])
    record(
        "menu.ended",
        subject=item,
        actor=actor,
        reference=item.vehicle.code,
        data={"service": item.service, "last_on": last_on.isoformat()},
    )
    return item


def _hold_admissions_of(admission: Admission) -> None:
    """Nobody may offer extras at a price that is being changed."""
    rows = Admission.objects.filter(
        provider_id=admission.provider_id, vehicle_id=admission.vehicle_id, status__in=ADMISSION_LIVE
    )
    locks.hold(admissions_exclusive=list(rows.values_list("pk", flat=True)))
