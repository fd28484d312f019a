"""Carer households of fostering agencies: what fostering is matched and measured on. Known by their code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from brokerage.core import locks
from brokerage.core.csv_input import Column, Row
from brokerage.core.geography import outward_code
from brokerage.core.tenants.actors import Actor
from brokerage.core.vocabulary import EstablishmentKind, Need, SexAccepted
from providers.imports import cells
from providers.imports.kinds import ImportKind, Outcome, register
from providers.imports.occupancy import count_places, locked_counters
from providers.imports.places import spots_of
from providers.imports.writing import Batch
from providers.models import CarerHousehold, Establishment, Occupancy

#: What offers, awards and the people who live there are held against.
STANDING = frozenset({"age_min", "age_max", "is_on_hold", "retired_on"})
PETS = ("dog", "cat", "rabbit", "fish", "bird", "horse", "other")
FAITHS = ("christian", "muslim", "hindu", "sikh", "jewish", "buddhist", "none", "other")


def _language(text: str) -> str:
    if not (text.isascii() and text.isalpha() and len(text) in (2, 3)):
        raise ValueError(_("“%(text)s” is not a language code such as en or pa") % {"text": text[:40]})
    return text.lower()


COLUMNS = (
    Column("agency_urn", True, (), cells.upper(24)),
    Column("code", True, (), cells.upper(24)),
    Column("outward", True, (), outward_code),
    Column("age_min", True, (), cells.whole(0, 17)),
    Column("age_max", True, (), cells.whole(0, 25)),
    Column("places", True, (), cells.whole(1, 6)),
    Column("places_taken", True, (), cells.whole(0, 6)),
    Column("sex_accepted", True, (), cells.choice(SexAccepted)),
    Column("adults", True, (), cells.whole(1, 10)),
    Column("children_ages", False, (), cells.numbers(0, 40)),
    Column("pets", False, (), cells.several(cells.word_of(*PETS))),
    Column("smoking", True, (), cells.word_of("no", "outside_only")),
    Column("languages", True, (), cells.several(_language)),
    Column("faiths", False, (), cells.several(cells.word_of(*FAITHS))),
    Column("needs", True, (), cells.several(cells.choice(Need))),
    Column("status", True, (), cells.word_of("active", "on_hold")),
    Column("approved_on", True, (), cells.day),
)


def import_rows(actor: Actor, rows: Sequence[Row], today: dt.date) -> Outcome:
    """Bring households in line with the list; their agency must be on the register already. One that fosters no more
    comes back by a later approval only."""
    outcome = Outcome()
    agencies = {
        agency.urn: agency
        for agency in Establishment.objects.filter(
            urn__in={row.values["agency_urn"] for row in rows}, kind=EstablishmentKind.FOSTERING_AGENCY
        )
    }
    listed = CarerHousehold.objects.filter(code__in=[row.values["code"] for row in rows])
    # Nobody offers, is awarded or signs while it is decided who is approved.
    locks.hold(standings_exclusive=set(listed.values_list("provider_id", flat=True)))
    known = {household.code: household for household in listed.all()}
    counters = {counter.household_id: counter for counter in locked_counters(household__in=list(known.values()))}
    spots = spots_of((), {row.values["outward"] for row in rows})
    households: Batch[CarerHousehold] = Batch(CarerHousehold)
    occupancies: Batch[Occupancy] = Batch(Occupancy)
    now = timezone.now()
    for row in rows:
        values = row.values
        agency, old, spot = agencies.get(values["agency_urn"]), known.get(values["code"]), spots.get(values["outward"])
        if values["age_min"] > values["age_max"]:
            outcome.refuse(row, "age_max", _("The highest age is below the lowest age"))
        elif values["places_taken"] > values["places"]:
            outcome.refuse(row, "places_taken", _("More places are taken than there are"))
        elif agency is None:
            outcome.refuse(row, "agency_urn", _("No fostering agency has this number: import the register first"))
        elif old is not None and old.agency_id != agency.pk:
            outcome.refuse(row, "code", _("Another agency has a household of this code"))
        elif spot is None:
            outcome.refuse(row, "outward", _("Nobody knows where this outward postcode is"))
        elif old is not None and _is_retired(old, values) and values["status"] == "active":
            outcome.refuse(row, "status", _("This household fosters no more: a new approval would be of a later day"))
        else:
            facts = {
                **{name: values[name] for name in ("outward", "age_min", "age_max", "sex_accepted", "needs", "adults")},
                **{name: values[name] or [] for name in ("children_ages", "pets", "languages", "faiths")},
                "smoking": values["smoking"],
                "approved_on": values["approved_on"],
                "is_on_hold": values["status"] == "on_hold",
                "easting": spot.easting,
                "northing": spot.northing,
                "gss_code": spot.gss_code,
            }
            changed: list[str] = []
            if old is None:
                household = households.add(
                    CarerHousehold(agency=agency, provider_id=agency.provider_id, code=values["code"], **facts)
                )
            else:
                household = old
                facts["retired_on"] = old.retired_on if _is_retired(old, values) else None
                changed = households.change(old, facts)
                if STANDING.intersection(changed):
                    outcome.touched.add(agency.pk)
            moved = count_places(
                occupancies,
                counters.get(household.pk) if old else None,
                household,
                places=values["places"],
                taken=values["places_taken"],
                given_on=None,
                now=now,
            )
            if old is None:
                outcome.created += 1
            else:
                outcome.count(values["code"], changed + [f"occupancy.{name}" for name in moved])
    households.write()
    occupancies.write()
    return outcome


def _is_retired(household: CarerHousehold, values: Mapping[str, Any]) -> bool:
    return household.retired_on is not None and values["approved_on"] <= household.retired_on


HOUSEHOLDS = register(
    ImportKind(
        code="households",
        label=gettext_lazy("Carer households"),
        hint=gettext_lazy(
            "The fostering households of agencies on the register: no names, and only the first half of the postcode."
        ),
        permission="import.register",
        organisation_kind="central",
        columns=COLUMNS,
        key=lambda values: values["code"],
        importer=import_rows,
    )
)
