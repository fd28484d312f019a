"""The ceiling price in force for an age on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken
from dpv.models import Ceiling


def ceilings_in_force(admission_ids: Iterable[UUID], age: int | None, on: dt.date) -> dict[UUID, Ceiling]:
    """The ceiling of each admission, pounds a week: the latest to come into force, then the narrowest age band.

    `age` in completed years; None takes any band. Admissions without one are not in the answer.
    """
    rows = Ceiling.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=on), valid_from__lte=on).filter(
        admission_id__in=list(admission_ids)
    )
    if age is not None:
        rows = rows.filter(age_min__lte=age, age_max__gte=age)
    # The same order as dpv.eligibility.SOURCES.
    rows = rows.order_by("admission_id", "-valid_from", F("age_max") - F("age_min"), "id").distinct("admission_id")
    return {ceiling.admission_id: ceiling for ceiling in rows}


def ceiling_in_force(admission_id: UUID, age: int | None, on: dt.date) -> Ceiling:
    """The one ceiling in force. Raises RuleBroken (`no_ceiling`) when there is none."""
    ceiling = ceilings_in_force([admission_id], age, on).get(admission_id)
    if ceiling is None:
        raise RuleBroken("no_ceiling", _("No ceiling price is in force for this age"), "weekly_core")
    return ceiling
