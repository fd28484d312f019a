"""Live placements already running: existing, spot, in-house or block. Known by the authority's own reference.

They are counted in the homes' places already, so none is taken here. An authority imports its own only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from brokerage.core.csv_input import Column, Row
from brokerage.core.csv_values import text_up_to
from brokerage.core.geography import outward_code, placing_band
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.geography_queries import adjoining
from brokerage.core.tenants.models import AuthorityProfile
from brokerage.core.vocabulary import Category, LegalStatus, NeedCode, PlacementSource, Sex
from dpv.imports.prices import lots_by_code
from dpv.models import Lot
from placements.interest import show_interest
from placements.models import Person, Placement
from placements.ssda903 import PLACEMENT_PROVIDERS, PLACEMENT_TYPES
from providers.imports import cells
from providers.imports.kinds import ImportKind, Outcome, register
from providers.imports.places import Spot, spots_of
from providers.imports.writing import Batch, given
from providers.models import CarerHousehold, Establishment

_SOURCES = {source.value: source.value for source in PlacementSource if source != PlacementSource.CALL_OFF}


def _code_of(codes: Collection[str]) -> Any:
    def parse(text: str) -> str:
        if text.upper() not in codes:
            raise ValueError(
                _("“%(text)s” is not one of: %(values)s") % {"text": text[:40], "values": ", ".join(codes)}
            )
        return text.upper()

    return parse


COLUMNS = (
    Column("authority_gss", True, (), cells.upper(9)),
    Column("reference", True, (), text_up_to(24)),
    Column("person_reference", True, (), text_up_to(40)),
    Column("given_name", True, (), text_up_to(80)),
    Column("family_name", True, (), text_up_to(80)),
    Column("date_of_birth", True, (), cells.day),
    Column("sex", True, (), cells.choice(Sex)),
    Column("client_group", True, (), cells.choice(Person.ClientGroup)),
    Column("legal_status", False, (), cells.choice(LegalStatus)),
    Column("need_code", False, (), cells.choice(NeedCode)),
    Column("category", True, (), cells.choice(Category)),
    Column("source", True, (), cells.word_of(*_SOURCES)),
    Column("vehicle", False, (), cells.upper(20)),
    Column("lot", False, (), cells.upper(20)),
    Column("establishment_urn", False, (), cells.upper(24)),
    Column("carer_code", False, (), cells.upper(24)),
    Column("provider_name", False, (), text_up_to(200)),
    Column("outward", False, (), outward_code),
    Column("placement_type", False, (), _code_of(PLACEMENT_TYPES)),
    Column("placement_provider", False, (), _code_of(PLACEMENT_PROVIDERS)),
    Column("started_on", True, (), cells.day),
    Column("expected_end_on", False, (), cells.day),
    Column("weekly_core", True, (), cells.money),
    Column("weekly_extras", True, (), cells.money),
    Column("weekly_total", True, (), cells.money),
)
_PERSON_FIELDS = ("given_name", "family_name", "sex", "client_group", "legal_status", "need_code")
_PLACEMENT_FIELDS = (
    *("category", "source", "expected_end_on", "weekly_core", "weekly_extras", "weekly_total", "legal_status"),
    *("placement_type", "placement_provider"),
)
_LARGEST_WEEKLY = 10_000_000


@dataclass(frozen=True)
class _Known:
    """What the rows of a batch refer to, read once."""

    gss_code: str
    adjoining: frozenset[str]
    lots: dict[tuple[str, str], Lot]
    establishments: dict[str, Establishment]
    households: dict[str, CarerHousehold]
    spots: dict[str, Spot]


def import_rows(actor: Actor, rows: Sequence[Row], today: dt.date) -> Outcome:
    """Bring persons and their running placements in line with the authority's list."""
    outcome = Outcome()
    known = _look_up(actor, rows)
    persons = {
        person.case_number: person
        for person in Person.objects.filter(case_number__in={row.values["person_reference"] for row in rows})
    }
    placements = {
        placement.reference: placement
        for placement in Placement.objects.filter(reference__in=[row.values["reference"] for row in rows])
    }
    new_persons: Batch[Person] = Batch(Person)
    batch: Batch[Placement] = Batch(Placement)
    homes: set[tuple[UUID, UUID]] = set()
    for row in rows:
        values = row.values
        person, old = persons.get(values["person_reference"]), placements.get(values["reference"])
        if not _is_sound(row, known, today, outcome) or not _fits(row, person, old, outcome):
            continue
        changed: list[str] = []
        facts = given(values, _PERSON_FIELDS)
        if person is None:
            person = new_persons.add(
                Person(
                    authority_id=actor.organisation_id,
                    case_number=values["person_reference"],
                    date_of_birth=values["date_of_birth"],
                    **facts,
                )
            )
            persons[person.case_number] = person
        else:
            changed = [f"person.{name}" for name in new_persons.change(person, facts)]
        where = _where(values, known)
        columns = given(values, _PLACEMENT_FIELDS) | where
        if old is None:
            batch.add(
                Placement(
                    authority_id=actor.organisation_id,
                    reference=values["reference"],
                    person=person,
                    status="active",
                    planned_start_on=values["started_on"],
                    started_on=values["started_on"],
                    # The provider counts those who live there already.
                    is_place_counted=False,
                    **columns,
                )
            )
            outcome.created += 1
        else:
            changed += batch.change(old, {**columns, "person_id": person.pk, "started_on": values["started_on"]})
            outcome.count(old.reference, changed)
        if where["establishment_id"] is not None and (old is None or "establishment_id" in changed):
            homes.add((where["provider_id"], where["establishment_id"]))
    new_persons.write()
    batch.write()
    if homes:
        show_interest(actor, homes)
    return outcome


def _look_up(actor: Actor, rows: Sequence[Row]) -> _Known:
    values = [row.values for row in rows]
    gss_code = (
        AuthorityProfile.objects.filter(pk=actor.organisation_id).values_list("gss_code", flat=True).first() or ""
    )
    households = CarerHousehold.objects.filter(code__in={row["carer_code"] for row in values} - {None})
    return _Known(
        gss_code=gss_code,
        adjoining=adjoining(gss_code),
        lots=lots_by_code(rows),
        establishments={
            one.urn: one
            for one in Establishment.objects.filter(urn__in={row["establishment_urn"] for row in values} - {None})
        },
        households={one.code: one for one in households},
        spots=spots_of((), {row["outward"] for row in values} - {None}),
    )


def _is_sound(row: Row, known: _Known, today: dt.date, outcome: Outcome) -> bool:
    """Whether the row stands by itself: the rules of the file."""
    values = row.values
    refused = len(outcome.refused)
    if values["authority_gss"] != known.gss_code:
        message = _("This placement is of another authority (%(theirs)s): you can import your own only (%(own)s)")
        outcome.refuse(row, "authority_gss", message % {"theirs": values["authority_gss"], "own": known.gss_code})
        return False
    if values["date_of_birth"] > today:
        outcome.refuse(row, "date_of_birth", _("The date of birth is in the future"))
    if values["started_on"] > today:
        outcome.refuse(row, "started_on", _("The placement has not started yet: import running placements only"))
    elif values["started_on"] < values["date_of_birth"]:
        outcome.refuse(row, "started_on", _("The placement starts before the person was born"))
    if values["expected_end_on"] is not None and values["expected_end_on"] < values["started_on"]:
        outcome.refuse(row, "expected_end_on", _("The placement ends before it starts"))
    if values["weekly_core"] + values["weekly_extras"] != values["weekly_total"]:
        message = _("Core and extras make %(sum)s, not %(total)s")
        total = values["weekly_core"] + values["weekly_extras"]
        outcome.refuse(row, "weekly_total", message % {"sum": total, "total": values["weekly_total"]})
    elif values["weekly_total"] >= _LARGEST_WEEKLY:
        outcome.refuse(row, "weekly_total", _("The price is too high to be right"))
    if values["client_group"] == Person.ClientGroup.CHILD:
        for name in ("legal_status", "placement_type", "placement_provider"):
            if values[name] is None:
                outcome.refuse(row, name, _("“%(name)s” is empty: it is needed for a child") % {"name": name})
    _check_vehicle(row, known, outcome)
    _check_place(row, known, outcome)
    return len(outcome.refused) == refused


def _check_vehicle(row: Row, known: _Known, outcome: Outcome) -> None:
    values = row.values
    vehicle, lot = values["vehicle"], values["lot"]
    if vehicle is None and lot is None:
        return
    if values["source"] not in (PlacementSource.EXISTING, PlacementSource.BLOCK):
        outcome.refuse(row, "vehicle", _("Only existing and block placements name a vehicle"))
    elif vehicle is None or lot is None:
        missing = "lot" if lot is None else "vehicle"
        outcome.refuse(row, missing, _("Give both the vehicle and the lot, or neither"))
    elif (vehicle, lot) not in known.lots:
        message = _("Your region has no lot %(lot)s in a vehicle %(vehicle)s")
        outcome.refuse(row, "lot", message % {"lot": lot, "vehicle": vehicle})


def _check_place(row: Row, known: _Known, outcome: Outcome) -> None:
    values = row.values
    urn, carer = values["establishment_urn"], values["carer_code"]
    establishment = known.establishments.get(urn) if urn else None
    if urn is None and values["provider_name"] is None:
        outcome.refuse(row, "establishment_urn", _("Give the establishment’s number or the provider’s name"))
    elif urn is not None and establishment is None:
        message = _("No establishment has the number %(urn)s: leave it empty and give the provider’s name instead")
        outcome.refuse(row, "establishment_urn", message % {"urn": urn})
    if carer is not None:
        household = known.households.get(carer)
        if establishment is None or household is None or household.agency_id != establishment.pk:
            outcome.refuse(row, "carer_code", _("The establishment has no household of this code"))
    if urn is None and carer is None and values["outward"] is None:
        outcome.refuse(row, "outward", _("Give the first half of the postcode where the person lives"))
    elif values["outward"] is not None and values["outward"] not in known.spots:
        outcome.refuse(row, "outward", _("Nobody knows where this outward postcode is"))


def _fits(row: Row, person: Person | None, old: Placement | None, outcome: Outcome) -> bool:
    """Whether the row is of the person and placement recorded under its references."""
    if person is not None and person.date_of_birth != row.values["date_of_birth"]:
        message = _("Another date of birth is recorded under this person_reference")
        outcome.refuse(row, "date_of_birth", message)
        return False
    if old is not None and old.award_id is not None:
        outcome.refuse(row, "reference", _("This placement comes from an award here: it is not changed by a file"))
        return False
    if old is not None and old.status != "active":
        outcome.refuse(row, "reference", _("This placement has ended here: it is not opened again by a file"))
        return False
    return True


def _where(values: dict[str, Any], known: _Known) -> dict[str, Any]:
    """The columns of a placement that say where and with whom, under which vehicle, and how far away that counts."""
    establishment = known.establishments.get(values["establishment_urn"] or "")
    household = known.households.get(values["carer_code"] or "")
    lot = known.lots.get((values["vehicle"] or "", values["lot"] or ""))
    place = household or establishment
    # A fostering agency's office is not where the child lives.
    is_office = household is None and establishment is not None and establishment.is_fostering
    outward = values["outward"] or ("" if place is None or is_office else place.outward)
    spot = known.spots.get(values["outward"] or "")
    host = spot.gss_code if spot else ("" if place is None or is_office else place.gss_code)
    return {
        "establishment_id": establishment.pk if establishment else None,
        "household_id": household.pk if household else None,
        "provider_id": establishment.provider_id if establishment else None,
        "provider_name": "" if establishment else values["provider_name"] or "",
        "vehicle_id": lot.vehicle_id if lot else None,
        "lot_id": lot.pk if lot else None,
        "outward": outward,
        "host_gss_code": host,
        "placing_band": placing_band(known.gss_code, host, known.adjoining) if host else "",
    }


PLACEMENTS = register(
    ImportKind(
        code="placements",
        label=gettext_lazy("Running placements"),
        hint=gettext_lazy("Placements your authority has today, so that spend and alerts are true from the first day."),
        permission="import.placements",
        organisation_kind="authority",
        columns=COLUMNS,
        key=lambda values: values["reference"],
        importer=import_rows,
    )
)
