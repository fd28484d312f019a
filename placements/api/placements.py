"""An authority's placements: the list, one, and what happens in its life. A provider reads the agreement instead."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models.functions import Coalesce
from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, MoneyField, Query, Shape
from brokerage.core.api.operations import Call, Page, operation
from brokerage.core.clock import database_today
from brokerage.core.vocabulary import Category, LegalStatus, PlacementSource
from placements.actions.placements import (
    cancel_placement,
    end_placement,
    hold_placement,
    record_host_notified,
    reschedule_placement,
    start_placement,
)
from placements.models import Placement
from placements.queries.comparison import BANDS
from placements.queries.placements import host_notice_of, listed_placements, placement_of
from placements.ssda903 import END_REASONS, PLACEMENT_PROVIDERS, PLACEMENT_TYPES
from placements.states import PLACEMENT


class PlacementRow(Shape):
    """A placement as lists show it."""

    reference = s.CharField()
    status = s.ChoiceField(choices=PLACEMENT.choices)
    category = s.ChoiceField(choices=Category.choices)
    source = s.ChoiceField(choices=PlacementSource.choices, help_text="How it was bought.")
    referral = s.CharField(allow_null=True, help_text="The referral’s reference.")
    person_id = s.UUIDField()
    provider_id = s.UUIDField(allow_null=True)
    provider_name = s.CharField(allow_blank=True)
    establishment_id = s.UUIDField(allow_null=True)
    establishment_name = s.CharField(allow_null=True)
    household = s.CharField(allow_null=True, help_text="Its code.")
    planned_start_on = s.DateField()
    started_on = s.DateField(allow_null=True)
    ended_on = s.DateField(allow_null=True)
    weekly_total = MoneyField()
    example: ClassVar[dict[str, Any]] = {
        "reference": "P-4H2K-8WZM",
        "status": "planned",
        "category": "residential",
        "source": "call_off",
        "referral": "R-7K3M-9QX2",
        "person_id": "8e0c1d2f-3b4a-4c5d-9e6f-708192a3b4c5",
        "provider_id": "77c0ffee-1234-4abc-8def-001122334455",
        "provider_name": "Birch Care Ltd",
        "establishment_id": "0c7a6e1b-8f0a-4b55-8a0d-4f6f0f1e2d33",
        "establishment_name": "Birch House",
        "household": None,
        "planned_start_on": "2026-12-01",
        "started_on": None,
        "ended_on": None,
        "weekly_total": "4050.00",
    }


class PlacementQuery(Query):
    """Which placements to list."""

    status = s.ChoiceField(choices=PLACEMENT.choices, required=False)
    category = s.ChoiceField(choices=Category.choices, required=False)
    source = s.ChoiceField(choices=PlacementSource.choices, required=False)
    text = s.CharField(max_length=80, required=False, help_text="Part of a home’s or provider’s name, or a reference.")


class HostOut(Shape):
    """The authority in whose area the home stands, and by when it must be told (Care Planning Regulations 2010)."""

    name = s.CharField(allow_blank=True)
    due_on = s.DateField(allow_null=True, help_text="Null where nothing is due.")
    is_emergency = s.BooleanField()
    is_overdue = s.BooleanField()
    notified_on = s.DateField(allow_null=True)


class PlacementAgreement(Shape):
    """An agreement of the placement."""

    reference = s.CharField()
    status = s.CharField()


class PlacementOut(PlacementRow):
    """One placement. Money in pounds a week."""

    source_reason = s.CharField(allow_blank=True, help_text="Why it was bought outside every vehicle.")
    outward = s.CharField(allow_blank=True, help_text="First half of the home’s postcode.")
    area = s.ChoiceField(
        choices=list(BANDS), allow_blank=True, help_text="In the authority’s area, in one that adjoins it, or farther."
    )
    vehicle = s.CharField(allow_null=True, help_text="The vehicle’s code.")
    lot = s.CharField(allow_null=True, help_text="The lot’s code.")
    award_id = s.UUIDField(allow_null=True)
    agreements = PlacementAgreement(many=True)
    host = HostOut()
    expected_end_on = s.DateField(allow_null=True)
    end_reason = s.CharField(allow_blank=True, help_text="Code of the SSDA903 return.")
    legal_status = s.ChoiceField(choices=LegalStatus.choices, allow_blank=True)
    placement_type = s.ChoiceField(choices=list(PLACEMENT_TYPES.items()), allow_blank=True)
    placement_provider = s.ChoiceField(choices=list(PLACEMENT_PROVIDERS.items()), allow_blank=True)
    weekly_core = MoneyField(help_text="After discounts.")
    weekly_extras = MoneyField()
    ceiling = MoneyField(allow_null=True, help_text="In force at the offer.")
    example: ClassVar[dict[str, Any]] = {
        **PlacementRow.example,
        "source_reason": "",
        "outward": "HA3",
        "area": "in_area",
        "vehicle": "WL-RES",
        "lot": "STD",
        "award_id": "3f2e1d0c-b9a8-4765-8432-10fedcba9876",
        "agreements": [{"reference": "A-2M9P-5TQX", "status": "sealed"}],
        "host": {
            "name": "London Borough of Ealing",
            "due_on": "2026-12-01",
            "is_emergency": False,
            "is_overdue": False,
            "notified_on": None,
        },
        "expected_end_on": None,
        "end_reason": "",
        "legal_status": "C2",
        "placement_type": "",
        "placement_provider": "",
        "weekly_core": "3800.00",
        "weekly_extras": "250.00",
        "ceiling": "4000.00",
    }


class PlacementStart(Input):
    """The person has moved in. The two codes of the SSDA903 return are needed for a child."""

    started_on = s.DateField(help_text="Today or in the past.")
    placement_type = s.ChoiceField(choices=list(PLACEMENT_TYPES.items()), required=False)
    placement_provider = s.ChoiceField(choices=list(PLACEMENT_PROVIDERS.items()), required=False)
    example = {"started_on": "2026-12-01", "placement_type": "K2", "placement_provider": "PR4"}


class PlacementEnd(Input):
    """The person has left."""

    ended_on = s.DateField(help_text="Today or in the past.")
    end_reason = s.ChoiceField(choices=list(END_REASONS.items()), help_text="Some cannot be said of an adult.")
    example = {"ended_on": "2027-06-14", "end_reason": "CARPL"}


class PlacementReschedule(Input):
    """Another day is planned."""

    planned_start_on = s.DateField(help_text="Today or later.")
    example = {"planned_start_on": "2026-12-04"}


class PlacementCancel(Input):
    """A placement without an award comes to nothing."""

    reason = s.CharField(max_length=1000)
    example = {"reason": "An aunt can have them."}


class HostNotified(Input):
    """The host authority has been told."""

    notified_on = s.DateField(help_text="Today or in the past.")
    example = {"notified_on": "2026-11-30"}


@operation(scope="placements:read", query=PlacementQuery, answer=PlacementRow, paged=True)
def list_placements(call: Call) -> Page:
    """List your placements, the newest start first."""
    call.actor.require("placement.view")
    wanted = {name: call.query.get(name, "") for name in ("status", "category", "source")}
    wanted["q"] = call.query.get("text", "")
    return call.page(
        listed_placements(**wanted),
        by=("-planned_start_on", "-id"),
        fields={
            "reference": "reference",
            "status": "status",
            "category": "category",
            "source": "source",
            "referral": "referral__reference",
            "person_id": "person_id",
            "provider_id": "provider_id",
            "provider_name": Coalesce("provider__organisation__name", "provider_name"),
            "establishment_id": "establishment_id",
            "establishment_name": "establishment__name",
            "household": "household__code",
            "planned_start_on": "planned_start_on",
            "started_on": "started_on",
            "ended_on": "ended_on",
            "weekly_total": "weekly_total",
        },
    )


@operation(scope="placements:read", answer=PlacementOut)
def get_placement(call: Call, reference: str) -> dict[str, Any]:
    """Read one placement: dates, price, agreements, and by when the host authority must be told."""
    call.actor.require("placement.view")
    return placement_out(placement_of(reference))


def _hold(call: Call, reference: str) -> None:
    hold_placement(placement_of(reference).pk)


@operation(
    scope="placements:write",
    body=PlacementStart,
    answer=PlacementOut,
    codes=("placement_not_now", "start_ahead", "start_before_award", "placement_type", "placement_provider"),
    current=get_placement,
    lock=_hold,
)
def start_planned_placement(call: Call, reference: str) -> dict[str, Any]:
    """Say that the person has moved in. The referral is placed."""
    start_placement(call.actor, placement_id=placement_of(reference).pk, **call.body)
    return placement_out(placement_of(reference))


@operation(
    scope="placements:write",
    body=PlacementEnd,
    answer=PlacementOut,
    codes=("placement_not_now", "end_ahead", "end_before_start", "end_reason"),
    current=get_placement,
    lock=_hold,
)
def end_running_placement(call: Call, reference: str) -> dict[str, Any]:
    """Say that the person has left. The place is free again."""
    end_placement(call.actor, placement_id=placement_of(reference).pk, **call.body)
    return placement_out(placement_of(reference))


@operation(
    scope="placements:write",
    body=PlacementReschedule,
    answer=PlacementOut,
    codes=("placement_not_now", "start_past"),
    current=get_placement,
    lock=_hold,
)
def reschedule_planned_placement(call: Call, reference: str) -> dict[str, Any]:
    """Plan another day for the start."""
    reschedule_placement(call.actor, placement_id=placement_of(reference).pk, **call.body)
    return placement_out(placement_of(reference))


@operation(
    scope="placements:write",
    body=PlacementCancel,
    answer=PlacementOut,
    codes=("placement_not_now", "has_award", "reason_missing"),
    current=get_placement,
    lock=_hold,
)
def cancel_planned_placement(call: Call, reference: str) -> dict[str, Any]:
    """Cancel a placement that has not begun.

    Its place is free again, and its referral ends without a placement. One that comes from an award is cancelled by
    letting the award fall through.
    """
    cancel_placement(call.actor, placement_id=placement_of(reference).pk, **call.body)
    return placement_out(placement_of(reference))


@operation(
    scope="placements:write",
    body=HostNotified,
    answer=PlacementOut,
    codes=("placement_not_now", "notified_ahead"),
    current=get_placement,
    lock=_hold,
)
def record_host_authority_notified(call: Call, reference: str) -> dict[str, Any]:
    """Record when the host authority was told of a person placed in its area."""
    record_host_notified(call.actor, placement_id=placement_of(reference).pk, **call.body)
    return placement_out(placement_of(reference))


def placement_out(placement: Placement) -> dict[str, Any]:
    """A placement of `placement_of`, as `PlacementOut`."""
    host = host_notice_of(placement)
    agreements = sorted(placement.agreements.all(), key=lambda each: each.created_at, reverse=True)
    return {
        "reference": placement.reference,
        "status": placement.status,
        "category": placement.category,
        "source": placement.source,
        "source_reason": placement.source_reason,
        "referral": placement.referral.reference if placement.referral else None,
        "person_id": placement.person_id,
        "provider_id": placement.provider_id,
        "provider_name": placement.provider.organisation.name if placement.provider else placement.provider_name,
        "establishment_id": placement.establishment_id,
        "establishment_name": placement.establishment.name if placement.establishment else None,
        "household": placement.household.code if placement.household else None,
        "outward": placement.outward,
        "area": placement.placing_band,
        "vehicle": placement.vehicle.code if placement.vehicle else None,
        "lot": placement.lot.code if placement.lot else None,
        "award_id": placement.award_id,
        "agreements": [{"reference": each.reference, "status": each.status} for each in agreements],
        "host": {
            "name": host.name,
            "due_on": host.due_on,
            "is_emergency": host.is_emergency,
            "is_overdue": host.is_overdue(database_today()),
            "notified_on": host.notified_on,
        },
        "planned_start_on": placement.planned_start_on,
        "started_on": placement.started_on,
        "expected_end_on": placement.expected_end_on,
        "ended_on": placement.ended_on,
        "end_reason": placement.end_reason,
        "legal_status": placement.legal_status,
        "placement_type": placement.placement_type,
        "placement_provider": placement.placement_provider,
        "weekly_core": placement.weekly_core,
        "weekly_extras": placement.weekly_extras,
        "weekly_total": placement.weekly_total,
        "ceiling": placement.ceiling,
    }
