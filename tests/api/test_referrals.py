"""Drafting through the API: start, fill, complete, copy, link, withdraw; what is refused, by name; whose it is."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from brokerage.core.audit.models import Entry
from brokerage.core.tenants.context import acting
from placements.models import Referral
from tests.api.clients import client_of
from tests.api.drafting import SCHOOLS_ONLY, filled, new_person, problem, started
from tests.cast import actor_of
from tests.scenarios import draft_referral, published_referral, referral_answers

pytestmark = pytest.mark.django_db


BODY = {"category": "residential", "urgency": "planned"}


def whole() -> dict[str, dict[str, Any]]:
    """Every answer that a residential referral needs, by section."""
    given = referral_answers()
    return {
        code: {name: value for name, value in said.items() if name not in SCHOOLS_ONLY} for code, said in given.items()
    }


# --- Starting and reading ---------------------------------------------------------------------------------------------


def test_a_case_system_starts_a_draft_for_somebody_new() -> None:
    machine = client_of("olive")
    answer = machine.post("/referrals", {"category": "residential", "urgency": "planned", "new_person": new_person()})
    assert answer.status_code == 201
    made = answer.json()
    assert answer["Location"] == f"/api/v1/referrals/{made['reference']}"
    assert (made["status"], made["age"] >= 14, made["sex"], made["outward"]) == ("draft", True, "male", "HA1")
    assert "Zachariah" not in answer.content.decode() and "2012-01-01" not in answer.content.decode()
    again = machine.get(f"/referrals/{made['reference']}")
    assert again.json() == made
    assert machine.get(f"/referrals/{made['reference']}", {"If-None-Match": again["ETag"]}).status_code == 304


def test_the_same_key_starts_one_draft() -> None:
    machine = client_of("olive")
    body = {"category": "residential", "urgency": "planned", "new_person": new_person()}
    first, second = machine.post("/referrals", body, key="k-1"), machine.post("/referrals", body, key="k-1")
    assert first.status_code == second.status_code == 201 and first.json() == second.json()


def test_a_person_on_record_is_named_by_case_number() -> None:
    machine = client_of("olive")
    person = new_person()
    first = started(machine, new_person=person)
    body = {"category": "fostering", "urgency": "today", "case_number": person["case_number"].lower()}
    second = machine.post("/referrals", body)
    assert second.status_code == 201
    assert second.json()["person_id"] == machine.get(first).json()["person_id"]
    problem(machine.post("/referrals", {**body, "case_number": "NOBODY"}), 422, "person_unknown", "case_number")
    problem(machine.post("/referrals", {**body, "new_person": new_person()}), 422, "invalid", "case_number")
    del body["case_number"]
    problem(machine.post("/referrals", body), 422, "person_missing", "case_number")
    taken = new_person(case_number=person["case_number"])
    problem(
        machine.post("/referrals", {**body, "new_person": taken}), 422, "case_number_taken", "new_person.case_number"
    )


def test_a_draft_starts_with_every_answer_in_one_act() -> None:
    machine = client_of("olive")
    made = machine.post("/referrals", {**BODY, "new_person": new_person(), "sections": whole()})
    assert made.status_code == 201, made.content
    address = f"/referrals/{made.json()['reference']}"
    assert made.json()["revision"] == 1 and made.json()["max_miles"] == 20
    assert set(made.json()["sections_done"]) == set(whole())
    assert machine.get(f"{address}/completeness").json()["is_ready"]
    assert machine.get(f"{address}/sections/person").json()["answers"]["first_language"] == "English"
    assert machine.get(f"/people/{made.json()['person_id']}").json()["first_language"] == "English"
    with acting(actor_of("olive")):
        (entry,) = Entry.objects.filter(subject_reference=made.json()["reference"])
    assert entry.kind == "referral.created" and "what_works" in entry.data["sections"]["needs"]
    assert "Calm" not in str(entry.data)


def test_every_refused_answer_is_named_and_nothing_starts() -> None:
    machine = client_of("olive")
    sections = {
        "where": {"outward": "NOWHERE", "max_miles": 20},
        "outcomes": {"review_on_1": "2020-01-01"},
        "adult": {},
    }
    answer = machine.post("/referrals", {**BODY, "new_person": new_person(), "sections": sections})
    problem(answer, 422, "question_unknown", "sections.adult")
    assert {error["field"]: error["code"] for error in answer.json()["errors"]} == {
        "sections.adult": "question_unknown",
        "sections.where.outward": "outward_code_invalid",
        "sections.outcomes.review_on_1": "day_past",
    }
    with acting(actor_of("olive")):
        assert not Referral.objects.exists() and not Entry.objects.filter(kind="person.created").exists()
    misspelt = machine.post("/referrals", {**BODY, "new_person": new_person(), "sections": {"needs": {"colour": "x"}}})
    problem(misspelt, 422, "unknown_field", "sections.needs.colour")


def test_a_row_of_many_brings_its_answers_along() -> None:
    machine = client_of("olive")
    items = [
        {**BODY, "new_person": new_person(), "sections": whole()},
        {**BODY, "new_person": new_person(), "sections": {"where": {"outward": "NOWHERE"}}},
    ]
    first, second = machine.post("/referrals/bulk", {"items": items}).json()["results"]
    assert machine.get(f"/referrals/{first['reference']}/completeness").json()["is_ready"]
    assert second["problem"]["field"] == "items.1.sections.where.outward" and second["reference"] is None


def test_several_sections_change_at_once_or_not_at_all() -> None:
    machine = client_of("olive")
    address = started(machine)
    before = machine.get(f"{address}/sections")
    assert before.json()["adult"] is None and before.json()["needs"]["status"] == "not_started"
    refused = {"matters": {"voice": "Near my friends."}, "where": {"outward": "NOWHERE"}}
    problem(machine.patch(f"{address}/sections", refused), 422, "outward_code_invalid", "sections.where.outward")
    assert machine.get(f"{address}/sections").json() == before.json()
    changed = machine.patch(f"{address}/sections", whole())
    assert changed.status_code == 200, changed.content
    given = [section for section in changed.json().values() if section]
    assert {section["status"] for section in given} == {"done"}
    assert changed.json()["matters"]["answers"]["voice"].startswith("I want to stay")
    assert machine.get(address).json()["revision"] == 2
    assert machine.patch(f"{address}/sections", whole()).json() == changed.json()
    assert machine.get(address).json()["revision"] == 2, "the same twice is no change"
    stale = {"If-Match": before["ETag"]}
    answer = machine.send("PATCH", f"{address}/sections", {"matters": {"voice": None}}, **stale)
    problem(answer, 412, "edition_differs")
    emptied = machine.patch(f"{address}/sections", {"matters": {"voice": None}}).json()
    assert emptied["matters"]["status"] == "in_progress" and emptied["matters"]["answers"]["voice"] is None
    published = published_referral()
    problem(machine.patch(f"/referrals/{published.reference}/sections", whole()), 409, "referral_not_now")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"category": "castle"}, "invalid_choice", "category"),
        ({"urgency": None}, "null", "urgency"),
        ({"colour": "blue"}, "unknown_field", "colour"),
        ({"new_person": new_person(shoe_size=4)}, "unknown_field", "new_person.shoe_size"),
        ({"new_person": new_person(date_of_birth="2199-01-01")}, "date_of_birth_ahead", "new_person.date_of_birth"),
        ({"new_person": new_person(home_postcode="HA1")}, "postcode_invalid", "new_person.home_postcode"),
        ({"category": "adult_residential"}, "age_not_for_category", "category"),
        ({"social_worker_id": str(uuid4())}, "social_worker_unknown", "social_worker_id"),
    ],
)
def test_a_draft_is_refused_by_code_and_field(changes: dict[str, Any], code: str, field: str) -> None:
    body = {"category": "residential", "urgency": "planned", "new_person": new_person(), **changes}
    problem(client_of("olive").post("/referrals", body), 422, code, field)


def test_a_social_worker_is_named_and_sees_the_draft() -> None:
    address = started(client_of("olive"), social_worker_id=str(actor_of("sandra").user_id))
    assert client_of("olive").get(address).json()["social_worker_name"] == "Sandra Social"


def test_many_drafts_have_each_their_own_result() -> None:
    machine = client_of("olive")
    good = {"category": "residential", "urgency": "planned"}
    person = new_person()
    rows = [
        {**good, "new_person": person},
        {**good, "new_person": person},
        {**good, "case_number": "NOBODY"},
        {**good, "new_person": new_person()},
    ]
    results = machine.post("/referrals/bulk", {"items": rows}).json()["results"]
    assert [row["status"] for row in results] == [201, 422, 422, 201]
    assert results[1]["problem"]["field"] == "items.1.new_person.case_number"
    assert results[2]["problem"]["code"] == "person_unknown"
    with acting(actor_of("olive")):
        made = {row["reference"] for row in results if row["reference"]}
        assert set(Referral.objects.filter(reference__in=made).values_list("reference", flat=True)) == made
        assert len(made) == 2


def test_the_list_filters_pages_and_names_nobody() -> None:
    machine = client_of("olive")
    drafts = [started(machine).rpartition("/")[2] for _number in range(3)]
    published = published_referral().reference
    first = machine.get("/referrals", limit=2).json()
    second = machine.get("/referrals", limit=2, cursor=first["next"]).json()
    seen = [row["reference"] for row in first["items"] + second["items"]]
    assert seen == [published, *reversed(drafts)]
    assert [row["reference"] for row in machine.get("/referrals", status="published").json()["items"]] == [published]
    assert machine.get("/referrals", category="fostering").json() == {"items": [], "next": None}
    assert "Quillfeather" not in machine.get("/referrals").content.decode()
    problem(machine.get("/referrals", colour="blue"), 422, "unknown_field", "colour")


def test_as_many_queries_for_one_row_as_for_many() -> None:
    machine = client_of("olive")
    started(machine)

    def queries() -> int:
        machine.get("/referrals")
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert machine.get("/referrals").status_code == 200
        return len(seen)

    one = queries()
    for _number in range(5):
        started(machine)
    assert queries() == one


# --- Sections ---------------------------------------------------------------------------------------------------------


def test_a_draft_is_filled_section_by_section_until_nothing_is_missing() -> None:
    machine = client_of("olive")
    address = started(machine)
    before = machine.get(f"{address}/completeness").json()
    assert not before["is_ready"] and before["sections"][1] == {
        "section": "needs",
        "title": "Needs",
        "status": "not_started",
    }
    assert ("needs", "daily_life") in [(lacking["section"], lacking["field"]) for lacking in before["missing"]]
    address = filled(machine)
    after = machine.get(f"{address}/completeness").json()
    assert after["is_ready"] and after["missing"] == [] and {row["status"] for row in after["sections"]} == {"done"}
    found = machine.get(address).json()
    assert found["needs"] == ["emotional_behavioural", "self_harm", "missing"] and found["max_miles"] == 20


def test_only_what_is_named_changes_and_null_empties() -> None:
    machine = client_of("olive")
    address = f"{filled(machine)}/sections/where"
    changed = machine.patch(address, {"max_miles": None, "avoid_outwards": ["nw10", "W10"]}).json()
    assert changed["answers"]["max_miles"] is None and changed["answers"]["avoid_outwards"] == ["NW10", "W10"]
    assert changed["answers"]["outward"] == "HA1" and changed["status"] == "done"
    emptied = machine.patch(address, {"outward": None}).json()
    assert emptied["status"] == "in_progress"
    assert [lacking["field"] for lacking in emptied["missing"]] == ["outward"]


@pytest.mark.parametrize(
    ("section", "answers", "code", "field"),
    [
        ("where", {"urgency": "yesterday"}, "invalid_choice", "urgency"),
        ("where", {"moon": True}, "unknown_field", "moon"),
        ("where", {"max_miles": 4000}, "max_value", "max_miles"),
        ("where", {"outward": "nowhere"}, "outward_code_invalid", "outward"),
        ("where", {"needed_on": "2020-01-01"}, "day_past", "needed_on"),
        ("risks", {"self_harm": "present", "self_harm_last_on": "2199-01-01"}, "day_not_past", "self_harm_last_on"),
        ("needs", {"needs": ["none", "autism"]}, "answer_contradicts", "needs"),
        ("needs", {"send_need": "ASD"}, "question_unknown", "send_need"),
        ("needs", {"daily_life": "x" * 3001}, "max_length", "daily_life"),
    ],
)
def test_an_answer_is_refused_on_its_question(section: str, answers: dict[str, Any], code: str, field: str) -> None:
    machine = client_of("olive")
    address = started(machine)
    before = machine.get(f"{address}/sections/{section}").json()
    problem(machine.patch(f"{address}/sections/{section}", answers), 422, code, field)
    assert machine.get(f"{address}/sections/{section}").json() == before


def test_a_section_that_is_not_asked_is_not_there() -> None:
    machine = client_of("olive")
    address = started(machine)
    problem(machine.get(f"{address}/sections/adult"), 404, "not_found")
    problem(machine.patch(f"{address}/sections/parent_child", {"parent_age": 17}), 404, "not_found")
    machine.patch(f"{address}/sections/needs", {"needs": ["parent_and_child"]})
    assert machine.patch(f"{address}/sections/parent_child", {"parent_age": 17}).status_code == 200


def test_if_match_refuses_what_somebody_else_changed_meanwhile() -> None:
    machine = client_of("olive")
    address = f"{started(machine)}/sections/matters"
    edition = machine.get(address)["ETag"]
    assert machine.patch(address, {"interests": "Football."}, if_match=edition).status_code == 200
    problem(machine.patch(address, {"interests": "Chess."}, if_match=edition), 412, "edition_differs")
    assert machine.get(address).json()["answers"]["interests"] == "Football."


def test_a_published_referral_is_not_edited_but_amended() -> None:
    machine = client_of("olive")
    story = published_referral()
    address = f"/referrals/{story.reference}/sections/needs"
    problem(machine.patch(address, {"what_works": "Football."}), 409, "referral_not_now")
    amended = machine.post(f"{address}/amendments", {"what_works": "Football.", "note": "We say what works."})
    assert amended.status_code == 200 and amended.json()["answers"]["what_works"] == "Football."
    assert machine.get(f"/referrals/{story.reference}").json()["amendment_note"] == "We say what works."
    stale = {"what_works": "Chess.", "note": "More.", "revision": 1}
    problem(machine.post(f"{address}/amendments", stale), 409, "changed")
    telling = {"what_works": "Quillfeather likes chess.", "note": "More."}
    problem(machine.post(f"{address}/amendments", telling), 422, "disclosures_unresolved")
    past = {"needed_on": "2020-01-01", "note": "Sooner."}
    where = f"/referrals/{story.reference}/sections/where/amendments"
    problem(machine.post(where, past), 422, "day_past", "needed_on")


def test_finds_of_the_disclosure_check_are_confirmed_with_a_reason() -> None:
    machine = client_of("olive")
    address = filled(machine, matters={**referral_answers()["matters"], "interests": "Drawing a quillfeather."})
    assert machine.get(f"{address}/completeness").json()["open_disclosure_count"] == 1
    find = machine.get(f"{address}/disclosures").json()["items"][0]
    assert (find["kind"], find["section"], find["field"], find["is_confirmed"]) == (
        "name",
        "matters",
        "interests",
        False,
    )
    body = {"confirmations": [{"digest": find["digest"], "reason": "ordinary_word"}]}
    assert machine.post(f"{address}/disclosures", body).json()["items"][0]["is_confirmed"]
    assert machine.get(f"{address}/completeness").json()["is_ready"]


# --- Copy, siblings, withdraw -----------------------------------------------------------------------------------------


def test_a_copy_for_a_brother_takes_the_household_and_is_linked() -> None:
    machine = client_of("olive")
    address, brother = filled(machine), new_person()
    started(machine, new_person=brother)
    body = {"case_number": brother["case_number"], "as_sibling": True}
    copied = machine.post(f"{address}/copies", body)
    assert copied.status_code == 201 and copied.json()["siblings"] == [address.rpartition("/")[2]]
    assert machine.get(f"{copied['Location']}/sections/needs").json()["answers"]["daily_life"] is None
    assert machine.get(f"{copied['Location']}/sections/home").json()["answers"]["pets"] == "can"
    same = machine.post(f"{address}/copies", {}).json()
    assert same["person_id"] == machine.get(address).json()["person_id"] and same["needed_on"] is None


def test_siblings_are_linked() -> None:
    machine = client_of("olive")
    one, other = (started(machine) for _number in range(2))
    other_reference = other.rpartition("/")[2]
    linked = machine.post(f"{one}/siblings", {"referral": other_reference})
    assert linked.json()["siblings"] == [other_reference]
    problem(machine.post(f"{one}/siblings", {"referral": one.rpartition("/")[2]}), 422, "siblings_too_few", "referral")
    foreign = draft_referral("edith").reference
    problem(machine.post(f"{one}/siblings", {"referral": foreign}), 404, "not_found")


def test_a_referral_is_withdrawn_once_with_a_reason() -> None:
    machine = client_of("olive")
    address = started(machine)
    problem(machine.post(f"{address}/withdraw", {}), 422, "required", "reason")
    assert machine.post(f"{address}/withdraw", {"reason": "Not needed."}).json()["status"] == "withdrawn"
    problem(machine.post(f"{address}/withdraw", {"reason": "Again."}), 409, "referral_not_now")


# --- Whose it is ------------------------------------------------------------------------------------------------------


def test_another_authority_and_a_scope_too_few() -> None:
    reference = draft_referral("olive").reference
    other = client_of("edith")
    for path in ("", "/completeness", "/sections/needs", "/disclosures"):
        problem(other.get(f"/referrals/{reference}{path}"), 404, "not_found")
    problem(other.patch(f"/referrals/{reference}/sections/needs", {"daily_life": "x"}), 404, "not_found")
    problem(other.post(f"/referrals/{reference}/withdraw", {"reason": "x"}), 404, "not_found")
    reader = client_of("olive", scopes=["referrals:read"])
    assert reader.get(f"/referrals/{reference}").status_code == 200
    problem(reader.post(f"/referrals/{reference}/withdraw", {"reason": "x"}), 403, "missing_scope")
    problem(client_of("bob").get(f"/referrals/{reference}"), 403, "missing_scope")


def test_who_a_person_is_is_read_with_its_scope_and_logged() -> None:
    machine = client_of("olive")
    person = new_person()
    address = started(machine, new_person=person)
    person_id = machine.get(address).json()["person_id"]
    found = machine.post("/people/search", {"case_number": person["case_number"]})
    assert found.status_code == 200 and found.json()["id"] == person_id
    assert found.json()["family_name"] == "Quillfeather"
    problem(machine.post("/people/search", {"case_number": "NOBODY"}), 404, "not_found")
    read = machine.get(f"/people/{person_id}")
    assert read.json() == found.json()
    changed = machine.patch(f"/people/{person_id}", {"known_as": "Zach"}, if_match=read["ETag"])
    assert changed.json() == {**read.json(), "known_as": "Zach"}
    problem(machine.patch(f"/people/{person_id}", {"known_as": "Z"}, if_match=read["ETag"]), 412, "edition_differs")
    problem(machine.patch(f"/people/{person_id}", {"home_postcode": "x"}), 422, "postcode_invalid", "home_postcode")
    with acting(actor_of("olive")) as olive:
        readings = Entry.objects.filter(organisation_id=olive.organisation_id, kind="person.read", subject_id=person_id)
        assert readings.count() >= 3
    blind = client_of("olive", scopes=["referrals:read", "referrals:write"])
    problem(blind.get(f"/people/{person_id}"), 403, "missing_scope")
    problem(blind.patch(f"/people/{person_id}", {"known_as": "Zach"}), 403, "not_permitted")
    problem(client_of("edith").get(f"/people/{person_id}"), 404, "not_found")
