"""Offers through the API: a provider's own, from draft to withdrawal, and what the authority receives of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from brokerage.core.accounts.models import User
from brokerage.core.audit.models import Entry
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow
from brokerage.core.tenants.context import acting
from dpv.models import Admission
from placements.actions.offers import make_offer
from placements.api import offers, received_offers
from placements.models import Invitation, Offer, Release
from placements.queries.offer_terms import answers_of
from tests.api.answers import assert_shaped
from tests.api.clients import Machine, client_of
from tests.cast import actor_of, ident
from tests.scenarios import Invited, drafted_offer, invited, offer_answers, submitted_offer

pytestmark = pytest.mark.django_db

TODAY = dt.date.today()


def said(story: Invited, **changes: Any) -> dict[str, Any]:
    """Everything an offer needs, as a system sends it."""
    with acting(actor_of("bob")):
        answers = offer_answers(story, **changes)
    plain: dict[type, Callable[[Any], Any]] = {
        Decimal: str,
        dt.date: lambda day: day.isoformat(),
        dt.datetime: lambda at: at.isoformat(),
    }
    return {name: plain.get(type(value), lambda same: same)(value) for name, value in answers.items()}


def extra(**changes: Any) -> dict[str, Any]:
    day = TODAY + dt.timedelta(days=7)
    return {
        "code": "one_to_one_hour",
        "quantity_per_week": "10",
        "unit_rate": "25.00",
        "outcome": "Goes to school by himself.",
        "starts_on": day.isoformat(),
        "ends_on": (day + dt.timedelta(days=90)).isoformat(),
        "review_on": (day + dt.timedelta(days=45)).isoformat(),
        **changes,
    }


def place(story: Invited, home: str = "birch-house") -> str:
    return f"/opportunities/{story.reference}/invitations/{story.invitations[home].pk}/offers"


def begun(bob: Machine, story: Invited, **answers: Any) -> str:
    answer = bob.post(place(story), answers or said(story))
    assert answer.status_code == 201, answer.content
    return f"/offers/{answer.json()['id']}"


def change(story: Invited, **columns: Any) -> None:
    with acting(actor_of("olive")):
        Release.objects.filter(pk=story.releases["birch"].pk).update(**columns)


def refusal(answer: Any) -> tuple[int, str, str | None]:
    assert answer["Content-Type"] == "application/problem+json", answer.content
    body = answer.json()
    return answer.status_code, body["code"], body["field"]


def stored() -> int:
    with acting(actor_of("bob")):
        return Offer.objects.count()


def test_from_invitation_to_submitted_offer() -> None:
    story, bob = invited(), client_of("bob")
    empty = bob.post(place(story))
    assert empty.status_code == 201 and empty["Location"] == f"/api/v1/offers/{empty.json()['id']}"
    assert_shaped(empty.json(), offers.get_offer)
    assert (empty.json()["status"], empty.json()["ceiling"], empty.json()["price"]) == ("draft", "4000.00", None)
    path = f"/offers/{empty.json()['id']}"
    missing = bob.get(f"{path}/check").json()
    assert_shaped(missing, offers.check_offer)
    assert missing["is_open"] and not missing["may_submit"]
    assert {"price_missing", "staffing_missing"} <= {fault["code"] for fault in missing["faults"]}
    assert [rate["rate"] for rate in missing["menu"]] == ["25.00"]
    assert refusal(bob.post(f"{path}/submit")) == (422, "price_missing", "weekly_core")
    filled = bob.patch(path, said(story, extras=[extra()]))
    assert filled.status_code == 200, filled.content
    assert_shaped(filled.json(), offers.get_offer)
    assert filled.json()["price"]["weekly_total"] == "3936.00"
    assert bob.get(f"{path}/check").json()["may_submit"]
    sent = bob.post(f"{path}/submit")
    assert (sent.status_code, sent.json()["status"]) == (200, "submitted")
    assert "Bob Birch" in sent.json()["submitted_by_name"]
    assert refusal(bob.post(f"{path}/submit")) == (409, "offer_not_now", None)
    (row,) = bob.get("/offers").json()["items"]
    assert_shaped(bob.get("/offers").json(), offers.list_offers)
    assert (row["weekly_total"], row["status"], row["referral"]) == ("3936.00", "submitted", story.reference)
    assert bob.get("/offers", status="draft", referral=story.reference).json()["items"] == []
    with acting(actor_of("bob")):
        assert Entry.objects.filter(kind="offer.submitted").exists()


def test_an_offer_is_begun_filled_and_submitted_in_one_act() -> None:
    story, bob = invited(), client_of("bob")
    refused = bob.post(place(story), {**said(story, staffing=""), "submit": True})
    assert refusal(refused) == (422, "staffing_missing", "staffing") and stored() == 0
    sent = bob.post(place(story), {**said(story, extras=[extra()]), "submit": True})
    assert sent.status_code == 201, sent.content
    assert_shaped(sent.json(), offers.get_offer)
    assert (sent.json()["status"], sent.json()["price"]["weekly_total"]) == ("submitted", "3936.00")
    assert sent["Location"] == f"/api/v1/offers/{sent.json()['id']}"
    with acting(actor_of("bob")):
        kinds = list(Entry.objects.filter(subject_id=sent.json()["id"]).values_list("kind", flat=True))
        assert kinds == ["offer.submitted"]
        assert Invitation.objects.get().status == "offered"
    assert refusal(bob.post(place(story), {**said(story), "submit": True})) == (409, "offer_not_now", None)


def test_a_draft_under_way_is_filled_and_submitted_at_once() -> None:
    story, bob = invited(), client_of("bob")
    path = begun(bob, story, staffing="One by day.", weekly_core="3700.00")
    rest = {name: value for name, value in said(story).items() if name != "staffing"}
    sent = bob.post(place(story), {**rest, "submit": True})
    assert sent.status_code == 201 and f"/offers/{sent.json()['id']}" == path
    assert (sent.json()["staffing"], sent.json()["weekly_core"]) == ("One by day.", "3800.00")
    assert stored() == 1


def test_a_draft_that_nobody_looked_at_is_not_written_over() -> None:
    draft = drafted_offer("bob")
    with acting(actor_of("bob")) as bob, pytest.raises(NotNow) as told:
        make_offer(bob, invitation_id=draft.invitation_id, answers=answers_of(draft))
    assert told.value.code == "offer_changed"


@pytest.mark.parametrize("price", ["4000.01", "999999.99"])
def test_a_price_above_its_ceiling_is_refused_and_stored_nowhere(price: str) -> None:
    story, bob = invited(), client_of("bob")
    assert refusal(bob.post(place(story), said(story, weekly_core=price))) == (422, "above_ceiling", "weekly_core")
    assert stored() == 0
    path = begun(bob, story)
    before = bob.get(path).json()
    assert refusal(bob.patch(path, {"weekly_core": price})) == (422, "above_ceiling", "weekly_core")
    assert bob.get(path).json() == before
    assert bob.post(f"{path}/submit").status_code == 200
    assert refusal(bob.post(f"{path}/revise", {"weekly_core": price})) == (422, "above_ceiling", "weekly_core")
    assert bob.get(path).json()["weekly_core"] == "3800.00" and bob.get(path).json()["revision"] == 1


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"extras": [extra(unit_rate="25.01")]}, "extra_above_menu", "extras.0.unit_rate"),
        ({"extras": [extra(), extra(code="waking_night")]}, "extra_not_on_menu", "extras.1.code"),
        ({"extras": [extra(code="butler")]}, "invalid_choice", "extras.0.code"),
        ({"extras": [extra(colour="red")]}, "unknown_field", "extras.0.colour"),
        ({"statements": {"autism": "We would."}}, "statement_not_asked", "statements.autism"),
        ({"household_id": str(uuid4())}, "household_not_invited", "household_id"),
        ({"children_together": 2}, "children_invalid", "children_together"),
        ({"solo_uplift": "900.00"}, "solo_uplift_not_allowed", "solo_uplift"),
        ({"held_until": "2020-01-01T00:00:00Z"}, "held_too_short", "held_until"),
        ({"starts_on": "2020-01-01"}, "start_in_past", "starts_on"),
        ({"who_lives_there": "Call 020 7946 0999"}, "discloses_person", "who_lives_there"),
        ({"staffing": "x" * 4001}, "text_too_long", "staffing"),
        ({"weekly_core": 3800}, "money_as_text", "weekly_core"),
        ({"weekly_core": "-1.00"}, "invalid_money", "weekly_core"),
        ({"weekly": "3800.00"}, "unknown_field", "weekly"),
    ],
)
def test_a_broken_rule_is_told_with_its_code_and_field(wrong: dict[str, Any], code: str, field: str) -> None:
    story, bob = invited(), client_of("bob")
    path = begun(bob, story)
    before = bob.get(path).json()
    assert refusal(bob.patch(path, wrong)) == (422, code, field)
    assert bob.get(path).json() == before


def test_everything_wrong_is_told_at_once() -> None:
    story, bob = invited(), client_of("bob")
    told = bob.post(place(story), said(story, weekly_core="4000.01", starts_on=dt.date(2020, 1, 1))).json()
    assert [(each["code"], each["field"]) for each in told["errors"]] == [
        ("above_ceiling", "weekly_core"),
        ("start_in_past", "starts_on"),
    ]


def test_answers_left_out_stay_and_null_takes_one_back() -> None:
    story, bob = invited(), client_of("bob")
    path = begun(bob, story)
    changed = bob.patch(path, {"statements": {"self_harm": "A new plan."}, "staffing": None, "weekly_core": None})
    body = changed.json()
    assert body["statements"]["self_harm"] == "A new plan." and body["statements"]["emotional_behavioural"]
    assert (body["staffing"], body["weekly_core"], body["price"]) == ("", None, None)
    assert body["who_lives_there"] == "Two boys aged 13 and 15."
    assert bob.patch(path, {"statements": None, "extras": None}).json()["statements"] == {}


def test_an_older_edition_overwrites_nothing() -> None:
    story, bob = invited(), client_of("bob")
    path = begun(bob, story)
    seen = bob.get(path)["ETag"]
    assert bob.get(path, headers={"If-None-Match": seen}).status_code == 304
    first = bob.patch(path, {"staffing": "First."}, if_match=seen)
    assert first.status_code == 200 and first["ETag"] != seen
    assert refusal(bob.patch(path, {"staffing": "Second."}, if_match=seen)) == (412, "edition_differs", None)
    assert bob.send("POST", f"{path}/submit", {}, **{"If-Match": seen}).status_code == 412
    assert bob.get(path).json()["staffing"] == "First."
    assert bob.send("POST", f"{path}/submit", {}, **{"If-Match": first["ETag"]}).status_code == 200


def test_beginning_twice_goes_on_with_the_same_offer() -> None:
    story, bob = invited(), client_of("bob")
    path = begun(bob, story)
    again = bob.post(place(story), {"staffing": "Three by day."})
    assert f"/offers/{again.json()['id']}" == path and again.json()["weekly_core"] == "3800.00"
    assert again.json()["staffing"] == "Three by day." and stored() == 1
    bob.post(f"{path}/submit")
    assert refusal(bob.post(place(story), {"staffing": "Four."})) == (409, "offer_not_now", None)
    assert refusal(bob.patch(path, {"staffing": "Four."})) == (409, "offer_not_now", None)


def test_after_closing_the_draft_is_kept_and_nothing_is_submitted() -> None:
    story, bob = invited(), client_of("bob")
    path = begun(bob, story)
    with acting(actor_of("olive")):
        now = database_now()
    change(story, closes_at=now - dt.timedelta(seconds=1))
    assert refusal(bob.post(f"{path}/submit")) == (409, "closing_passed", None)
    checked = bob.get(f"{path}/check").json()
    assert not checked["is_open"] and not checked["may_submit"]
    assert bob.patch(path, {"staffing": "In case."}).status_code == 200
    other = invited("birch-lodge")
    change(other, closes_at=now - dt.timedelta(seconds=1))
    assert refusal(bob.post(place(other, "birch-lodge")))[:2] == (409, "closing_passed")


def test_a_home_that_may_not_be_used_today_is_told_with_its_code() -> None:
    story, bob = invited(), client_of("bob")
    path = begun(bob, story)
    with acting(actor_of("carol")):
        Admission.objects.filter(pk=ident("admission birch-house")).update(status="suspended")
    assert refusal(bob.post(f"{path}/submit"))[:2] == (422, "admission_suspended")
    assert bob.get(f"{path}/check").json()["faults"][0]["code"] == "admission_suspended"
    (shown,) = bob.get(f"/opportunities/{story.reference}").json()["invitations"]
    assert shown["problem"] == "admission_suspended" and shown["problem_text"]


def test_revise_confirm_again_and_withdraw() -> None:
    story, bob = invited(), client_of("bob")
    path = begun(bob, story)
    bob.post(f"{path}/submit")
    cheaper = bob.post(f"{path}/revise", {"weekly_core": "3500.00"})
    assert (cheaper.status_code, cheaper.json()["revision"], cheaper.json()["weekly_core"]) == (200, 2, "3500.00")
    assert refusal(bob.post(f"{path}/reconfirm")) == (409, "offer_not_now", None)
    with acting(actor_of("olive")):
        Offer.objects.update(status="needs_reconfirming")
    assert bob.get(f"{path}/check").json()["may_submit"]
    again = bob.post(f"{path}/reconfirm")
    assert (again.status_code, again.json()["status"]) == (200, "submitted")
    assert bob.post(f"{path}/withdraw").status_code == 204
    gone = bob.get(path).json()
    assert gone["status"] == "withdrawn" and gone["withdrawn_at"]
    assert refusal(bob.post(f"{path}/withdraw")) == (409, "offer_not_now", None)
    with acting(actor_of("bob")):
        assert Invitation.objects.get().status == "open"
    draft = begun(bob, story)
    assert bob.post(f"{draft}/withdraw").status_code == 204 and bob.get(draft).status_code == 404


def test_once_it_has_closed_what_was_said_of_the_person_is_left_out() -> None:
    story, bob = invited(), client_of("bob")
    path = begun(bob, story)
    bob.post(f"{path}/submit")
    change(story, state="closed", content={})
    assert bob.get(path).json()["statements"] == {}
    assert refusal(bob.post(f"{path}/revise", {"weekly_core": "1.00"}))[:2] == (409, "release_closed")
    assert bob.get(f"{path}/check").status_code == 200


def test_a_fostering_offer_names_its_household() -> None:
    story, alice = invited("alder-fostering"), client_of("alice")
    draft = alice.post(place(story, "alder-fostering"), said(story, weekly_core="850.00"))
    path = f"/offers/{draft.json()['id']}"
    assert refusal(alice.post(f"{path}/submit")) == (422, "household_missing", "household_id")
    assert alice.patch(path, {"household_id": str(ident("ALD-2"))}).json()["household"] == "ALD-2"
    assert alice.post(f"{path}/submit").status_code == 200
    (row,) = client_of("olive").get(f"/referrals/{story.reference}/offers").json()["items"]
    assert (row["household"], row["establishment_name"]) == ("ALD-2", "Alder Fostering")


def test_the_authority_reads_what_was_submitted() -> None:
    story, olive = invited("birch-house", "cedar-house"), client_of("olive")
    drafted_offer("bob", story=story)
    listing = f"/referrals/{story.reference}/offers"
    assert olive.get(listing).json()["items"] == []
    offer = submitted_offer("cecil", story=story)
    answer = olive.get(listing).json()
    assert_shaped(answer, received_offers.list_received_offers)
    assert [row["provider_name"] for row in answer["items"]] == ["Cedar Care Ltd"]
    one = olive.get(f"{listing}/{offer.pk}").json()
    assert_shaped(one, received_offers.get_received_offer)
    assert one["price"]["weekly_total"] == answer["items"][0]["weekly_total"] and one["statements"]["self_harm"]
    assert olive.get(listing, status="withdrawn").json()["items"] == []
    with acting(actor_of("bob")):
        draft = Offer.objects.get(status="draft")
    assert olive.get(f"{listing}/{draft.pk}").status_code == 404
    for machine in (client_of("edith"), client_of("nia")):
        assert machine.get(listing).status_code == 404 == machine.get(f"{listing}/{offer.pk}").status_code
    assert refusal(client_of("bob").get(listing))[:2] == (403, "missing_scope")


def test_a_sealed_offer_is_there_once_it_is_opened() -> None:
    story, olive = invited(sealed=True), client_of("olive")
    offer = submitted_offer("bob", story=story)
    listing = f"/referrals/{story.reference}/offers"
    assert olive.get(listing).json()["items"] == [] and olive.get(f"{listing}/{offer.pk}").status_code == 404
    assert client_of("bob").get(f"/offers/{offer.pk}").json()["status"] == "submitted"
    with acting(actor_of("bob")):
        Offer.objects.update(opens_at=database_now() - dt.timedelta(hours=1))
    assert [row["id"] for row in olive.get(listing).json()["items"]] == [str(offer.pk)]


def test_of_others_nothing_is_found_and_a_scope_too_few_is_named() -> None:
    story = invited()
    offer = drafted_offer("bob", story=story)
    cecil, reader = client_of("cecil"), client_of("bob", scopes=["opportunities:read"])
    assert cecil.get("/offers").json()["items"] == []
    assert cecil.get(f"/offers/{offer.pk}").status_code == 404
    assert cecil.patch(f"/offers/{offer.pk}", {"staffing": "Mine."}).status_code == 404
    for act in ("submit", "revise", "reconfirm", "withdraw"):
        assert cecil.post(f"/offers/{offer.pk}/{act}").status_code == 404
        assert refusal(reader.post(f"/offers/{offer.pk}/{act}"))[:2] == (403, "missing_scope")
    assert reader.get(f"/offers/{offer.pk}").status_code == 200
    assert refusal(client_of("olive").get("/offers"))[:2] == (403, "missing_scope")


def test_one_effect_for_the_same_key() -> None:
    story, bob = invited(), client_of("bob")
    key = str(uuid4())
    first = bob.post(place(story), said(story), key=key)
    path = f"/offers/{first.json()['id']}/submit"
    sent = bob.post(path, key="once")
    assert [bob.post(path, key="once").content for _again in range(2)] == [sent.content] * 2
    with acting(actor_of("bob")):
        assert Entry.objects.filter(kind="offer.submitted").count() == 1


def test_the_same_number_of_queries_for_1_and_for_10_offers() -> None:
    story, bob, olive = invited("birch-house", "birch-lodge"), client_of("bob"), client_of("olive")
    submitted_offer("bob", story=story, home="birch-house")
    lists = ((bob, "/offers"), (olive, f"/referrals/{story.reference}/offers"))
    for machine, path in lists:
        assert machine.get(path).status_code == 200
    found: dict[str, set[int]] = {path: set() for _machine, path in lists}
    for more in range(2):
        for machine, path in lists:
            with CaptureQueriesContext(connection) as queries:
                assert machine.get(path).status_code == 200
            found[path].add(len(queries))
        if not more:
            submitted_offer("bob", story=story, home="birch-lodge")
            for _each in range(5):
                submitted_offer("bob")
    assert all(len(counts) == 1 for counts in found.values()), found


def test_the_longest_names_of_a_client_and_its_owner_are_kept_as_far_as_they_fit() -> None:
    story, bob = invited(), client_of("bob")
    User.objects.filter(pk=ident("user bob")).update(name="B" * 120)
    path = begun(bob, story)
    assert bob.post(f"{path}/submit").json()["submitted_by_name"].startswith("System ")
