"""The API's admissions, ceilings and menus: reading them. What a central team does with them is in `admission_acts`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from rest_framework import serializers as s

from brokerage.core.api.inputs import Query
from brokerage.core.api.operations import Call, Page, operation
from brokerage.core.clock import database_today
from brokerage.core.tenants.actors import Actor
from dpv.api.shapes import (
    ADMISSION_FIELDS,
    MENU_FIELDS,
    AdmissionOut,
    AdmissionRow,
    MenuItemOut,
    admission_out,
    menu_item_out,
    with_standing,
)
from dpv.models import Admission, MenuItem
from dpv.queries.admissions import admission_by_id
from dpv.states import ADMISSION


class AdmissionQuery(Query):
    """Which admissions."""

    vehicle = s.CharField(required=False, max_length=20, help_text="On this vehicle (code).")
    lot = s.CharField(required=False, max_length=20, help_text="On the lot with this code.")
    status = s.ChoiceField(choices=ADMISSION.choices, required=False)
    tier = s.ChoiceField(choices=Admission.Tier.choices, required=False)
    establishment_id = s.UUIDField(required=False)
    provider_id = s.UUIDField(required=False)
    text = s.CharField(required=False, max_length=80, help_text="Part of the home's or provider's name, or its URN.")


class MenuQuery(Query):
    """Which prices of the menus."""

    vehicle = s.CharField(required=False, max_length=20, help_text="On this vehicle (code).")
    provider_id = s.UUIDField(required=False)
    service = s.ChoiceField(choices=MenuItem.Service.choices, required=False)
    in_force = s.BooleanField(required=False, help_text="Only those that apply today or later.")


@operation(scope="vehicles:read", query=AdmissionQuery, answer=AdmissionRow, paged=True)
def list_admissions(call: Call) -> Page:
    """List admissions.

    The homes on the lots of your regions (a provider: its own homes), the latest admitted first, each with the range
    of its ceilings in force today and what keeps it from being used. Not for associate members.
    """
    require_member(call.actor)
    rows = Admission.objects.all()
    if words := call.query.get("text"):
        rows = rows.filter(
            Q(establishment__name__icontains=words)
            | Q(provider__legal_name__icontains=words)
            | Q(establishment__urn__iexact=words)
        )
    page = call.page(_narrowed(rows, call, _FILTERS), by=("-admitted_on", "-id"), fields=ADMISSION_FIELDS)
    with_standing(list(page.items), database_today())
    return page


@operation(scope="vehicles:read", answer=AdmissionOut)
def get_admission(call: Call, admission: UUID) -> dict[str, Any]:
    """Read an admission.

    With every ceiling and suspension. A provider reads its own, without reasons and names: those may hold what others
    told in confidence. Not for associate members.
    """
    require_member(call.actor)
    return admission_out(call.actor, admission_by_id(admission), database_today())


@operation(scope="vehicles:read", query=MenuQuery, answer=MenuItemOut, paged=True)
def list_menu_items(call: Call) -> Page:
    """List prices of extras.

    The providers' tendered unit prices on your regions' vehicles (a provider: its own), the latest first. Extras are
    offered at or under them. Not for associate members.
    """
    require_member(call.actor)
    rows = MenuItem.objects.all()
    if call.query.get("in_force"):
        rows = rows.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=database_today()))
    return call.page(_narrowed(rows, call, _MENU_FILTERS), by=("-valid_from", "-id"), fields=MENU_FIELDS)


@operation(scope="vehicles:read", answer=MenuItemOut)
def get_menu_item(call: Call, item: UUID) -> dict[str, Any]:
    """Read a price of an extra."""
    require_member(call.actor)
    found = MenuItem.objects.select_related("vehicle").filter(pk=item).first()
    if found is None:
        raise Http404("No such price.")
    return menu_item_out(found)


def require_member(actor: Actor) -> None:
    """Associate members read vehicles and rules; who is on them is not theirs to see."""
    if actor.kind == "associate":
        raise Http404("Not for associate members.")


_FILTERS = {
    "vehicle": "vehicle__code",
    "lot": "lot__code",
    **{name: name for name in ("status", "tier", "establishment_id", "provider_id")},
}
_MENU_FILTERS = {"vehicle": "vehicle__code", "provider_id": "provider_id", "service": "service"}


def _narrowed(rows: QuerySet[Any], call: Call, filters: dict[str, str]) -> QuerySet[Any]:
    return rows.filter(**{column: call.query[name] for name, column in filters.items() if name in call.query})
