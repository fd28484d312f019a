"""Whether an admission may be used on a day: every reason, in the authority's and the provider's role."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.context import acting
from dpv import eligibility
from dpv.eligibility import PROBLEM_TEXTS, problems_of, require_eligible
from dpv.models import AccessAgreement, Admission, Ceiling, MenuItem, RuleVersion, Vehicle
from dpv.queries.access import lots_open_to, require_access
from dpv.queries.ceilings import ceiling_in_force
from dpv.queries.menu import menu_of
from dpv.queries.rules import rules_in_force
from providers.models import Establishment, Insurance, Provider
from tests.cast import FAR_AHEAD, LONG_AGO, TODAY, actor_of, ident

pytestmark = pytest.mark.django_db

HOUSE = ident("admission birch-house")
WALES_LAW = dt.date(2026, 4, 1)


def _admission(**change: Any) -> Callable[[], object]:
    return lambda: Admission.objects.filter(pk=HOUSE).update(**change)


def _home(**change: Any) -> Callable[[], object]:
    return lambda: Establishment.objects.filter(pk=ident("birch-house")).update(**change)


def _lapse(kind: str) -> Callable[[], object]:
    return lambda: Insurance.objects.filter(provider_id=ident("birch"), kind=kind).update(
        expires_on=TODAY - dt.timedelta(days=1)
    )


CAUSES: dict[str, Callable[[], object]] = {
    "admission_suspended": _admission(status="suspended"),
    "admission_barred": _admission(status="barred"),
    "admission_ended": _admission(status="ended"),
    "vehicle_not_in_term": lambda: Vehicle.objects.filter(code="T-RES").update(ends_on=TODAY - dt.timedelta(days=1)),
    "registration_not_active": _home(registration_status="suspended"),
    "registration_wrong_type": _home(kind="supported_accommodation"),
    "insurance_employers_liability": _lapse("employers_liability"),
    "insurance_public_liability": _lapse("public_liability"),
    "insurance_professional_indemnity": _lapse("professional_indemnity"),
    "no_ceiling": lambda: Ceiling.objects.filter(admission_id=HOUSE).update(valid_to=TODAY - dt.timedelta(days=1)),
}


def cause(code: str) -> None:
    """As the central team, who may write all of it."""
    with acting(actor_of("carol")):
        CAUSES[code]()


@pytest.mark.parametrize("who", ["olive", "bob", "carol"])
def test_an_admitted_insured_registered_home_is_eligible(who: str) -> None:
    with acting(actor_of(who)):
        assert problems_of([HOUSE], TODAY) == {HOUSE: []}
        require_eligible(Admission.objects.get(pk=HOUSE), TODAY)


@pytest.mark.parametrize("who", ["olive", "bob"])
@pytest.mark.parametrize("code", CAUSES)
def test_each_problem_has_its_code_in_both_roles(code: str, who: str) -> None:
    cause(code)
    with acting(actor_of(who)):
        assert problems_of([HOUSE], TODAY) == {HOUSE: [code]}
        with pytest.raises(RuleBroken) as refused:
            require_eligible(HOUSE, on=TODAY)
    assert refused.value.code == code
    assert str(PROBLEM_TEXTS[code]) == str(refused.value)


def test_several_problems_are_all_told() -> None:
    cause("admission_suspended")
    cause("registration_not_active")
    with acting(actor_of("olive")):
        assert problems_of([HOUSE], TODAY)[HOUSE] == ["admission_suspended", "registration_not_active"]


@pytest.mark.parametrize(
    "registered_on, expected", [(WALES_LAW - dt.timedelta(days=1), []), (WALES_LAW, ["welsh_for_profit"])]
)
def test_no_new_for_profit_registration_in_wales(registered_on: dt.date, expected: list[str]) -> None:
    on = dt.date(2026, 9, 1)
    with acting(actor_of("carol")):
        Vehicle.objects.update(starts_on=LONG_AGO - dt.timedelta(days=900), ends_on=FAR_AHEAD)
        Insurance.objects.update(starts_on=LONG_AGO - dt.timedelta(days=900))
        Ceiling.objects.update(valid_from=LONG_AGO - dt.timedelta(days=900))
        _home(gss_code="W06000022", regulator="ciw", registered_on=registered_on)()
    with acting(actor_of("olive")):
        assert problems_of([HOUSE], on)[HOUSE] == expected
    with acting(actor_of("carol")):
        Provider.objects.filter(pk=ident("birch")).update(profit_status="not_for_profit")
    with acting(actor_of("olive")):
        assert problems_of([HOUSE], on)[HOUSE] == []


def test_an_age_without_a_ceiling_is_not_eligible_for_that_age() -> None:
    with acting(actor_of("carol")):
        Ceiling.objects.filter(admission_id=HOUSE).update(age_max=12)
    with acting(actor_of("olive")):
        assert problems_of([HOUSE], TODAY, age=12)[HOUSE] == []
        assert problems_of([HOUSE], TODAY, age=13)[HOUSE] == ["no_ceiling"]


def test_another_provider_or_region_sees_no_admission() -> None:
    for who in ("cecil", "nia"):
        with acting(actor_of(who)):
            assert problems_of([HOUSE], TODAY) == {}
            with pytest.raises(RuleBroken) as refused:
                require_eligible(HOUSE, on=TODAY)
        assert refused.value.code == "admission_unknown"


def test_the_ceiling_in_force_is_the_latest_then_the_narrowest() -> None:
    with acting(actor_of("carol")):
        old = Ceiling.objects.get(admission_id=HOUSE)
        for ages, weekly in (((0, 17), "4100.00"), ((11, 15), "4300.00")):
            Ceiling.objects.create(
                region=old.region,
                provider=old.provider,
                admission_id=HOUSE,
                age_min=ages[0],
                age_max=ages[1],
                weekly=weekly,
                valid_from=TODAY,
            )
    with acting(actor_of("bob")):
        assert str(ceiling_in_force(HOUSE, 13, TODAY).weekly) == "4300.00"
        assert str(ceiling_in_force(HOUSE, 16, TODAY).weekly) == "4100.00"
        assert str(ceiling_in_force(HOUSE, 13, TODAY - dt.timedelta(days=1)).weekly) == "4000.00"
        with pytest.raises(RuleBroken, match="No ceiling") as refused:
            ceiling_in_force(HOUSE, 30, TODAY)
    assert refused.value.code == "no_ceiling"


def test_rules_and_menu_are_those_of_the_day() -> None:
    with acting(actor_of("carol")):
        first = RuleVersion.objects.get(vehicle_id=ident("T-RES"))
        _version, rules = rules_in_force(first.vehicle_id, TODAY)
        RuleVersion.objects.create(
            region_id=first.region_id,
            vehicle_id=first.vehicle_id,
            valid_from=TODAY,
            parameters=rules.with_values(offers_sealed=True).to_json(),
        )
        item = MenuItem.objects.get(provider_id=ident("birch"), vehicle_id=ident("T-RES"))
        MenuItem.objects.create(
            region_id=item.region_id,
            provider_id=item.provider_id,
            vehicle_id=item.vehicle_id,
            service=item.service,
            unit=item.unit,
            unit_price="27.00",
            valid_from=TODAY,
        )
    with acting(actor_of("bob")):
        assert rules_in_force(ident("T-RES"), TODAY)[1].offers_sealed is True
        assert rules_in_force(ident("T-RES"), TODAY - dt.timedelta(days=1))[1].offers_sealed is False
        assert [str(found.unit_price) for found in menu_of(ident("birch"), ident("T-RES"), TODAY)] == ["27.00"]
        with pytest.raises(RuleBroken) as refused:
            rules_in_force(ident("T-RES"), LONG_AGO - dt.timedelta(days=1))
    assert refused.value.code == "no_rules"


def test_lots_are_open_by_access_agreement_or_to_any() -> None:
    lot = ident("lot T-RES")
    harrow = actor_of("olive").organisation_id
    with acting(actor_of("olive")):
        assert [found.pk for found in lots_open_to(harrow, "residential", TODAY)] == [lot]
        assert require_access(harrow, [lot], "residential", TODAY)
        for chosen, code in (([], "lots_missing"), ([ident("lot T-FOST")], "lot_not_open")):
            with pytest.raises(RuleBroken) as refused:
                require_access(harrow, chosen, "residential", TODAY)
            assert refused.value.code == code
    with acting(actor_of("carol")):
        AccessAgreement.objects.filter(authority_id=harrow).update(ends_on=TODAY - dt.timedelta(days=1))
    with acting(actor_of("olive")):
        assert not lots_open_to(harrow, "residential", TODAY).exists()
    with acting(actor_of("carol")):
        version, rules = rules_in_force(ident("T-RES"), TODAY)
        RuleVersion.objects.filter(pk=version.pk).update(parameters=rules.with_values(open_to="any").to_json())
    with acting(actor_of("olive")):
        assert [found.pk for found in lots_open_to(harrow, "residential", TODAY)] == [lot]


def test_a_few_and_many_are_asked_the_same_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """The function that keeps its plan and the query of many are made of one text, and answer alike to everyone."""
    wanted = [ident(f"admission {home}") for home in ("birch-house", "birch-lodge", "cedar-house", "alder-fostering")]
    for who in ("olive", "bob", "carol", "edith"):
        with acting(actor_of(who)):
            for age in (None, 9, 30):
                few = problems_of(wanted, TODAY, age=age)
                with monkeypatch.context() as patched:
                    patched.setattr(eligibility, "FEW", 0)
                    assert problems_of(wanted, TODAY, age=age) == few
            assert few, "some are seen"
