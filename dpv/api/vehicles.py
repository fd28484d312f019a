"""The API's purchasing vehicles: their lots, the rules in force, and which authorities may use them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from rest_framework import serializers as s

from brokerage.core.api.inputs import MoneyField, Query, Shape
from brokerage.core.api.operations import Call, Page, operation
from brokerage.core.clock import database_today
from brokerage.core.vocabulary import Category, Need
from dpv.models import AccessAgreement, Lot, Vehicle
from dpv.queries.admissions import lot_by_code, vehicle_by_code, vehicles_listed
from dpv.queries.rules import rules_in_force
from dpv.rules import LABELS, PARAMETERS, VehicleRules

_LOT: dict[str, Any] = {
    "id": "0b9d1f0e-6a3f-4d2b-8f6e-2a3c4d5e6f70",
    "vehicle": "WL-RES",
    "code": "STD",
    "name": "Children's homes, standard",
    "category": "residential",
    "age_min": 0,
    "age_max": 17,
    "needs": [],
    "is_solo": False,
    "admitted_count": 42,
    "suspended_count": 1,
}
_VEHICLE: dict[str, Any] = {
    "code": "WL-RES",
    "name": "West London residential",
    "name_cy": "",
    "region": "west-london",
    "lead_authority": "harrow",
    "legal_regime": "pa2023_light_touch",
    "starts_on": "2024-04-01",
    "ends_on": "2030-03-31",
    "lot_count": 3,
}


class VehicleRow(Shape):
    """A dynamic purchasing vehicle for a service, open to new providers all the time."""

    code = s.CharField()
    name = s.CharField()
    name_cy = s.CharField(allow_blank=True)
    region = s.CharField(help_text="The region's slug.")
    lead_authority = s.CharField(help_text="The slug of the authority that leads it.")
    legal_regime = s.ChoiceField(choices=Vehicle.LegalRegime.choices)
    starts_on = s.DateField()
    ends_on = s.DateField(help_text="The last day of its term.")
    lot_count = s.IntegerField(help_text="How many lots it has.")
    example = _VEHICLE


class LotOut(Shape):
    """A category of service inside a vehicle."""

    id = s.UUIDField(help_text="What `lot_ids` of a referral name.")
    vehicle = s.CharField(help_text="The vehicle's code.")
    code = s.CharField()
    name = s.CharField()
    category = s.ChoiceField(choices=Category.choices)
    age_min = s.IntegerField()
    age_max = s.IntegerField()
    needs = s.ListField(child=s.ChoiceField(choices=Need.choices), help_text="Needs the lot is for; empty for any.")
    is_solo = s.BooleanField(help_text="For one person alone.")
    admitted_count = s.IntegerField(help_text="Homes admitted to it; a provider's client counts its own only.")
    suspended_count = s.IntegerField(help_text="Homes suspended from it; a provider's client counts its own only.")
    example = _LOT


class VehicleOut(VehicleRow):
    """One vehicle with its lots."""

    is_running = s.BooleanField(help_text="Whether it is in its term today.")
    terms_summary = s.CharField(allow_blank=True)
    lots = LotOut(many=True)
    example = _VEHICLE | {"is_running": True, "terms_summary": "Call-off by referral.", "lots": [_LOT]}


class RuleOut(Shape):
    """One rule of a vehicle."""

    name = s.ChoiceField(choices=[(name, name) for name in PARAMETERS])
    label = s.CharField()
    value = s.JSONField(help_text="Amounts and percentages as text; null for a limit the vehicle does not have.")
    source = s.CharField(allow_blank=True, help_text="The clause, regulation or paper it comes from.")
    example = {
        "name": "sibling_discount_percent",
        "label": "Sibling discount, % of core",
        "value": "5.00",
        "source": "Clause 9.2",
    }


class RulesOut(Shape):
    """The version of a vehicle's rules in force on a day. A version is never edited: prices are replayed by it."""

    id = s.UUIDField()
    vehicle = s.CharField()
    valid_from = s.DateField()
    rules = RuleOut(many=True)
    example = {
        "id": "0a7c7a9e-1c9d-4b9d-8a5e-3f5a1c2b4d66",
        "vehicle": "WL-RES",
        "valid_from": "2026-04-01",
        "rules": [RuleOut.example],
    }


class RulesQuery(Query):
    """Rules on which day."""

    on = s.DateField(required=False, help_text="Today, if left out.")


class AccessOut(Shape):
    """The agreement by which an authority may use a vehicle."""

    id = s.UUIDField()
    authority = s.CharField(help_text="The authority's slug.")
    authority_name = s.CharField()
    starts_on = s.DateField()
    ends_on = s.DateField(allow_null=True)
    annual_fee = MoneyField()
    joining_discount = MoneyField()
    notice_months = s.IntegerField()
    example = {
        "id": "f7a9e2d4-7d4a-4a9c-93f1-6f0b2a1c3d55",
        "authority": "harrow",
        "authority_name": "Harrow",
        "starts_on": "2024-04-01",
        "ends_on": None,
        "annual_fee": "12000.00",
        "joining_discount": "0.00",
        "notice_months": 6,
    }


_VEHICLE_FIELDS: dict[str, Any] = {
    **{name: name for name in ("code", "name", "name_cy", "legal_regime", "starts_on", "ends_on")},
    "region": "region__slug",
    "lead_authority": "lead_authority__slug",
    "lot_count": "lot_count",
}
_LOT_FIELDS: dict[str, Any] = {
    "vehicle": "vehicle__code",
    **{name: name for name in ("id", "code", "name", "category", "age_min", "age_max", "needs", "is_solo")},
    "admitted_count": "on_it",
    "suspended_count": "suspended_from_it",
}


@operation(scope="vehicles:read", answer=VehicleRow, paged=True)
def list_vehicles(call: Call) -> Page:
    """List vehicles.

    In the order of their codes: those of your regions; for a provider every vehicle, since each is open to all.
    """
    return call.page(vehicles_listed(), by=("code",), fields=_VEHICLE_FIELDS)


@operation(scope="vehicles:read", answer=VehicleOut)
def get_vehicle(call: Call, code: str) -> dict[str, Any]:
    """Read a vehicle.

    With its lots and how many homes are on each.
    """
    found = vehicle_by_code(code)
    lots = _listed(Lot.objects.filter(vehicle=found).order_by("code"))
    return {
        **{name: getattr(found, name) for name in ("code", "name", "name_cy", "legal_regime", "starts_on", "ends_on")},
        "region": found.region.slug,
        "lead_authority": found.lead_authority.slug,
        "lot_count": len(lots),
        "is_running": found.starts_on <= database_today() <= found.ends_on,
        "terms_summary": found.terms_summary,
        "lots": lots,
    }


@operation(scope="vehicles:read", answer=LotOut, paged=True)
def list_lots(call: Call, code: str) -> Page:
    """List a vehicle's lots.

    In the order of their codes.
    """
    return call.page(_counted(Lot.objects.filter(vehicle=vehicle_by_code(code))), by=("code",), fields=_LOT_FIELDS)


@operation(scope="vehicles:read", answer=LotOut)
def get_lot(call: Call, code: str, lot: str) -> dict[str, Any]:
    """Read a lot.

    Who is on it is in `/admissions?vehicle=&lot=`.
    """
    return _listed(Lot.objects.filter(pk=lot_by_code(code, lot).pk))[0]


@operation(scope="vehicles:read", query=RulesQuery, answer=RulesOut, codes=("no_rules",))
def get_rules(call: Call, code: str) -> dict[str, Any]:
    """Read the rules in force.

    Every price and procurement rule of the vehicle on a day, each with its source. Refused with `no_rules` before the
    first version.
    """
    vehicle = vehicle_by_code(code)
    version, rules = rules_in_force(vehicle.pk, call.query.get("on") or database_today())
    return {
        "id": version.pk,
        "vehicle": vehicle.code,
        "valid_from": version.valid_from,
        "rules": rules_out(rules),
    }


def rules_out(rules: VehicleRules) -> list[dict[str, Any]]:
    """Every rule, in the order of a rules page."""
    return [
        {"name": name, "label": str(LABELS[name]), "value": said["value"], "source": said["source"]}
        for name, said in rules.to_json().items()
    ]


@operation(scope="vehicles:read", answer=AccessOut, paged=True)
def list_access(call: Call, code: str) -> Page:
    """List who may use a vehicle.

    The authorities' access agreements, the earliest first, ended ones included. Not for providers.
    """
    call.actor.require("dpv.view")
    rows = AccessAgreement.objects.filter(vehicle=vehicle_by_code(code))
    return call.page(rows, by=("starts_on", "id"), fields=_ACCESS_FIELDS)


_ACCESS_FIELDS = {
    "id": "id",
    "authority": "authority__slug",
    "authority_name": "authority__name",
    **{name: name for name in ("starts_on", "ends_on", "annual_fee", "joining_discount", "notice_months")},
}


def _listed(lots: QuerySet[Lot]) -> list[dict[str, Any]]:
    """Lots as `LotOut`."""
    rows = _counted(lots).values_list(*_LOT_FIELDS.values())
    return [dict(zip(_LOT_FIELDS, row, strict=True)) for row in rows]


def _counted(lots: QuerySet[Lot]) -> QuerySet[Lot]:
    return lots.annotate(
        on_it=Count("admissions", filter=Q(admissions__status="admitted")),
        suspended_from_it=Count("admissions", filter=Q(admissions__status="suspended")),
    )
