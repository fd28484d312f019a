"""The pages from matching to the Friday evening: what an officer sees, presses and is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from brokerage.core.clock import database_now
from brokerage.core.tenants.context import acting
from placements.actions.clarifications import ask_clarification
from placements.models import Clarification, Invitation, Placement, Referral, Release
from placements.queries.matching import candidates, wanted_of
from placements.views.matching import match_map
from providers.models import Establishment
from tests.cast import TODAY, actor_of, ident
from tests.scenarios import Invited, draft_referral, published_referral, standing_offer

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
LOT = str(ident("lot T-RES"))
ALL = [str(ident(f"admission {home}")) for home in ("birch-house", "birch-lodge", "cedar-house")]


def url(reference: str, rest: str, organisation: str = "harrow") -> str:
    return f"/o/{organisation}/referrals/{reference}/{rest}"


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def closing(days: int = 3) -> dict[str, str]:
    moment = database_now() + dt.timedelta(days=days)
    return {
        "closes_at_day": str(moment.day),
        "closes_at_month": str(moment.month),
        "closes_at_year": str(moment.year),
        "closes_at_time": "17:00",
    }


def test_matching_page_shows_who_can_be_invited_and_why_others_cannot(sign_in: SignIn) -> None:
    draft = draft_referral()
    with acting(actor_of("carol")):
        Establishment.objects.filter(pk=ident("birch-lodge")).update(age_max=12)
    page = text(sign_in("olive").get(url(draft.reference, "match/")))
    assert "2 homes can be invited" in page and "1 home cannot be invited" in page
    assert "Not registered for this age" in page and "£4,500.00" in page and "<svg" in page
    assert page.count('name="chosen"') == 2 and page.count(" checked") == 3


def test_matching_page_asks_as_many_queries_for_many_homes_as_for_few(sign_in: SignIn) -> None:
    draft = draft_referral()
    client = sign_in("olive")
    counts = []
    for narrow in (False, True):
        if narrow:
            with acting(actor_of("carol")):
                Establishment.objects.exclude(pk=ident("birch-house")).update(closed_on=TODAY)
        client.get(url(draft.reference, "match/"))
        with CaptureQueriesContext(connection) as queries:
            client.get(url(draft.reference, "match/"))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 25


def test_the_map_draws_a_home_once_however_many_lots_it_stands_on() -> None:
    draft = draft_referral()
    with acting(actor_of("olive")):
        found = candidates([UUID(LOT)], wanted_of(draft), TODAY)
        eligible = [home for home in found if home.is_eligible]
        twice = [*eligible, *(home._replace(lot=str(uuid4())) for home in eligible)]
        excluded = [home._replace(reason_line="age") for home in eligible]
        once, drawn = (match_map(draft, homes, rest) for homes, rest in ((eligible, []), (twice, excluded)))
    assert eligible and once is not None and drawn is not None
    assert len(drawn.table.rows) == len(once.table.rows) == len(eligible) + 1


def test_from_matching_through_the_last_look_to_published(sign_in: SignIn) -> None:
    draft = draft_referral()
    client = sign_in("olive")
    chosen = {"step": "choose", "lots": [LOT], "chosen": ALL[:2]}
    page = text(client.post(url(draft.reference, "publish/"), chosen))
    assert "2 homes will be invited" in page and "left out" in page and "Cedar House" in page
    send = {**chosen, "step": "publish", "is_sealed": "no", **closing()}
    refused = client.post(url(draft.reference, "publish/"), send)
    assert refused.status_code == 422 and "Say why some homes" in text(refused)
    done = client.post(url(draft.reference, "publish/"), {**send, "left_out_reason": "The brother lives there."})
    assert done.status_code == 302
    assert "Published. 2 homes are invited." in text(client.get(done["Location"]))
    # A double click is the same press; a colleague is told.
    assert client.post(url(draft.reference, "publish/"), send).status_code == 302
    assert sign_in("oscar").post(url(draft.reference, "publish/"), send).status_code == 409


def test_publish_without_a_choice_takes_everyone_eligible(sign_in: SignIn) -> None:
    draft = draft_referral()
    client = sign_in("olive")
    page = text(client.get(url(draft.reference, "publish/")))
    assert "3 homes will be invited" in page and page.count('name="chosen"') == 3
    assert "Say why" not in page


def test_gates_lead_to_what_is_missing(sign_in: SignIn) -> None:
    client = sign_in("olive")
    empty = draft_referral(where={"max_miles": None, "needed_on": None})
    page = text(client.get(url(empty.reference, "publish/")))
    assert "not complete" in page and "/sections/where/" in page and "Publish and invite" not in page
    telling = draft_referral(needs={"what_works": "Zachariah likes calm."})
    page = text(client.get(url(telling.reference, "publish/")))
    assert "disclosure check" in page and "/check/" in page and "Publish and invite" not in page


def test_others_and_wrong_roles_get_nothing(sign_in: SignIn) -> None:
    story = published_referral()
    release = story.releases["birch"].pk
    rests = ["match/", "publish/", "providers/", "questions/", "change/", "change/time/", "change/search/", "spot/"]
    rests += ["change/end/", "change/sections/needs/", f"providers/{release}/papers/"]
    clients = {who: sign_in(who) for who in ("edith", "bob", "connie")}
    for rest in rests:
        assert clients["edith"].get(url(story.reference, rest, "ealing")).status_code in (404, 302), rest
        assert clients["edith"].get(url(story.reference, rest)).status_code == 404, rest
        assert clients["bob"].get(url(story.reference, rest, "birch")).status_code in (403, 404), rest
        if rest != "providers/":
            assert clients["connie"].get(url(story.reference, rest)).status_code == 403, rest


def test_who_was_invited_and_what_they_answered(sign_in: SignIn) -> None:
    story = published_referral()
    page = text(sign_in("olive").get(url(story.reference, "providers/")))
    assert "3 homes invited." in page and "0 offers." in page and "Awaiting an answer" in page
    fragment = sign_in("olive").get(url(story.reference, "providers/"), headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode() and "Birch House" in text(fragment)


def test_a_sealed_referral_shows_no_offers_before_closing(sign_in: SignIn) -> None:
    story = published_referral(is_sealed=True)
    page = text(sign_in("olive").get(url(story.reference, "providers/")))
    assert "Offers are sealed until closing time." in page and "0 offers." not in page


def test_inviting_more_from_the_matching_page(sign_in: SignIn) -> None:
    story = published_referral(homes=("birch-house",))
    client = sign_in("olive")
    page = text(client.get(url(story.reference, "match/")))
    assert "Invite more homes" in page and page.count('name="chosen"') == 2
    done = client.post(url(story.reference, "invite/"), {"chosen": ALL[2:]}, follow=True)
    assert "1 more home invited" in text(done) and "Cedar House" in text(done)
    none = client.post(url(story.reference, "invite/"), {}, follow=True)
    assert "Select at least one home to invite" in text(none)


def _close(story: Invited) -> None:
    with acting(actor_of("olive")):
        past = database_now() - dt.timedelta(minutes=1)
        Referral.objects.filter(pk=story.referral.pk).update(closes_at=past)
        Release.objects.filter(referral=story.referral).update(closes_at=past)


def test_friday_no_offer_by_closing(sign_in: SignIn) -> None:
    story = published_referral()
    _close(story)
    client = sign_in("olive")
    page = text(client.get(url(story.reference, "change/")))
    assert '<h1 class="govuk-heading-l">No offer by closing</h1>' in page
    for rest in ("change/time/", "change/search/", "match/", "spot/", "change/end/"):
        assert url(story.reference, rest) in page
        assert client.get(url(story.reference, rest)).status_code == 200
    done = client.post(url(story.reference, "change/time/"), {**closing(9), "reason": "Nothing came."}, follow=True)
    assert "later now" in text(done)
    wide = client.post(url(story.reference, "change/search/"), {"max_miles": "60"}, follow=True)
    assert "The search is wider" in text(wide)
    narrow = client.post(url(story.reference, "change/search/"), {"max_miles": "5"})
    assert narrow.status_code == 422 and "longer distance" in text(narrow)


def test_amending_a_section(sign_in: SignIn) -> None:
    story = published_referral()
    client = sign_in("olive")
    address = url(story.reference, "change/sections/matters/")
    assert "Amend and tell everyone invited" in text(client.get(address))
    with acting(actor_of("olive")):
        referral = Referral.objects.get(pk=story.referral.pk)
    values = {**referral.answers["matters"], "voice": "I want to play football on Sundays."}
    send = {**values, "amendment-revision": referral.revision, "amendment-note": ""}
    refused = client.post(address, send)
    assert refused.status_code == 422 and "Say what has changed" in text(refused)
    done = client.post(address, {**send, "amendment-note": "Football on Sundays."}, follow=True)
    assert "told what changed" in text(done)
    with acting(actor_of("bob")):
        assert Release.objects.get().version == 2
    assert client.get(url(story.reference, "change/sections/nothing/")).status_code == 404


def test_answering_a_question(sign_in: SignIn) -> None:
    story = published_referral()
    with acting(actor_of("bob")) as bob:
        asked = ask_clarification(bob, release=story.releases["birch"], question="Does he like dogs?")
    client = sign_in("olive")
    address = url(story.reference, "questions/")
    page = text(client.get(address))
    assert "Does he like dogs?" in page and "Birch Care Ltd" in page
    prefix = f"q{asked.pk.hex[:8]}"
    send = {
        "clarification": str(asked.pk),
        f"{prefix}-published_question": "Dogs?",
        f"{prefix}-answer": "Zachariah does.",
    }
    refused = client.post(address, send)
    assert refused.status_code == 422 and "may tell who the person is" in text(refused)
    done = client.post(address, {**send, f"{prefix}-answer": "Yes, very much."}, follow=True)
    assert "Your answer is with everyone invited." in text(done)
    assert client.post(address, send).status_code == 302
    with acting(actor_of("olive")):
        assert Clarification.objects.get().answer == "Yes, very much."


def test_recording_a_spot_placement(sign_in: SignIn) -> None:
    draft = draft_referral()
    client = sign_in("olive")
    address = url(draft.reference, "spot/")
    assert "up to £2,000.00 a week" in text(client.get(address))
    send = {
        "reason": "The night would not wait.",
        "establishment": str(ident("birch-house")),
        "weekly_core": "2,500.00",
        "starts_on": TODAY.isoformat(),
    }
    refused = client.post(address, send)
    assert refused.status_code == 422 and "above your limit" in text(refused)
    done = client.post(address, {**send, "weekly_core": "1,500.00"}, follow=True)
    assert "is recorded" in text(done)
    with acting(actor_of("olive")):
        assert Placement.objects.get().source == "spot"
    assert client.get(address).status_code == 409


def test_a_home_for_a_spot_placement_is_searched_first(sign_in: SignIn) -> None:
    client, address = sign_in("olive"), url(draft_referral().reference, "spot/")
    nothing_asked = text(client.get(address))
    assert "Find the home in the register" in nothing_asked and "Birch House" not in nothing_asked
    found = text(client.get(address, {"q": "birch h"}))
    assert "1 home found" in found and "Birch House" in found and "Cedar House" not in found
    assert "2 homes found" in text(client.get(address, {"q": "Birch Care"}))
    assert "No home in the register fits" in text(client.get(address, {"q": "nowhere"}))
    kept = client.post(f"{address}?q=birch", {"establishment": str(ident("cedar-house"))})
    assert kept.status_code == 422 and "Cedar House" in text(kept) and "Birch House" in text(kept)
    assert client.post(address, {"establishment": "nonsense"}).status_code == 422


def test_full_papers_need_a_fresh_proof(sign_in: SignIn) -> None:
    story = published_referral()
    client = sign_in("olive")
    address = url(story.reference, f"providers/{story.releases['birch'].pk}/papers/")
    assert client.get(address).status_code == client.post(address).status_code == 409
    standing_offer(story)
    for answer in (client.get(address), client.post(address)):
        assert answer.status_code == 302 and "papers" not in answer["Location"].partition("?")[0]
    with acting(actor_of("bob")):
        assert Release.objects.get().stage == 1


def test_ending_without_a_placement(sign_in: SignIn) -> None:
    story = published_referral()
    client = sign_in("olive")
    done = client.post(url(story.reference, "change/end/"), {"reason": "Stays with an aunt."}, follow=True)
    assert "has ended" in text(done)
    with acting(actor_of("olive")):
        assert set(Invitation.objects.values_list("status", flat=True)) == {"closed"}


def test_search_finds_a_male_only_home_within_20_miles_of_harrow(sign_in: SignIn) -> None:
    client = sign_in("olive")
    empty = text(client.get("/o/harrow/homes/"))
    assert "For example" in empty
    found = text(client.get("/o/harrow/homes/", {"sex": "only_male", "near": "ha1 2aa", "miles": "20"}))
    assert "1 home found" in found and "Birch Lodge" in found and "Birch House" not in found
    assert 'data-label="Miles"' in found
    without_place = text(client.get("/o/harrow/homes/", {"sex": "only_male"}))
    assert "Birch Lodge" in without_place and "Miles</th>" not in without_place and "Not known" not in without_place
    none = text(client.get("/o/harrow/homes/", {"need": "nursing"}))
    assert "No home fits all of this" in none
    wrong = client.get("/o/harrow/homes/", {"miles": "20"})
    assert wrong.status_code == 422 and "to measure from" in text(wrong)
    assert client.get("/o/harrow/homes/", {"near": "!!"}).status_code == 422
    assert sign_in("connie").get("/o/harrow/homes/").status_code == 403
