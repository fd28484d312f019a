"""Draws everything in a fixed order from one seed and writes the files of brokerage/demo/data."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random

from brokerage.demo.files import DATA
from brokerage.demo.making.bad_files import Table, text_of, write_bad_files
from brokerage.demo.making.households import Household, make_households
from brokerage.demo.making.placements import PlacementMaker
from brokerage.demo.making.places import Postcodes
from brokerage.demo.making.prices import Price, make_insurance, make_menus, make_prices
from brokerage.demo.making.register import Establishment, RegisterMaker
from brokerage.demo.making.words import Words

SEED = 20261121


def write_demo_files(target: Path = DATA) -> dict[str, int]:
    """Write all files below `target`; returns rows by file name."""
    random = Random(SEED)
    words, postcodes = Words(random), Postcodes(random)
    maker = RegisterMaker(random, words, postcodes)
    homes = maker.make()
    carers = make_households(random, homes)
    prices = make_prices(random, homes, carers)
    menus = make_menus(random, prices)
    insurance = make_insurance(random, maker.providers)
    placements = PlacementMaker(random, words, homes, carers, prices).make()
    tables: dict[str, Table] = {
        "register.csv": _table([_register_row(home) for home in homes]),
        "carer_households.csv": _table([_household_row(carer) for carer in carers]),
        "insurance.csv": _table(
            [
                {
                    "provider_company_number": provider.company_number,
                    "provider_name": provider.name,
                    "kind": kind,
                    "insurer": insurer,
                    "policy_number": policy,
                    "cover_amount": f"{cover}.00",
                    "starts_on": starts.isoformat(),
                    "expires_on": ends.isoformat(),
                }
                for provider, kind, insurer, policy, cover, starts, ends in insurance
            ]
        ),
        "prices.csv": _table([_price_row(price) for price in prices]),
        "menus.csv": _table(
            [
                {
                    "vehicle": vehicle,
                    "provider_company_number": provider.company_number,
                    "provider_name": provider.name,
                    "service": service,
                    "unit": unit,
                    "unit_price": f"{price:.2f}",
                    "valid_from": "2026-04-01",
                }
                for vehicle, provider, service, unit, price in menus
            ]
        ),
        "placements.csv": _table(placements),
    }
    (target / "bad").mkdir(parents=True, exist_ok=True)
    for name, (columns, rows) in tables.items():
        (target / name).write_text(text_of(columns, rows), encoding="utf-8", newline="")
    write_bad_files(target / "bad", tables["register.csv"], tables["prices.csv"], tables["placements.csv"])
    return {name: len(rows) for name, (_, rows) in tables.items()}


def _table(rows: list[dict[str, str]]) -> Table:
    return list(rows[0]), rows


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _number(number: int | None) -> str:
    return "" if number is None else str(number)


def _register_row(home: Establishment) -> dict[str, str]:
    provider = home.provider
    return {
        "provider_name": provider.name,
        "provider_company_number": provider.company_number,
        "provider_charity_number": provider.charity_number,
        "provider_legal_form": provider.legal_form,
        "profit_status": provider.profit_status,
        "name": home.name,
        "kind": home.kind,
        "regulator": home.regulator,
        "urn": home.urn,
        "registration_date": home.registered_on.isoformat(),
        "registration_status": home.status,
        "rating": home.rating,
        "inspection_date": _day(home.inspected_on),
        "capacity": _number(home.capacity),
        "age_min": str(home.ages[0]),
        "age_max": str(home.ages[1]),
        "sex_accepted": home.sex,
        "needs": ";".join(home.needs),
        "address_line_1": home.street,
        "address_line_2": "",
        "town": home.place.town,
        "postcode": home.place.postcode,
        "easting": str(home.place.easting),
        "northing": str(home.place.northing),
        "gss_code": home.place.gss_code,
        "registered_manager": home.manager,
        "telephone": home.telephone,
        "email": f"referrals@{provider.domain}",
        "vacancies": _number(home.vacancies),
        "vacancies_on": _day(home.vacancies_on),
    }


def _household_row(carer: Household) -> dict[str, str]:
    return {
        "agency_urn": carer.agency.urn,
        "code": carer.code,
        "outward": carer.outward,
        "age_min": str(carer.ages[0]),
        "age_max": str(carer.ages[1]),
        "places": str(carer.places),
        "places_taken": str(len(carer.placed_ages)),
        "sex_accepted": carer.sex,
        "adults": str(carer.adults),
        "children_ages": ";".join(str(age) for age in sorted(carer.own_ages + carer.placed_ages)),
        "pets": ";".join(carer.pets),
        "smoking": carer.smoking,
        "languages": ";".join(carer.languages),
        "faiths": ";".join(carer.faiths),
        "needs": ";".join(carer.needs),
        "status": carer.status,
        "approved_on": carer.approved_on.isoformat(),
    }


def _price_row(price: Price) -> dict[str, str]:
    return {
        "vehicle": price.vehicle,
        "lot": price.lot,
        "establishment_urn": price.establishment.urn,
        "age_band": f"{price.band[0]}-{price.band[1]}",
        "ceiling_weekly": f"{price.ceiling:.2f}",
        "valid_from": price.starts.isoformat(),
        "valid_to": price.ends.isoformat(),
        "quality_score": f"{price.quality:.2f}",
    }
