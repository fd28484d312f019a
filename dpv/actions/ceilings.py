"""Setting ceiling prices: a new price is a new row from a day on; what was in force stays on record.

A ceiling is fixed for the months the vehicle's rules say (12 by default) and stays in force until another replaces
it. Within the fixed period it may always be lowered; a higher one is refused, unless the rules let the provider ask
at any time. A price that nobody can have relied on yet (it starts today or later) may be corrected.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from brokerage.core import locks
from brokerage.core.audit.record import record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.money import is_whole_pence, money_text
from brokerage.core.tenants.actors import Actor
from brokerage.core.texts import LONGEST_REASON
from dpv.ceilings import check_not_fixed
from dpv.measure_texts import require_tellable
from dpv.models import Admission, Ceiling, Lot
from dpv.notices import lot_reference, notice_to_provider
from dpv.queries.admissions import admission_by_id
from dpv.queries.rules import rules_in_force

#: The largest weekly price the column holds.
HIGHEST = Decimal("9999999.99")


@dataclass(frozen=True)
class NewCeiling:
    """A ceiling to be set: completed years of age, both ends included, and pounds a week."""

    age_min: int
    age_max: int
    weekly: Decimal


def check_ceiling(lot: Lot, wanted: NewCeiling, *, field: str = "weekly") -> None:
    """Refuse what no lot can have: `ceiling_invalid` (not pounds and pence above 0), `ages_invalid` (turned round),
    `ages_outside_lot` (no age of the lot is in the band)."""
    weekly = wanted.weekly
    if not isinstance(weekly, Decimal) or not is_whole_pence(weekly) or not 0 < weekly <= HIGHEST:
        raise RuleBroken("ceiling_invalid", _("The ceiling price must be more than £0, in pounds and pence"), field)
    if wanted.age_min > wanted.age_max:
        raise RuleBroken("ages_invalid", _("The youngest age must not be above the oldest"), "ages")
    if wanted.age_max < lot.age_min or wanted.age_min > lot.age_max:
        raise RuleBroken("ages_outside_lot", _("This lot is for other ages"), "ages")


@transaction.atomic
def set_ceiling(
    actor: Actor,
    *,
    admission_id: UUID,
    ceiling: NewCeiling,
    valid_from: dt.date,
    reason: str,
    is_checked: bool = False,
) -> Ceiling:
    """Set the ceiling of an age band from a day on, pounds a week; drafts and later offers meet it at once.

    Refused when: the admission has ended or is barred (NotNow); there is no reason, or one that tells who a person is
    (`names_a_person`); the day is past
    (`ceiling_in_past`: offers relied on what was in force) or after the vehicle's term (`ceiling_after_term`); the
    price or the ages are not sound; it is above the ceiling in force and that one is still fixed on the day
    (`ceiling_fixed`), unless the rules say `on_request`.
    """
    actor.require("dpv.ceiling")
    locks.hold(admissions_exclusive=[admission_id])
    admission = admission_by_id(admission_id)
    if admission.status in ("ended", "barred"):
        raise NotNow("admission_over", _("This establishment is no longer on the lot"))
    today = database_today()
    check_ceiling(admission.lot, ceiling)
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Say why the ceiling price is set"), "reason")
    require_tellable(reason, "reason", provider_id=admission.provider_id, is_checked=is_checked, most=LONGEST_REASON)
    if valid_from < today:
        raise RuleBroken("ceiling_in_past", _("The first day must be today or later"), "valid_from")
    if valid_from > admission.vehicle.ends_on:
        raise RuleBroken("ceiling_after_term", _("The vehicle has ended by then: choose an earlier day"), "valid_from")
    same_day = Ceiling.objects.filter(
        admission=admission, age_min=ceiling.age_min, age_max=ceiling.age_max, valid_from=valid_from
    ).first()
    _require_not_fixed(admission, ceiling, valid_from, correcting=same_day)
    before = money_text(same_day.weekly) if same_day else None
    row = same_day or Ceiling(
        region_id=admission.region_id,
        provider_id=admission.provider_id,
        admission=admission,
        age_min=ceiling.age_min,
        age_max=ceiling.age_max,
        valid_from=valid_from,
    )
    row.weekly = ceiling.weekly
    row.reason = reason.strip()
    row.set_by_name = actor.name
    row.set_at = database_now()
    row.save()
    record(
        "ceiling.corrected" if before else "ceiling.set",
        subject=admission,
        actor=actor,
        reference=lot_reference(admission),
        data={
            "ages": [row.age_min, row.age_max],
            "weekly": money_text(row.weekly),
            "weekly_before": before,
            "valid_from": valid_from.isoformat(),
        },
        notify=[notice_to_provider("dpv.ceiling_set", admission)],
    )
    return row


def _require_not_fixed(
    admission: Admission, wanted: NewCeiling, valid_from: dt.date, *, correcting: Ceiling | None
) -> None:
    """A rise inside a fixed period is refused by the rules in force when that period began (the terms tendered on)."""
    rows = Ceiling.objects.filter(admission=admission, age_min__lte=wanted.age_max, age_max__gte=wanted.age_min)
    rows = rows.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=valid_from), valid_from__lte=valid_from)
    if correcting is not None:
        rows = rows.exclude(pk=correcting.pk)
    for current in rows.order_by("age_min", "age_max", "-valid_from").distinct("age_min", "age_max"):
        if wanted.weekly > current.weekly:
            _version, rules = rules_in_force(admission.vehicle_id, current.valid_from)
            check_not_fixed(wanted.weekly, valid_from, fixed=current.weekly, fixed_from=current.valid_from, rules=rules)
