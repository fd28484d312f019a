"""Finding by reference and by name: straight there, for those who may, and written down where a person is sought."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from brokerage.core.audit.models import Entry
from brokerage.core.tenants.context import acting
from brokerage.home.searching import references_meant, search_people
from placements.models import Person, Placement, Referral
from tests.cast import actor_of, user_of
from tests.firewall.finding import found
from tests.incidents.reporting import reported, resident
from tests.safeguarding.voices import code_for, said, the_message
from tests.scenarios import Invited, awarded, invited, with_person

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
PEOPLE = "/o/harrow/people/search/"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("R-7K3M-9QX2", ["R-7K3M-9QX2"]),
        (" r7k3m 9qx2 ", ["R-7K3M-9QX2", "R7K3M 9QX2"]),
        ("7k3m-9qx2", ["R-7K3M-9QX2", "P-7K3M-9QX2", "A-7K3M-9QX2", "S-7K3M-9QX2", "7K3M-9QX2"]),
        ("a-oil0-9qx2", ["A-0110-9QX2", "A-OIL0-9QX2"]),
        ("HRW/2025/114", ["HRW/2025/114"]),
        ("R-7K3M-9QU2", ["R-7K3M-9QU2"]),
        ("", []),
    ],
)
def test_what_was_typed_may_mean(typed: str, meant: list[str]) -> None:
    assert references_meant(typed) == meant


def test_each_reference_leads_straight_to_its_page(sign_in: SignIn) -> None:
    story, made = awarded()
    with acting(actor_of("oscar")):
        placement = Placement.objects.get(award_id=made.pk)
        agreement = made.agreements.get()
    officer, provider = sign_in("oscar"), sign_in("bob")

    def leads(client: Client, organisation: str, typed: str) -> str:
        answer = client.get(f"/o/{organisation}/search/", {"q": typed})
        return answer.headers.get("Location", "") if answer.status_code == 302 else "help"

    typed = story.reference.lower().replace("-", " ")
    assert leads(officer, "harrow", typed) == f"/o/harrow/referrals/{story.reference}/"
    assert leads(officer, "harrow", placement.reference[2:]) == f"/o/harrow/placements/{placement.reference}/"
    assert leads(officer, "harrow", agreement.reference) == f"/o/harrow/agreements/{agreement.reference}/"
    assert leads(provider, "birch", story.reference) == f"/o/birch/inbox/{story.reference}/"
    assert leads(provider, "birch", agreement.reference) == f"/o/birch/agreements/{agreement.reference}/"
    for client, organisation in ((sign_in("edith"), "ealing"), (sign_in("alice"), "alder"), (provider, "birch")):
        assert leads(client, organisation, placement.reference) == "help"
    for client, organisation in ((sign_in("edith"), "ealing"), (sign_in("alice"), "alder")):
        assert leads(client, organisation, story.reference) == "help"
        assert leads(client, organisation, agreement.reference) == "help"
    assert leads(sign_in("carol"), "west-london-central", story.reference) == "help"
    assert leads(sign_in("sandra"), "harrow", story.reference) == "help"


def test_what_safeguarding_calls_by_a_reference_is_found_by_its_readers_alone(sign_in: SignIn) -> None:
    event = reported(resident(), kind="allegation")
    finding = found("olive")
    said(code_for().code)
    words = the_message()
    everybody = {
        "olive": "harrow",
        "tessa": "harrow",
        "edith": "ealing",
        "bob": "birch",
        "carol": "west-london-central",
    }
    clients = {who: sign_in(who) for who in everybody}

    def finds(typed: str) -> dict[str, str]:
        answers = {who: client.get(f"/o/{everybody[who]}/search/", {"q": typed}) for who, client in clients.items()}
        return {who: answer["Location"] for who, answer in answers.items() if answer.status_code == 302}

    pages = {slug: f"/o/{slug}/incidents/{event.reference}/" for slug in ("harrow", "birch")}
    expected = {"olive": pages["harrow"], "tessa": pages["harrow"], "bob": pages["birch"]}
    assert finds(event.reference.lower().replace("-", " ")) == expected
    at = f"/o/harrow/firewall/{finding.reference}/"
    assert finds(finding.reference) == {"olive": at, "tessa": at}
    assert set(finds(words.reference)) == {"tessa", "carol"}, "their leads, and nobody else of theirs"


def test_what_is_not_found_gets_help_and_is_not_said_again(sign_in: SignIn) -> None:
    answer = sign_in("olive").get("/o/harrow/search/", {"q": "Quillfeather"})
    assert answer.status_code == 200
    page = answer.content.decode().split("<main")[1]
    assert "Quillfeather" not in page and "Nothing has that reference" in page and PEOPLE in page
    assert "Find a reference" in sign_in("olive").get("/o/harrow/search/").content.decode()


def someone(story: Invited, family_name: str = "Quillfeather") -> Person:
    with_person(story)
    with acting(actor_of("olive")):
        person = Person.objects.get(case_number=f"CN-{story.reference}")
        person.family_name = family_name
        person.save(update_fields=["family_name"])
        return person


def test_officers_find_a_person_by_name_or_case_number(sign_in: SignIn) -> None:
    story, other = invited("birch-house"), invited("birch-house")
    person, _other = someone(story), someone(other, "Smith")
    client = sign_in("olive")
    for text in ("quill", "kestrel QUILLFEATHER", person.case_number.lower()):
        page = client.post(PEOPLE, {"text": text}).content.decode()
        assert story.reference in page and other.reference not in page, text
    assert b"2 people found" in client.post(PEOPLE, {"text": "kestrel"}).content
    assert b"0 people found" in client.post(PEOPLE, {"text": "nobody"}).content
    assert b"Enter at least two letters" in client.post(PEOPLE, {"text": "k"}).content
    with acting(actor_of("olive")) as olive:
        entries = Entry.objects.filter(organisation_id=olive.organisation_id, kind="person.searched")
        assert entries.count() == 5
        assert str(person.pk) in entries.order_by("at")[0].data["people"]
        assert "Quillfeather" not in str([entry.data for entry in entries])


def test_of_many_the_first_by_name_are_found() -> None:
    names = ["", "abel", "Abel", "ÉCLAIR", "Zed", "zed", "de Winter", "O'Hara", "Åse"]
    with acting(actor_of("olive")) as olive:
        Person.objects.bulk_create(
            Person(
                authority_id=olive.organisation_id,
                case_number=f"M-{number:02}",
                given_name="Kestrelina",
                family_name=names[number % len(names)],
                date_of_birth="2012-01-01",
                sex="male",
            )
            for number in range(30)
        )
        everybody = Person.objects.filter(case_number__startswith="M-").order_by("family_name", "given_name", "pk")
        shown = [found.person.pk for found in search_people(olive, text="kestrelina")]
        assert shown == [person.pk for person in everybody[:20]]


def test_a_search_never_goes_by_address(sign_in: SignIn) -> None:
    someone(invited("birch-house"))
    page = sign_in("olive").get(PEOPLE, {"text": "Quillfeather"})
    assert page.status_code == 200 and b"found" not in page.content.split(b"<main")[1].split(b"</form>")[1]
    with acting(actor_of("olive")) as olive:
        assert not Entry.objects.filter(organisation_id=olive.organisation_id, kind="person.searched").exists()


def test_who_finds_whom(sign_in: SignIn) -> None:
    mine, other = invited("birch-house"), invited("birch-house")
    someone(mine), someone(other)
    with acting(actor_of("olive")):
        Referral.objects.filter(pk=mine.referral.pk).update(social_worker_id=user_of("sandra").pk)
    page = sign_in("sandra").post(PEOPLE, {"text": "quillfeather"}).content.decode()
    assert "1 person found" in page and mine.reference in page and other.reference not in page
    elsewhere = sign_in("edith").post("/o/ealing/people/search/", {"text": "quillfeather"})
    assert b"0 people found" in elsewhere.content
    for who, organisation in (("fiona", "harrow"), ("sam", "harrow"), ("bob", "birch")):
        assert sign_in(who).get(f"/o/{organisation}/people/search/").status_code == 403
