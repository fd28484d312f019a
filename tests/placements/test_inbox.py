"""The inbox and the page of a referral: tabs by the clock, nothing of rivals, readings, what closing takes away."""

from __future__ import annotations

import datetime as dt
import re
import time
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext

from brokerage.core.clock import database_now
from brokerage.core.stored_files import LINK_SECONDS
from brokerage.core.tenants.context import acting
from placements.actions.clarifications import answer_clarification
from placements.actions.readings import read_released
from placements.models import Clarification, Offer, Reading, Release
from tests.cast import actor_of, ident
from tests.placements.offer_steps import SignIn
from tests.scenarios import Invited, drafted_offer, invited, submitted_offer

pytestmark = pytest.mark.django_db


def change(story: Invited, slug: str = "birch", **columns: Any) -> None:
    with acting(actor_of("olive")):
        Release.objects.filter(pk=story.releases[slug].pk).update(**columns)


def moment(**ago: float) -> dt.datetime:
    with acting(actor_of("olive")):
        return database_now() - dt.timedelta(**ago)


def tab_of(client: Client, story: Invited) -> str:
    found = [
        tab
        for tab in ("awaiting", "answered", "deciding", "closed")
        if story.reference in client.get(f"/o/birch/inbox/list/?tab={tab}").content.decode()
    ]
    assert len(found) == 1
    return found[0]


def test_a_referral_moves_through_the_tabs(sign_in: SignIn) -> None:
    client = sign_in("bob")
    story = invited()
    assert tab_of(client, story) == "awaiting"
    drafted_offer("bob", story=story)
    assert tab_of(client, story) == "awaiting"
    offer = submitted_offer("bob", story=invited())
    with acting(actor_of("bob")):
        answered = Offer.objects.select_related("release").get(pk=offer.pk).release
    other = Invited(referral=story.referral, releases={"birch": answered})
    page = client.get("/o/birch/inbox/list/?tab=answered").content.decode()
    assert answered.reference in page and story.reference not in page
    with acting(actor_of("olive")):
        Offer.objects.filter(pk=offer.pk).update(status="needs_reconfirming")
    assert answered.reference in client.get("/o/birch/inbox/").content.decode()
    change(other, closes_at=moment(seconds=1))
    assert answered.reference in client.get("/o/birch/inbox/?tab=deciding").content.decode()
    change(story, state="closed", closed_at=moment(seconds=1), content={}, outcome_reason="Another offer was chosen.")
    assert tab_of(client, story) == "closed"


def test_a_sealed_offer_counts_as_answered_for_its_own_provider(sign_in: SignIn) -> None:
    story = invited(sealed=True)
    submitted_offer("bob", story=story)
    assert tab_of(sign_in("bob"), story) == "answered"


def test_least_time_left_comes_first_and_filters_narrow(sign_in: SignIn) -> None:
    later, sooner = invited(), invited("birch-lodge", closes_in=dt.timedelta(hours=3))
    client = sign_in("bob")
    page = client.get("/o/birch/inbox/").content.decode()
    assert page.index(sooner.reference) < page.index(later.reference)
    narrowed = client.get(f"/o/birch/inbox/?establishment={ident('birch-lodge')}").content.decode()
    assert sooner.reference in narrowed and later.reference not in narrowed
    assert sooner.reference not in client.get("/o/birch/inbox/?category=fostering").content.decode()
    # What makes no sense narrows nothing, and breaks nothing.
    for odd in ("?category=%00&tab=x&page=999", "?establishment=abc", "?urgency=today%27--&page=-1"):
        assert client.get(f"/o/birch/inbox/{odd}").status_code == 200


def test_the_list_answers_304_while_nothing_changes(sign_in: SignIn) -> None:
    story = invited()
    client = sign_in("bob")
    first = client.get("/o/birch/inbox/list/?tab=awaiting")
    again = client.get("/o/birch/inbox/list/?tab=awaiting", headers={"If-None-Match": first["ETag"]})
    assert again.status_code in (200, 304)
    if again.status_code == 200:  # the minute on the page has changed meanwhile
        again = client.get("/o/birch/inbox/list/?tab=awaiting", headers={"If-None-Match": again["ETag"]})
        assert again.status_code == 304
    submitted_offer("bob", story=story)
    changed = client.get("/o/birch/inbox/list/?tab=awaiting", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200


def test_the_same_number_of_queries_for_one_and_for_many(sign_in: SignIn) -> None:
    client = sign_in("bob")
    invited()
    client.get("/o/birch/inbox/")
    with CaptureQueriesContext(connection) as one:
        client.get("/o/birch/inbox/")
    for _more in range(6):
        invited("birch-house", "birch-lodge")
    with CaptureQueriesContext(connection) as many:
        client.get("/o/birch/inbox/")
    assert len(one) == len(many) <= 25


def masked(page: bytes) -> str:
    """The page without what differs by itself: CSRF tokens and the clock."""
    text = re.sub(
        r'(csrfmiddlewaretoken" value="|X-CSRFToken": "|X-CSRFToken&quot;: &quot;)[^"&]+', r"\1", page.decode()
    )
    return re.sub(r"Last checked [^.]+\.|\d+ (day|hour|minute)s? left", "", text)


def test_no_page_tells_whether_a_rival_offers(sign_in: SignIn) -> None:
    """Every page that Birch can see is byte for byte the same before and after Cedar offers, asks nothing of Birch's
    own rows, and changes its mind."""
    story = invited("birch-house", "cedar-house")
    mine = submitted_offer("bob", story=story)
    other = invited("birch-lodge")
    draft = drafted_offer("bob", story=other)
    client = sign_in("bob")
    at = f"/o/birch/inbox/{story.reference}/"
    pages = [
        "/o/birch/",
        "/o/birch/inbox/",
        "/o/birch/inbox/list/",
        "/o/birch/inbox/?tab=answered",
        "/o/birch/inbox/?tab=deciding",
        "/o/birch/inbox/?tab=closed",
        at,
        f"{at}decline/{story.invitations['birch-house'].pk}/",
        "/o/birch/offers/",
        *(f"/o/birch/offers/{mine.pk}/{page}" for page in ("", "edit/", "withdraw/")),
        *(f"/o/birch/offers/{draft.pk}/{page}" for page in ("edit/", "check/", "withdraw/")),
    ]
    before = {page: masked(client.get(page).content) for page in pages}
    rival = submitted_offer("cecil", story=story, weekly_core=Decimal("3000.00"))
    during = {page: masked(client.get(page).content) for page in pages}
    assert before == during
    assert not any("Cedar" in page for page in during.values())
    from placements.actions.offers import withdraw_offer

    with acting(actor_of("cecil")):
        withdraw_offer(actor_of("cecil"), offer_id=rival.pk)
    assert before == {page: masked(client.get(page).content) for page in pages}


def test_the_page_shows_the_released_text_own_ceiling_and_distance(sign_in: SignIn) -> None:
    story = invited("birch-house", "birch-lodge")
    change(story, amendment_note="The school has changed.", version=2)
    page = sign_in("bob").get(f"/o/birch/inbox/{story.reference}/").content.decode()
    for words in (
        "Calm, steady adults.",
        "£4,000.00",
        "£4,200.00",
        "4.2 miles",
        "The school has changed.",
        "What has changed",
    ):
        assert words in page


def test_closed_without_us_leaves_the_reason_only(sign_in: SignIn) -> None:
    story = invited()
    offer = submitted_offer("bob", story=story)
    change(
        story, state="closed", content={}, clarifications=[], documents=[], outcome_reason="Another offer was chosen."
    )
    client = sign_in("bob")
    page = client.get(f"/o/birch/inbox/{story.reference}/").content.decode()
    assert "Another offer was chosen." in page and "Calm, steady adults." not in page
    assert "Trained staff" not in client.get(f"/o/birch/offers/{offer.pk}/").content.decode()


def test_reading_full_papers_is_written_down_for_the_authority(sign_in: SignIn) -> None:
    story = invited()
    client = sign_in("bob")
    at = f"/o/birch/inbox/{story.reference}/"
    client.get(at)
    with acting(actor_of("olive")):
        assert not Reading.objects.exists()
    papers = [{"title": "Who the person is", "rows": [{"label": "Name", "value": "Kestrel Quillfeather"}]}]
    change(story, stage=2, content={**story.releases["birch"].content, "papers": papers})
    assert "Kestrel Quillfeather" in client.get(at).content.decode()
    with acting(actor_of("olive")):
        reading = Reading.objects.get()
    assert (reading.user_name, reading.what) == ("Bob Birch", "Full papers")


def test_documents_open_by_stage_and_each_opening_is_written_down(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = invited()
    stored = default_storage.save("documents/plan", ContentFile(b"%PDF-1.7 plan"))
    paper = {
        "id": str(ident("a paper")),
        "kind": "care_plan",
        "name": "Kestrel's plan.pdf",
        "content_type": "application/pdf",
        "size": 13,
        "stored_name": stored,
        "stage": 2,
    }
    change(story, documents=[paper])
    client = sign_in("bob")
    at = f"/o/birch/inbox/{story.reference}/documents/{paper['id']}/"
    assert client.get(at).status_code == 404
    change(story, stage=2)
    link = client.get(at)["Location"]
    assert "plan" not in link
    opened = client.get(link)
    assert b"".join(opened.streaming_content) == b"%PDF-1.7 plan"
    assert opened["Content-Disposition"].startswith("attachment")
    assert opened["X-Content-Type-Options"] == "nosniff" and "no-store" in opened["Cache-Control"]
    with acting(actor_of("olive")):
        assert Reading.objects.get().what == "Care plan"
    assert client.get(f"{at}{'x' * 20}/").status_code == 404
    later = time.time() + LINK_SECONDS + 1
    with monkeypatch.context() as clock:
        clock.setattr(time, "time", lambda: later)
        with acting(actor_of("bob")) as bob, pytest.raises(Http404):
            read_released(bob, reference=story.reference, document_id=ident("a paper"), signature=link.split("/")[-2])
    assert sign_in("cecil").get(at.replace("birch", "cedar")).status_code == 404
    change(story, state="closed")
    assert client.get(at).status_code == client.get(link).status_code == 404


def test_a_question_goes_to_everyone_without_who_asked(sign_in: SignIn) -> None:
    story = invited("birch-house", "cedar-house")
    client = sign_in("bob")
    at = f"/o/birch/inbox/{story.reference}/"
    assert client.post(at, {"question": " "}).status_code == 422
    assert client.post(at, {"question": "Is there a football club near?"}).status_code == 302
    assert "Is there a football club near?" in client.get(at).content.decode()
    theirs = at.replace("birch", "cedar")
    assert "football" not in sign_in("cecil").get(theirs).content.decode()
    with acting(actor_of("olive")):
        asked = Clarification.objects.get()
        answer_clarification(
            actor_of("olive"),
            clarification_id=asked.pk,
            published_question="Is there a club near?",
            answer="Yes, two.",
        )
    page = masked(sign_in("cecil").get(theirs).content)
    assert "Yes, two." in page and "Birch" not in page and "Bob" not in page


def test_others_find_nothing_and_wrong_roles_are_refused(sign_in: SignIn) -> None:
    story = invited()
    assert sign_in("cecil").get(f"/o/cedar/inbox/{story.reference}/").status_code == 404
    assert sign_in("cecil").get(f"/o/birch/inbox/{story.reference}/").status_code == 404
    for page in ("inbox/", "inbox/list/", f"inbox/{story.reference}/", "offers/"):
        assert sign_in("olive").get(f"/o/harrow/{page}").status_code == 403
        assert sign_in("fiona").get(f"/o/harrow/{page}").status_code == 403
    assert Client().get(f"/o/birch/inbox/{story.reference}/").status_code == 302


def test_the_providers_homes_are_asked_for_once_and_only_where_the_filter_needs_them(sign_in: SignIn) -> None:
    invited()
    client = sign_in("bob")
    homes = f"?establishment={ident('birch-house')}"
    for page, asked in (("", 1), (homes, 1), ("list/", 0), (f"list/{homes}", 1)):
        client.get(f"/o/birch/inbox/{page}")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/o/birch/inbox/{page}").status_code == 200
        named = [each["sql"] for each in queries if 'FROM "providers_establishment" ORDER BY' in each["sql"]]
        assert len(named) == asked, page


def test_an_empty_inbox_says_what_comes_next(sign_in: SignIn) -> None:
    client = sign_in("cecil")
    for tab in ("awaiting", "answered", "deciding", "closed"):
        assert "app-empty" in client.get(f"/o/cedar/inbox/?tab={tab}").content.decode()
