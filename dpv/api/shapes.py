"""What the API says of admissions, their ceilings, suspensions and menus, and how each is written from its rows."""

from __future__ import annotations

import datetime as dt
from typing import Any

from rest_framework import serializers as s

from brokerage.core.api.inputs import MoneyField, Shape
from brokerage.core.tenants.actors import Actor
from dpv.eligibility import PROBLEM_TEXTS, problem_text, problems_of
from dpv.models import Admission, MenuItem, Suspension
from dpv.queries.admissions import CeilingLine, CeilingRange, ceiling_history, ceilings_today
from dpv.states import ADMISSION

CEILING_STATES = [("in_force", "In force"), ("ahead", "Ahead"), ("past", "Replaced or over")]
_ADMISSION: dict[str, Any] = {
    "id": "2c5ea4c0-4067-4d2a-9f4b-2c1d8e7f6a55",
    "vehicle": "WL-RES",
    "lot": "STD",
    "provider_id": "4b8d1f2e-0a3c-4d5e-9f60-718293a4b5c6",
    "provider_name": "Birch Care Ltd",
    "establishment_id": "0f9e8d7c-6b5a-4c3d-8e1f-2a3b4c5d6e7f",
    "establishment_name": "Birch House",
    "urn": "SC990001",
    "status": "admitted",
    "tier": "preferred",
    "quality_score": "80.00",
    "admitted_on": "2025-10-18",
    "ceiling_lowest": "4000.00",
    "ceiling_highest": "4150.00",
    "problems": [],
}


class AdmissionRow(Shape):
    """A home approved on a lot: only while `admitted` and without problems may it be invited, offer or be awarded."""

    id = s.UUIDField()
    vehicle = s.CharField(help_text="The vehicle's code.")
    lot = s.CharField(help_text="The lot's code.")
    provider_id = s.UUIDField()
    provider_name = s.CharField()
    establishment_id = s.UUIDField()
    establishment_name = s.CharField()
    urn = s.CharField()
    status = s.ChoiceField(choices=ADMISSION.choices)
    tier = s.ChoiceField(choices=Admission.Tier.choices)
    quality_score = s.DecimalField(max_digits=5, decimal_places=2, allow_null=True)
    admitted_on = s.DateField()
    ceiling_lowest = MoneyField(allow_null=True, help_text="Lowest ceiling in force today over its age bands, a week.")
    ceiling_highest = MoneyField(allow_null=True, help_text="Highest ceiling in force today, a week.")
    problems = s.ListField(
        child=s.ChoiceField(choices=list(PROBLEM_TEXTS.items())), help_text="What keeps it from being used today."
    )
    example = _ADMISSION


#: The columns of `AdmissionRow`; its last three names are added by `with_standing`.
ADMISSION_FIELDS: dict[str, Any] = {
    "id": "id",
    "vehicle": "vehicle__code",
    "lot": "lot__code",
    "provider_id": "provider_id",
    "provider_name": "provider__legal_name",
    "establishment_id": "establishment_id",
    "establishment_name": "establishment__name",
    "urn": "establishment__urn",
    "status": "status",
    "tier": "tier",
    "quality_score": "quality_score",
    "admitted_on": "admitted_on",
}


class ProblemOut(Shape):
    """Something that keeps an admission from being used."""

    code = s.ChoiceField(choices=list(PROBLEM_TEXTS.items()))
    message = s.CharField()
    example = {"code": "no_ceiling", "message": "No ceiling price in force"}


class CeilingOut(Shape):
    """The highest weekly price that may be asked for an age band from a day on."""

    id = s.UUIDField()
    age_min = s.IntegerField()
    age_max = s.IntegerField()
    weekly = MoneyField(help_text="Pounds a week.")
    valid_from = s.DateField()
    valid_to = s.DateField(allow_null=True, help_text="The last day; null until another replaces it.")
    status = s.ChoiceField(choices=CEILING_STATES, help_text="Today.")
    fixed_until = s.DateField(allow_null=True, help_text="Until then it may only be lowered; null: the vehicle's life.")
    set_at = s.DateTimeField()
    set_by_name = s.CharField(allow_null=True, allow_blank=True, help_text="Null for the provider.")
    reason = s.CharField(allow_null=True, allow_blank=True, help_text="Null for the provider.")
    example = {
        "id": "e1f7c7f6-3a55-4a0f-9f27-0a6a5e4d3c22",
        "age_min": 0,
        "age_max": 17,
        "weekly": "4150.00",
        "valid_from": "2026-04-01",
        "valid_to": None,
        "status": "in_force",
        "fixed_until": "2027-03-31",
        "set_at": "2026-03-20T10:00:00Z",
        "set_by_name": "Carol Contract",
        "reason": "Price round 2026",
    }


class SuspensionOut(Shape):
    """A suspension and its lifting. Reasons and names are for authorities and central teams."""

    id = s.UUIDField()
    suspended_at = s.DateTimeField()
    suspended_by_name = s.CharField(allow_null=True)
    reason = s.CharField(allow_null=True)
    review_on = s.DateField(allow_null=True)
    lifted_at = s.DateTimeField(allow_null=True)
    lifted_by_name = s.CharField(allow_null=True, allow_blank=True)
    lift_reason = s.CharField(allow_null=True, allow_blank=True)
    example = {
        "id": "9d2b1c3a-5e4f-4a6b-8c7d-0e1f2a3b4c5d",
        "suspended_at": "2026-05-02T14:20:00Z",
        "suspended_by_name": "Mark Market",
        "reason": "Inspection below good",
        "review_on": "2026-06-01",
        "lifted_at": "2026-05-28T09:00:00Z",
        "lifted_by_name": "Mark Market",
        "lift_reason": "Visited; improvements seen",
    }


class MenuItemOut(Shape):
    """A provider's tendered unit price for an extra on a vehicle."""

    id = s.UUIDField()
    provider_id = s.UUIDField()
    vehicle = s.CharField()
    service = s.ChoiceField(choices=MenuItem.Service.choices)
    unit = s.ChoiceField(choices=MenuItem.Unit.choices)
    unit_price = MoneyField(help_text="Pounds a unit.")
    valid_from = s.DateField()
    valid_to = s.DateField(allow_null=True)
    example = {
        "id": "3b9f1d52-7c55-4a4e-8d3f-5f1a2b3c4d5e",
        "provider_id": "4b8d1f2e-0a3c-4d5e-9f60-718293a4b5c6",
        "vehicle": "WL-RES",
        "service": "one_to_one_hour",
        "unit": "hour",
        "unit_price": "25.00",
        "valid_from": "2025-10-18",
        "valid_to": None,
    }


#: The columns of `MenuItemOut`.
MENU_FIELDS: dict[str, Any] = {
    **{name: name for name in MenuItemOut().fields},
    "vehicle": "vehicle__code",
}


class AdmissionOut(AdmissionRow):
    """One admission with its ceilings, suspensions and the acts its status allows."""

    reason = s.CharField(allow_null=True, allow_blank=True, help_text="Of its last change; null for the provider.")
    changed_at = s.DateTimeField()
    moves = s.ListField(
        child=s.ChoiceField(choices=[(move, move) for move in ADMISSION.moves]), help_text="What its status allows."
    )
    standing = ProblemOut(many=True, help_text="Its problems in words.")
    ceilings = CeilingOut(many=True, help_text="By age band, the newest first.")
    suspensions = SuspensionOut(many=True, help_text="The newest first.")
    example = _ADMISSION | {
        "reason": "Passed the evaluation of October 2025",
        "changed_at": "2026-05-28T09:00:00Z",
        "moves": ["suspend", "bar", "end"],
        "standing": [],
        "ceilings": [CeilingOut.example],
        "suspensions": [SuspensionOut.example],
    }


def with_standing(rows: list[Any], on: dt.date) -> None:
    """Add to rows of `ADMISSION_FIELDS` the ceilings in force and what keeps each from being used; two queries."""
    ids = [row["id"] for row in rows]
    ceilings, problems = ceilings_today(ids, on), problems_of(ids, on)
    for row in rows:
        in_force: CeilingRange | None = ceilings.get(row["id"])
        row["ceiling_lowest"] = in_force.lowest if in_force else None
        row["ceiling_highest"] = in_force.highest if in_force else None
        row["problems"] = problems.get(row["id"], [])


def admission_out(actor: Actor, admission: Admission, on: dt.date) -> dict[str, Any]:
    """An admission of `admission_by_id` as `AdmissionOut`; a provider is told no reasons and no names."""
    told = not actor.is_provider
    found: dict[str, Any] = {
        "id": admission.pk,
        "vehicle": admission.vehicle.code,
        "lot": admission.lot.code,
        "provider_id": admission.provider_id,
        "provider_name": admission.provider.legal_name,
        "establishment_id": admission.establishment_id,
        "establishment_name": admission.establishment.name,
        "urn": admission.establishment.urn,
        "status": admission.status,
        "tier": admission.tier,
        "quality_score": admission.quality_score,
        "admitted_on": admission.admitted_on,
        "reason": admission.reason if told else None,
        "changed_at": admission.changed_at,
        "moves": list(ADMISSION.allowed(admission.status)),
    }
    with_standing([found], on)
    return found | {
        "standing": [{"code": code, "message": str(problem_text(code))} for code in found["problems"]],
        "ceilings": [ceiling_out(line, told) for line in ceiling_history(admission, on)],
        "suspensions": [suspension_out(row, told) for row in admission.suspensions.all()],
    }


def ceiling_out(line: CeilingLine, told: bool) -> dict[str, Any]:
    """A ceiling as `CeilingOut`."""
    row = line.ceiling
    return {
        "id": row.pk,
        "age_min": row.age_min,
        "age_max": row.age_max,
        "weekly": row.weekly,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
        "status": line.state,
        "fixed_until": line.fixed_until,
        "set_at": row.set_at,
        "set_by_name": row.set_by_name if told else None,
        "reason": row.reason if told else None,
    }


def suspension_out(row: Suspension, told: bool) -> dict[str, Any]:
    """A suspension as `SuspensionOut`."""
    return {
        "id": row.pk,
        "suspended_at": row.suspended_at,
        "suspended_by_name": row.suspended_by_name if told else None,
        "reason": row.reason if told else None,
        "review_on": row.review_on,
        "lifted_at": row.lifted_at,
        "lifted_by_name": row.lifted_by_name if told else None,
        "lift_reason": row.lift_reason if told else None,
    }


def menu_item_out(item: MenuItem) -> dict[str, Any]:
    """A price on the menu, with its vehicle at hand, as `MenuItemOut`."""
    return {name: getattr(item, name) for name in MENU_FIELDS} | {"vehicle": item.vehicle.code}
