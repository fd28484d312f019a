"""Drafting on the pages: nothing typed is lost, nobody sees what is not theirs, no personal fact in an address."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from brokerage.core.audit.models import Entry
from brokerage.core.tenants.context import acting
from placements.actions.referrals import save_section, withdraw_referral
from placements.models import Person, Referral
from placements.queries.referrals import referral_of
from tests.cast import actor_of
from tests.scenarios import draft_referral, invited, referral_answers

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]


def path(referral: Any, tail: str = "", slug: str = "harrow") -> str:
    return f"/o/{slug}/referrals/{referral.reference}/{tail}"


def stored(referral: Any) -> Referral:
    with acting(actor_of("olive")) as olive:
        return referral_of(olive, referral.reference)


def hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found is not None, name
    return found[1]


def posted(section: str, **changes: Any) -> dict[str, Any]:
    """A section's answers as a browser posts them."""
    data: dict[str, Any] = {}
    for name, value in {**referral_answers()[section], **changes}.items():
        data[name] = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
    return data


def new_person(**changes: Any) -> dict[str, Any]:
    return {
        "who": "new",
        "case_number": f"C-{uuid4().hex[:6]}",
        "given_name": "Wilhelmina",
        "family_name": "Thistledown",
        "date_of_birth": f"{dt.date.today().year - 12}-01-01",
        "sex": "female",
        "home_postcode": "HA1 2AA",
        "category": "fostering",
        "urgency": "today",
        **changes,
    }


# --- Starting ---------------------------------------------------------------------------------------------------------


def test_starting_leads_to_the_task_list_and_a_second_click_to_the_same(sign_in: SignIn) -> None:
    client = sign_in("olive")
    token = hidden(client.get("/o/harrow/referrals/new/").content.decode(), "token")
    data = {**new_person(), "token": token}
    first = client.post("/o/harrow/referrals/new/", data)
    second = client.post("/o/harrow/referrals/new/", data)
    assert first.status_code == second.status_code == 302 and first["Location"] == second["Location"]
    assert "Wilhelmina" not in first["Location"] and "Thistledown" not in first["Location"]
    text = client.get(first["Location"]).content.decode()
    assert "Needs" in text and "Thistledown" not in text
    with acting(actor_of("olive")):
        assert Person.objects.filter(case_number=data["case_number"]).count() == 1


def test_starting_for_a_known_person_by_case_number(sign_in: SignIn) -> None:
    client = sign_in("olive")
    known = stored(draft_referral()).person
    assert known is not None
    data = {"who": "known", "known_case_number": known.case_number.lower(), "category": "residential"}
    answer = client.post("/o/harrow/referrals/new/", {**data, "urgency": "planned", "token": uuid4().hex})
    assert answer.status_code == 302


def test_what_was_typed_stays_when_something_is_wrong(sign_in: SignIn) -> None:
    client = sign_in("olive")
    for changes, words in (
        ({"date_of_birth": "2999-01-01"}, "must be in the past"),
        ({"home_postcode": "nowhere"}, "full UK postcode"),
        ({"category": "adult_residential"}, "aged 18 and over"),
        ({"who": "known", "known_case_number": "NOPE"}, "There is no person with this case number"),
    ):
        page = client.post("/o/harrow/referrals/new/", {**new_person(**changes), "token": uuid4().hex})
        text = page.content.decode()
        assert page.status_code == 200 and words in text and 'value="Thistledown"' in text, words
    with acting(actor_of("olive")):
        assert not Person.objects.filter(family_name="Thistledown").exists()


def test_a_social_worker_starts_and_sees_own_only(sign_in: SignIn) -> None:
    client, other = sign_in("sandra"), draft_referral()
    answer = client.post("/o/harrow/referrals/new/", {**new_person(), "token": uuid4().hex})
    assert answer.status_code == 302
    listed = client.get("/o/harrow/referrals/").content.decode()
    assert answer["Location"].split("/")[4] in listed and other.reference not in listed
    assert client.get(path(other)).status_code == 404


# --- Sections ---------------------------------------------------------------------------------------------------------


def test_every_section_page_opens_for_every_category(sign_in: SignIn) -> None:
    client = sign_in("olive")
    for category in ("fostering", "adult_residential"):
        age = 44 if category.startswith("adult") else 14
        parts = {"needs": {"needs": ["parent_and_child"]}} if category == "fostering" else {}
        referral = draft_referral(category=category, age=age, **parts)
        tasks = client.get(path(referral, "tasks/")).content.decode()
        links = re.findall(rf'href="({path(referral)}sections/[a-z_]+/)"', tasks)
        assert len(links) == 9
        for link in links:
            assert client.get(link).status_code == 200, link


def test_save_and_continue_leads_to_the_next_unfinished_section(sign_in: SignIn) -> None:
    referral, client = draft_referral(), sign_in("olive")
    page = client.get(path(referral, "sections/matters/")).content.decode()
    base = {"revision": hidden(page, "revision"), "window": hidden(page, "window")}
    answer = client.post(path(referral, "sections/matters/"), {**base, **posted("matters"), "continue": "1"})
    assert answer.status_code == 302 and answer["Location"] == path(referral, "tasks/")


def test_save_and_continue_asks_for_what_is_missing_and_keeps_the_rest(sign_in: SignIn) -> None:
    referral, client = draft_referral(), sign_in("olive")
    data = {**posted("matters", voice="", interests="Football"), "revision": referral.revision, "continue": "1"}
    page = client.post(path(referral, "sections/matters/"), data)
    text = page.content.decode()
    assert page.status_code == 200 and "There is a problem" in text and 'href="#id_voice"' in text
    now = stored(referral)
    assert now.answers["matters"]["interests"] == "Football" and "matters" not in now.sections_done
    again = client.post(
        path(referral, "sections/matters/"),
        {**data, "voice": "By the sea", "revision": hidden(text, "revision")},
    )
    assert again.status_code == 302 and "matters" in stored(referral).sections_done


def test_save_for_later_takes_half_a_section_and_keeps_what_it_cannot_read(sign_in: SignIn) -> None:
    referral, client = draft_referral(), sign_in("olive")
    data = {
        **posted("where", max_miles="a few"),
        "needed_on_day": "31",
        "needed_on_month": "6",
        "needed_on_year": "2027",
        "revision": referral.revision,
        "later": "1",
    }
    del data["needed_on"]
    answer = client.post(path(referral, "sections/where/"), data)
    assert answer.status_code == 302 and answer["Location"] == path(referral, "tasks/")
    text = client.get(path(referral, "sections/where/")).content.decode()
    assert 'value="a few"' in text and 'value="31"' in text and "must be a whole number" in text
    assert "Enter a real date" in text and 'value="HA1"' in text
    mended = client.post(
        path(referral, "sections/where/"),
        {**posted("where"), "revision": hidden(text, "revision"), "continue": "1"},
    )
    assert mended.status_code == 302 and stored(referral).max_miles == 20


def test_days_that_cannot_be_are_asked_again(sign_in: SignIn) -> None:
    referral, client = draft_referral(), sign_in("olive")
    data = {**posted("where", needed_on="2020-01-01"), "revision": referral.revision, "continue": "1"}
    assert "must be today or later" in client.post(path(referral, "sections/where/"), data).content.decode()


def test_typing_is_saved_on_the_way_and_the_session_may_end(sign_in: SignIn) -> None:
    referral, client = draft_referral(), sign_in("olive")
    page = client.get(path(referral, "sections/matters/")).content.decode()
    base = {"revision": hidden(page, "revision"), "window": hidden(page, "window")}
    answer = client.post(
        path(referral, "sections/matters/"),
        {**base, **posted("matters", voice="Half a sen")},
        headers={"HX-Request": "true"},
    )
    text = answer.content.decode()
    assert "Saved" in text and "<html" not in text and 'hx-swap-oob="true"' in text
    client.logout()
    lost = client.post(path(referral, "sections/matters/"), {**base, **posted("matters", voice="Half a sentence")})
    assert lost.status_code == 302 and "/accounts/login/" in lost["Location"] and "sentence" not in lost["Location"]
    again = sign_in("olive").get(path(referral, "sections/matters/")).content.decode()
    assert "Half a sen" in again


def test_the_page_that_saves_as_it_goes_is_not_in_its_own_way(sign_in: SignIn) -> None:
    referral, client = draft_referral(), sign_in("olive")
    page = client.get(path(referral, "sections/matters/")).content.decode()
    base = {"revision": hidden(page, "revision"), "window": hidden(page, "window")}
    for voice in ("One", "Two"):
        data = {**base, **posted("matters", voice=voice)}
        assert client.post(path(referral, "sections/matters/"), data, headers={"HX-Request": "true"}).status_code == 200
    answer = client.post(
        path(referral, "sections/matters/"), {**base, **posted("matters", voice="Three"), "later": "1"}
    )
    assert answer.status_code == 302 and stored(referral).answers["matters"]["voice"] == "Three"


def test_two_officers_in_one_section_see_both_versions_and_lose_neither(sign_in: SignIn) -> None:
    referral, client = draft_referral(), sign_in("olive")
    page = client.get(path(referral, "sections/where/")).content.decode()
    base = {"revision": hidden(page, "revision"), "window": hidden(page, "window")}
    with acting(actor_of("oscar")) as oscar:
        save_section(
            oscar,
            reference=referral.reference,
            section="where",
            values={"max_miles": 9},
            base_revision=referral.revision,
        )
    mine = {**posted("where", max_miles="40", visits="Grandmother on Sundays"), "continue": "1"}
    told = client.post(path(referral, "sections/where/"), {**base, **mine})
    text = told.content.decode()
    assert told.status_code == 409 and "Oscar Officer" in text and "9 miles" in text
    assert 'value="40"' in text and "Grandmother on Sundays" in text
    assert stored(referral).max_miles == 9
    live = client.post(path(referral, "sections/where/"), {**base, **mine}, headers={"HX-Request": "true"})
    assert "Oscar Officer" in live.content.decode()
    again = client.post(
        path(referral, "sections/where/"),
        {"revision": hidden(text, "revision"), "window": hidden(text, "window"), **mine},
    )
    assert again.status_code == 302 and stored(referral).max_miles == 40


def test_a_section_of_a_published_referral_is_not_edited(sign_in: SignIn) -> None:
    referral, client = invited().referral, sign_in("olive")
    assert client.get(path(referral, "sections/where/"))["Location"] == path(referral)
    late = client.post(path(referral, "sections/matters/"), {**posted("matters", voice="Typed too late"), "later": "1"})
    assert late.status_code == 409 and "Typed too late" in late.content.decode()
    live = client.post(path(referral, "sections/matters/"), posted("matters"), headers={"HX-Request": "true"})
    assert "You cannot do this now" in live.content.decode()
    assert stored(referral).answers.get("matters") is None


def test_a_hostile_post_is_answered(sign_in: SignIn) -> None:
    referral, client = draft_referral(), sign_in("olive")
    data = {"revision": "x", "window": "w" * 99, "urgency": "<b>", "outward": "\x00", "max_miles": "9" * 400}
    assert client.post(path(referral, "sections/where/"), {**data, "continue": "1"}).status_code == 409
    assert stored(referral).max_miles == 20
    data["revision"] = str(referral.revision)
    assert client.post(path(referral, "sections/where/"), {**data, "continue": "1"}).status_code == 200
    assert client.get(path(referral, "sections/where/")).status_code == 200
    assert client.post(path(referral, "sections/nonsense/"), data).status_code == 404
    assert client.get(path(referral, "sections/adult/")).status_code == 404


# --- The referral's page ----------------------------------------------------------------------------------------------


def test_identity_is_shown_on_demand_and_logged(sign_in: SignIn) -> None:
    referral, client = draft_referral(), sign_in("olive")
    assert "Quillfeather" not in client.get(path(referral)).content.decode()
    assert "Quillfeather" in client.post(path(referral, "identity/")).content.decode()
    with acting(actor_of("olive")):
        assert Entry.objects.filter(kind="person.read", subject_reference=referral.reference).count() == 1


def test_a_commissioner_reads_the_referral_but_not_who_it_is(sign_in: SignIn) -> None:
    referral, client = draft_referral(), sign_in("connie")
    page = client.get(path(referral))
    assert page.status_code == 200 and "Show who this is" not in page.content.decode()
    assert client.post(path(referral, "identity/")).status_code == 403
    assert client.get(path(referral, "person/")).status_code == 403


def test_the_persons_record_is_corrected(sign_in: SignIn) -> None:
    referral, client = draft_referral(), sign_in("olive")
    url = path(referral, "person/")
    page = client.get(url).content.decode()
    assert 'value="Quillfeather"' in page
    data = {
        "case_number": "C-NEW-1",
        "given_name": "Zac",
        "family_name": "Quillfeather",
        "date_of_birth": f"{dt.date.today().year - 15}-01-01",
        "sex": "male",
        "other_names": "Ottoline\n\nBertram Quillfeather",
    }
    assert client.post(url, {**data, "given_name": ""}).status_code == 200
    assert client.post(url, data).status_code == 302
    now = stored(referral)
    assert now.age == 15 and now.person is not None
    assert now.person.other_names == ["Ottoline", "Bertram Quillfeather"]


def test_buttons_lead_somewhere_and_follow_the_status(sign_in: SignIn) -> None:
    client = sign_in("olive")
    draft, published = draft_referral(), invited().referral
    text = client.get(path(draft)).content.decode()
    assert "Continue the draft" in text and "Withdraw" in text and "Compare offers" not in text
    text = client.get(path(published)).content.decode()
    assert "Continue the draft" not in text and "Withdraw" in text
    for link in set(re.findall(rf'href="({path(draft)}[^"#]*)"', client.get(path(draft)).content.decode())):
        assert client.get(link).status_code in (200, 302), link


def test_copy_siblings_and_withdraw_on_the_pages(sign_in: SignIn) -> None:
    referral, other, client = draft_referral(), draft_referral(), sign_in("olive")
    page = client.get(path(referral, "copy/")).content.decode()
    data = {"token": hidden(page, "token"), "who": "same", "category": "residential"}
    first, second = client.post(path(referral, "copy/"), data), client.post(path(referral, "copy/"), data)
    assert first.status_code == 302 and first["Location"] == second["Location"]
    unknown = client.post(path(referral, "copy/"), {**data, "who": "other", "case_number": "NOPE"})
    assert unknown.status_code == 200 and 'value="NOPE"' in unknown.content.decode()
    assert client.post(path(referral, "siblings/"), {"reference": "R-0000-0000"}).status_code == 200
    linked = client.post(path(referral, "siblings/"), {"reference": f" {other.reference.lower()} "})
    assert linked.status_code == 302
    assert other.reference in client.get(path(referral)).content.decode()
    assert client.post(path(referral, "withdraw/"), {"reason": ""}).status_code == 200
    for _click in range(2):
        assert client.post(path(referral, "withdraw/"), {"reason": "Went home"}).status_code == 302
    assert stored(referral).end_reason == "Went home"
    assert client.get(path(referral, "tasks/")).status_code == 302


# --- The list ---------------------------------------------------------------------------------------------------------


def test_the_list_filters_and_shows_no_names(sign_in: SignIn) -> None:
    client = sign_in("olive")
    assert "No referrals yet" in client.get("/o/harrow/referrals/").content.decode()
    residential, fostering = draft_referral(), draft_referral("oscar", category="fostering")
    text = client.get("/o/harrow/referrals/").content.decode()
    assert residential.reference in text and fostering.reference in text and "Quillfeather" not in text
    assert fostering.reference not in client.get("/o/harrow/referrals/?mine=on").content.decode()
    assert residential.reference not in client.get("/o/harrow/referrals/?category=fostering").content.decode()
    assert "No referrals match" in client.get("/o/harrow/referrals/?status=awarded").content.decode()
    assert client.get("/o/harrow/referrals/?status=nonsense&page=zz").status_code == 200


def test_the_lists_queries_do_not_grow_with_its_rows(sign_in: SignIn) -> None:
    client = sign_in("olive")
    client.get("/o/harrow/referrals/")
    counts = []
    for _round in range(2):
        for _row in range(2):
            draft_referral()
        with CaptureQueriesContext(connection) as queries:
            client.get("/o/harrow/referrals/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- Who may what -----------------------------------------------------------------------------------------------------

PAGES = ("", "tasks/", "sections/where/", "check/", "documents/", "copy/", "siblings/", "withdraw/", "person/")


@pytest.mark.parametrize("tail", PAGES)
def test_another_authority_finds_nothing_anywhere(sign_in: SignIn, tail: str) -> None:
    referral, client = draft_referral(), sign_in("edith")
    assert client.get(path(referral, tail, "ealing")).status_code == 404
    assert client.get(path(referral, tail)).status_code == 404
    assert client.post(path(referral, tail, "ealing"), {"reason": "x"}).status_code in (404, 405)


@pytest.mark.parametrize("tail", [tail for tail in PAGES if tail])
def test_who_only_reads_does_not_draft(sign_in: SignIn, tail: str) -> None:
    referral = draft_referral()
    assert sign_in("connie").get(path(referral, tail)).status_code == 403
    assert sign_in("fiona").get(path(referral, tail)).status_code == 403


def test_a_provider_has_no_referral_pages(sign_in: SignIn) -> None:
    story = invited()
    for tail in PAGES:
        assert sign_in("bob").get(path(story, tail, "birch")).status_code in (403, 404)


def test_nobody_signed_in_is_sent_to_sign_in() -> None:
    referral = draft_referral()
    answer = Client().get(path(referral))
    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")


def test_addresses_carry_references_and_codes_only() -> None:
    from placements.urls import urlpatterns

    allowed = {"reference", "section", "document", "signature"}
    mine = [each for each in urlpatterns if str(each.pattern).startswith("referrals/")]
    assert len(mine) >= 15
    for each in mine:
        assert set(each.pattern.regex.groupindex) <= allowed | {"lot", "offer", "clarification", "release", "provider"}
    assert reverse("placements:referral", kwargs={"organisation": "harrow", "reference": "R-1"})


def test_a_withdrawn_draft_says_why(sign_in: SignIn) -> None:
    referral = draft_referral()
    with acting(actor_of("olive")) as olive:
        withdraw_referral(olive, reference=referral.reference, reason="Going home")
    assert "Going home" in sign_in("connie").get(path(referral)).content.decode()
