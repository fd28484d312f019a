"""The register of providers and a provider's own side through the API."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from brokerage.core.tenants.context import acting
from providers.api.households import HouseholdOut
from providers.api.own import InsurancePolicyOut
from providers.api.register import RegisterHousehold
from providers.api.shapes import EstablishmentOut, EstablishmentRow, OwnProfile, ProviderOut, ProviderRow
from providers.api.vacancies import VacancyOut
from providers.models import CarerHousehold, Establishment, Occupancy
from tests.api.answers import fits
from tests.api.clients import client_of
from tests.cast import LONG_AGO, TODAY, actor_of, ident

pytestmark = pytest.mark.django_db

BIRCH, HOUSE, AGENCY = ident("birch"), ident("birch-house"), ident("alder-fostering")
NEW: dict[str, Any] = {
    "code": "ald-9",
    "outward": "ha3",
    "places": 2,
    "age_min": 5,
    "age_max": 12,
    "sex_accepted": "any",
    "needs": ["uasc"],
    "adults": 2,
    "children_ages": [14, 9],
    "pets": ["dog"],
    "smoking": "no",
    "languages": ["en", "pa"],
    "faiths": [],
    "approved_on": str(LONG_AGO),
}


@pytest.mark.parametrize("who", ["olive", "carol"])
def test_the_register_is_read_by_authorities_and_central_teams(who: str) -> None:
    machine = client_of(who)
    rows = fits(ProviderRow, machine.get("/providers").json())["items"]
    assert [row["slug"] for row in rows] == ["alder", "birch", "cedar"]
    assert [row["slug"] for row in machine.get("/providers", text="birch lo").json()["items"]] == ["birch"]
    assert [row["slug"] for row in machine.get("/providers", kind="fostering_agency").json()["items"]] == ["alder"]
    assert machine.get("/providers", gss_code="W06000022").json()["items"] == []
    assert machine.get("/providers", status="insurance").json()["items"] == []
    one = fits(ProviderOut, machine.get(f"/providers/{BIRCH}").json())
    assert one["establishment_count"] == 2 and {cover["status"] for cover in one["insurance"]} == {"in_force"}
    homes = fits(EstablishmentRow, machine.get("/establishments", provider_id=str(BIRCH)).json())["items"]
    assert [(row["name"], row["vacancies"]) for row in homes] == [("Birch House", 4), ("Birch Lodge", 2)]
    home = fits(EstablishmentOut, machine.get(f"/establishments/{HOUSE}").json())
    assert home["postcode"] == "HA1 2AA" and home["registered_manager"] == "Morgan Manager"
    assert [row["name"] for row in machine.get("/establishments", text="lodge").json()["items"]] == ["Birch Lodge"]
    households = fits(RegisterHousehold, machine.get(f"/establishments/{AGENCY}/households").json())["items"]
    assert [(row["code"], row["places"], row["vacancies"]) for row in households] == [("ALD-1", 2, 2), ("ALD-2", 2, 2)]
    assert machine.get(f"/establishments/{BIRCH}").status_code == 404
    assert machine.get(f"/providers/{HOUSE}").status_code == 404


def test_the_register_is_paged_by_name() -> None:
    machine = client_of("olive")
    first = machine.get("/establishments", limit=3).json()
    rest = machine.get("/establishments", limit=3, cursor=first["next"]).json()
    names = [row["name"] for row in first["items"] + rest["items"]]
    assert names == ["Alder Fostering", "Birch House", "Birch Lodge", "Cedar House"] and rest["next"] is None
    first = machine.get("/providers", limit=2).json()
    rest = machine.get("/providers", limit=2, cursor=first["next"]).json()
    assert [row["slug"] for row in first["items"] + rest["items"]] == ["alder", "birch", "cedar"]


def test_a_provider_reads_no_register_and_an_authority_no_own_side() -> None:
    bob, olive = client_of("bob"), client_of("olive")
    for path in ("/providers", f"/providers/{BIRCH}", "/establishments", f"/establishments/{HOUSE}"):
        assert bob.get(path).json()["code"] == "missing_scope"
    for path in ("/homes", f"/homes/{HOUSE}", "/profile", "/vacancies", "/insurance"):
        assert olive.get(path).json()["code"] == "missing_scope"


def test_the_central_team_verifies_and_takes_it_back() -> None:
    carol = client_of("carol")
    path = f"/providers/{BIRCH}"
    verified = fits(ProviderOut, carol.post(f"{path}/verify", {"reason": "Papers seen"}).json())
    assert verified["verified_on"] == str(TODAY)
    assert carol.post(f"{path}/withdraw-verification", {"reason": "Gone"}).json()["verified_on"] is None
    refused = carol.post(f"{path}/withdraw-verification", {"reason": "Gone"})
    assert refused.status_code == 409 and refused.json()["code"] == "not_verified"
    blank = carol.post(f"{path}/verify", {"reason": "  "})
    assert blank.status_code == 422 and blank.json()["field"] == "reason"
    olive = client_of("olive").post(f"{path}/verify", {"reason": "Papers seen"})
    assert olive.status_code == 403 and olive.json()["code"] == "missing_scope"
    assert carol.post(f"/providers/{HOUSE}/verify", {"reason": "Papers seen"}).status_code == 404


def test_oversight_is_changed_in_part_and_by_edition() -> None:
    carol = client_of("carol")
    path = f"/providers/{BIRCH}"
    read = carol.get(path)
    changed = carol.patch(path, {"credit_report_on": str(TODAY), "credit_report_score": "A"}, if_match=read["ETag"])
    assert changed.status_code == 200, changed.content
    assert fits(ProviderOut, changed.json())["credit_report_score"] == "A"
    linked = carol.patch(path, {"link_authority": "harrow"}, if_match=changed["ETag"])
    assert (linked.json()["link_authority"], linked.json()["credit_report_score"]) == ("harrow", "A")
    late = carol.patch(path, {"link_authority": None}, if_match=read["ETag"])
    assert late.status_code == 412 and late.json()["code"] == "edition_differs"
    assert carol.patch(path, {"link_authority": "birch"}).json()["code"] == "not_an_authority"
    assert carol.patch(path, {"link_authority": "nobody"}).json()["field"] == "link_authority"
    future = carol.patch(path, {"credit_report_on": str(TODAY + dt.timedelta(days=1))})
    assert (future.status_code, future.json()["code"]) == (422, "report_in_future")


def test_a_registration_is_brought_in_line() -> None:
    carol = client_of("carol")
    path = f"/establishments/{HOUSE}"
    changed = carol.patch(path, {"registration_status": "suspended", "reason": "Ofsted's list"})
    found = fits(EstablishmentOut, changed.json())
    assert (found["registration_status"], found["registration_checked_on"]) == ("suspended", str(TODAY))
    crossed = carol.patch(path, {"age_min": 18, "age_max": 9, "reason": "x"})
    assert (crossed.json()["code"], crossed.json()["field"]) == ("ages_crossed", "age_max")
    assert carol.patch(path, {"rating": "good"}).json()["field"] == "reason"
    assert carol.patch(path, {"urn": "X", "reason": "x"}).json()["code"] == "unknown_field"
    assert client_of("olive").patch(path, {"reason": "x"}).status_code == 403


def test_a_provider_reads_and_changes_its_own_side_only() -> None:
    bob = client_of("bob")
    profile = fits(OwnProfile, bob.get("/profile").json())
    assert profile["slug"] == "birch"
    changed = bob.patch("/profile", {"contact_email": "a@birch.example"})
    assert fits(OwnProfile, changed.json())["contact_email"] == "a@birch.example"
    assert bob.patch("/profile", {"contact_email": "nonsense"}).json()["field"] == "contact_email"
    assert bob.patch("/profile", {"legal_name": "Other Ltd"}).json()["code"] == "unknown_field"
    rows = fits(EstablishmentRow, bob.get("/homes").json())["items"]
    assert [row["name"] for row in rows] == ["Birch House", "Birch Lodge"]
    path = f"/homes/{HOUSE}"
    read = bob.get(path)
    described = bob.patch(path, {"description": "Quiet.", "needs": ["missing", "autism"]}, if_match=read["ETag"])
    home = fits(EstablishmentOut, described.json())
    assert (home["description"], home["needs"]) == ("Quiet.", ["autism", "missing"])
    assert bob.patch(path, {"description": "Late."}, if_match=read["ETag"]).status_code == 412
    assert bob.patch(path, {"needs": []}).json()["code"] == "needs_missing"
    assert bob.patch(path, {"needs": ["flying"]}).json()["field"] == "needs.0"
    for foreign in (ident("cedar-house"), AGENCY):
        assert bob.get(f"/homes/{foreign}").status_code == 404
        assert bob.patch(f"/homes/{foreign}", {"description": "Mine."}).status_code == 404


def test_reading_scopes_do_not_write() -> None:
    machine = client_of("bob", scopes=["homes:read"])
    assert machine.get("/homes").status_code == 200
    for refused in (
        machine.patch(f"/homes/{HOUSE}", {"description": "x"}),
        machine.put(f"/homes/{HOUSE}/vacancies", {"vacancies": 1}),
        machine.post("/vacancies/bulk", {"items": [{"establishment_id": str(HOUSE), "vacancies": 1}]}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")


def test_vacancies_are_said_one_by_one() -> None:
    bob, alice = client_of("bob"), client_of("alice")
    said = fits(VacancyOut, bob.put(f"/homes/{HOUSE}/vacancies", {"vacancies": 1}).json())
    assert (said["name"], said["places"], said["vacancies"], said["household_id"]) == ("Birch House", 4, 1, None)
    assert bob.get(f"/homes/{HOUSE}/vacancies").json() == said
    refused = bob.put(f"/homes/{HOUSE}/vacancies", {"vacancies": 9})
    assert (refused.status_code, refused.json()["code"]) == (422, "vacancies_out_of_range")
    assert refused.json()["field"] == "vacancies"
    assert bob.put(f"/homes/{HOUSE}/vacancies", {"vacancies": -1}).json()["code"] == "min_value"
    stale = bob.put(f"/homes/{HOUSE}/vacancies", {"vacancies": 2}, if_match='"something else"')
    assert stale.status_code == 412
    assert bob.put(f"/homes/{ident('cedar-house')}/vacancies", {"vacancies": 1}).status_code == 404
    household = ident("ALD-1")
    said = fits(VacancyOut, alice.put(f"/households/{household}/vacancies", {"vacancies": 0}).json())
    assert (said["name"], said["household_id"], said["vacancies"]) == ("ALD-1", str(household), 0)
    assert alice.get(f"/households/{household}/vacancies").json() == said
    agency = alice.put(f"/homes/{AGENCY}/vacancies", {"vacancies": 1})
    assert (agency.status_code, agency.json()["code"]) == (409, "no_places")
    assert [row["name"] for row in fits(VacancyOut, alice.get("/vacancies").json())["items"]][0] == "ALD-1"


def test_many_vacancies_are_said_at_once_each_with_its_result() -> None:
    bob = client_of("bob")
    items = [
        {"establishment_id": str(HOUSE), "vacancies": 2},
        {"establishment_id": str(ident("birch-lodge")), "vacancies": 9},
        {"establishment_id": str(ident("cedar-house")), "vacancies": 1},
    ]
    answer = bob.post("/vacancies/bulk", {"items": items})
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [(row["index"], row["status"]) for row in results] == [(0, 200), (1, 422), (2, 404)]
    assert results[0]["reference"] == str(HOUSE)
    assert results[1]["problem"]["code"] == "vacancies_out_of_range"
    assert results[1]["problem"]["field"] == "items.1.vacancies"
    with acting(actor_of("bob")):
        counts = {row.establishment_id: row.vacancies for row in Occupancy.objects.all()}
    assert counts == {HOUSE: 2, ident("birch-lodge"): 2}
    neither = bob.post("/vacancies/bulk", {"items": [{"vacancies": 1}]})
    assert neither.status_code == 422 and neither.json()["field"] == "items.0.establishment_id"
    both = {"establishment_id": str(HOUSE), "household_id": str(HOUSE), "vacancies": 1}
    assert bob.post("/vacancies/bulk", {"items": [both]}).status_code == 422
    assert bob.post("/vacancies/bulk", {"items": []}).status_code == 422
    assert bob.post("/vacancies/bulk", {"items": items[:1] * 101}).status_code == 422


def test_an_agency_keeps_its_households() -> None:
    alice = client_of("alice")
    made = alice.post(f"/homes/{AGENCY}/households", NEW)
    assert made.status_code == 201, made.content
    one = fits(HouseholdOut, made.json())
    assert (one["code"], one["outward"], one["places"], one["vacancies"]) == ("ALD-9", "HA3", 2, 2)
    path = f"/households/{one['id']}"
    assert made["Location"] == f"/api/v1{path}" and alice.get(path).json() == one
    codes = [row["code"] for row in fits(HouseholdOut, alice.get(f"/homes/{AGENCY}/households").json())["items"]]
    assert codes == ["ALD-1", "ALD-2", "ALD-9"]
    again = alice.post(f"/homes/{AGENCY}/households", NEW)
    assert (again.status_code, again.json()["code"], again.json()["field"]) == (422, "code_taken", "code")
    changed = alice.patch(path, {"adults": 1}, if_match=alice.get(path)["ETag"])
    assert fits(HouseholdOut, changed.json()) == one | {"adults": 1}
    unknown = alice.patch(path, {"outward": "ZZ9"})
    assert (unknown.status_code, unknown.json()["field"]) == (422, "outward")
    crossed = alice.patch(path, {"age_min": 15})
    assert crossed.json()["code"] == "ages_crossed"
    alice.put(f"{path}/vacancies", {"vacancies": 0})
    assert alice.patch(path, {"places": 1}).json()["code"] == "places_below_taken"
    held = alice.post(f"{path}/hold", {"is_on_hold": True})
    assert fits(HouseholdOut, held.json())["is_on_hold"] is True
    twice = alice.post(f"{path}/hold", {"is_on_hold": True})
    assert (twice.status_code, twice.json()["code"]) == (409, "hold_unchanged")
    assert alice.post(f"{path}/hold", {"is_on_hold": False}).json()["is_on_hold"] is False


def test_households_are_nobody_elses() -> None:
    bob = client_of("bob")
    path = f"/households/{ident('ALD-1')}"
    assert bob.get(path).status_code == 404
    assert bob.patch(path, {"adults": 1}).status_code == 404
    assert bob.post(f"{path}/hold", {"is_on_hold": True}).status_code == 404
    assert bob.put(f"{path}/vacancies", {"vacancies": 1}).status_code == 404
    assert bob.post(f"/homes/{AGENCY}/households", NEW).status_code == 404
    assert bob.post(f"/homes/{HOUSE}/households", NEW).status_code == 404
    with acting(actor_of("alice")):
        assert CarerHousehold.objects.count() == 2


def test_insurance_is_recorded_and_corrected() -> None:
    bob = client_of("bob")
    policy = {
        "kind": "public_liability",
        "insurer": "Tinderbox",
        "policy_number": "P1",
        "cover_amount": "5000000.00",
        "starts_on": str(TODAY),
        "expires_on": str(TODAY + dt.timedelta(days=10)),
    }
    made = bob.post("/insurance", policy, key="policy-1")
    assert made.status_code == 201, made.content
    one = fits(InsurancePolicyOut, made.json())
    assert bob.post("/insurance", policy, key="policy-1").json() == one
    twice = bob.post("/insurance", policy)
    assert (twice.status_code, twice.json()["code"], twice.json()["field"]) == (422, "policy_twice", "starts_on")
    path = f"/insurance/{one['id']}"
    assert bob.get(path).json() == one
    corrected = bob.put(path, policy | {"cover_amount": "6000000.00"}, if_match=made["ETag"])
    assert fits(InsurancePolicyOut, corrected.json())["cover_amount"] == "6000000.00"
    assert bob.put(path, policy, if_match=made["ETag"]).status_code == 412
    for wrong, field in (({"cover_amount": 5.0}, "cover_amount"), ({"expires_on": "2020-01-01"}, "expires_on")):
        refused = bob.put(path, policy | wrong)
        assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert bob.put(path, policy | {"cover_amount": "0.00"}).json()["code"] == "cover_missing"
    assert [row["id"] for row in fits(InsurancePolicyOut, bob.get("/insurance").json())["items"]][0] == one["id"]
    assert client_of("cecil").get(path).status_code == 404
    assert client_of("cecil").put(path, policy).status_code == 404


def _many(number: int) -> None:
    with acting(actor_of("carol")):
        for index in range(number):
            home = Establishment.objects.get(pk=HOUSE)
            home.pk, home.urn, home.name = ident(f"many {index}"), f"SC97{index:04}", f"Many {index:03}"
            home.save(force_insert=True)
            Occupancy.objects.create(provider_id=BIRCH, establishment_id=home.pk, places=4)
            household = CarerHousehold.objects.get(pk=ident("ALD-1"))
            household.pk, household.code = ident(f"house {index}"), f"ALD-X{index:03}"
            household.save(force_insert=True)


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("olive", "/providers"),
        ("olive", "/establishments"),
        ("olive", f"/establishments/{AGENCY}/households"),
        ("bob", "/homes"),
        ("bob", "/vacancies"),
        ("bob", "/insurance"),
        ("alice", f"/homes/{AGENCY}/households"),
    ],
)
def test_lists_ask_the_same_number_of_questions_for_one_and_many(who: str, path: str) -> None:
    _many(30)
    machine = client_of(who)
    machine.get(path)
    counts = []
    for limit in (1, 10, 100):
        with CaptureQueriesContext(connection) as queries:
            assert machine.get(path, limit=limit).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2] <= 8
