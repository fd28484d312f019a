"""Providers, homes and households: who reads them, who changes what, and what is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.http import Http404

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
from providers.models import Insurance, Occupancy, Provider
from providers.queries.register import cover_on
from tests.cast import FAR_AHEAD, LONG_AGO, TODAY, actor_of, ident

pytestmark = pytest.mark.django_db

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
