"""Providers, homes and households: who reads them, who changes what, and what is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext

from brokerage.core.audit.models import Entry
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.context import acting
from providers.actions.establishments import describe_establishment, set_vacancies
from providers.actions.households import HouseholdFacts, add_household, change_household, hold_household
from providers.actions.insurance import put_policy
from providers.actions.profiles import change_profile
from providers.actions.verification import (
    change_registration,
    record_oversight,
    verify_provider,
    withdraw_verification,
)
from providers.models import CarerHousehold, Establishment, Insurance, Occupancy, Provider
from providers.queries.register import cover_on, provider_list
from tests.cast import FAR_AHEAD, LONG_AGO, TODAY, actor_of, ident

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
FACTS = HouseholdFacts(
    outward="ha3",
    age_min=5,
    age_max=12,
    sex_accepted="any",
    needs=["uasc", "emotional_behavioural"],
    adults=2,
    children_ages=[9, 14],
    pets=["dog"],
    smoking="no",
    languages=["en", "pa"],
    faiths=["sikh"],
    approved_on=LONG_AGO,
    places=2,
)


def run(who: str, action: Callable[..., Any], **kwargs: Any) -> Any:
    actor = actor_of(who)
    with acting(actor):
        return action(actor, **kwargs)


def trail(who: str, kind: str) -> list[dict[str, Any]]:
    with acting(actor_of(who)):
        return [entry.data for entry in Entry.objects.filter(kind=kind)]


# --- The central team --------------------------------------------------------------------------------------


def test_verifying_needs_a_reason_and_can_be_taken_back() -> None:
    with pytest.raises(RuleBroken):
        run("carol", verify_provider, provider_id=ident("birch"), reason=" ")
    assert run("carol", verify_provider, provider_id=ident("birch"), reason="Company register").verified_on == TODAY
    run("carol", withdraw_verification, provider_id=ident("birch"), reason="Struck off")
    with pytest.raises(NotNow):
        run("carol", withdraw_verification, provider_id=ident("birch"), reason="Struck off")
    assert trail("carol", "provider.verification_withdrawn")[0]["reason"] == "Struck off"


@pytest.mark.parametrize("who", ["olive", "connie", "bob", "hugh"])
def test_only_the_central_team_verifies(who: str) -> None:
    with pytest.raises(NotPermitted):
        run(who, verify_provider, provider_id=ident("birch"), reason="x")


def test_oversight_names_an_authority_and_a_dated_report() -> None:
    given: dict[str, Any] = {"provider_id": ident("birch"), "credit_report_on": None, "credit_report_score": ""}
    with acting(actor_of("carol")):
        harrow = Provider.objects.get(pk=ident("birch")).organisation.__class__.objects.get(slug="harrow")
    run("carol", record_oversight, **given, link_authority_id=harrow.pk)
    with acting(actor_of("carol")):
        assert Provider.objects.get(pk=ident("birch")).link_authority_id == harrow.pk
    for wrong in ({"link_authority_id": ident("alder")}, {"link_authority_id": None, "credit_report_score": "A"}):
        with pytest.raises(RuleBroken):
            run("carol", record_oversight, **{**given, **wrong})


def test_a_changed_registration_is_checked_today_and_told_with_its_reason() -> None:
    values = {"registration_status": "suspended", "capacity": 1}
    with acting(actor_of("bob")):
        Occupancy.objects.filter(establishment_id=ident("birch-house")).update(taken=3)
    home = run("carol", change_registration, establishment_id=ident("birch-house"), values=values, reason="Ofsted")
    assert (home.registration_status, home.registration_checked_on) == ("suspended", TODAY)
    with acting(actor_of("bob")):
        counter = Occupancy.objects.get(establishment_id=ident("birch-house"))
    assert (counter.places, counter.taken) == (1, 1)
    assert trail("carol", "establishment.registration_changed")[0]["fields"] == ["capacity", "registration_status"]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"age_min": 18}, "ages_crossed"),
        ({"capacity": None}, "capacity_missing"),
        ({"closed_on": LONG_AGO - dt.timedelta(days=1)}, "closed_before_open"),
    ],
)
def test_a_registration_that_cannot_be_is_refused(values: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        run("carol", change_registration, establishment_id=ident("birch-house"), values=values, reason="x")
    assert refused.value.code == code


# --- The provider's own side -------------------------------------------------------------------------------


def test_vacancies_are_said_for_today_and_never_above_the_places() -> None:
    counter = run("bob", set_vacancies, establishment_id=ident("birch-house"), vacancies=1)
    assert (counter.taken, counter.vacancies) == (3, 1)
    for wrong in (-1, 5):
        with pytest.raises(RuleBroken):
            run("bob", set_vacancies, establishment_id=ident("birch-house"), vacancies=wrong)
    assert trail("bob", "vacancies.set") == [{"before": 4, "vacancies": 1}]


def test_nobody_changes_another_provider_s_home() -> None:
    needs = {"description": "", "needs": ["autism"], "telephone": "", "email": ""}
    for action, kwargs in (
        (set_vacancies, {"establishment_id": ident("birch-house"), "vacancies": 1}),
        (describe_establishment, {"establishment_id": ident("birch-house"), **needs}),
        (change_household, {"household_id": uuid4(), "facts": FACTS}),
        (add_household, {"agency_id": ident("birch-house"), "code": "X", "facts": FACTS}),
    ):
        with pytest.raises(Http404):
            run("alice", action, **kwargs)
    with pytest.raises(Http404):
        run("bob", change_household, household_id=ident("ALD-1"), facts=FACTS)


def test_a_home_is_described_but_its_registration_stays() -> None:
    home = run(
        "bob",
        describe_establishment,
        establishment_id=ident("birch-house"),
        description=" By the park. ",
        needs=["missing", "autism"],
        telephone="",
        email="",
    )
    assert (home.description, home.needs) == ("By the park.", ["autism", "missing"])
    with pytest.raises(NotPermitted):
        run("bob", change_registration, establishment_id=home.pk, values={"rating": "outstanding"}, reason="x")


def test_a_household_is_added_changed_and_held() -> None:
    added = run("alice", add_household, agency_id=ident("alder-fostering"), code="ald-9", facts=FACTS)
    assert (added.code, added.outward, bool(added.easting)) == ("ALD-9", "HA3", True)
    with acting(actor_of("alice")):
        Occupancy.objects.filter(household=added).update(taken=2)
    with pytest.raises(RuleBroken) as refused:
        run("alice", change_household, household_id=added.pk, facts=replace(FACTS, places=1))
    assert refused.value.code == "places_below_taken"
    changed = run("alice", change_household, household_id=added.pk, facts=replace(FACTS, places=3, adults=1))
    with acting(actor_of("alice")):
        assert Occupancy.objects.get(household=added).places == 3
    assert changed.adults == 1
    assert run("alice", hold_household, household_id=added.pk, is_on_hold=True).is_on_hold
    with pytest.raises(NotNow):
        run("alice", hold_household, household_id=added.pk, is_on_hold=True)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"outward": "ZZ9"}, "outward_unknown"),
        ({"outward": "nonsense"}, "outward_code_invalid"),
        ({"age_min": 13}, "ages_crossed"),
        ({"needs": []}, "needs_missing"),
        ({"approved_on": FAR_AHEAD}, "approved_in_future"),
    ],
)
def test_a_household_that_cannot_be_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        run("alice", add_household, agency_id=ident("alder-fostering"), code="A9", facts=replace(FACTS, **changes))
    assert refused.value.code == code


def test_a_code_is_used_once() -> None:
    with pytest.raises(RuleBroken) as refused:
        run("alice", add_household, agency_id=ident("alder-fostering"), code="ALD-1", facts=FACTS)
    assert refused.value.code == "code_taken"


def policy(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "public_liability",
        "insurer": "Tinderbox",
        "policy_number": "P1",
        "cover_amount": Decimal("5000000.00"),
        "starts_on": TODAY,
        "expires_on": TODAY + dt.timedelta(days=364),
        **changes,
    }


def test_a_policy_is_added_and_corrected_and_never_twice() -> None:
    added = run("bob", put_policy, **policy())
    assert run("bob", put_policy, **policy(insurer="Other"), policy_id=added.pk).insurer == "Other"
    for wrong, code in (
        ({}, "policy_twice"),
        ({"expires_on": LONG_AGO}, "ends_before_start"),
        ({"cover_amount": Decimal("0.00"), "starts_on": LONG_AGO}, "cover_missing"),
    ):
        with pytest.raises(RuleBroken) as refused:
            run("bob", put_policy, **policy(**wrong))
        assert refused.value.code == code
    with pytest.raises(Http404):
        run("alice", put_policy, **policy(), policy_id=added.pk)
    with pytest.raises(NotPermitted):
        run("cecil", put_policy, **policy())


def test_cover_says_what_is_in_force_ending_lapsed_or_missing() -> None:
    def one(start: int, end: int) -> Insurance:
        day = dt.timedelta(days=1)
        return Insurance(kind="public_liability", starts_on=TODAY + start * day, expires_on=TODAY + end * day)

    def state(*policies: Insurance) -> str:
        return next(cover.state for cover in cover_on(policies, TODAY) if cover.kind == "public_liability")

    assert state() == "missing"
    assert state(one(-300, 60)) == "in_force"
    assert state(one(-300, 30)) == "ending"
    assert state(one(-300, 30), one(31, 400)) == "in_force"
    assert state(one(-300, 30), one(40, 400)) == "ending"
    assert state(one(-300, 0)) == "ending"
    assert state(one(-300, -1)) == "lapsed"
    assert state(one(1, 300)) == "not_begun"


def test_contacts_are_the_provider_s_own_to_change() -> None:
    contacts = {"contact_email": "x@birch.example", "contact_phone": "", "out_of_hours_phone": "020"}
    run("bob", change_profile, registered_address="1 High St", **contacts)
    with acting(actor_of("olive")):
        row = Provider.objects.select_related("organisation").get(pk=ident("birch"))
    assert (row.organisation.contact_email, row.registered_address) == ("x@birch.example", "1 High St")
    with pytest.raises(NotPermitted):
        run("cecil", change_profile, registered_address="", **contacts)


# --- Pages -------------------------------------------------------------------------------------------------


def test_the_list_finds_by_name_number_kind_area_and_state() -> None:
    with acting(actor_of("carol")):
        Insurance.objects.filter(provider_id=ident("cedar"), kind="public_liability").delete()
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
        assert found(status="verified") == []


def test_central_team_and_authority_read_a_provider_and_its_homes(sign_in: SignIn) -> None:
    for who, slug in (("carol", "west-london-central"), ("olive", "harrow"), ("connie", "harrow")):
        client = sign_in(who)
        assert "Birch Care Ltd" in client.get(f"/o/{slug}/providers/").content.decode()
        page = client.get(f"/o/{slug}/providers/{ident('birch')}/").content.decode()
        assert "Birch Lodge" in page and "Test residential standard" in page
        assert ("Verify this provider" in page) == (who == "carol")
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
