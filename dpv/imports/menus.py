"""Menus of additional services: each provider's tendered unit price on a vehicle, from a day on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from brokerage.core.csv_input import Column, Row
from brokerage.core.csv_values import text_up_to
from brokerage.core.tenants.actors import Actor
from dpv.models import MenuItem, Vehicle
from providers.imports import cells
from providers.imports.kinds import ImportKind, Outcome, register
from providers.imports.owners import AmbiguousName, Owners
from providers.imports.writing import Batch
from providers.models import Provider

#: How each service is counted, so that prices compare.
UNITS: dict[str, str] = {
    "waking_night": "night",
    "sleep_in_night": "night",
    "one_to_one_hour": "hour",
    "two_to_one_hour": "hour",
    "therapy_session": "session",
    "psychology_assessment": "session",
    "education_day": "day",
    "tutoring_hour": "hour",
    "transport_mile": "mile",
    "supervised_family_time_hour": "hour",
    "independence_hour": "hour",
    "interpreter_hour": "hour",
    "equipment_week": "week",
}

COLUMNS = (
    Column("vehicle", True, (), cells.upper(20)),
    Column("provider_company_number", False, (), cells.company_number),
    Column("provider_name", False, (), text_up_to(200)),
    Column("service", True, (), cells.choice(MenuItem.Service)),
    Column("unit", True, (), cells.choice(MenuItem.Unit)),
    Column("unit_price", True, (), cells.price),
    Column("valid_from", True, (), cells.day),
    Column("valid_to", False, (), cells.day),
)


def import_rows(actor: Actor, rows: Sequence[Row], today: dt.date) -> Outcome:
    """Set the unit prices; the provider must be on the register already."""
    outcome = Outcome()
    vehicles = {one.code: one for one in Vehicle.objects.filter(code__in={row.values["vehicle"] for row in rows})}
    owners = Owners(row.values for row in rows)
    found: dict[int, Provider] = {}
    for row in rows:
        try:
            provider = owners.find(row.values)
        except AmbiguousName:
            outcome.refuse(
                row, "provider_company_number", _("Several providers bear this name: give the company number")
            )
            continue
        if provider is not None:
            found[row.line] = provider
        else:
            outcome.refuse(row, "provider_company_number", _("No provider has this company number or name"))
    known = {
        (item.vehicle_id, item.provider_id, item.service, item.valid_from): item
        for item in MenuItem.objects.filter(
            vehicle__in=list(vehicles.values()), provider__in={provider.pk for provider in found.values()}
        )
    }
    items: Batch[MenuItem] = Batch(MenuItem)
    for row in rows:
        values = row.values
        provider, vehicle = found.get(row.line), vehicles.get(values["vehicle"])
        unit = UNITS[values["service"]]
        if provider is None:
            continue
        if vehicle is None:
            outcome.refuse(row, "vehicle", _("Your region has no vehicle %(code)s") % {"code": values["vehicle"]})
        elif values["unit"] != unit:
            outcome.refuse(
                row, "unit", _("This service is priced by the %(unit)s") % {"unit": MenuItem.Unit(unit).label}
            )
        elif values["valid_to"] is not None and values["valid_to"] < values["valid_from"]:
            outcome.refuse(row, "valid_to", _("The price ends before it starts"))
        else:
            facts = {"unit": unit, "unit_price": values["unit_price"], "valid_to": values["valid_to"]}
            old = known.get((vehicle.pk, provider.pk, values["service"], values["valid_from"]))
            if old is not None:
                key = cells.joined(vehicle.code, provider.company_number or provider.pk, old.service, old.valid_from)
                outcome.count(key, items.change(old, facts))
                continue
            items.add(
                MenuItem(
                    region_id=vehicle.region_id,
                    vehicle=vehicle,
                    provider=provider,
                    service=values["service"],
                    valid_from=values["valid_from"],
                    **facts,
                )
            )
            outcome.created += 1
    items.write()
    return outcome


MENUS = register(
    ImportKind(
        code="menus",
        label=gettext_lazy("Menus of additional services"),
        hint=gettext_lazy("Each provider’s unit price for extras such as waking nights or therapy, by vehicle."),
        permission="import.prices",
        organisation_kind="central",
        columns=COLUMNS,
        key=lambda values: (
            values["vehicle"],
            values["provider_company_number"] or values["provider_name"],
            values["service"],
            values["valid_from"],
        ),
        importer=import_rows,
    )
)
