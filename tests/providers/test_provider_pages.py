"""Pages about providers and of providers: what they show, who is refused, and how much they ask of the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from brokerage.core.tenants.context import acting
from providers.models import CarerHousehold, Establishment, Insurance, Occupancy
from providers.queries.register import provider_list
from tests.cast import LONG_AGO, TODAY, actor_of, ident

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]


def test_the_list_finds_by_name_number_kind_area_and_state() -> None:
    with acting(actor_of("carol")):
        Insurance.objects.filter(provider_id=ident("cedar"), kind="public_liability").update(expires_on=LONG_AGO)
        Establishment.objects.filter(pk=ident("birch-lodge")).update(registration_status="suspended")

        def found(**asked: str) -> list[str]:
            return [row.organisation.slug for row in provider_list(on=TODAY, **asked)]

        assert found() == ["alder", "birch", "cedar"]
        assert found(words="birch lo") == ["birch"]
        assert found(words="sc990003") == ["cedar"]
        assert found(kind="fostering_agency") == ["alder"]
        assert found(area="W06000022") == []
        assert found(status="insurance") == ["cedar"]
        assert found(status="registration") == ["birch"]
        assert found(status="verified") == ["alder", "birch", "cedar"]


def test_central_team_and_authority_read_a_provider_and_its_homes(sign_in: SignIn) -> None:
    for who, slug in (("carol", "west-london-central"), ("olive", "harrow"), ("connie", "harrow")):
        client = sign_in(who)
        assert "Birch Care Ltd" in client.get(f"/o/{slug}/providers/").content.decode()
        page = client.get(f"/o/{slug}/providers/{ident('birch')}/").content.decode()
        assert "Birch Lodge" in page and "Test residential standard" in page
        assert ("Verify again" in page) == (who == "carol")
        page = client.get(f"/o/{slug}/providers/homes/{ident('birch-lodge')}/").content.decode()
        assert "SC990002" in page and ("registration" in page.lower())
        assert "ALD-1" in client.get(f"/o/{slug}/providers/homes/{ident('alder-fostering')}/").content.decode()


def test_the_central_team_verifies_and_checks_on_pages(sign_in: SignIn) -> None:
    client, here = sign_in("carol"), "/o/west-london-central"
    url = f"{here}/providers/{ident('birch')}"
    assert "Enter what was checked" in client.post(f"{url}/verify/", {"reason": ""}).content.decode()
    assert client.post(f"{url}/verify/", {"reason": "Papers seen"}).status_code == 302
    assert "The provider is verified." in client.get(f"{url}/").content.decode()
    assert client.post(f"{url}/withdraw-verification/", {"reason": "Gone"}).status_code == 302
    assert client.post(f"{url}/withdraw-verification/", {"reason": "Gone"}).status_code == 409
    assert client.get(f"{url}/oversight/").status_code == 200
    assert client.post(f"{url}/oversight/", {"credit_report_score": "A"}).status_code == 200
    answer = {"credit_report_on": str(TODAY), "credit_report_score": "A"}
    assert client.post(f"{url}/oversight/", answer).status_code == 302
    url = f"{here}/providers/homes/{ident('birch-house')}/registration/"
    assert client.get(url).status_code == 200
    values = {
        "registration_status": "cancelled",
        "rating": "inadequate",
        "inspected_on": str(TODAY),
        "capacity": "4",
        "age_min": "8",
        "age_max": "7",
        "sex_accepted": "any",
        "registered_manager": "",
        "closed_on": "",
        "reason": "Ofsted's list",
    }
    assert "must not be below" in client.post(url, values).content.decode()
    assert client.post(url, {**values, "age_max": "17"}).status_code == 302
    with acting(actor_of("carol")):
        assert Establishment.objects.get(pk=ident("birch-house")).registration_status == "cancelled"


def test_one_tap_says_the_vacancies(sign_in: SignIn) -> None:
    client, here = sign_in("cecil"), "/o/cedar/our-homes"
    page = client.get(f"{here}/").content.decode()
    assert page.count('name="vacancies"') == 4
    url = f"{here}/{ident('cedar-house')}"
    assert client.post(f"{url}/vacancies/", {"vacancies": "2", "from": "list"}).url == f"{here}/"
    assert "2 vacancies today" in client.get(f"{here}/").content.decode()
    assert "from 0 to 3" in client.post(f"{url}/vacancies/", {"vacancies": "9"}).content.decode()
    assert client.get(f"{url}/").status_code == 200
    assert client.get(f"{url}/edit/").status_code == 403


def test_an_agency_keeps_its_households_on_pages(sign_in: SignIn) -> None:
    client, here = sign_in("alice"), "/o/alder/our-homes"
    agency = f"{here}/{ident('alder-fostering')}"
    assert "ALD-1" in client.get(f"{agency}/").content.decode()
    new = {
        "code": "ald-9",
        "outward": "HA3",
        "places": "2",
        "age_min": "5",
        "age_max": "12",
        "sex_accepted": "any",
        "needs": ["uasc"],
        "adults": "2",
        "children_ages": "14, 9",
        "pets": ["dog"],
        "smoking": "no",
        "languages": "en pa",
        "faiths": [],
        "approved_on": str(LONG_AGO),
    }
    assert (
        "whole numbers" in client.post(f"{agency}/households/new/", {**new, "children_ages": "nine"}).content.decode()
    )
    assert client.post(f"{agency}/households/new/", new).status_code == 302
    with acting(actor_of("alice")):
        added = CarerHousehold.objects.get(code="ALD-9")
    assert (added.children_ages, added.languages) == ([9, 14], ["en", "pa"])
    one = f"{here}/households/{added.pk}"
    assert "9, 14" in client.get(f"{one}/").content.decode()
    assert client.post(f"{one}/", {**new, "adults": "1"}).status_code == 302
    assert client.post(f"{one}/vacancies/", {"vacancies": "1"}).status_code == 302
    assert client.post(f"{one}/hold/", {"hold": "yes"}).status_code == 302
    assert client.post(f"{one}/hold/", {"hold": "yes"}).status_code == 409
    assert "On hold" in client.get(f"{agency}/").content.decode()


def test_profile_homes_and_policies_are_edited_on_pages(sign_in: SignIn) -> None:
    client, here = sign_in("bob"), "/o/birch/our-homes"
    for path in ("profile/", "insurance/new/", f"{ident('birch-house')}/edit/"):
        assert client.get(f"{here}/{path}").status_code == 200
    assert client.post(f"{here}/profile/", {"contact_email": "a@birch.example"}).status_code == 302
    edited = {"description": "Quiet.", "needs": ["autism"], "telephone": "", "email": ""}
    assert client.post(f"{here}/{ident('birch-house')}/edit/", edited).status_code == 302
    one = {
        "kind": "public_liability",
        "insurer": "Tinderbox",
        "policy_number": "P1",
        "cover_amount": "5,000,000.00",
        "starts_on": str(TODAY),
        "expires_on": str(TODAY + dt.timedelta(days=10)),
    }
    assert client.post(f"{here}/insurance/new/", {**one, "cover_amount": "1e9"}).status_code == 200
    assert client.post(f"{here}/insurance/new/", one).status_code == 302
    with acting(actor_of("bob")):
        added = Insurance.objects.get(policy_number="P1")
    assert client.get(f"{here}/insurance/{added.pk}/").status_code == 200
    assert client.post(f"{here}/insurance/{added.pk}/", {**one, "insurer": "Other"}).status_code == 302


def test_a_rival_s_pages_are_not_found_and_other_roles_are_refused(sign_in: SignIn) -> None:
    alice = sign_in("alice")
    birch, ald = ident("birch-house"), ident("ALD-1")
    for path in (f"our-homes/{birch}/", f"our-homes/{birch}/edit/", f"our-homes/{birch}/households/new/"):
        assert alice.get(f"/o/alder/{path}").status_code == 404, path
    assert alice.post(f"/o/alder/our-homes/{birch}/vacancies/", {"vacancies": "0"}).status_code == 404
    with acting(actor_of("bob")):
        policy_id = Insurance.objects.filter(provider_id=ident("birch")).values_list("pk", flat=True)[0]
    assert alice.get(f"/o/alder/our-homes/insurance/{policy_id}/").status_code == 404
    bob = sign_in("bob")
    assert bob.get(f"/o/birch/our-homes/households/{ald}/").status_code == 404
    assert bob.post(f"/o/birch/our-homes/households/{ald}/hold/", {"hold": "yes"}).status_code == 404
    for who, slug, path in (
        ("bob", "birch", "providers/"),
        ("bob", "birch", f"providers/{ident('birch')}/"),
        ("sandra", "harrow", "providers/"),
        ("hugh", "west-london-central", "providers/"),
        ("olive", "harrow", f"providers/{ident('birch')}/verify/"),
        ("olive", "harrow", f"providers/homes/{birch}/registration/"),
        ("olive", "harrow", "our-homes/"),
        ("olive", "harrow", f"our-homes/{birch}/"),
        ("carol", "west-london-central", "our-homes/profile/"),
        ("cecil", "cedar", "our-homes/insurance/new/"),
    ):
        assert sign_in(who).get(f"/o/{slug}/{path}").status_code == 403, (who, path)


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("carol", "/o/west-london-central/providers/"),
        ("carol", f"/o/west-london-central/providers/{ident('birch')}/"),
        ("bob", "/o/birch/our-homes/"),
    ],
)
def test_pages_ask_as_much_for_many_homes_as_for_few(sign_in: SignIn, who: str, path: str) -> None:
    client = sign_in(who)
    client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(path)
    with acting(actor_of("carol")):
        model = Establishment.objects.get(pk=ident("birch-house"))
        for number in range(20):
            model.pk, model.urn = uuid4(), f"SC98{number:04}"
            model.save(force_insert=True)
            Occupancy.objects.create(provider_id=model.provider_id, establishment_id=model.pk, places=3)
    with CaptureQueriesContext(connection) as many:
        client.get(path)
    assert len(many) == len(few)
    assert len(many) <= 25
