"""The ceiling price in force for an age on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.kept_queries import KeptQuery, given
from dpv.models import Ceiling


def ceilings_in_force(admission_ids: Iterable[UUID], age: int | None, on: dt.date) -> dict[UUID, Ceiling]:
    """The ceiling of each admission, pounds a week: the latest to come into force, then the narrowest age band.

    `age` in completed years; None takes any band. Admissions without one are not in the answer.
    """
    rows = _in_force(on, age).filter(admission_id__in=list(admission_ids))
    return {ceiling.admission_id: ceiling for ceiling in rows}


def _in_force(on: Any, age: Any) -> QuerySet[Ceiling]:
    rows = Ceiling.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=on), valid_from__lte=on)
    if age is not None:
        rows = rows.filter(age_min__lte=age, age_max__gte=age)
    # The same order as dpv.eligibility.SOURCES.
    return rows.order_by("admission_id", "-valid_from", F("age_max") - F("age_min"), "id").distinct("admission_id")


_OF_ONE = KeptQuery(lambda: _in_force(given("on"), None).filter(admission_id=given("admission")))
_OF_ONE_AT_AGE = KeptQuery(lambda: _in_force(given("on"), given("age")).filter(admission_id=given("admission")))


def ceiling_in_force(admission_id: UUID, age: int | None, on: dt.date) -> Ceiling:
    """The one ceiling in force. Raises RuleBroken (`no_ceiling`) when there is none."""
    if age is None:
        ceiling = _OF_ONE.first(admission=admission_id, on=on)
    else:
        ceiling = _OF_ONE_AT_AGE.first(admission=admission_id, age=age, on=on)
    if ceiling is None:
        raise RuleBroken("no_ceiling", _("No ceiling price is in force for this age"), "weekly_core")
    return ceiling
