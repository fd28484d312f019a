"""Recording a placement that was bought outside every vehicle."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, MoneyField, Shape
from brokerage.core.api.operations import Call, Created, operation
from placements.actions import spot
from placements.actions.spot import SpotHome
from placements.states import PLACEMENT

BANDS = ("in_area", "out_of_area", "at_a_distance")


class SpotIn(Input):
    """Where, from when, for how much, and why no vehicle could be used. Money in pounds a week."""

    reason = s.CharField(max_length=1000)
    establishment = s.UUIDField(required=False, allow_null=True, help_text="A home of the register.")
    provider_name = s.CharField(
        max_length=200, allow_blank=True, default="", help_text="The provider, if the home is not in the register."
    )
    outward = s.CharField(
        max_length=8,
        allow_blank=True,
        default="",
        help_text="First half of its postcode, if it is not in the register.",
    )
    weekly_core = MoneyField(max_digits=8)
    weekly_extras = MoneyField(max_digits=8, default=Decimal("0.00"))
    starts_on = s.DateField(help_text="Today or earlier means that the person lives there now.")
    expected_end_on = s.DateField(required=False, allow_null=True)
    before_closing = s.BooleanField(default=False, help_text="It cannot wait until closing time.")
    example = {
        "reason": "Nothing was offered by closing time.",
        "provider_name": "Elm Homes Ltd",
        "outward": "HA3",
        "weekly_core": "3950.00",
        "weekly_extras": "120.00",
        "starts_on": "2026-11-22",
        "expected_end_on": None,
        "before_closing": True,
    }


class SpotOut(Shape):
    """The placement that was recorded."""

    reference = s.CharField(help_text="Of the placement.")
    referral = s.CharField(help_text="Reference of the referral, which is over now.")
    status = s.ChoiceField(choices=PLACEMENT.choices)
    provider_name = s.CharField()
    outward = s.CharField()
    placing_band = s.ChoiceField(
        choices=BANDS, help_text="Inside the authority’s area, in one that adjoins it, or farther."
    )
    starts_on = s.DateField()
    expected_end_on = s.DateField(allow_null=True)
    weekly_core = s.DecimalField(max_digits=9, decimal_places=2)
    weekly_extras = s.DecimalField(max_digits=9, decimal_places=2)
    weekly_total = s.DecimalField(max_digits=9, decimal_places=2)
    example = {
        "reference": "P-5H2C-81TD",
        "referral": "R-7K3M-9QX2",
        "status": "active",
        "provider_name": "Elm Homes Ltd",
        "outward": "HA3",
        "placing_band": "in_area",
        "starts_on": "2026-11-22",
        "expected_end_on": None,
        "weekly_core": "3950.00",
        "weekly_extras": "120.00",
        "weekly_total": "4070.00",
    }


@operation(
    scope="placements:write",
    body=SpotIn,
    answer=SpotOut,
    status=201,
    codes=(
        "referral_not_now",
        "offers_stand",
        "before_closing",
        "person_missing",
        "reason_missing",
        "ends_before_start",
        "provider_missing",
        "outside_area",
        "price_invalid",
        "price_missing",
        "above_limit",
        "home_unknown",
        "home_not_registered",
        "outward_unknown",
        "outward_code_invalid",
        "postcode_missing",
    ),
)
def record_spot_placement(call: Call, reference: str) -> Created:
    """Record a spot placement

    It ends the referral and closes it for everyone invited. Within the client’s weekly limit only. Outside the area
    the nominated officer or the director decides, unless the home is needed today.
    """
    asked = dict(call.body)
    home = SpotHome(asked.pop("establishment", None), asked.pop("provider_name"), asked.pop("outward"))
    placement = spot.record_spot_placement(call.actor, reference=reference, home=home, **asked)
    body: dict[str, Any] = {
        "reference": placement.reference,
        "referral": reference,
        "status": placement.status,
        "provider_name": placement.provider_name,
        "outward": placement.outward,
        "placing_band": placement.placing_band,
        "starts_on": placement.planned_start_on,
        "expected_end_on": placement.expected_end_on,
        "weekly_core": placement.weekly_core,
        "weekly_extras": placement.weekly_extras,
        "weekly_total": placement.weekly_total,
    }
    return Created(body, location=f"/placements/{placement.reference}")
