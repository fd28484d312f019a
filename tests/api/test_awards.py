"""Comparing, choosing, approving and letting go through the API: the same actions and refusals as on the pages."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from brokerage.core.api.operations import Operation
from brokerage.core.audit.models import Entry
from brokerage.core.tenants.context import acting
from brokerage.core.vocabulary import DeclineReason
from contracts.api import awards as operations
from contracts.api.comparison import compare_referral
from contracts.models import Agreement
from dpv.models import Admission
from placements.models import Award, Offer
from tests.api.answers import assert_shaped
from tests.api.clients import Machine, client_of
from tests.api.table import PREFIX, Route, faults_of, routes
from tests.cast import actor_of
from tests.scenarios import Invited, award, chosen, invited, submitted_offer, with_person

pytestmark = pytest.mark.django_db


def route_of(answer: Any) -> Route:
    """The operation that gave the answer."""
    path, method = answer.request["PATH_INFO"], answer.request["REQUEST_METHOD"].lower()
    address = resolve(path).route.removeprefix(PREFIX)
    return next(route for route in routes() if (route.path, route.method) == (address, method))


def good(operation: Operation, answer: Any) -> Any:
    """The body of an answer that is what its document says."""
    assert answer.status_code == operation.status, answer.content
    assert route_of(answer).operation is operation
    assert_shaped(answer.json(), operation)
    assert faults_of(route_of(answer), answer) == []
    return answer.json()


def refused(answer: Any, status: int, code: str, field: str | None = None) -> Any:
    """The body of a refusal with this code, which the operation's document names."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert answer.json()["field"] == field
    assert faults_of(route_of(answer), answer) == []
    return answer.json()


def choice(offers: list[Offer], **changes: Any) -> dict[str, Any]:
    return {
        "offer_id": str(offers[0].pk),
        "revision": offers[0].revision,
        "reason_code": "best_match",
        "reason": "It answers every need and is near his school.",
        "losers": [{"offer_id": str(other.pk), "reason": "Another home matched better."} for other in offers[1:]],
        **changes,
    }


def waiting(who: str = "olive") -> tuple[Machine, dict[str, Any]]:
    """An award above its client's own limit."""
    machine = client_of(who, weekly_limit="2000.00")
    _story, offers = chosen(who=who)
    return machine, machine.post("/awards", choice(offers)).json()


def test_the_comparison_is_what_the_page_shows() -> None:
    story, offers = chosen()
    told = good(compare_referral, client_of("oscar").get(f"/referrals/{story.reference}/comparison"))
    assert [each["offer_id"] for each in told["offers"]] == [str(offer.pk) for offer in offers]
    first = told["offers"][0]
    assert (first["rank"], first["establishment_name"], first["may_choose"], first["problems"]) == (
        1,
        "Birch House",
        True,
        [],
    )
    assert first["weekly_total"] == f"{offers[0].weekly_total:f}"
    assert sum(Decimal(line["amount"]) for line in first["price"]["lines"]) == offers[0].weekly_total
    assert (first["ceiling"], first["saving"], first["miles"]) == ("4000.00", "200.00", "4.2")
    assert {each["label"] for each in first["statements"]} >= {"Self-harm"}
    assert (told["is_open"], told["is_sealed"], told["award"]) == (False, False, None)


def test_who_may_not_award_may_still_compare() -> None:
    story, _offers = chosen()
    told = client_of("oscar", scopes=["offers:read"]).get(f"/referrals/{story.reference}/comparison").json()
    assert [each["may_choose"] for each in told["offers"]] == [False, False]


def test_a_sealed_referral_tells_nothing_before_it_opens() -> None:
    story = invited("birch-house", sealed=True)
    submitted_offer("bob", story=story)
    told = good(compare_referral, client_of("olive").get(f"/referrals/{story.reference}/comparison"))
    assert (told["is_sealed"], told["offers"], told["other_offers"]) == (True, [], [])


def test_declines_are_part_of_the_comparison() -> None:
    from placements.actions.declines import decline_invitation

    story = with_person(invited("birch-house", "cedar-house"))
    with acting(actor_of("cecil")) as cecil:
        decline_invitation(
            cecil,
            invitation_id=story.invitations["cedar-house"].pk,
            reason=DeclineReason.NO_VACANCY.value,
            note="Full until spring.",
        )
    told = good(compare_referral, client_of("olive").get(f"/referrals/{story.reference}/comparison"))
    assert [(each["establishment_name"], each["reason"]) for each in told["declines"]] == [
        ("Cedar House", "no_vacancy")
    ]
    assert told["waiting_count"] == 1


def test_comparing_costs_the_same_for_one_offer_and_for_three() -> None:
    machine, counted = client_of("oscar"), []
    for homes in (("birch-house",), ("birch-house", "birch-lodge", "cedar-house")):
        story, _offers = chosen(*homes)
        address = f"/referrals/{story.reference}/comparison"
        machine.get(address)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            machine.get(address)
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_accepting_draws_up_the_agreement() -> None:
    machine = client_of("olive")
    story, offers = chosen(who="olive")
    answer = machine.post("/awards", choice(offers))
    told = good(operations.accept_offer, answer)
    assert told["status"] == "confirmed" and told["approvals_outstanding"] == [] and told["may_fall_through"]
    assert answer["Location"] == f"/api/v1/awards/{told['id']}"
    assert told["referral"] == story.reference and len(told["ranking"]) == 2
    assert told["losers"] == [{"offer_id": str(offers[1].pk), "reason": "Another home matched better."}]
    with acting(actor_of("olive")):
        agreement = Agreement.objects.get()
        assert told["agreement"] == agreement.reference
        assert agreement.terms["authority"]["contact"]["role"] == "Placement officer"
        assert Entry.objects.get(kind="award.made").actor_name == Award.objects.get().made_by_name
    good(operations.get_award, machine.get(f"/awards/{told['id']}"))
    listed = good(operations.list_awards, machine.get("/awards", status="confirmed", referral=story.reference))
    assert [row["id"] for row in listed["items"]] == [told["id"]]
    assert machine.get("/awards", status="refused").json()["items"] == []


def test_refusals_name_the_field_that_was_sent() -> None:
    machine = client_of("oscar")
    story, offers = chosen()
    dearer = list(reversed(offers))
    refused(machine.post("/awards", choice(offers, losers=[])), 422, "loser_reason_missing", "losers")
    said = [{"offer_id": str(offers[1].pk), "reason": "Kestrel Quillfeather wants another home."}]
    refused(machine.post("/awards", choice(offers, losers=said)), 422, "discloses", "losers.0.reason")
    refused(machine.post("/awards", choice(dearer, reason="Nicer.")), 422, "reason_too_short", "reason")
    refused(machine.post("/awards", choice(dearer, reason_code="cheapest")), 422, "not_cheapest", "reason_code")
    refused(machine.post("/awards", choice(offers, reason_code="nice")), 422, "invalid_choice", "reason_code")
    refused(machine.post("/awards", choice(offers, colour="red")), 422, "unknown_field", "colour")
    refused(machine.post("/awards", choice(offers, revision=7)), 409, "offer_changed")
    refused(machine.post("/awards", choice(offers, offer_id=str(uuid4()))), 404, "not_found")
    with acting(actor_of("oscar")):
        assert not Award.objects.exists()
        assert story.referral.__class__.objects.get(pk=story.referral.pk).status == "published"


def test_choosing_before_closing_must_be_said() -> None:
    machine = client_of("oscar")
    _story, offers = chosen(closes_in=dt.timedelta(hours=3))
    refused(machine.post("/awards", choice(offers)), 422, "before_closing", "before_closing")
    good(operations.accept_offer, machine.post("/awards", choice(offers, before_closing=True)))


def test_a_home_that_was_suspended_is_not_chosen() -> None:
    machine = client_of("oscar")
    story, offers = chosen()
    with acting(actor_of("carol")):
        Admission.objects.filter(pk=offers[0].admission_id).update(status="suspended")
    refused(machine.post("/awards", choice(offers)), 422, "admission_suspended", "offer_id")
    told = machine.get(f"/referrals/{story.reference}/comparison").json()["offers"]
    assert [each["may_choose"] for each in told if each["offer_id"] == str(offers[0].pk)] == [False]


def test_a_second_choice_is_not_now() -> None:
    machine = client_of("oscar")
    _story, offers = chosen()
    machine.post("/awards", choice(offers))
    refused(machine.post("/awards", choice(list(reversed(offers)))), 409, "offer_not_now")


def test_one_key_awards_once() -> None:
    machine = client_of("oscar")
    _story, offers = chosen()
    first = machine.post("/awards", choice(offers), key="award-1")
    again = machine.post("/awards", choice(offers), key="award-1")
    assert first.status_code == again.status_code == 201 and first.content == again.content


def test_another_person_approves() -> None:
    machine, made = waiting()
    assert (made["status"], made["approvals_outstanding"], made["may_take_back"]) == (
        "awaiting_approval",
        ["money"],
        True,
    )
    approver = client_of("tessa", weekly_limit="9000.00")
    listed = good(operations.list_approvals, approver.get("/approvals"))
    assert [(row["id"], row["may_decide"]) for row in listed["items"]] == [(made["id"], ["money"])]
    told = good(
        operations.approve_award, approver.post(f"/awards/{made['id']}/approve", {"kind": "money", "reason": "Yes."})
    )
    assert told["status"] == "confirmed" and told["agreement"]
    assert [(each["kind"], each["is_approved"], each["reason"]) for each in told["approvals"]] == [
        ("money", True, "Yes.")
    ]
    assert approver.get("/approvals").json()["items"] == []
    refused(approver.post(f"/awards/{made['id']}/approve", {"kind": "money"}), 409, "nothing_to_approve")


def test_nobody_approves_what_their_client_awarded() -> None:
    machine, made = waiting()
    assert made["may_decide"] == [] and machine.get("/approvals").json()["items"] == []
    refused(machine.post(f"/awards/{made['id']}/approve", {"kind": "money"}), 403, "not_permitted")


def test_a_client_without_a_limit_approves_nothing() -> None:
    _machine, made = waiting()
    unlimited = client_of("tessa", weekly_limit=None)
    assert unlimited.get("/organisation").json()["client"]["weekly_limit"] is None
    assert unlimited.get("/approvals").json()["items"] == []
    refused(unlimited.post(f"/awards/{made['id']}/approve", {"kind": "money"}), 403, "not_permitted")


def test_nobody_approves_above_their_own_limit() -> None:
    _machine, made = waiting()
    small = client_of("tessa", weekly_limit="3000.00")
    assert small.get("/approvals").json()["items"] == []
    refused(small.post(f"/awards/{made['id']}/approve", {"kind": "money"}), 403, "not_permitted")


def test_a_refusal_needs_its_reason() -> None:
    _machine, made = waiting()
    approver, path = client_of("tessa"), f"/awards/{made['id']}/refuse"
    refused(approver.post(path, {"kind": "money"}), 422, "reason_missing", "reason")
    refused(approver.post(path, {"kind": "out_of_area", "reason": "No."}), 409, "nothing_to_approve")
    told = good(operations.refuse_award, approver.post(path, {"kind": "money", "reason": "Try the cheaper home."}))
    assert (told["status"], told["end_reason"]) == ("refused", "Try the cheaper home.")


def test_the_officer_takes_it_back() -> None:
    machine, made = waiting()
    path = f"/awards/{made['id']}/take-back"
    told = good(operations.take_back_award, machine.post(path, {"reason": "The start date moved."}))
    assert told["status"] == "taken_back" and not told["may_take_back"]
    refused(machine.post(path, {"reason": "Again."}), 409, "award_not_now")


def test_a_confirmed_award_falls_through() -> None:
    machine = client_of("oscar")
    _story, offers = chosen()
    made = machine.post("/awards", choice(offers)).json()
    path = f"/awards/{made['id']}/fall-through"
    refused(machine.post(path, {"reason": "Flu."}), 422, "required", "because_of_provider")
    told = good(
        operations.let_award_fall_through, machine.post(path, {"reason": "Flu there.", "because_of_provider": True})
    )
    assert (told["status"], told["may_fall_through"]) == ("fallen_through", False)
    with acting(actor_of("oscar")):
        assert Agreement.objects.get().status == "cancelled"
    refused(machine.post(path, {"reason": "Flu.", "because_of_provider": True}), 409, "award_not_now")


def test_a_stale_edition_is_refused() -> None:
    machine, made = waiting()
    path = f"/awards/{made['id']}"
    read = machine.get(path)["ETag"]
    client_of("tessa").post(f"{path}/approve", {"kind": "money"})
    late = machine.send(
        "POST", f"{path}/fall-through", {"reason": "x", "because_of_provider": False}, **{"If-Match": read}
    )
    refused(late, 412, "edition_differs")
    fresh = machine.get(path)["ETag"]
    said = {"reason": "Flu there.", "because_of_provider": False}
    assert machine.send("POST", f"{path}/fall-through", said, **{"If-Match": fresh}).status_code == 200


def test_awards_of_others_are_not_there() -> None:
    machine, made = waiting()
    stranger = client_of("edith")
    path = f"/awards/{made['id']}"
    refused(stranger.get(path), 404, "not_found")
    for verb, said in (
        ("approve", {"kind": "money"}),
        ("refuse", {"kind": "money", "reason": "x"}),
        ("take-back", {"reason": "x"}),
        ("fall-through", {"reason": "x", "because_of_provider": False}),
    ):
        refused(stranger.post(f"{path}/{verb}", said), 404, "not_found")
    assert stranger.get("/awards").json()["items"] == []
    refused(stranger.get(f"/referrals/{made['referral']}/comparison"), 404, "not_found")
    for who in ("bob", "carol"):
        refused(client_of(who).get(path), 403, "missing_scope")
    _story, offers = chosen()
    refused(stranger.post("/awards", choice(offers)), 404, "not_found")


def test_each_scope_opens_its_own_operations() -> None:
    _machine, made = waiting()
    path = f"/awards/{made['id']}"
    reader = client_of("oscar", scopes=["offers:read"])
    assert reader.get(path).status_code == 200
    refused(reader.post(f"{path}/approve", {"kind": "money"}), 403, "missing_scope")
    refused(reader.post(f"{path}/take-back", {"reason": "x"}), 403, "missing_scope")
    refused(reader.get("/approvals"), 403, "missing_scope")
    officer = client_of("oscar", scopes=["awards:write"])
    refused(officer.post(f"{path}/approve", {"kind": "money"}), 403, "missing_scope")


def test_lists_come_in_pages_of_one_query() -> None:
    machine = client_of("oscar")
    made = []
    for _each in range(3):
        story, offers = chosen("birch-house", "cedar-house")
        made.append(str(award(offers[1], reason_code="closer").pk))
        assert isinstance(story, Invited)
    first = machine.get("/awards", limit=2).json()
    rest = machine.get("/awards", limit=2, cursor=first["next"]).json()
    assert [row["id"] for row in [*first["items"], *rest["items"]]] == made[::-1]
    assert rest["next"] is None
    counts = []
    for limit in (1, 3):
        with CaptureQueriesContext(connection) as queries:
            machine.get("/awards", limit=limit)
        counts.append(len(queries))
    assert counts[0] == counts[1]
