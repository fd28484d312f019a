"""What makes a home unfit stops it at each door: invitation, offer, award, confirmation of an award, signature."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.context import acting
from contracts.models import Agreement
from dpv.eligibility import problems_of
from dpv.models import Admission
from placements.actions.publishing import invite_more
from placements.models import Person
from providers.models import Establishment, Insurance, Provider
from tests import scenarios
from tests.cast import TODAY, actor_of, ident

pytestmark = pytest.mark.django_db

WALES = {"gss_code": "W06000022", "regulator": "ciw"}


def home(**values: Any) -> Callable[[], object]:
    return lambda: Establishment.objects.filter(pk=ident("birch-house")).update(**values)


def provider(**values: Any) -> Callable[[], object]:
    return lambda: Provider.objects.filter(pk=ident("birch")).update(**values)


def lapse(kind: str) -> Callable[[], object]:
    policies = {"provider_id": ident("birch"), "kind": kind}
    return lambda: Insurance.objects.filter(**policies).update(expires_on=TODAY - dt.timedelta(days=1))


CAUSES: dict[str, Callable[[], object]] = {
    "admission_suspended": lambda: Admission.objects.filter(pk=ident("admission birch-house")).update(
        status="suspended"
    ),
    "registration_not_active": home(registration_status="cancelled"),
    "registration_wrong_type": home(kind="care_home"),
    "registration_age": home(age_max=13),
    "provider_not_verified": provider(verified_on=TODAY - dt.timedelta(days=731)),
    "insurance_employers_liability": lapse("employers_liability"),
    "insurance_public_liability": lapse("public_liability"),
    "insurance_professional_indemnity": lapse("professional_indemnity"),
    "welsh_for_profit": home(**WALES, registered_on=dt.date(2026, 4, 1)),
}


def befall(code: str) -> None:
    """As the central team, who keeps all of it."""
    with acting(actor_of("carol")):
        CAUSES[code]()


@pytest.mark.parametrize("code", CAUSES)
def test_nobody_is_invited(code: str) -> None:
    story = scenarios.with_person(scenarios.invited("cedar-house"))
    befall(code)
    with acting(actor_of("olive")) as actor, pytest.raises(RuleBroken) as refused:
        invite_more(actor, reference=story.reference, chosen=[str(ident("admission birch-house"))], reason="More")
    assert refused.value.code == "not_eligible"


@pytest.mark.parametrize("code", CAUSES)
def test_nobody_offers(code: str) -> None:
    from placements.actions.offers import submit_offer

    draft = scenarios.drafted_offer("bob")
    befall(code)
    with acting(actor_of("bob")) as actor, pytest.raises(RuleBroken) as refused:
        submit_offer(actor, offer_id=draft.pk)
    assert refused.value.code == code


@pytest.mark.parametrize("code", CAUSES)
def test_nobody_is_awarded(code: str) -> None:
    _story, offers = scenarios.chosen("birch-house")
    befall(code)
    with pytest.raises(RuleBroken) as refused:
        scenarios.award(offers[0])
    assert refused.value.code == code


def signable() -> Agreement:
    """An agreement that waits for both signatures."""
    _story, award = scenarios.awarded("birch-house")
    with acting(actor_of("oscar")):
        Agreement.objects.filter(award_id=award.pk).update(status="awaiting_signatures")
        return Agreement.objects.get(award_id=award.pk)


@pytest.mark.parametrize("code", CAUSES)
def test_neither_side_signs(code: str) -> None:
    agreement = signable()
    befall(code)
    with pytest.raises(RuleBroken) as refused:
        scenarios.sign(agreement, who="sam")
    assert refused.value.code == code and refused.value.field == "agree"
    if code != "registration_age":  # the provider's side is not told how old the person is
        with pytest.raises(RuleBroken):
            scenarios.sign(agreement, who="bob")
    with acting(actor_of("sam")):
        assert Agreement.objects.get(pk=agreement.pk).status == "awaiting_signatures"


def test_the_age_that_counts_is_that_of_the_first_day() -> None:
    """Fourteen today, fifteen before moving in: a home for up to fourteen may not take them."""
    story, offers = scenarios.chosen("birch-house")
    with acting(actor_of("carol")):
        home(age_max=14)()
    with acting(actor_of("oscar")):
        birthday = offers[0].starts_on - dt.timedelta(days=1)
        born = dt.date(birthday.year - 15, birthday.month, min(birthday.day, 28))
        Person.objects.filter(pk=story.referral.person_id).update(date_of_birth=born)
    with pytest.raises(RuleBroken) as refused:
        scenarios.award(offers[0])
    assert refused.value.code == "registration_age"


def test_a_ceiling_that_has_ended_since_the_award_stops_no_signature() -> None:
    from dpv.models import Ceiling

    agreement = signable()
    with acting(actor_of("carol")):
        Ceiling.objects.filter(admission_id=ident("admission birch-house")).update(valid_to=TODAY - dt.timedelta(1))
    scenarios.sign(agreement, who="sam")


HOUSE = ident("admission birch-house")


def _wales(on: dt.date, **values: Any) -> list[str]:
    """The problems that the Welsh Act makes on a day, of a for-profit home in Wales."""
    with acting(actor_of("carol")):
        home(**WALES, registered_on=dt.date(2020, 1, 1), **values)()
    with acting(actor_of("olive")):
        return [code for code in problems_of([HOUSE], on, age=14)[HOUSE] if code.startswith("welsh")]


def test_a_for_profit_home_in_wales_may_not_grow_from_2027_on() -> None:
    assert _wales(dt.date(2028, 1, 1), grew_on=dt.date(2027, 3, 31)) == []
    assert _wales(dt.date(2028, 1, 1), grew_on=dt.date(2027, 4, 1)) == ["welsh_growth"]
    with acting(actor_of("carol")):
        provider(profit_status="not_for_profit")()
    assert _wales(dt.date(2028, 1, 1), grew_on=dt.date(2027, 4, 1)) == []


def test_and_takes_nobody_new_from_2030_on_without_approval(settings: Any) -> None:
    assert _wales(dt.date(2030, 3, 31)) == []
    assert _wales(dt.date(2030, 4, 1)) == ["welsh_needs_approval"]
    settings.WELSH_APPROVAL_FROM = None
    assert _wales(dt.date(2030, 4, 1)) == []


def test_the_days_on_which_places_grew_are_kept() -> None:
    from providers.actions.verification import change_registration

    with acting(actor_of("carol")) as actor:
        for capacity, grew in ((3, None), (6, TODAY)):
            changed = change_registration(
                actor, establishment_id=ident("birch-house"), values={"capacity": capacity}, reason="The register"
            )
            assert changed.grew_on == grew
