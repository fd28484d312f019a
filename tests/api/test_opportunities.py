"""The provider's side of referrals through the API: the list, the redacted page, papers, questions, declines."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from brokerage.core.clock import database_now
from brokerage.core.tenants.context import acting
from placements.actions.clarifications import answer_clarification
from placements.api import invitations, opportunities
from placements.models import Clarification, Decline, Invitation, Reading, Release
from placements.queries.inbox import answer_of, invitations_of, listed_one
from tests.api.answers import assert_shaped
from tests.api.clients import Machine, client_of
from tests.cast import actor_of, ident
from tests.scenarios import Invited, drafted_offer, invited, published_referral, submitted_offer

pytestmark = pytest.mark.django_db

SECRETS = ("Zachariah", "Quillfeather", "HA1 2AA")


def change(story: Invited, slug: str = "birch", **columns: Any) -> None:
    with acting(actor_of("olive")):
        Release.objects.filter(pk=story.releases[slug].pk).update(**columns)


def ago(**span: float) -> dt.datetime:
    with acting(actor_of("olive")):
        return database_now() - dt.timedelta(**span)


def listed(bob: Machine, **query: Any) -> list[str]:
    answer = bob.get("/opportunities", **query)
    assert answer.status_code == 200, answer.content
    assert_shaped(answer.json(), opportunities.list_opportunities)
    return [row["reference"] for row in answer.json()["items"]]


def test_a_referral_moves_through_the_inbox() -> None:
    bob, story = client_of("bob"), invited()
    assert listed(bob, inbox="awaiting") == [story.reference]
    submitted_offer("bob", story=story)
    assert listed(bob, inbox="awaiting") == [] and listed(bob, inbox="answered") == [story.reference]
    change(story, closes_at=ago(minutes=1))
    assert listed(bob, inbox="deciding") == [story.reference]
    change(story, state="closed", content={}, outcome_reason="Another home was chosen.", closed_at=ago(minutes=1))
    assert listed(bob, inbox="closed") == [story.reference] == listed(bob)


def test_least_time_left_comes_first_page_by_page_and_filters_narrow() -> None:
    bob = client_of("bob")
    stories = [invited(closes_in=dt.timedelta(hours=hours)) for hours in (30, 10, 20)]
    order = [stories[place].reference for place in (1, 2, 0)]
    assert listed(bob) == order
    first = bob.get("/opportunities", limit=2).json()
    assert [row["reference"] for row in first["items"]] == order[:2]
    rest = bob.get("/opportunities", limit=2, cursor=first["next"]).json()
    assert [row["reference"] for row in rest["items"]] == order[2:] and rest["next"] is None
    lodge = invited("birch-lodge")
    assert listed(bob, establishment_id=ident("birch-lodge")) == [lodge.reference]
    assert listed(bob, category="fostering") == [] and listed(bob, urgency="today") == []
    wrong = bob.get("/opportunities", inbox="somewhere")
    assert (wrong.status_code, wrong.json()["field"]) == (422, "inbox")


def test_how_each_home_stands_is_told_as_the_page_tells_it() -> None:
    bob = client_of("bob")
    stories = [invited("birch-house", "birch-lodge") for _each in range(7)]
    submitted_offer("bob", story=stories[1], home="birch-house")
    drafted_offer("bob", story=stories[2], home="birch-lodge")
    for story in stories[2:4]:
        place = story.invitations["birch-lodge"]
        path = f"/opportunities/{story.reference}/invitations/{place.pk}/decline"
        assert bob.post(path, {"reason": "staffing"}).status_code == 201
    withdrawn = submitted_offer("bob", story=stories[4], home="birch-house")
    assert bob.post(f"/offers/{withdrawn.pk}/withdraw").status_code == 204
    drafted_offer("bob", story=stories[4], home="birch-house")
    submitted_offer("bob", story=stories[5], home="birch-house")
    with acting(actor_of("olive")):
        Invitation.objects.filter(pk=stories[6].invitations["birch-house"].pk).update(status="closed")
    rows = {row["reference"]: row for row in bob.get("/opportunities").json()["items"]}
    for story in stories:
        with acting(actor_of("bob")):
            shown = [answer_of(each) for each in invitations_of(listed_one(story.reference))]
        said = rows[story.reference]["invitations"]
        assert [(each["establishment_name"], each["status"]) for each in said] == [
            (each.establishment, each.state) for each in shown
        ]
    own = {row["id"]: row for row in bob.get("/invitations").json()["items"]}
    assert own[str(stories[1].invitations["birch-house"].pk)]["status"] == "submitted"
    assert [row["referral"] for row in bob.get("/invitations", status="submitted").json()["items"]] == [
        stories[5].reference,
        stories[1].reference,
    ]
    assert_shaped(bob.get("/invitations").json(), invitations.list_invitations)


def test_the_detail_is_redacted_and_holds_what_an_offer_needs() -> None:
    story = published_referral(homes=("birch-house",))
    bob = client_of("bob")
    answer = bob.get(f"/opportunities/{story.reference}")
    body = answer.json()
    assert_shaped(body, opportunities.get_opportunity)
    assert body["is_open"] and body["facts"]["age"] == 14 and body["facts"]["needs"]
    assert "Calm, steady adults." in answer.content.decode()
    assert not any(secret in answer.content.decode() for secret in SECRETS)
    (place,) = body["invitations"]
    assert (place["establishment_name"], place["ceiling"], place["status"]) == ("Birch House", "4000.00", "open")
    assert place["problem"] is None and body["papers"] == []
    one = bob.get(f"/opportunities/{story.reference}/invitations/{place['id']}")
    assert one.json() == place
    with acting(actor_of("olive")):
        assert not Reading.objects.exists()


def test_nothing_tells_whether_a_rival_is_invited_or_offers() -> None:
    alone = client_of("bob")
    story = invited("birch-house", "cedar-house")
    paths = ["/opportunities", f"/opportunities/{story.reference}", "/invitations", "/offers"]
    before = [alone.get(path).content for path in paths]
    submitted_offer("cecil", story=story)
    assert [alone.get(path).content for path in paths] == before
    assert b"Cedar" not in b"".join(before) and str(ident("cedar")).encode() not in b"".join(before)
    theirs = story.invitations["cedar-house"].pk
    for path in (f"/opportunities/{story.reference}/invitations/{theirs}",):
        assert alone.get(path).status_code == 404
    for action in ("decline", "offers"):
        refused = alone.post(
            f"/opportunities/{story.reference}/invitations/{theirs}/{action}",
            {"reason": "staffing"} if action == "decline" else {},
        )
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


def test_full_papers_are_read_with_a_record_for_the_council() -> None:
    story = published_referral(homes=("birch-house",))
    papers = [{"code": "identity", "title": "Who", "rows": [{"field": "full_name", "label": "Name", "value": "Zed"}]}]
    bob = client_of("bob")
    change(story, stage=2, content={**story.releases["birch"].content, "papers": papers})
    body = bob.get(f"/opportunities/{story.reference}").json()
    assert_shaped(body, opportunities.get_opportunity)
    assert body["papers"] == papers
    bob.get(f"/opportunities/{story.reference}/documents")
    with acting(actor_of("olive")):
        readings = list(Reading.objects.values_list("what", "user_name"))
    assert len(readings) == 2
    assert all(what == "Full papers" and "Bob Birch" in name for what, name in readings)


def test_closed_without_us_leaves_the_reason_and_own_rows() -> None:
    story = invited()
    bob = client_of("bob")
    change(
        story, state="closed", content={}, documents=[], clarifications=[], outcome_reason="Another home was chosen."
    )
    body = bob.get(f"/opportunities/{story.reference}").json()
    assert_shaped(body, opportunities.get_opportunity)
    assert body["outcome_reason"] == "Another home was chosen." and body["facts"] is None and body["sections"] == []
    assert [place["ceiling"] for place in body["invitations"]] == [None]
    asked = bob.post(f"/opportunities/{story.reference}/clarifications", {"question": "Why?"})
    assert (asked.status_code, asked.json()["code"]) == (409, "closed")


def test_documents_open_by_stage_and_each_opening_is_written_down() -> None:
    story = invited()
    stored = default_storage.save("documents/api-test", ContentFile(b"%PDF-1.7 plan"))
    paper = {
        "id": str(uuid4()),
        "kind": "care_plan",
        "name": "Care plan",
        "content_type": "application/pdf",
        "size": 13,
        "stored_name": stored,
        "stage": 1,
    }
    later = {**paper, "id": str(uuid4()), "stage": 2}
    change(story, documents=[paper, later])
    bob = client_of("bob")
    body = bob.get(f"/opportunities/{story.reference}/documents").json()
    assert_shaped(body, opportunities.list_opportunity_documents)
    assert [each["id"] for each in body["items"]] == [paper["id"]] and stored not in str(body)
    got = bob.get(f"/opportunities/{story.reference}/documents/{paper['id']}")
    assert got.status_code == 200 and b"".join(got.streaming_content) == b"%PDF-1.7 plan"
    assert "attachment" in got["Content-Disposition"] and got["Content-Type"] == "application/octet-stream"
    assert bob.get(f"/opportunities/{story.reference}/documents/{later['id']}").status_code == 404
    with acting(actor_of("olive")):
        assert Reading.objects.count() == 1
    assert client_of("cecil").get(f"/opportunities/{story.reference}/documents/{paper['id']}").status_code == 404


def test_a_question_and_its_answer() -> None:
    story = invited("birch-house", "cedar-house")
    bob, path = client_of("bob"), f"/opportunities/{story.reference}/clarifications"
    asked = bob.post(path, {"question": "Is there a bus to the school?"})
    assert asked.status_code == 201 and asked.json()["answered_at"] is None
    again = bob.post(path, {"question": "Is there a bus to the school?"})
    assert again.json()["id"] == asked.json()["id"]
    assert client_of("cecil").get(path).json()["items"] == []
    with acting(actor_of("olive")) as olive:
        answer_clarification(
            olive,
            clarification_id=Clarification.objects.get().pk,
            published_question="Is there a bus to the school?",
            answer="Yes, the 182.",
        )
    for who in ("bob", "cecil"):
        body = client_of(who).get(path).json()
        assert_shaped(body, opportunities.list_opportunity_clarifications)
        (told,) = body["items"]
        assert (told["answer"], told["id"], told["asked_at"]) == ("Yes, the 182.", None, None)
    empty = bob.post(path, {"question": "  "})
    assert (empty.status_code, empty.json()["field"]) == (422, "question")
    assert bob.post(path, {"question": "A?", "colour": 1}).json()["code"] == "unknown_field"


def test_declining_and_taking_it_back() -> None:
    story = invited()
    bob = client_of("bob")
    path = f"/opportunities/{story.reference}/invitations/{story.invitations['birch-house'].pk}/decline"
    missing = bob.post(path, {"reason": "other"})
    assert (missing.status_code, missing.json()["code"], missing.json()["field"]) == (422, "note_missing", "note")
    named = bob.post(path, {"reason": "other", "note": "Call 020 7946 0999 or write to jo@example.org"})
    assert named.json()["code"] == "discloses_person"
    assert bob.post(path, {"reason": "bored"}).json()["code"] == "invalid_choice"
    done = bob.post(path, {"reason": "staffing"})
    assert done.status_code == 201 and done.json()["reason"] == "staffing"
    assert_shaped(done.json(), invitations.decline_to_offer)
    assert bob.post(path, {"reason": "staffing"}).status_code == 201
    assert listed(bob, inbox="answered") == [story.reference]
    with acting(actor_of("olive")):
        assert Decline.objects.filter(withdrawn_at__isnull=True).count() == 1
    assert bob.delete(path).status_code == 204 == bob.delete(path).status_code
    assert listed(bob, inbox="awaiting") == [story.reference]
    submitted_offer("bob", story=story)
    stands = bob.post(path, {"reason": "staffing"})
    assert (stands.status_code, stands.json()["code"]) == (409, "offer_stands")
    change(story, closes_at=ago(minutes=1))
    late = bob.delete(path)
    assert (late.status_code, late.json()["code"]) == (409, "closing_passed")


def test_others_find_nothing_and_a_scope_too_few_is_named() -> None:
    story = invited()
    for path in ("", "/documents", "/clarifications", f"/invitations/{story.invitations['birch-house'].pk}"):
        assert client_of("cecil").get(f"/opportunities/{story.reference}{path}").status_code == 404
        for machine in (client_of("olive"), client_of("bob", scopes=["offers:write"])):
            refused = machine.get(f"/opportunities/{story.reference}{path}")
            assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    assert client_of("bob").get("/opportunities/R-0000-0000").status_code == 404
    reader = client_of("bob", scopes=["opportunities:read"])
    asked = reader.post(f"/opportunities/{story.reference}/clarifications", {"question": "Why?"})
    assert asked.json()["code"] == "missing_scope"


def test_the_same_number_of_queries_for_1_and_for_10_referrals() -> None:
    bob = client_of("bob")
    invited()
    assert bob.get("/offers").status_code == 200
    counts: dict[str, set[int]] = {"/opportunities": set(), "/invitations": set()}
    for _more in range(2):
        for path, found in counts.items():
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert bob.get(path).status_code == 200
            found.add(len(queries))
        for _each in range(9):
            invited("birch-house", "birch-lodge")
    assert all(len(found) == 1 for found in counts.values()), counts
