"""A referral on its way through the API: matched with reasons, published, asked about, changed, ended, bought spot."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from brokerage.core.api.inputs import MomentField
from brokerage.core.clock import database_now
from brokerage.core.tenants.context import acting
from placements.actions.clarifications import ask_clarification
from placements.models import Match, Placement, Referral, Release
from providers.models import Occupancy
from tests.api.clients import client_of
from tests.api.drafting import filled, new_person, problem, started
from tests.cast import actor_of, ident
from tests.scenarios import Invited, draft_referral, published_referral, standing_offer, submitted_offer

pytestmark = pytest.mark.django_db

LOT = str(ident("lot T-RES"))


def soon(**ahead: float) -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(**ahead)).isoformat()


def address_of(story: Any) -> str:
    return f"/referrals/{story.reference}"


def closed(story: Invited) -> str:
    """The story's address, its closing time past."""
    with acting(actor_of("olive")):
        Referral.objects.filter(pk=story.referral.pk).update(closes_at=database_now() - dt.timedelta(minutes=1))
    return address_of(story)


# --- Matching and publishing ------------------------------------------------------------------------------------------


def test_eligible_homes_and_the_others_with_every_reason() -> None:
    with acting(actor_of("bob")):
        Occupancy.objects.filter(establishment_id=ident("birch-lodge")).update(taken=99, places=99)
    machine = client_of("olive")
    address = f"{filled(machine)}/eligible-establishments"
    found = machine.get(address).json()
    assert LOT in [lot["id"] for lot in found["lots"]] and found["closing_hours"] > 0
    eligible = {home["establishment_name"]: home for home in found["eligible"]}
    assert {"Birch House", "Cedar House"} <= set(eligible)
    assert eligible["Birch House"]["reasons"] == [] and eligible["Birch House"]["ceiling"].count(".") == 1
    lodge = next(home for home in found["excluded"] if home["establishment_name"] == "Birch Lodge")
    assert {"code": "no_vacancy", "message": "No vacancy"} in lodge["reasons"]
    assert found["excluded_count"] == len(found["excluded"])
    none = machine.get(address, limit=0).json()
    assert (none["eligible"], none["eligible_count"]) == ([], found["eligible_count"])
    only = machine.get(address, lot_ids=[LOT]).json()
    assert [lot["id"] for lot in only["lots"]] == [LOT]
    problem(machine.get(address, lot_ids=["x"]), 422, "invalid", "lot_ids.0")


def test_publishing_invites_the_chosen_and_writes_down_the_others() -> None:
    machine = client_of("olive")
    address = filled(machine)
    homes = machine.get(f"{address}/eligible-establishments", lot_ids=[LOT]).json()["eligible"]
    chosen = next(home["key"] for home in homes if home["establishment_name"] == "Birch House")
    body: dict[str, Any] = {"lot_ids": [LOT], "chosen": [chosen]}
    problem(machine.post(f"{address}/publish", body), 422, "left_out_reason_missing", "left_out_reason")
    assert machine.get(address).json()["status"] == "draft"
    body["left_out_reason"] = "Full of younger boys this month."
    published = machine.post(f"{address}/publish", {**body, "closes_at": soon(hours=20)}).json()
    assert published["status"] == "published" and published["lot_ids"] == [LOT]
    assert published["closes_at"].endswith("Z") and published["left_out_reason"] == body["left_out_reason"]
    problem(machine.post(f"{address}/publish", body), 409, "referral_not_now")
    invited = machine.get(f"{address}/invitations").json()["items"]
    assert [(row["establishment_name"], row["status"], row["decline_reason"]) for row in invited] == [
        ("Birch House", "open", None)
    ]
    with acting(actor_of("olive")):
        outcomes = Match.objects.filter(referral__reference=published["reference"]).values_list("outcome", flat=True)
        assert {"invited", "left_out"} <= set(outcomes)
    with acting(actor_of("bob")):
        assert Release.objects.get().reference == published["reference"]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"lot_ids": []}, "min_length", "lot_ids"),
        ({"lot_ids": [str(uuid4())]}, "lot_not_open", "lot_ids"),
        ({"chosen": [str(uuid4())]}, "not_eligible", "chosen"),
        ({"chosen": ["birch-house"]}, "invalid", "chosen.0"),
        ({"closes_at": soon(minutes=5)}, "closes_too_soon", "closes_at"),
        ({"closes_at": soon(days=200)}, "closes_too_late", "closes_at"),
        ({"closes_at": "tomorrow"}, "invalid", "closes_at"),
        ({"price": "1.00"}, "unknown_field", "price"),
    ],
)
def test_publishing_is_refused_by_code_and_field(changes: dict[str, Any], code: str, field: str) -> None:
    draft = draft_referral()
    body = {"lot_ids": [LOT], "chosen": [str(ident("admission birch-house"))], "left_out_reason": "Known.", **changes}
    answer = client_of("olive").post(f"/referrals/{draft.reference}/publish", body)
    assert answer.status_code == 422, answer.content
    assert (answer.json()["code"], answer.json()["field"]) == (code, field) or code == "min_length"


def test_an_incomplete_draft_is_not_published() -> None:
    machine = client_of("olive")
    body = {"lot_ids": [LOT], "chosen": [str(ident("admission birch-house"))]}
    problem(machine.post(f"{started(machine)}/publish", body), 422, "referral_incomplete")


# --- While it runs ----------------------------------------------------------------------------------------------------


def test_progress_and_who_answered_what() -> None:
    story = published_referral()
    submitted_offer("bob", story=story, home="birch-house")
    machine = client_of("olive")
    progress = machine.get(f"{address_of(story)}/progress").json()
    assert (progress["is_open"], progress["invited_count"], progress["offer_count"], progress["waiting_count"]) == (
        True,
        3,
        1,
        2,
    )
    rows = {row["establishment_name"]: row for row in machine.get(f"{address_of(story)}/invitations").json()["items"]}
    assert rows["Birch House"]["status"] == "offered" and rows["Birch House"]["may_get_full_papers"]
    assert rows["Cedar House"]["status"] == "open" and not rows["Cedar House"]["may_get_full_papers"]
    assert rows["Birch House"]["miles"] == "0.3"


def test_a_sealed_offer_reads_like_no_answer() -> None:
    story = published_referral(is_sealed=True)
    submitted_offer("bob", story=story, home="birch-house")
    machine = client_of("olive")
    assert {row["status"] for row in machine.get(f"{address_of(story)}/invitations").json()["items"]} == {"open"}
    assert machine.get(f"{address_of(story)}/progress").json()["offer_count"] == 0


def test_more_homes_are_invited_while_it_is_open() -> None:
    story = published_referral(homes=("birch-house",))
    machine = client_of("olive")
    address = address_of(story)
    found = machine.get(f"{address}/eligible-establishments").json()
    assert found["already_invited_count"] == 1 and "Birch House" not in [
        home["establishment_name"] for home in found["eligible"]
    ]
    cedar = next(home["key"] for home in found["eligible"] if home["establishment_name"] == "Cedar House")
    assert machine.post(f"{address}/invitations", {"chosen": [cedar]}).json()["invited_count"] == 2
    problem(machine.post(f"{address}/invitations", {"chosen": [cedar]}), 422, "nobody_invited", "chosen")
    closed(story)
    problem(machine.post(f"{address}/invitations", {"chosen": [cedar]}), 409, "closed")


def test_more_time_and_a_wider_search() -> None:
    story = published_referral()
    machine = client_of("olive")
    address = closed(story)
    assert not machine.get(f"{address}/progress").json()["is_open"]
    body = {"closes_at": soon(days=2), "reason": "Nobody answered."}
    assert machine.post(f"{address}/extend", body).status_code == 200
    assert machine.get(f"{address}/progress").json()["is_open"]
    earlier = {"closes_at": soon(hours=2), "reason": "Hurry."}
    problem(machine.post(f"{address}/extend", earlier), 422, "not_later", "closes_at")
    telling = {"closes_at": soon(days=3), "reason": "For Zachariah Quillfeather."}
    problem(machine.post(f"{address}/extend", telling), 422, "discloses", "reason")
    assert machine.post(f"{address}/widen", {"max_miles": 60}).json()["max_miles"] == 60
    problem(machine.post(f"{address}/widen", {"max_miles": 10}), 422, "not_wider", "max_miles")
    problem(machine.post(f"{address}/widen", {"lot_ids": [str(uuid4())]}), 422, "lot_not_open", "lot_ids")


def test_it_ends_without_a_placement() -> None:
    story = published_referral()
    machine = client_of("olive")
    problem(machine.post(f"{address_of(story)}/end", {"reason": " "}), 422, "blank", "reason")
    assert machine.post(f"{address_of(story)}/end", {"reason": "At home again."}).json()["status"] == "not_placed"
    problem(machine.post(f"{address_of(story)}/end", {"reason": "Again."}), 409, "referral_not_now")
    with acting(actor_of("bob")):
        assert Release.objects.get().content == {}


def test_full_papers_go_to_a_provider_whose_offer_stands() -> None:
    story = published_referral()
    submitted_offer("bob", story=story, home="birch-house")
    machine = client_of("olive")
    papers = f"{address_of(story)}/releases/{{}}/full-papers"
    problem(machine.post(papers.format(story.releases["cedar"].pk)), 409, "nothing_offered")
    problem(machine.post(papers.format(uuid4())), 404, "not_found")
    for _twice in range(2):
        opened = machine.post(papers.format(story.releases["birch"].pk))
        assert opened.status_code == 200 and opened.json()["stage"] == 2
    rows = {row["establishment_name"]: row for row in machine.get(f"{address_of(story)}/invitations").json()["items"]}
    assert rows["Birch House"]["has_full_papers"] and not rows["Cedar House"]["has_full_papers"]


# --- Questions --------------------------------------------------------------------------------------------------------


def test_a_question_is_answered_to_everyone_once() -> None:
    story = published_referral()
    with acting(actor_of("bob")) as bob:
        asked = ask_clarification(bob, release=story.releases["birch"], question="Birch House asks: by bus?")
    machine = client_of("olive")
    address = f"{address_of(story)}/clarifications"
    row = machine.get(address, waiting="true").json()["items"][0]
    assert (row["id"], row["provider_name"], row["answered_at"]) == (str(asked.pk), "Birch Care Ltd", None)
    naming = {"published_question": row["question"], "answer": "Yes."}
    problem(machine.post(f"{address}/{asked.pk}/answer", naming), 422, "names_provider", "published_question")
    body = {"published_question": "By bus?", "answer": "Yes."}
    answered = machine.post(f"{address}/{asked.pk}/answer", body)
    assert answered.status_code == 200 and answered.json()["answer"] == "Yes."
    assert machine.get(address, waiting="false").json()["items"] == [answered.json()]
    assert machine.get(address, waiting="true").json()["items"] == []
    problem(machine.post(f"{address}/{asked.pk}/answer", body), 409, "answered")
    elsewhere = f"{address_of(published_referral())}/clarifications/{asked.pk}/answer"
    problem(machine.post(elsewhere, body), 404, "not_found")


# --- Outside every vehicle --------------------------------------------------------------------------------------------


def spot_body(**changes: Any) -> dict[str, Any]:
    return {
        "reason": "Nobody offered by closing.",
        "establishment_id": str(ident("birch-house")),
        "weekly_core": "1800.00",
        "weekly_extras": "100.00",
        "starts_on": dt.date.today().isoformat(),
        **changes,
    }


def test_a_spot_placement_ends_the_referral_within_the_clients_limit() -> None:
    story = published_referral()
    machine = client_of("olive", weekly_limit="2000.00")
    address = f"{address_of(story)}/spot-placement"
    problem(machine.post(address, spot_body()), 422, "before_closing", "before_closing")
    closed(story)
    problem(machine.post(address, spot_body(weekly_core="1950.00")), 422, "above_limit", "weekly_core")
    problem(machine.post(address, spot_body(weekly_core=1800)), 422, "money_as_text", "weekly_core")
    problem(machine.post(address, spot_body(establishment_id=None)), 422, "postcode_missing", "outward")
    made = machine.post(address, spot_body())
    assert made.status_code == 201 and made.json()["weekly_total"] == "1900.00" and made.json()["status"] == "active"
    assert made["Location"] == f"/api/v1/placements/{made.json()['reference']}"
    assert machine.get(address_of(story)).json()["status"] == "placed"
    problem(machine.post(address, spot_body()), 409, "referral_not_now")
    with acting(actor_of("olive")):
        assert Placement.objects.get(reference=made.json()["reference"]).source == "spot"


def test_a_spot_placement_waits_for_offers_that_stand() -> None:
    story = published_referral()
    standing_offer(story)
    closed(story)
    answer = client_of("olive").post(f"{address_of(story)}/spot-placement", spot_body())
    problem(answer, 409, "offers_stand")


# --- Whose it is, and how much is asked -------------------------------------------------------------------------------


def test_another_authority_finds_nothing() -> None:
    story = published_referral()
    other, address = client_of("edith"), address_of(story)
    for path in ("eligible-establishments", "invitations", "progress", "clarifications"):
        problem(other.get(f"{address}/{path}"), 404, "not_found")
    bodies: dict[str, dict[str, Any]] = {
        "publish": {"lot_ids": [LOT], "chosen": [str(uuid4())]},
        "invitations": {"chosen": [str(uuid4())]},
        "extend": {"closes_at": soon(days=2), "reason": "x"},
        "widen": {"max_miles": 60},
        "end": {"reason": "x"},
        "spot-placement": spot_body(),
        f"releases/{story.releases['birch'].pk}/full-papers": {},
        "sections/needs/amendments": {"note": "x", "what_works": "y"},
    }
    for path, body in bodies.items():
        problem(other.post(f"{address}/{path}", body), 404, "not_found")
    reader = client_of("olive", scopes=["referrals:read"])
    for path, body in bodies.items():
        problem(reader.post(f"{address}/{path}", body), 403, "missing_scope")


def test_as_many_queries_for_one_home_as_for_three() -> None:
    machine = client_of("olive")
    few, many = published_referral(homes=("birch-house",)), published_referral()

    def queries(story: Invited, path: str) -> int:
        machine.get(address_of(story) + path)
        with CaptureQueriesContext(connection) as seen:
            assert machine.get(address_of(story) + path).status_code == 200
        return len(seen)

    for path in ("", "/invitations", "/progress", "/eligible-establishments", "/clarifications", "/documents"):
        assert queries(few, path) == queries(many, path), path


def test_new_people_are_not_in_addresses() -> None:
    machine = client_of("olive")
    made = machine.post(
        "/referrals",
        {"category": "residential", "urgency": "planned", "new_person": new_person(given_name="Wilhelmina")},
    )
    assert "Wilhelmina" not in made["Location"] and "Wilhelmina" not in made.content.decode()


def test_a_client_that_only_keeps_placements_records_one() -> None:
    story = published_referral()
    closed(story)
    machine = client_of("olive", scopes=["placements:write"])
    assert machine.post(f"{address_of(story)}/spot-placement", spot_body()).status_code == 201
    problem(machine.get(address_of(story)), 403, "missing_scope")


def test_a_referral_that_changed_is_not_published_and_a_time_says_its_zone() -> None:
    reference = draft_referral("olive").reference
    address, machine = f"/referrals/{reference}", client_of("olive")
    body = {"lot_ids": [LOT], "chosen": [str(ident("admission birch-house"))], "left_out_reason": "Known."}
    read = machine.get(address)["ETag"]
    machine.patch(f"{address}/sections/needs", {"daily_life": "Needs a calm start to the day."})
    problem(machine.send("POST", f"{address}/publish", body, **{"If-Match": read}), 412, "edition_differs")
    for naive in ("2099-01-01T12:00:00", "2099-01-01T12:00"):
        problem(machine.post(f"{address}/publish", body | {"closes_at": naive}), 422, "time_zone_missing", "closes_at")
    now = machine.get(address)["ETag"]
    published = machine.send("POST", f"{address}/publish", body, **{"If-Match": now})
    assert published.status_code == 200 and published.json()["status"] == "published"
    stale = {"If-Match": now}
    problem(machine.send("POST", f"{address}/withdraw", {"reason": "At home."}, **stale), 412, "edition_differs")
    amended = {"note": "More.", "what_works": "Calm adults."}
    problem(machine.send("POST", f"{address}/sections/needs/amendments", amended, **stale), 412, "edition_differs")


def test_full_papers_need_a_scope_of_their_own() -> None:
    story = published_referral()
    submitted_offer("bob", story=story, home="birch-house")
    papers = f"{address_of(story)}/releases/{story.releases['birch'].pk}/full-papers"
    writer = client_of("olive", scopes=["referrals:read", "referrals:write", "documents:read", "people:read"])
    problem(writer.post(papers), 403, "missing_scope")
    assert client_of("olive", scopes=["papers:release"]).post(papers).json()["stage"] == 2


def test_the_invited_are_listed_page_by_page() -> None:
    story, machine = published_referral(), client_of("olive")
    address = f"{address_of(story)}/invitations"
    every = machine.get(address).json()
    first = machine.get(address, limit=2).json()
    rest = machine.get(address, limit=2, cursor=first["next"]).json()
    assert every["next"] is None and len(every["items"]) == 3
    assert first["items"] + rest["items"] == every["items"] and rest["next"] is None


def test_a_moment_is_kept_in_utc_in_summer_too() -> None:
    with override_settings(TIME_ZONE="Europe/London"):
        moment = MomentField().run_validation("2026-07-01T10:00:00+01:00")
    assert moment == dt.datetime(2026, 7, 1, 9, tzinfo=dt.UTC) and moment.utcoffset() == dt.timedelta(0)
