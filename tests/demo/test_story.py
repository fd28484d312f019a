"""The demo's referrals can be matched in its register, say nothing that discloses a person, and have answers."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest

from brokerage.core.geography import miles_between
from brokerage.core.periods import age_on
from brokerage.core.tenants.postcode_directory import REFERENCE_DATA
from brokerage.core.vocabulary import (
    RISKS,
    Category,
    DeclineReason,
    LegalStatus,
    Need,
    NeedCode,
    Sex,
    Urgency,
)
from brokerage.demo.files import BASE_DATE, read_demo_file
from brokerage.demo.making.prices import LOTS
from brokerage.demo.story import DRAFT_WITH_SLIPS, Story, answers, stories, story
from placements.redaction import find_disclosures

READY = [one for one in stories() if one.status == "ready"]


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(read_demo_file(name).decode("utf-8"))))


def outward_places() -> dict[str, tuple[int, int]]:
    with (REFERENCE_DATA / "outward_codes.csv").open(encoding="utf-8", newline="") as source:
        return {row["outward"]: (int(row["easting"]), int(row["northing"])) for row in csv.DictReader(source)}


PLACES = outward_places()
REGISTER = {row["urn"]: row for row in rows("register.csv")}
HOUSEHOLDS = rows("carer_households.csv")
LAPSED = {row["provider_company_number"] for row in rows("insurance.csv") if row["expires_on"] < str(BASE_DATE)}


def on_lots(one: Story) -> set[str]:
    return {
        row["establishment_urn"]
        for row in rows("prices.csv")
        if (row["vehicle"], row["lot"]) in one.lots
        and row["valid_from"] <= str(BASE_DATE) <= row["valid_to"]
        and int(row["age_band"].split("-")[0]) <= one.age <= int(row["age_band"].split("-")[1])
    }


def suits(one: Story, where: dict[str, str], place: tuple[int, int], outward: str) -> bool:
    return (
        set(one.needs) <= set(where["needs"].split(";"))
        and int(where["age_min"]) <= one.age <= int(where["age_max"])
        and where["sex_accepted"] in ({one.sex} if one.single_sex_home else {one.sex, "any"})
        and miles_between(PLACES[one.outward], place) <= one.max_miles
        and outward not in one.avoid_outwards
    )


def eligible(one: Story) -> list[str]:
    """A plain reading of the matching rules: who in the demo could make an offer."""
    admitted = {
        urn
        for urn in on_lots(one)
        if REGISTER[urn]["registration_status"] == "active" and REGISTER[urn]["provider_company_number"] not in LAPSED
    }
    if one.category == "fostering":
        together = len([other for other in stories() if one.siblings and other.siblings == one.siblings]) or 1
        return [
            home["code"]
            for home in HOUSEHOLDS
            if home["agency_urn"] in admitted
            and home["status"] == "active"
            and int(home["places"]) - int(home["places_taken"]) >= together
            and suits(one, home, PLACES[home["outward"]], home["outward"])
        ]
    found = []
    for urn in admitted:
        home = REGISTER[urn]
        outward = home["postcode"].partition(" ")[0]
        if int(home["vacancies"]) and suits(one, home, (int(home["easting"]), int(home["northing"])), outward):
            found.append(urn)
    return found


def test_there_are_stories_of_every_kind() -> None:
    assert len(READY) >= 25
    assert len({one.key for one in stories()}) == len(stories())
    assert {one.category for one in READY} == set(Category.values)
    assert {lot[0] for one in READY for lot in one.lots} == {vehicle for vehicle, _ in LOTS}


@pytest.mark.parametrize("one", stories(), ids=lambda one: one.key)
def test_codes_and_places_are_known(one: Story) -> None:
    assert set(one.lots) <= set(LOTS)
    assert set(one.needs) <= set(Need.values)
    assert set(one.risks) <= {*RISKS} & set(one.needs), "a risk that is told must be asked for"
    assert one.sex in Sex.values and one.urgency in Urgency.values
    assert one.outward in PLACES and set(one.avoid_outwards) <= set(PLACES)
    if not one.is_adult and one.category != "sen_school":
        assert one.legal_status in LegalStatus.values
    if not one.is_adult:
        assert one.need_code in NeedCode.values
    assert len(one.outcomes) >= (3 if one.status == "ready" else 1)


@pytest.mark.parametrize("one", READY, ids=lambda one: one.key)
def test_several_in_the_register_could_meet_it(one: Story) -> None:
    assert len(eligible(one)) >= 2


@pytest.mark.parametrize("one", READY, ids=lambda one: one.key)
def test_nothing_in_a_ready_referral_names_or_places_the_person(one: Story) -> None:
    for name, text in one.texts().items():
        found = find_disclosures(
            text,
            known_names=[one.given_name, one.family_name],
            dob=one.date_of_birth(BASE_DATE),
        )
        assert found == [], f"{name}: {[(find.kind, find.text) for find in found]}"


def test_the_draft_with_slips_is_caught_by_the_disclosure_check() -> None:
    draft = story(DRAFT_WITH_SLIPS)
    found = find_disclosures(
        draft.about,
        known_names=[draft.given_name, draft.family_name],
        known_postcodes=[draft.home_postcode],
        schools=[draft.school_name],
        dob=draft.date_of_birth(BASE_DATE),
    )
    assert {find.kind for find in found} >= {"name", "school", "postcode"}


@pytest.mark.parametrize("on", [BASE_DATE, date(2028, 2, 29), date(2027, 1, 1), date(2027, 3, 31)])
def test_each_person_has_the_age_told_now_and_in_two_months(on: date) -> None:
    for one in stories():
        born = one.date_of_birth(on)
        assert age_on(born, on) == age_on(born, on + timedelta(days=60)) == one.age, one.key
        assert born <= on


def test_siblings_share_family_authority_and_lots() -> None:
    older, younger = (one for one in stories() if one.siblings == "two-together")
    assert (older.family_name, older.authority, older.lots) == (
        younger.family_name,
        younger.authority,
        younger.lots,
    )
    assert set(eligible(older)) & set(eligible(younger)), "one household can take both"


def test_every_need_decline_and_award_reason_has_words() -> None:
    said = answers()
    assert set(said.statements) == set(Need.values)
    assert set(said.declines) == set(DeclineReason.values)
    assert set(said.awards) == set(said.losers)
    assert {category for question in said.questions for category in question.categories} == set(Category.values)
    assert said.statement("uasc", 0) != said.statement("uasc", 1) and said.statement("uasc", 2) == (
        said.statement("uasc", 0)
    )
