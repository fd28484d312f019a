"""The demo's import files fit together, stand at real places, and name nobody and nothing real."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

import pytest

from brokerage.core.tenants.postcode_directory import REFERENCE_DATA, read_postcodes
from brokerage.demo.files import BASE_DATE, DATA, read_demo_file
from brokerage.demo.making.prices import LOTS, SERVICES

_NEEDS = """
emotional_behavioural mental_health therapeutic learning_disability autism physical_disability sensory
complex_health nursing dementia parent_and_child pregnancy uasc sibling_group self_harm eating_disorder
substance_misuse exploitation_criminal exploitation_sexual missing aggression sexualised_behaviour
fire_setting harm_to_animals offending
"""
NEEDS = set(_NEEDS.split())
FILES = ("register", "carer_households", "insurance", "prices", "menus", "placements")
MONEY = re.compile(r"\d+\.\d{2}")
Row = dict[str, str]


@cache
def rows(name: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(read_demo_file(f"{name}.csv").decode("utf-8"))))


@cache
def outward_codes() -> dict[str, Row]:
    with (REFERENCE_DATA / "outward_codes.csv").open(encoding="utf-8", newline="") as source:
        return {row["outward"]: row for row in csv.DictReader(source)}


def establishments() -> dict[str, Row]:
    return {row["urn"]: row for row in rows("register")}


def day(text: str) -> date:
    return date.fromisoformat(text)


def years_between(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


@pytest.mark.parametrize("name", FILES)
def test_every_row_has_every_column(name: str) -> None:
    for row in rows(name):
        assert None not in row and None not in row.values()


def test_the_register_has_three_hundred_establishments_of_ninety_providers() -> None:
    register = rows("register")
    assert len(register) == 300
    assert len({row["urn"] for row in register}) == 300
    assert len({row["name"] for row in register}) == 300
    assert len({row["postcode"] for row in register}) == 300
    by_provider = defaultdict(set)
    for row in register:
        about = [row[column] for column in register[0] if column.startswith("provider_")]
        by_provider[row["provider_company_number"]].add((*about, row["profit_status"]))
    assert len(by_provider) == 90
    assert all(len(said) == 1 for said in by_provider.values())


def test_numbers_are_from_ranges_that_nobody_has() -> None:
    for row in rows("register"):
        assert re.fullmatch(r"(901|CE9|OC9|RS9)\d{5}", row["provider_company_number"])
        assert re.fullmatch(r"(SC9\d{5}|99\d{5}|9\d{5}|1-9\d{9}|SIN-0009\d{5}-[A-Z]{4})", row["urn"])
        assert re.match(r"020 7946 0|029 2018 0|0115 496 0", row["telephone"])
        assert row["email"].endswith(".example")


def test_ages_places_and_needs_make_sense() -> None:
    for row in rows("register"):
        assert 0 <= int(row["age_min"]) < int(row["age_max"]) <= 120
        assert set(row["needs"].split(";")) <= NEEDS
        assert row["sex_accepted"] in {"any", "female", "male"}
        assert day(row["registration_date"]) < BASE_DATE
        if row["kind"] == "fostering_agency":
            assert (row["capacity"], row["vacancies"]) == ("", "")
        else:
            assert 0 <= int(row["vacancies"]) <= int(row["capacity"])
    assert {need for row in rows("register") for need in row["needs"].split(";")} == NEEDS


def test_no_firm_for_profit_was_registered_in_wales_after_march_2026() -> None:
    welsh = [row for row in rows("register") if row["regulator"] == "ciw"]
    assert len(welsh) > 40
    assert {row["profit_status"] for row in welsh} == {"for_profit", "not_for_profit"}
    assert all(
        day(row["registration_date"]) < date(2026, 4, 1) for row in welsh if row["profit_status"] == "for_profit"
    )


def test_places_are_in_england_or_wales_and_near_the_middle_of_their_outward_code() -> None:
    for row in rows("register"):
        easting, northing = int(row["easting"]), int(row["northing"])
        assert 82_000 < easting < 656_000 and 5_000 < northing < 658_000
        middle = outward_codes()[row["postcode"].partition(" ")[0]]
        away = (easting - int(middle["easting"])) ** 2 + (northing - int(middle["northing"])) ** 2
        assert away < 16_000**2, row["name"]


@pytest.mark.parametrize("letter", ["H", "U"])
def test_postcodes_and_coordinates_are_real(letter: str) -> None:
    ours = {row["postcode"]: row for row in rows("register") if row["postcode"].startswith(letter)}
    assert len(ours) > 10
    real = {row.postcode: row for row in read_postcodes([letter]) if row.postcode in ours}
    assert set(real) == set(ours)
    for postcode, row in ours.items():
        place = real[postcode]
        assert (row["easting"], row["northing"]) == (str(place.easting), str(place.northing))
        assert row["gss_code"] == place.authority_gss


def test_a_male_only_home_with_a_vacancy_stands_within_twenty_miles_of_harrow() -> None:
    harrow = outward_codes()["HA1"]
    found = [
        row
        for row in rows("register")
        if (row["kind"], row["sex_accepted"]) == ("childrens_home", "male")
        and int(row["vacancies"]) > 0
        and (int(row["easting"]) - int(harrow["easting"])) ** 2 + (int(row["northing"]) - int(harrow["northing"])) ** 2
        < (20 * 1609) ** 2
    ]
    assert len(found) >= 3


def test_households_belong_to_agencies_and_are_not_over_full() -> None:
    households = rows("carer_households")
    assert len(households) == 260
    assert len({row["code"] for row in households}) == 260
    agencies = {urn for urn, row in establishments().items() if row["kind"] == "fostering_agency"}
    assert {row["agency_urn"] for row in households} == agencies
    for row in households:
        assert row["outward"] in outward_codes()
        assert 0 <= int(row["places_taken"]) <= int(row["places"]) <= 6
        assert set(row["needs"].split(";")) <= NEEDS
        assert row["languages"].split(";")[0] == "en"
        assert int(row["places_taken"]) <= len([age for age in row["children_ages"].split(";") if age])


def test_every_provider_has_three_policies_and_few_have_lapsed() -> None:
    policies = rows("insurance")
    providers = {row["provider_company_number"] for row in rows("register")}
    kinds = {"employers_liability", "public_liability", "professional_indemnity"}
    held = {(row["provider_company_number"], row["kind"]) for row in policies}
    assert held == {(provider, kind) for provider in providers for kind in kinds}
    assert len(policies) == len(held)
    assert all(Decimal(row["cover_amount"]) >= 1_000_000 for row in policies)
    assert all(day(row["starts_on"]) < day(row["expires_on"]) for row in policies)
    lapsed = {row["provider_company_number"] for row in policies if day(row["expires_on"]) < BASE_DATE}
    ending = [row for row in policies if BASE_DATE <= day(row["expires_on"]) < BASE_DATE + timedelta(days=28)]
    assert len(lapsed) == 2
    assert len(ending) >= 4


def test_ceilings_are_positive_money_for_known_lots_and_bands_that_the_place_takes() -> None:
    seen: Counter[tuple[str, ...]] = Counter()
    for row in rows("prices"):
        home = establishments()[row["establishment_urn"]]
        low, high = (int(age) for age in row["age_band"].split("-"))
        bounds = LOTS[row["vehicle"], row["lot"]][low, high]
        assert int(home["age_min"]) <= high and int(home["age_max"]) >= low
        assert MONEY.fullmatch(row["ceiling_weekly"])
        assert 0 < bounds[0] * Decimal("0.96") < Decimal(row["ceiling_weekly"]) <= bounds[1]
        assert 0 < Decimal(row["quality_score"]) <= 100
        assert day(row["valid_from"]) < day(row["valid_to"])
        seen[row["vehicle"], row["lot"], row["establishment_urn"], row["age_band"], row["valid_from"]] += 1
    assert max(seen.values()) == 1
    assert {(row["vehicle"], row["lot"]) for row in rows("prices")} == set(LOTS)


def test_only_one_ceiling_is_in_force_on_a_day() -> None:
    spans = defaultdict(list)
    for row in rows("prices"):
        key = row["vehicle"], row["lot"], row["establishment_urn"], row["age_band"]
        spans[key].append((day(row["valid_from"]), day(row["valid_to"])))
    for found in spans.values():
        found.sort()
        assert all(earlier[1] < later[0] for earlier, later in zip(found, found[1:], strict=False))
        assert found[-1][0] <= BASE_DATE <= found[-1][1]


def test_menus_price_known_services_for_providers_on_the_vehicle() -> None:
    on_vehicle = {
        (row["vehicle"], establishments()[row["establishment_urn"]]["provider_company_number"])
        for row in rows("prices")
    }
    menus = rows("menus")
    assert {(row["vehicle"], row["provider_company_number"]) for row in menus} == on_vehicle
    keys = Counter((row["vehicle"], row["provider_company_number"], row["service"]) for row in menus)
    assert max(keys.values()) == 1
    for row in menus:
        assert SERVICES[row["service"]][0] == row["unit"]
        assert MONEY.fullmatch(row["unit_price"]) and Decimal(row["unit_price"]) > 0


def test_placements_live_in_places_that_are_taken() -> None:
    households = {row["code"]: row for row in rows("carer_households")}
    in_homes: Counter[str] = Counter()
    with_carers: Counter[str] = Counter()
    for row in rows("placements"):
        urn, carer = row["establishment_urn"], row["carer_code"]
        if not urn:
            assert row["provider_name"] and row["outward"] in outward_codes()
        elif carer:
            assert households[carer]["agency_urn"] == urn
            with_carers[carer] += 1
        else:
            assert establishments()[urn]["registration_status"] == "active"
            in_homes[urn] += 1
    for carer, count in with_carers.items():
        assert count <= int(households[carer]["places_taken"])
    for urn, count in in_homes.items():
        assert count <= int(establishments()[urn]["capacity"]) - int(establishments()[urn]["vacancies"])


def test_placements_suit_the_age_and_sex_and_add_up() -> None:
    households = {row["code"]: row for row in rows("carer_households")}
    assert 110 <= len(rows("placements")) <= 130
    for row in rows("placements"):
        born, started = day(row["date_of_birth"]), day(row["started_on"])
        age = years_between(born, BASE_DATE)
        where = households.get(row["carer_code"]) or establishments().get(row["establishment_urn"])
        if where is not None:
            assert int(where["age_min"]) <= age <= int(where["age_max"]), row["reference"]
            assert where["sex_accepted"] in {"any", row["sex"]}
        assert (age >= 18) == (row["client_group"] == "adult")
        assert born < started <= BASE_DATE
        if row["category"] == "supported_accommodation":
            assert years_between(born, started) >= 16
        assert not row["expected_end_on"] or day(row["expected_end_on"]) > started
        assert Decimal(row["weekly_core"]) + Decimal(row["weekly_extras"]) == Decimal(row["weekly_total"])
        assert Decimal(row["weekly_core"]) > 0
        assert bool(row["legal_status"]) == bool(row["placement_type"]) == (row["client_group"] == "child")


def test_placements_under_a_vehicle_cost_no_more_than_their_ceiling() -> None:
    ceilings = defaultdict(list)
    for row in rows("prices"):
        if day(row["valid_from"]) <= BASE_DATE <= day(row["valid_to"]):
            key = row["vehicle"], row["lot"], row["establishment_urn"]
            ceilings[key].append(Decimal(row["ceiling_weekly"]))
    under = [row for row in rows("placements") if row["vehicle"]]
    assert len(under) > 50
    for row in under:
        assert row["source"] in {"existing", "block"}
        assert Decimal(row["weekly_core"]) <= max(ceilings[row["vehicle"], row["lot"], row["establishment_urn"]])


def test_every_source_and_several_authorities_have_placements() -> None:
    placements = rows("placements")
    assert {row["source"] for row in placements} == {"existing", "spot", "in_house", "block"}
    assert len({row["authority_gss"] for row in placements}) >= 10
    references = Counter((row["authority_gss"], row["reference"]) for row in placements)
    assert max(references.values()) == 1
    assert all(row["person_reference"].startswith("DEMO-") for row in placements)


def test_dates_move_with_the_day_the_demo_is_read() -> None:
    moved = list(csv.DictReader(io.StringIO(read_demo_file("placements.csv", on=date(2028, 2, 29)).decode())))
    by = date(2028, 2, 29) - BASE_DATE
    for before, after in zip(rows("placements"), moved, strict=True):
        assert day(after["started_on"]) - day(before["started_on"]) == by
        assert day(after["date_of_birth"]) - day(before["date_of_birth"]) == by
        assert after["weekly_total"] == before["weekly_total"]
        assert after["reference"] == before["reference"]
    assert read_demo_file("register.csv", on=BASE_DATE) == (DATA / "register.csv").read_bytes()


def test_each_bad_file_is_bad_in_the_way_its_list_says() -> None:
    bad = DATA / "bad"
    listed = set(re.findall(r"`(\w+\.csv)`", (bad / "README.md").read_text(encoding="utf-8")))
    assert {path.name for path in bad.glob("*.csv")} == listed
    assert (bad / "register_bom.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with pytest.raises(UnicodeDecodeError):
        (bad / "register_latin1.csv").read_bytes().decode("utf-8")

    def cell(name: str, line: int, column: str) -> str:
        text = (bad / name).read_text(encoding="utf-8")
        return list(csv.DictReader(io.StringIO(text)))[line - 2][column]

    assert cell("register_one_bad_row.csv", 8, "age_max") == "seventeen"
    assert cell("prices_one_bad_row.csv", 14, "ceiling_weekly") == "-905.00"
    assert cell("placements_total_wrong.csv", 5, "weekly_total") == "1.00"
    assert cell("placements_unknown_urn.csv", 6, "establishment_urn") not in establishments()
    assert cell("register_duplicate_urn.csv", 22, "urn") == cell("register_duplicate_urn.csv", 6, "urn")
    assert re.fullmatch(r"\d{5}", cell("register_excel_dates.csv", 2, "registration_date"))
    assert re.fullmatch(r"\d\d/\d\d/\d{4}", cell("register_ofsted_headers.csv", 2, "Registration date"))
