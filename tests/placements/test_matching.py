"""Matching: every reason, distances, households, and one query for all of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from brokerage.core.tenants.context import acting
from brokerage.core.tenants.models import OutwardCode
from dpv.eligibility import PROBLEM_TEXTS
from dpv.models import Admission, Ceiling, Lot
from placements.matching import REASON_TEXTS, Candidate, Wanted, explain
from placements.queries.matching import candidates
from providers.models import CarerHousehold, Establishment, Insurance, Occupancy, Provider
from tests.cast import TODAY, actor_of, ident

pytestmark = pytest.mark.django_db

RES, FOST = ident("lot T-RES"), ident("lot T-FOST")
BOY = Wanted(age=14, sex="male", needs=("self_harm",), outward="HA1", max_miles=20)
YESTERDAY = TODAY - dt.timedelta(days=1)


def match(wanted: Wanted = BOY, *, lots: tuple[UUID, ...] = (RES,), who: str = "olive") -> dict[str, Candidate]:
    with acting(actor_of(who)):
        return {found.household_code or found.name: found for found in candidates(lots, wanted, TODAY)}


def change(model: Any, name: str, field: str = "pk", **values: Any) -> Callable[[], object]:
    return lambda: model.objects.filter(**{field: ident(name)}).update(**values)


def house(**values: Any) -> Callable[[], object]:
    return change(Establishment, "birch-house", **values)


def insurance(kind: str) -> Callable[[], object]:
    return lambda: Insurance.objects.filter(provider_id=ident("birch"), kind=kind).update(expires_on=YESTERDAY)


FULL = change(Occupancy, "birch-house", "establishment_id", taken=4)
CAUSES: list[tuple[str, Callable[[], object], dict[str, Any]]] = [
    ("admission_suspended", change(Admission, "admission birch-house", status="suspended"), {}),
    ("admission_barred", change(Admission, "admission birch-house", status="barred"), {}),
    ("registration_not_active", house(registration_status="cancelled"), {}),
    ("registration_not_active", house(closed_on=YESTERDAY), {}),
    ("registration_wrong_type", house(kind="care_home"), {}),
    ("insurance_employers_liability", insurance("employers_liability"), {}),
    ("insurance_public_liability", insurance("public_liability"), {}),
    ("insurance_professional_indemnity", insurance("professional_indemnity"), {}),
    ("provider_not_verified", change(Provider, "birch", verified_on=None), {}),
    ("no_ceiling", change(Ceiling, "ceiling birch-house", age_max=13), {}),
    ("age_outside_lot", change(Lot, "lot T-RES", age_max=13), {}),
    ("registration_age", house(age_max=13), {}),
    ("sex", house(sex_accepted="female"), {}),
    ("not_single_sex", house(), {"single_sex_home": True}),
    ("need:fire_setting", house(), {"needs": ("fire_setting",)}),
    ("too_far", house(easting=515512 + 40_000), {}),
    ("distance_unknown", house(), {"outward": "ZZ9"}),
    ("avoid_area", house(), {"avoid_outwards": ("HA1",)}),
    ("no_vacancy", FULL, {}),
    ("would_be_with_others", change(Occupancy, "birch-house", "establishment_id", taken=1), {"needs_solo": True}),
    ("would_be_alone", change(Lot, "lot T-RES", is_solo=True), {}),
]


@pytest.mark.parametrize("code, cause, asked", CAUSES, ids=[f"{c[0]}-{n}" for n, c in enumerate(CAUSES)])
def test_each_reason_excludes(code: str, cause: Callable[[], object], asked: dict[str, Any]) -> None:
    with acting(actor_of("carol")):
        cause()
    found = match(Wanted(**{**BOY.__dict__, **asked}))["Birch House"]
    assert found.reasons == (code,)
    assert found.explanations == [explain(code)] and found.explanations[0]


def test_every_reason_that_can_be_given_is_tested_somewhere() -> None:
    here = {code for code, _cause, _asked in CAUSES} | {"no_household", *(code for code, _cause in HOUSEHOLDS)}
    elsewhere = {"admission_ended", "vehicle_not_in_term", "provider_inactive", "welsh_for_profit"}
    elsewhere |= {"welsh_growth", "welsh_needs_approval", "measure_barred", "measure_suspended"}
    elsewhere |= {"age"}  # of earlier matches
    assert {code for code in {*REASON_TEXTS, *PROBLEM_TEXTS} if code not in here | elsewhere} == set()


def test_all_reasons_are_told_together_and_the_eligible_come_first_by_distance() -> None:
    with acting(actor_of("carol")):
        house(sex_accepted="female", age_max=13)()
        change(Establishment, "birch-lodge", easting=515512 + 8_000)()
    found = list(match().values())
    assert [home.name for home in found] == ["Cedar House", "Birch Lodge", "Birch House"]
    assert [home.is_eligible for home in found] == [True, True, False]
    assert found[2].reasons == ("registration_age", "sex")
    assert found[1].ceiling == Decimal("4200.00") and found[1].vacancies == 2 and found[1].rating == "good"


def test_miles_are_those_of_the_national_grid() -> None:
    from brokerage.core.geography import miles_between

    with acting(actor_of("olive")):
        home = OutwardCode.objects.get(code="HA1")
    found = match()["Birch House"]
    assert found.miles == miles_between((home.easting, home.northing), (515512, 188184))


def test_a_male_only_home_within_20_miles_of_harrow_is_one_query() -> None:
    with acting(actor_of("olive")):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            wanted = Wanted(sex="male", single_sex_home=True, outward="HA1", max_miles=20, solo_is_known=False)
            found = candidates([RES, FOST], wanted, TODAY, eligible_only=True)
        assert [home.name for home in found] == ["Birch Lodge"]
    assert len(queries) == 1


def test_fostering_is_matched_on_households() -> None:
    with acting(actor_of("carol")):
        change(CarerHousehold, "ALD-2", easting=515512 + 16_093, outward="UB6")()
        house = Establishment.objects.get(pk=ident("alder-fostering"))
        # The agency's office is far away: it does not matter.
        Establishment.objects.filter(pk=house.pk).update(easting=300_000, age_max=1)
    found = match(lots=(FOST,))
    assert list(found) == ["ALD-1", "ALD-2"]
    assert found["ALD-1"].title == "Alder Fostering, ALD-1"
    assert found["ALD-1"].is_eligible and found["ALD-2"].is_eligible
    assert found["ALD-2"].miles is not None and Decimal("9") < found["ALD-2"].miles < Decimal("11.5")
    assert found["ALD-2"].outward == "UB6" and found["ALD-2"].vacancies == 2


HOUSEHOLDS: list[tuple[str, dict[str, Any]]] = [
    ("household_on_hold", {"is_on_hold": True}),
    ("household_retired", {"is_on_hold": True, "retired_on": TODAY}),
    ("household_age", {"age_max": 13}),
]


@pytest.mark.parametrize("code, values", HOUSEHOLDS)
def test_a_household_that_takes_nobody_new_is_excluded_with_its_reason(code: str, values: dict[str, Any]) -> None:
    with acting(actor_of("carol")):
        change(CarerHousehold, "ALD-1", **values)()
    found = match(lots=(FOST,))
    assert found["ALD-1"].reasons == (code,) and found["ALD-1"].explanations == [explain(code)]
    assert found["ALD-2"].is_eligible


def test_households_on_hold_full_or_with_children_of_their_own() -> None:
    with acting(actor_of("carol")):
        change(CarerHousehold, "ALD-1", is_on_hold=True)()
        change(CarerHousehold, "ALD-2", children_ages=[9])()
        change(Occupancy, "ALD-2", "household_id", taken=2)()
    found = match(Wanted(**{**BOY.__dict__, "needs_solo": True}), lots=(FOST,))
    assert found["ALD-1"].reasons == ("household_on_hold",)
    assert found["ALD-2"].reasons == ("no_vacancy", "would_be_with_others")


def without_counter(like: str) -> str:
    """Another establishment on the same lot, for which nobody counts places and which has no households."""
    with acting(actor_of("carol")):
        admission = Admission.objects.select_related("establishment").get(pk=ident(f"admission {like}"))
        ceiling = Ceiling.objects.get(admission=admission)
        home = admission.establishment
        assert home is not None
        home.pk, home.name, home.urn = ident("new home"), "New Home", "SC990099"
        home.save(force_insert=True)
        admission.pk, admission.establishment = ident("admission new home"), home
        admission.save(force_insert=True)
        ceiling.pk, ceiling.admission = ident("ceiling new home"), admission
        ceiling.save(force_insert=True)
        return str(home.name)


def test_an_agency_without_households_is_excluded() -> None:
    name = without_counter("alder-fostering")
    assert match(lots=(FOST,))[name].reasons == ("no_household",)


def test_a_home_that_left_the_lot_is_not_shown_and_unstated_vacancies_do_not_exclude() -> None:
    with acting(actor_of("carol")):
        change(Admission, "admission birch-house", status="ended")()
    name = without_counter("cedar-house")
    found = match()
    assert "Birch House" not in found
    assert found[name].is_eligible and found[name].vacancies is None


def test_another_region_sees_none_of_these_homes() -> None:
    assert match(who="nia") == {}
