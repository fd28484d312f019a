"""A regulator's list of registered places: providers, establishments and their vacancies.

One row for each establishment, known by the regulator's number (URN). Reads our own headings, and Ofsted's and CQC's.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from brokerage.core import locks
from brokerage.core.csv_input import Column, Row
from brokerage.core.csv_values import text_up_to
from brokerage.core.geography import normalise_postcode
from brokerage.core.tenants.actors import Actor
from brokerage.core.vocabulary import (
    EstablishmentKind,
    LegalForm,
    Need,
    ProfitStatus,
    Rating,
    RegistrationStatus,
    Regulator,
    SexAccepted,
)
from providers.imports import cells
from providers.imports.kinds import ImportKind, Outcome, WholeList, register
from providers.imports.occupancy import count_places, locked_counters
from providers.imports.owners import AmbiguousName, Owners
from providers.imports.places import Spot, spots_of
from providers.imports.writing import Batch, given
from providers.models import Establishment, Occupancy

_KIND_WORDS = {
    "Independent Fostering Agency": "fostering_agency",
    "Voluntary Fostering Agency": "fostering_agency",
    "Residential social care": "care_home",
    "Care home": "care_home",
    "Care home with nursing": "nursing_home",
    "Residential special school (registered as a children's home)": "residential_special_school",
}
_SECTOR_WORDS = {
    "Private": "for_profit",
    "Voluntary": "not_for_profit",
    "Local Authority": "public",
    "Health Authority": "public",
}
_STATUS_WORDS = {"registered": "active", "n": "active", "y": "suspended", "closed": "resigned"}
_RATING_WORDS = {
    "Requires improvement to be good": "requires_improvement",
    "Not yet inspected": "not_rated",
    "No rating": "not_rated",
}
_RATING_HEADINGS = (
    "Overall experiences and progress of children and young people",
    "Overall effectiveness",
    "Location Latest Overall Rating",
)

COLUMNS = (
    Column("provider_name", True, ("Organisation which owns the provider", "Provider Name"), text_up_to(200)),
    Column("provider_company_number", False, ("Provider Companies House Number",), cells.company_number),
    Column("provider_charity_number", False, ("Provider Charity Number",), text_up_to(10)),
    Column("provider_legal_form", False, (), cells.choice(LegalForm)),
    Column("profit_status", False, ("Sector",), cells.choice(ProfitStatus, _SECTOR_WORDS)),
    Column("name", True, ("Location Name",), text_up_to(200)),
    Column(
        "kind",
        True,
        ("Provision type", "Location Primary Inspection Category", "Primary Inspection Category"),
        cells.choice(EstablishmentKind, _KIND_WORDS),
    ),
    Column("regulator", False, (), cells.choice(Regulator)),
    Column("urn", True, ("Location ID",), cells.upper(24)),
    Column("registration_date", True, ("Location HSCA start date",), cells.day),
    Column("registration_status", True, ("Dormant (Y/N)",), cells.choice(RegistrationStatus, _STATUS_WORDS)),
    Column("rating", False, _RATING_HEADINGS, cells.choice(Rating, _RATING_WORDS)),
    Column("inspection_date", False, ("Publication Date",), cells.day),
    Column("capacity", False, ("Places", "Care homes beds"), cells.whole(1, 200)),
    Column("age_min", True, (), cells.whole(0, 120)),
    Column("age_max", True, (), cells.whole(0, 120)),
    Column("sex_accepted", True, (), cells.choice(SexAccepted)),
    Column("needs", True, (), cells.several(cells.choice(Need))),
    Column("address_line_1", False, ("Address 1", "Location Street Address", "Street Address"), text_up_to(120)),
    Column("address_line_2", False, ("Location Address Line 2",), text_up_to(120)),
    Column("town", False, ("Location City", "City"), text_up_to(80)),
    Column("postcode", True, ("Location Postal Code", "Postal Code"), normalise_postcode),
    Column("easting", False, (), cells.whole(0, 700_000)),
    Column("northing", False, (), cells.whole(0, 1_300_000)),
    Column("gss_code", False, (), cells.upper(9)),
    Column("registered_manager", False, (), text_up_to(120)),
    Column("telephone", False, ("Location Telephone Number",), text_up_to(40)),
    Column("email", False, (), cells.email),
    Column("vacancies", False, (), cells.whole(0, 200)),
    Column("vacancies_on", False, (), cells.day),
)

#: Column of the file -> field, where an empty cell takes nothing away.
_FIELDS = {
    "name": "name",
    "kind": "kind",
    "regulator": "regulator",
    "registration_date": "registered_on",
    "registration_status": "registration_status",
    "rating": "rating",
    "inspection_date": "inspected_on",
    "capacity": "capacity",
    "age_min": "age_min",
    "age_max": "age_max",
    "sex_accepted": "sex_accepted",
    "needs": "needs",
    "address_line_1": "address_line_1",
    "address_line_2": "address_line_2",
    "town": "town",
    "postcode": "postcode",
    "registered_manager": "registered_manager",
    "telephone": "telephone",
    "email": "email",
}
#: Ofsted hides the names of small homes so.
_HIDDEN = "REDACTED"


def import_rows(actor: Actor, rows: Sequence[Row], today: dt.date) -> Outcome:
    """Bring establishments and their providers in line with the list."""
    outcome = Outcome()
    good = [row for row in rows if _is_sound(row, outcome)]
    listed = Establishment.objects.filter(urn__in=[row.values["urn"] for row in rows])
    # Nobody is invited, offers or is awarded while it is decided who is registered.
    locks.hold(standings_exclusive=set(listed.values_list("provider_id", flat=True)))
    known = {establishment.urn: establishment for establishment in listed.all()}
    counters = {
        counter.establishment_id: counter for counter in locked_counters(establishment__in=list(known.values()))
    }
    owners = Owners(row.values for row in good)
    spots = spots_of(row.values["postcode"] for row in good)
    establishments: Batch[Establishment] = Batch(Establishment)
    occupancies: Batch[Occupancy] = Batch(Occupancy)
    owners_changed: set[UUID] = set()
    now = timezone.now()
    for row in good:
        values = row.values
        old = known.get(values["urn"])
        place = _place(row, old, spots, outcome)
        if place is None:
            continue
        try:
            owner = owners.find(values)
        except AmbiguousName:
            message = _("Several providers are called “%(name)s”: give the company number")
            outcome.refuse(row, "provider_company_number", message % {"name": values["provider_name"]})
            continue
        if old is not None and (owner is None or owner.pk != old.provider_id):
            message = _("%(urn)s belongs to another provider: a new owner registers it under a new number")
            outcome.refuse(row, "provider_name", message % {"urn": values["urn"]})
            continue
        provider, provider_changes = owners.bring_in(values)
        facts = {_FIELDS[name]: value for name, value in given(values, _FIELDS).items()} | place
        facts["outward"] = facts["postcode"].split(" ")[0]
        if values["name"] == _HIDDEN:
            facts["name"] = old.name if old else f"{EstablishmentKind(values['kind']).label} {values['urn']}"
        changed: list[str] = []
        if old is None:
            entry = establishments.add(
                Establishment(provider_id=provider.pk, urn=values["urn"], registration_checked_on=today, **facts)
            )
        else:
            entry = old
            has_grown = (values["capacity"] or 0) > (old.capacity or 0)
            changed = establishments.change(old, facts) + [f"provider.{name}" for name in provider_changes]
            # Seen on the list today; by itself that is no change worth telling, but after having been missing.
            establishments.change(old, {"registration_checked_on": today})
            changed += establishments.change(old, {"missing_since": None})
            if has_grown:
                establishments.change(old, {"grew_on": today})
            if changed:
                outcome.touched.add(old.pk)
            if provider_changes:
                owners_changed.add(provider.pk)
        if values["kind"] != EstablishmentKind.FOSTERING_AGENCY:
            vacancies = values["vacancies"]
            moved = count_places(
                occupancies,
                counters.get(entry.pk) if old else None,
                entry,
                places=values["capacity"],
                taken=None if vacancies is None else values["capacity"] - vacancies,
                given_on=values["vacancies_on"],
                now=now,
            )
            changed += [f"occupancy.{name}" for name in moved]
        if old is None:
            outcome.created += 1
        else:
            outcome.count(values["urn"], changed)
    for home in known.values():
        # Still missing though a row names it: the row was refused, and yet the home is on the list.
        if establishments.change(home, {"missing_since": None}):
            outcome.touched.add(home.pk)
            outcome.changes.append({"key": home.urn, "fields": ["missing_since"]})
    owners.write()
    establishments.write()
    occupancies.write()
    if owners_changed:
        theirs = Establishment.objects.filter(provider_id__in=owners_changed)
        outcome.touched |= set(theirs.values_list("pk", flat=True))
    return outcome


def missing_homes(extent: Collection[Hashable], is_listed: Callable[[Hashable], bool]) -> tuple[int, set[UUID]]:
    """How many registered homes of these (regulator, kind) there are, and those that a whole list does not name and
    that were not missing before."""
    known = Establishment.objects.filter(registration_status=RegistrationStatus.ACTIVE, closed_on__isnull=True)
    rows = known.values_list("pk", "urn", "missing_since", "regulator", "kind")
    within = [(pk, urn, since) for pk, urn, since, *kind in rows if tuple(kind) in extent]
    return len(within), {pk for pk, urn, since in within if since is None and not is_listed(urn)}


def mark_missing(homes: Collection[UUID], today: dt.date) -> set[UUID]:
    """Note since when they are missing; returns those that were not missing before. Nothing else about them changes."""
    fresh = Establishment.objects.filter(pk__in=homes, missing_since__isnull=True)
    found = set(fresh.values_list("pk", flat=True))
    Establishment.objects.filter(pk__in=found).update(missing_since=today)
    return found


def _covers(values: Mapping[str, Any]) -> Hashable:
    return values["regulator"] or _regulator_of(values["urn"]), values["kind"]


def _is_sound(row: Row, outcome: Outcome) -> bool:
    values = row.values
    refused = len(outcome.refused)
    if values["age_min"] > values["age_max"]:
        outcome.refuse(row, "age_max", _("The highest age is below the lowest age"))
    if values["capacity"] is None and values["kind"] != EstablishmentKind.FOSTERING_AGENCY:
        outcome.refuse(row, "capacity", _("“%(name)s” is empty") % {"name": "capacity"})
    elif values["vacancies"] is not None and values["vacancies"] > (values["capacity"] or 0):
        outcome.refuse(row, "vacancies", _("There are more vacancies than registered places"))
    if values["regulator"] is None:
        values["regulator"] = _regulator_of(values["urn"])
        if values["regulator"] is None:
            outcome.refuse(row, "regulator", _("“%(name)s” is empty") % {"name": "regulator"})
    return len(outcome.refused) == refused


def _regulator_of(urn: str) -> str | None:
    """Ofsted's and CQC's lists do not name themselves; their numbers do."""
    if re.fullmatch(r"(?:SC)?\d{6,7}", urn, re.ASCII):
        return Regulator.OFSTED.value
    if re.fullmatch(r"1-\d{6,12}", urn, re.ASCII):
        return Regulator.CQC.value
    return None


def _place(row: Row, old: Establishment | None, spots: Mapping[str, Spot], outcome: Outcome) -> dict[str, Any] | None:
    """Where it stands: as the file says, else where it stood under the same postcode, else from the directory."""
    values = row.values
    fields = ("easting", "northing", "gss_code")
    if all(values[name] is not None for name in fields):
        return {name: values[name] for name in fields}
    if old is not None and old.postcode == values["postcode"]:
        return {name: getattr(old, name) if values[name] is None else values[name] for name in fields}
    spot = spots.get(values["postcode"])
    if spot is None:
        message = _("Nobody knows where %(postcode)s is: give easting, northing and gss_code")
        outcome.refuse(row, "postcode", message % {"postcode": values["postcode"]})
        return None
    return {name: getattr(spot, name) if values[name] is None else values[name] for name in fields}


REGISTER = register(
    ImportKind(
        code="register",
        label=gettext_lazy("Register of providers and their homes"),
        hint=gettext_lazy(
            "One row for each home, agency or school, as Ofsted, Care Inspectorate Wales or CQC publish them."
        ),
        permission="import.register",
        organisation_kind="central",
        columns=COLUMNS,
        key=lambda values: values["urn"],
        importer=import_rows,
        whole_list=WholeList(covers=_covers, missing=missing_homes, mark=mark_missing),
    )
)
