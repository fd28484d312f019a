"""Recording a placement that was bought outside every vehicle."""

from __future__ import annotations

from decimal import Decimal

from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, MoneyField
from brokerage.core.api.operations import Call, Created, operation
from placements.actions import spot
from placements.actions.spot import SpotHome
from placements.api.placements import PlacementOut, placement_out
from placements.queries.placements import placement_of


class SpotIn(Input):
    """Where, from when, for how much, and why no vehicle could be used. Money in pounds a week."""

    reason = s.CharField(max_length=1000)
    establishment_id = s.UUIDField(required=False, allow_null=True, help_text="A home of the register.")
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


@operation(
    scope="placements:write",
    body=SpotIn,
    answer=PlacementOut,
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
        "measure_suspended",
        "measure_barred",
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
    home = SpotHome(asked.pop("establishment_id", None), asked.pop("provider_name"), asked.pop("outward"))
    with call.renaming({"establishment": "establishment_id"}):
        placement = spot.record_spot_placement(call.actor, reference=reference, home=home, **asked)
    return Created(placement_out(placement_of(placement.reference)), location=f"/placements/{placement.reference}")
