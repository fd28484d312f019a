"""The disclosure check: what it finds in what would go out, and how a find is settled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from brokerage.core.audit.models import Entry
from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.context import acting
from placements.actions.disclosures import confirm_disclosures
from placements.actions.people import update_person
from placements.models import Referral
from placements.queries.disclosures import disclosures, find_digest, unresolved_disclosures
from placements.queries.referrals import referral_of
from tests.cast import actor_of
from tests.scenarios import draft_referral

pytestmark = pytest.mark.django_db


def open_finds(referral: Referral) -> list[tuple[str, str]]:
    with acting(actor_of("olive")) as olive:
        return [
            (each.field, each.finding.kind) for each in unresolved_disclosures(referral_of(olive, referral.reference))
        ]


def test_a_clean_referral_has_no_finds() -> None:
    assert open_finds(draft_referral()) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("zachariah settles well after tea.", "name"),
        ("He lives at HA1 2AA with his aunt.", "postcode"),
        ("Ring the aunt on 020 7946 0999.", "phone"),
        ("Sandra visits on Mondays.", "name"),
    ],
)
def test_names_postcodes_and_numbers_are_found_in_stage_one_texts(text: str, kind: str) -> None:
    assert (("voice", kind)) in open_finds(draft_referral(matters={"voice": text}))


def test_the_date_of_birth_is_found() -> None:
    born = dt.date(dt.date.today().year - 14, 1, 1)
    assert open_finds(draft_referral(matters={"voice": f"Born on {born:%d/%m/%Y}."})) == [("voice", "date_of_birth")]


def test_texts_that_do_not_go_to_everyone_are_not_searched() -> None:
    referral = draft_referral(practical={"social_worker_name": "Zachariah Quillfeather", "school_name": "Hill School"})
    assert open_finds(referral) == []


def test_the_school_known_from_a_later_stage_is_found_in_an_earlier_one() -> None:
    referral = draft_referral(practical={"school_name": "Pinewood"}, matters={"voice": "I like Pinewood."})
    assert open_finds(referral) == [("voice", "school")]


def test_other_names_of_the_family_are_found() -> None:
    referral = draft_referral(matters={"voice": "I want to live near Ottoline."})
    assert open_finds(referral) == []
    with acting(actor_of("olive")) as olive:
        update_person(olive, person_id=referral.person_id, changes={"other_names": ["Ottoline Quillfeather"]})
    assert open_finds(referral) == [("voice", "name")]


def test_a_find_confirmed_as_harmless_is_settled_wherever_it_stands_and_recorded_without_its_words() -> None:
    referral = draft_referral(matters={"voice": "Call 020 7946 0999.", "interests": "Rings 020 7946 0999 a lot."})
    with acting(actor_of("olive")) as olive:
        found = unresolved_disclosures(referral)
        confirm_disclosures(olive, reference=referral.reference, reasons={found[0].digest: "public_service"})
        entry = Entry.objects.get(kind="referral.disclosures_confirmed")
    assert open_finds(referral) == []
    assert entry.data["finds"] == [{"kind": "phone", "reason": "public_service"}] and "0999" not in str(entry.data)


def test_a_confirmation_says_why_and_only_for_what_was_found() -> None:
    referral = draft_referral(matters={"voice": "Call 020 7946 0999."})
    with acting(actor_of("olive")) as olive:
        digest = unresolved_disclosures(referral)[0].digest
        with pytest.raises(RuleBroken):
            confirm_disclosures(olive, reference=referral.reference, reasons={digest: "because"})
        kept = confirm_disclosures(olive, reference=referral.reference, reasons={"0" * 64: "ordinary_word"})
    assert kept.disclosures_confirmed == []


def test_a_new_find_of_other_words_is_open_again() -> None:
    referral = draft_referral(matters={"voice": "Call 020 7946 0999."})
    with acting(actor_of("olive")) as olive:
        digest = unresolved_disclosures(referral)[0].digest
        referral = confirm_disclosures(olive, reference=referral.reference, reasons={digest: "public_service"})
        referral.answers["matters"]["voice"] = "Call 020 7946 0888."
        assert [each.finding.text for each in unresolved_disclosures(referral)] == ["020 7946 0888"]


def test_the_digest_does_not_depend_on_case_and_spaces() -> None:
    assert (
        find_digest("name", "Zach  Quill") == find_digest("name", "zach quill") != find_digest("school", "zach quill")
    )


def test_finds_show_the_words_around_them() -> None:
    referral = draft_referral(matters={"voice": "a " * 80 + "Zachariah" + " b" * 80})
    with acting(actor_of("olive")):
        find = disclosures(referral)[0]
    assert find.before.startswith("…") and find.after.endswith("…") and find.finding.text == "Zachariah"


# --- The page ---------------------------------------------------------------------------------------------------------


def test_the_page_shows_each_find_and_settles_it(sign_in: Callable[[str], Client]) -> None:
    referral = draft_referral(matters={"voice": "Call 020 7946 0999 and <b>Zachariah</b>."})
    client = sign_in("olive")
    url = f"/o/harrow/referrals/{referral.reference}/check/"
    page = client.get(url)
    text = page.content.decode()
    assert page.status_code == 200 and "020 7946 0999" in text and "&lt;b&gt;" in text
    with acting(actor_of("olive")):
        found = unresolved_disclosures(referral)
    short = found[0].digest[:12]
    refused = client.post(url, {f"harmless_{short}": "on"})
    assert refused.status_code == 200 and "Say why" in refused.content.decode()
    answer = client.post(url, {f"harmless_{short}": "on", f"reason_{short}": "public_service"})
    assert answer.status_code == 302
    assert open_finds(referral) == [("voice", "name")]


def test_the_same_words_in_two_places_are_one_find_on_every_page(sign_in: Callable[[str], Client]) -> None:
    """The check, the task list and the page before publishing count alike."""
    referral = draft_referral(
        matters={"voice": "Ask Zachariah. Call 020 7946 0999."}, needs={"what_works": "zachariah"}
    )
    client = sign_in("olive")
    url = f"/o/harrow/referrals/{referral.reference}/"
    assert len(open_finds(referral)) == 2
    assert "2 finds must be corrected" in client.get(f"{url}check/").content.decode()
    assert "2 to look at" in client.get(f"{url}tasks/").content.decode()
    assert "2 finds are open" in client.get(f"{url}publish/").content.decode()


@pytest.mark.parametrize(("who", "status"), [("connie", 403), ("fiona", 403), ("edith", 404), ("bob", 404)])
def test_the_page_is_for_those_who_draft(sign_in: Callable[[str], Client], who: str, status: int) -> None:
    referral = draft_referral()
    assert sign_in(who).get(f"/o/harrow/referrals/{referral.reference}/check/").status_code == status


def test_another_authoritys_referral_is_not_found(sign_in: Callable[[str], Client]) -> None:
    referral: Any = draft_referral()
    assert sign_in("edith").get(f"/o/ealing/referrals/{referral.reference}/check/").status_code == 404
