"""Ceiling prices: what admitted establishments may ask at most, by lot, age band and first day.

An establishment not yet on the lot is admitted with its first price. A vehicle is known only to its own region.
A rise of a ceiling that is fixed is refused, by the same rule as on the page (`dpv.ceilings.check_not_fixed`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from brokerage.core import locks
from brokerage.core.csv_input import Column, Row
from brokerage.core.errors import RuleBroken
from brokerage.core.money import money_text
from brokerage.core.tenants.actors import Actor
from brokerage.core.vocabulary import KINDS_FOR_CATEGORY
from dpv.ceilings import check_not_fixed
from dpv.models import Admission, Ceiling, Lot
from dpv.queries.measures import left_behind, left_behind_text
from dpv.queries.rules import rules_in_force
from dpv.rules import VehicleRules
from dpv.states import ADMISSION_LIVE
from providers.imports import cells
from providers.imports.kinds import ImportKind, Outcome, register
from providers.imports.writing import Batch
from providers.models import Establishment

COLUMNS = (
    Column("vehicle", True, (), cells.upper(20)),
    Column("lot", True, (), cells.upper(20)),
    Column("establishment_urn", True, ("urn",), cells.upper(24)),
    Column("age_band", True, (), cells.age_band),
    Column("ceiling_weekly", True, (), cells.price),
    Column("valid_from", True, (), cells.day),
    Column("valid_to", False, (), cells.day),
    Column("quality_score", False, (), cells.score),
)


def import_rows(actor: Actor, rows: Sequence[Row], today: dt.date) -> Outcome:
    """Admit what is not admitted, and set the ceilings."""
    outcome = Outcome()
    lots = lots_by_code(rows)
    urns = {row.values["establishment_urn"] for row in rows}
    establishments = {one.urn: one for one in Establishment.objects.filter(urn__in=urns)}
    wanted = Q(lot__in=set(lots.values()), establishment__in=list(establishments.values()))
    ids = list(Admission.objects.filter(wanted, status__in=ADMISSION_LIVE).values_list("pk", flat=True))
    # Nobody may offer at a price that is being changed.
    locks.hold(admissions_exclusive=ids)
    admissions = {
        (one.lot_id, one.establishment_id): one for one in Admission.objects.filter(wanted, status__in=ADMISSION_LIVE)
    }
    ceilings = {
        (one.admission_id, one.age_min, one.age_max, one.valid_from): one
        for one in Ceiling.objects.filter(admission__in=ids)
    }
    behind = left_behind(_newcomers(rows, lots, establishments, admissions))
    new_admissions: Batch[Admission] = Batch(Admission)
    prices: Batch[Ceiling] = Batch(Ceiling)
    known = _Fixed(list(ceilings.values()), today)
    now = timezone.now()
    # In the order of their days: a later price is held against the earlier ones of the same file.
    for row in sorted(rows, key=lambda row: row.values["valid_from"]):
        values = row.values
        lot = lots.get((values["vehicle"], values["lot"]))
        establishment = establishments.get(values["establishment_urn"])
        if lot is None or establishment is None:
            _refuse_unknown(row, outcome, is_lot=lot is None)
            continue
        admission = admissions.get((lot.pk, establishment.pk))
        if not _is_sound(row, lot, establishment, admission, outcome):
            continue
        if admission is None and (measure := behind.get((lot.region_id, establishment.pk))) is not None:
            outcome.refuse(row, "establishment_urn", left_behind_text(measure))
            continue
        if admission is not None and not known.allows(row, admission, outcome):
            continue
        changed: list[str] = []
        if admission is None:
            admission = new_admissions.add(
                Admission(
                    region_id=lot.region_id,
                    vehicle_id=lot.vehicle_id,
                    lot=lot,
                    provider_id=establishment.provider_id,
                    establishment=establishment,
                    admitted_on=min(values["valid_from"], today),
                    reason=_("Admitted with the price list"),
                    quality_score=values["quality_score"],
                    changed_at=now,
                )
            )
            admissions[(lot.pk, establishment.pk)] = admission
        elif values["quality_score"] is not None:
            changed = new_admissions.change(admission, {"quality_score": values["quality_score"]})
        low, high = values["age_band"]
        price: dict[str, Any] = {"weekly": values["ceiling_weekly"], "valid_to": values["valid_to"]}
        old = ceilings.get((admission.pk, low, high, values["valid_from"]))
        if old is None:
            added = prices.add(
                Ceiling(
                    region_id=lot.region_id,
                    provider_id=establishment.provider_id,
                    admission=admission,
                    age_min=low,
                    age_max=high,
                    valid_from=values["valid_from"],
                    reason=_("Price list"),
                    set_by_name=actor.name,
                    set_at=now,
                    **price,
                )
            )
            known.add(added)
            outcome.created += 1
            continue
        before = old.weekly
        moved = prices.change(old, price)
        if moved:
            prices.change(old, {"reason": _("Price list"), "set_by_name": actor.name, "set_at": now})
        key = cells.joined(values["vehicle"], values["lot"], establishment.urn, f"{low}-{high}", values["valid_from"])
        outcome.count(key, changed + moved)
        if "weekly" in moved:
            outcome.changes[-1] |= {"weekly_before": money_text(before), "weekly": money_text(old.weekly)}
    new_admissions.write()
    prices.write()
    return outcome


class _Fixed:
    """The ceilings that a new price is held against: those stored and, as they are read, those of the file."""

    def __init__(self, ceilings: Sequence[Ceiling], today: dt.date) -> None:
        self._today = today
        self._stored: dict[UUID, list[Ceiling]] = {}
        self._rules: dict[tuple[UUID, dt.date], VehicleRules] = {}
        for ceiling in ceilings:
            self.add(ceiling)

    def add(self, ceiling: Ceiling) -> None:
        self._stored.setdefault(ceiling.admission_id, []).append(ceiling)

    def allows(self, row: Row, admission: Admission, outcome: Outcome) -> bool:
        """Whether the row's price may stand from its day on; where not, the row is refused with the rule's words."""
        weekly, day = row.values["ceiling_weekly"], row.values["valid_from"]
        try:
            for current in self._in_force(row, admission):
                if weekly > current.weekly:
                    rules = self._rules_on(admission.vehicle_id, current.valid_from)
                    check_not_fixed(weekly, day, fixed=current.weekly, fixed_from=current.valid_from, rules=rules)
        except RuleBroken as broken:
            outcome.refuse(row, "ceiling_weekly", str(broken.message))
            return False
        return True

    def _in_force(self, row: Row, admission: Admission) -> Iterable[Ceiling]:
        """The ceilings in force on the row's day for an age of its band. The very one that the row names is among them
        once it has begun: what offers relied on is not raised afterwards."""
        (low, high), day = row.values["age_band"], row.values["valid_from"]
        latest: dict[tuple[int, int], Ceiling] = {}
        for one in sorted(self._stored.get(admission.pk, []), key=lambda one: one.valid_from):
            if (one.age_min, one.age_max, one.valid_from) == (low, high, day):
                if row.values["ceiling_weekly"] <= one.weekly:
                    return ()
                if day >= self._today:
                    continue
            overlaps = one.age_min <= high and one.age_max >= low
            if overlaps and one.valid_from <= day and (one.valid_to is None or one.valid_to >= day):
                latest[one.age_min, one.age_max] = one
        return latest.values()

    def _rules_on(self, vehicle_id: UUID, day: dt.date) -> VehicleRules:
        if (vehicle_id, day) not in self._rules:
            self._rules[vehicle_id, day] = rules_in_force(vehicle_id, day)[1]
        return self._rules[vehicle_id, day]


def lots_by_code(rows: Sequence[Row]) -> dict[tuple[str, str], Lot]:
    """The lots of the rows' vehicles that this organisation may see, by the codes of vehicle and lot."""
    codes = {row.values["vehicle"] for row in rows if row.values["vehicle"]}
    lots = Lot.objects.filter(vehicle__code__in=codes).select_related("vehicle")
    return {(lot.vehicle.code, lot.code): lot for lot in lots}


def _newcomers(
    rows: Sequence[Row],
    lots: Mapping[tuple[str, str], Lot],
    establishments: Mapping[str, Establishment],
    admissions: Mapping[tuple[UUID, UUID], Admission],
) -> set[UUID]:
    """The homes that a row would admit to a lot."""
    found: set[UUID] = set()
    for row in rows:
        lot = lots.get((row.values["vehicle"], row.values["lot"]))
        establishment = establishments.get(row.values["establishment_urn"])
        if lot is not None and establishment is not None and (lot.pk, establishment.pk) not in admissions:
            found.add(establishment.pk)
    return found


def _refuse_unknown(row: Row, outcome: Outcome, *, is_lot: bool) -> None:
    values = row.values
    if is_lot:
        message = _("Your region has no lot %(lot)s in a vehicle %(vehicle)s")
        outcome.refuse(row, "lot", message % {"lot": values["lot"], "vehicle": values["vehicle"]})
    else:
        message = _("No establishment has the number %(urn)s: import the register first")
        outcome.refuse(row, "establishment_urn", message % {"urn": values["establishment_urn"]})


def _is_sound(row: Row, lot: Lot, establishment: Establishment, admission: Admission | None, outcome: Outcome) -> bool:
    values = row.values
    refused = len(outcome.refused)
    if values["valid_to"] is not None and values["valid_to"] < values["valid_from"]:
        outcome.refuse(row, "valid_to", _("The price ends before it starts"))
    if establishment.kind not in KINDS_FOR_CATEGORY[lot.category]:
        message = _("A %(kind)s cannot be on a lot for %(category)s")
        outcome.refuse(
            row,
            "establishment_urn",
            message
            % {"kind": establishment.get_kind_display().lower(), "category": lot.get_category_display().lower()},
        )
    if admission is not None and admission.status == "barred":
        outcome.refuse(row, "establishment_urn", _("This establishment is barred from the lot"))
    return len(outcome.refused) == refused


PRICES = register(
    ImportKind(
        code="prices",
        label=gettext_lazy("Ceiling prices"),
        hint=gettext_lazy(
            "One row for each establishment, lot and age band. Establishments not on the lot are admitted."
        ),
        permission="import.prices",
        organisation_kind="central",
        columns=COLUMNS,
        key=lambda values: (
            values["vehicle"],
            values["lot"],
            values["establishment_urn"],
            values["age_band"],
            values["valid_from"],
        ),
        importer=import_rows,
    )
)
