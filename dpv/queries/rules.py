"""The version of a vehicle's rules in force on a day."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.kept_queries import KeptQuery, given
from dpv.models import RuleVersion
from dpv.rules import VehicleRules

_IN_FORCE = KeptQuery(
    lambda: RuleVersion.objects.filter(vehicle_id=given("vehicle"), valid_from__lte=given("on")).order_by(
        "-valid_from"
    )[:1]
)


def rules_in_force(vehicle_id: UUID, on: dt.date) -> tuple[RuleVersion, VehicleRules]:
    """The latest version valid on that day, with its values. Raises RuleBroken (`no_rules`)."""
    version = _IN_FORCE.first(vehicle=vehicle_id, on=on)
    if version is None:
        raise RuleBroken("no_rules", _("This vehicle has no rules in force on that day"))
    return version, rules_of(version)


def rules_of(version: RuleVersion) -> VehicleRules:
    """The values of a stored version."""
    return VehicleRules.from_json(version.parameters)
