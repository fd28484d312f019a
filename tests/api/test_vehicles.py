"""Vehicles, lots, admissions, ceilings and menus through the API: reading them and the central team's acts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.http import Http404
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from brokerage.core.api.operations import Call
from brokerage.core.api.scopes import scopes_of
from brokerage.core.tenants.context import acting
from dpv.api import admissions, vehicles
from dpv.api.shapes import AdmissionOut, AdmissionRow, CeilingOut, MenuItemOut
from dpv.api.vehicles import AccessOut, LotOut, RulesOut, VehicleOut, VehicleRow
from dpv.models import Admission, Ceiling, Lot, MenuItem, Suspension
from dpv.rules import PARAMETERS
from providers.models import Establishment
from tests.api.answers import fits
from tests.api.clients import client_of
from tests.cast import FAR_AHEAD, LONG_AGO, TODAY, actor_of, ident, user_of

pytestmark = pytest.mark.django_db

HOUSE = ident("admission birch-house")
ITS = f"/admissions/{HOUSE}"
REVIEW = (TODAY + dt.timedelta(days=7)).isoformat()


@pytest.mark.parametrize("who", ["olive", "carol", "bob"])
def test_vehicles_lots_and_rules_are_read(who: str) -> None:
    machine = client_of(who)
    rows = fits(VehicleRow, machine.get("/vehicles").json())["items"]
    assert [(row["code"], row["lead_authority"], row["lot_count"]) for row in rows] == [
        ("T-FOST", "ealing", 1),
        ("T-RES", "harrow", 1),
    ]
    vehicle = fits(VehicleOut, machine.get("/vehicles/T-RES").json())
    assert vehicle["is_running"] is True
    lots = fits(LotOut, machine.get("/vehicles/T-RES/lots").json())["items"]
    assert lots == vehicle["lots"] == [fits(LotOut, machine.get("/vehicles/T-RES/lots/STD").json())]
    assert lots[0]["admitted_count"] == (2 if who == "bob" else 3)
    rules = fits(RulesOut, machine.get("/vehicles/T-RES/rules").json())
    assert [rule["name"] for rule in rules["rules"]] == list(PARAMETERS)
    assert rules["valid_from"] == str(LONG_AGO)
    before = machine.get("/vehicles/T-RES/rules", on=str(LONG_AGO - dt.timedelta(days=1)))
    assert (before.status_code, before.json()["code"]) == (422, "no_rules")
    for missing in ("/vehicles/NONE", "/vehicles/T-RES/lots/NONE", "/vehicles/NONE/rules", "/vehicles/T%00"):
        assert machine.get(missing).status_code == 404


def test_another_region_finds_nothing() -> None:
    wendy = client_of("wendy")
    assert wendy.get("/vehicles").json()["items"] == []
    for path in ("/vehicles/T-RES", "/vehicles/T-RES/lots", "/vehicles/T-RES/access", ITS):
        assert wendy.get(path).status_code == 404
    assert wendy.get("/admissions").json()["items"] == []
    assert wendy.post(f"{ITS}/suspend", {"reason": "x", "review_on": REVIEW}).status_code == 404
    assert wendy.patch(ITS, {"tier": "reserve", "reason": "x"}).status_code == 404


def test_who_may_use_a_vehicle_is_not_for_providers() -> None:
    rows = fits(AccessOut, client_of("olive").get("/vehicles/T-RES/access").json())["items"]
    assert {row["authority"] for row in rows} == {"harrow", "ealing"} and rows[0]["annual_fee"] == "0.00"
    refused = client_of("bob").get("/vehicles/T-RES/access")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")


def test_admissions_are_listed_with_ceilings_and_problems() -> None:
    olive = client_of("olive")
    rows = fits(AdmissionRow, olive.get("/admissions", vehicle="T-RES").json())["items"]
    assert {row["establishment_name"] for row in rows} == {"Birch House", "Birch Lodge", "Cedar House"}
    house = next(row for row in rows if row["establishment_name"] == "Birch House")
    assert (house["ceiling_lowest"], house["ceiling_highest"], house["problems"]) == ("4000.00", "4000.00", [])
    assert house["quality_score"] == "80.00"
    with acting(actor_of("carol")):
        Establishment.objects.filter(pk=ident("birch-house")).update(registration_status="suspended")
    some = olive.get("/admissions", text="house", provider_id=str(ident("birch"))).json()["items"]
    assert [row["problems"] for row in some] == [["registration_not_active"]]
    assert olive.get("/admissions", status="barred").json()["items"] == []
    assert olive.get("/admissions", status="gone").json()["field"] == "status"
    first = olive.get("/admissions", limit=3).json()
    rest = olive.get("/admissions", cursor=first["next"]).json()
    assert len({row["id"] for row in first["items"] + rest["items"]}) == 4


def test_a_provider_reads_its_own_without_reasons_and_names() -> None:
    client_of("carol").post(f"{ITS}/suspend", {"reason": "Told in confidence.", "review_on": REVIEW})
    bob, olive = client_of("bob"), client_of("olive")
    rows = fits(AdmissionRow, bob.get("/admissions").json())["items"]
    assert {row["establishment_name"] for row in rows} == {"Birch House", "Birch Lodge"}
    answer = bob.get(ITS)
    own = fits(AdmissionOut, answer.json())
    assert own["status"] == "suspended" and own["problems"] == ["admission_suspended"]
    assert own["standing"] == [{"code": "admission_suspended", "message": "Suspended from this lot"}]
    assert b"confidence" not in answer.content and b"Carol" not in answer.content
    assert own["reason"] is None and own["suspensions"][0]["reason"] is None
    told = fits(AdmissionOut, olive.get(ITS).json())
    assert told["suspensions"][0]["reason"] == "Told in confidence."
    assert client_of("cecil").get(ITS).status_code == 404
    menu = fits(MenuItemOut, bob.get("/menu-items").json())["items"]
    assert {row["provider_id"] for row in menu} == {str(ident("birch"))} and len(menu) == 2
    assert bob.get(f"/menu-items/{menu[0]['id']}").json() == menu[0]
    assert client_of("cecil").get(f"/menu-items/{menu[0]['id']}").status_code == 404


def test_associate_members_read_vehicles_and_no_admissions() -> None:
    associate = replace(actor_of("connie"), kind="associate")
    ask = Call(associate, RequestFactory().get("/"), query={"limit": 50})
    with acting(associate):
        assert [row["code"] for row in vehicles.list_vehicles.act(ask).items] == ["T-FOST", "T-RES"]
        assert vehicles.get_vehicle.act(ask, "T-RES")["lots"][0]["admitted_count"] == 3
        assert len(vehicles.list_lots.act(ask, "T-RES").items) == 1
        assert vehicles.get_rules.act(ask, "T-RES")["valid_from"] == LONG_AGO
        assert len(vehicles.list_access.act(ask, "T-RES").items) == 2
        for act, names in (
            (admissions.list_admissions, {}),
            (admissions.get_admission, {"admission": HOUSE}),
            (admissions.list_menu_items, {}),
            (admissions.get_menu_item, {"item": HOUSE}),
        ):
            with pytest.raises(Http404):
                act.act(ask, **names)
    assert "providers:read" not in scopes_of("associate")


def test_suspending_reviewing_and_lifting() -> None:
    carol = client_of("carol")
    blank = carol.post(f"{ITS}/suspend", {"reason": "", "review_on": REVIEW})
    assert (blank.status_code, blank.json()["field"]) == (422, "reason")
    past = carol.post(f"{ITS}/suspend", {"reason": "x", "review_on": "2020-01-01"})
    assert (past.status_code, past.json()["code"], past.json()["field"]) == (422, "review_in_past", "review_on")
    done = carol.post(f"{ITS}/suspend", {"reason": "Concern.", "review_on": REVIEW, "other_lots": True}, key="s-1")
    found = fits(AdmissionOut, done.json())
    assert (found["status"], found["moves"]) == ("suspended", ["reinstate", "bar", "end"])
    assert (
        carol.post(f"{ITS}/suspend", {"reason": "Concern.", "review_on": REVIEW, "other_lots": True}, key="s-1").json()
        == found
    )
    twice = carol.post(f"{ITS}/suspend", {"reason": "Concern.", "review_on": REVIEW})
    assert (twice.status_code, twice.json()["code"]) == (409, "admission_not_now")
    later = (TODAY + dt.timedelta(days=20)).isoformat()
    reviewed = carol.post(f"{ITS}/review", {"reason": "Going on.", "review_on": later})
    assert fits(AdmissionOut, reviewed.json())["suspensions"][0]["review_on"] == later
    mark = client_of("mark")
    alone = carol.post(f"{ITS}/lift", {"reason": "Visited."})
    assert (alone.status_code, alone.json()["code"], alone.json()["field"]) == (422, "second_person_needed", "reason")
    lifted = mark.post(f"{ITS}/lift", {"reason": "Visited."})
    assert fits(AdmissionOut, lifted.json())["suspensions"][0]["lift_reason"] == "Visited."
    assert mark.post(f"{ITS}/lift", {"reason": "Visited."}).status_code == 409
    assert carol.post(f"{ITS}/review", {"reason": "x", "review_on": later}).status_code == 404
    with acting(actor_of("carol")):
        assert Suspension.objects.count() == 1


def test_barring_and_ending() -> None:
    carol = client_of("carol")
    early = carol.post(f"{ITS}/bar", {"reason": "Closed doors."})
    assert (early.status_code, early.json()["code"]) == (409, "admission_not_now")
    assert client_of("mark").post(f"{ITS}/suspend", {"reason": "Doors?", "review_on": REVIEW}).status_code == 200
    assert fits(AdmissionOut, carol.post(f"{ITS}/bar", {"reason": "Closed doors."}).json())["status"] == "barred"
    for act, body in (("bar", {"reason": "x"}), ("suspend", {"reason": "x", "review_on": REVIEW})):
        refused = carol.post(f"{ITS}/{act}", body)
        assert (refused.status_code, refused.json()["code"]) == (409, "admission_not_now")
    over = carol.post(f"{ITS}/ceilings", {"weekly": "100.00", "reason": "x"})
    assert (over.status_code, over.json()["code"]) == (409, "admission_over")
    alone = carol.post(f"{ITS}/end", {"reason": "Bar closed."})
    assert (alone.status_code, alone.json()["code"]) == (422, "second_person_needed")


def test_ending() -> None:
    ended = fits(AdmissionOut, client_of("carol").post(f"{ITS}/end", {"reason": "It leaves."}).json())
    assert (ended["status"], ended["moves"]) == ("ended", [])


def test_scores_change_in_part_and_by_edition() -> None:
    carol = client_of("carol")
    read = carol.get(ITS)
    changed = carol.patch(ITS, {"quality_score": "84.5", "reason": "Evaluated."}, if_match=read["ETag"])
    found = fits(AdmissionOut, changed.json())
    assert (found["quality_score"], found["tier"], found["reason"]) == ("84.50", "preferred", "Evaluated.")
    assert carol.patch(ITS, {"tier": "reserve", "reason": "x"}, if_match=read["ETag"]).status_code == 412
    high = carol.patch(ITS, {"quality_score": "101", "reason": "x"})
    assert (high.status_code, high.json()["code"], high.json()["field"]) == (422, "score_invalid", "quality_score")
    assert carol.patch(ITS, {"tier": "other", "reason": "x"}).json()["quality_score"] == "84.50"
    assert carol.patch(ITS, {"tier": "reserve"}).json()["field"] == "reason"


def test_a_ceiling_is_set_and_not_raised_while_it_is_fixed() -> None:
    carol = client_of("carol")
    made = carol.post(f"{ITS}/ceilings", {"weekly": "4150.00", "reason": "Round."})
    assert made.status_code == 201, made.content
    line = fits(CeilingOut, made.json())
    assert (line["weekly"], line["age_min"], line["age_max"], line["status"]) == ("4150.00", 0, 17, "in_force")
    later = (TODAY + dt.timedelta(days=30)).isoformat()
    refused = carol.post(f"{ITS}/ceilings", {"weekly": "4200.00", "valid_from": later, "reason": "More."})
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, "ceiling_fixed", "weekly")
    for body, code, field in (
        ({"weekly": "0.00"}, "ceiling_invalid", "weekly"),
        ({"weekly": 4150.0}, "money_as_text", "weekly"),
        ({"weekly": "10.00", "age_min": 12, "age_max": 3}, "ages_invalid", "age_min"),
        ({"weekly": "10.00", "age_min": 60, "age_max": 80}, "ages_outside_lot", "age_min"),
        ({"weekly": "10.00", "valid_from": "2020-01-01"}, "ceiling_in_past", "valid_from"),
        ({"weekly": "10.00", "valid_from": "9999-12-31"}, "ceiling_after_term", "valid_from"),
        ({"weekly": "10.00", "colour": "red"}, "unknown_field", "colour"),
    ):
        answer = carol.post(f"{ITS}/ceilings", {"reason": "x", **body})
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field), body
    with acting(actor_of("carol")):
        assert Ceiling.objects.filter(admission_id=HOUSE).count() == 2
    assert (
        carol.post(f"{ITS}/ceilings", {"weekly": "3000.00", "valid_from": str(FAR_AHEAD), "reason": "x"}).json()[
            "status"
        ]
        == "ahead"
    )


def _lot(code: str) -> Lot:
    with acting(actor_of("carol")):
        first = Lot.objects.get(pk=ident("lot T-RES"))
        return Lot.objects.create(
            region_id=first.region_id,
            vehicle_id=first.vehicle_id,
            code=code,
            name="Therapeutic",
            category="residential",
            age_min=8,
            age_max=17,
        )


def test_a_home_is_admitted_with_its_ceilings() -> None:
    _lot("THER")
    carol = client_of("carol")
    body: dict[str, Any] = {
        "vehicle": "T-RES",
        "lot": "THER",
        "establishment_id": str(ident("birch-lodge")),
        "quality_score": "81.50",
        "tier": "preferred",
        "ceilings": [{"age_min": 11, "age_max": 17, "weekly": "4050.00"}],
        "reason": "Passed.",
    }
    for change, code, field in (
        ({"ceilings": []}, "min_length", "ceilings"),
        ({"ceilings": body["ceilings"] * 2}, "ceiling_twice", "ceilings"),
        ({"ceilings": [{"age_min": 30, "age_max": 40, "weekly": "1.00"}]}, "ages_outside_lot", "ceilings"),
        ({"tier": "best"}, "invalid_choice", "tier"),
        ({"establishment_id": str(ident("alder-fostering"))}, "registration_wrong_type", None),
        ({"lot": "STD"}, "already_admitted", None),
    ):
        refused = carol.post("/admissions", body | change)
        assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, code, field), change
    assert carol.post("/admissions", body | {"lot": "NONE"}).status_code == 404
    made = carol.post("/admissions", body)
    assert made.status_code == 201, made.content
    found = fits(AdmissionOut, made.json())
    assert (found["lot"], found["ceiling_highest"], found["quality_score"]) == ("THER", "4050.00", "81.50")
    assert carol.get(made["Location"]).json() == found
    assert client_of("olive").post("/admissions", body).json()["code"] == "missing_scope"


def test_prices_of_extras_are_set_and_ended() -> None:
    carol = client_of("carol")
    made = carol.post(f"{ITS}/menu-items", {"service": "waking_night", "unit_price": "180.00"})
    assert made.status_code == 201, made.content
    item = fits(MenuItemOut, made.json())
    assert (item["unit"], item["unit_price"], item["valid_from"]) == ("night", "180.00", str(TODAY))
    assert carol.get(made["Location"]).json() == item
    corrected = carol.post(f"{ITS}/menu-items", {"service": "waking_night", "unit_price": "175.00"})
    assert corrected.json() == item | {"unit_price": "175.00"}
    past = carol.post(
        f"{ITS}/menu-items", {"service": "waking_night", "unit_price": "1.00", "valid_from": "2020-01-01"}
    )
    assert (past.status_code, past.json()["code"]) == (422, "menu_in_past")
    assert carol.post(f"{ITS}/menu-items", {"service": "waking_night", "unit_price": "0.00"}).json()["code"] == (
        "price_invalid"
    )
    path = f"/menu-items/{item['id']}/end"
    assert carol.post(path, {"last_on": "2020-01-01"}).json()["code"] == "menu_end_in_past"
    assert fits(MenuItemOut, carol.post(path, {"last_on": REVIEW}).json())["valid_to"] == REVIEW
    listed = carol.get("/menu-items", vehicle="T-RES", service="waking_night", in_force="true").json()["items"]
    assert [row["id"] for row in listed] == [item["id"]]
    assert client_of("bob").post(path, {"last_on": REVIEW}).status_code == 403
    with acting(actor_of("carol")):
        assert MenuItem.objects.filter(service="waking_night").count() == 1


@pytest.mark.parametrize("path", ["/vehicles", "/vehicles/T-RES/lots", "/admissions", "/menu-items", "/vehicles/T-RES"])
def test_lists_ask_the_same_number_of_questions_for_one_and_many(path: str) -> None:
    for number in range(12):
        lot = _lot(f"L-{number}")
        with acting(actor_of("carol")):
            Admission.objects.create(
                region_id=lot.region_id,
                vehicle_id=lot.vehicle_id,
                lot=lot,
                provider_id=ident("birch"),
                establishment_id=ident("birch-house"),
                admitted_on=TODAY,
            )
    machine = client_of("olive")
    machine.get(path)
    counts = []
    for limit in (1, 10, 100):
        with CaptureQueriesContext(connection) as queries:
            query = {} if path == "/vehicles/T-RES" else {"limit": limit}
            assert machine.get(path, **query).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2] <= 10


def test_a_long_name_of_a_client_and_its_owner_fits_every_record() -> None:
    who = user_of("carol")
    who.name = "C" * 120
    who.save(update_fields=["name"])
    answer = client_of("carol").post(f"{ITS}/suspend", {"reason": "Concern.", "review_on": REVIEW})
    assert answer.status_code == 200, answer.content
