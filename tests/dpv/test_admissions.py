"""Admitting, scoring, barring and ending: who may, what is refused, what is recorded and who is told."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.http import Http404

from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting, worker
from dpv.actions.admissions import admit_establishment, bar_admission, end_admission, score_admission
from dpv.actions.ceilings import NewCeiling
from dpv.actions.suspensions import lift_suspension, suspend_admission
from dpv.eligibility import problems_of
from dpv.models import Admission, Ceiling, Lot
from dpv.queries.admissions import bar_of
from providers.models import Establishment
from tests.cast import TODAY, actor_of, ident

pytestmark = pytest.mark.django_db

HOUSE = ident("admission birch-house")
PRICES = (NewCeiling(8, 10, Decimal("3900.00")), NewCeiling(11, 17, Decimal("4100.50")))


def a_second_lot() -> Lot:
    """A therapeutic lot on the residential vehicle, which nobody is on yet."""
    with acting(actor_of("carol")):
        first = Lot.objects.get(pk=ident("lot T-RES"))
        return Lot.objects.create(
            region_id=first.region_id,
            vehicle_id=first.vehicle_id,
            code="THER",
            name="Therapeutic",
            category="residential",
            age_min=8,
            age_max=17,
        )


def admit(lot: Lot, who: str = "carol", home: str = "birch-house", **changes: Any) -> Admission:
    with acting(actor_of(who)) as actor:
        return admit_establishment(
            actor,
            **{
                "lot_id": lot.pk,
                "establishment_id": ident(home),
                "quality_score": Decimal("78.50"),
                "tier": "preferred",
                "ceilings": PRICES,
                "reason": "Evaluated and passed.",
                **changes,
            },
        )


def barred_by_two(admission_id: UUID) -> None:
    """Mark suspends, Carol bars."""
    with acting(actor_of("mark")) as mark:
        suspend_admission(mark, admission_id=admission_id, reason="Fraud?", review_on=TODAY + dt.timedelta(days=7))
    with acting(actor_of("carol")) as carol:
        bar_admission(carol, admission_id=admission_id, reason="Contract breach.")


def other_manager() -> Actor:
    """Mark, as a contract manager too."""
    mark = actor_of("mark")
    return replace(mark, permissions=mark.permissions | {"dpv.admit"})


def test_an_admission_has_its_ceilings_and_may_be_used_at_once() -> None:
    admission = admit(a_second_lot())
    with acting(actor_of("olive")):
        stored = Admission.objects.get(pk=admission.pk)
        assert (stored.status, stored.tier, stored.quality_score) == ("admitted", "preferred", Decimal("78.50"))
        assert stored.admitted_on == TODAY and stored.provider_id == ident("birch")
        ceilings = Ceiling.objects.filter(admission=stored).order_by("age_min")
        assert [(row.age_min, row.age_max, row.weekly) for row in ceilings] == [
            (8, 10, Decimal("3900.00")),
            (11, 17, Decimal("4100.50")),
        ]
        assert problems_of([stored.pk], TODAY, age=14)[stored.pk] == []
    with acting(actor_of("carol")) as carol:
        entry = Entry.objects.get(organisation_id=carol.organisation_id, kind="admission.admitted")
        assert entry.subject_reference == "T-RES THER"
    with worker():
        (item,) = OutboxItem.objects.filter(kind="notify")
        (notice,) = item.payload["notices"]
        assert notice["organisation_id"] == str(ident("birch")) and notice["template"] == "dpv.admitted"
        assert notice["reference"] == "T-RES THER" and "reason" not in notice


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"home": "alder-fostering"}, "registration_wrong_type"),
        ({"ceilings": ()}, "ceilings_missing"),
        ({"ceilings": (NewCeiling(8, 10, Decimal("0.00")),)}, "ceiling_invalid"),
        ({"ceilings": (NewCeiling(8, 10, Decimal("1.001")),)}, "ceiling_invalid"),
        ({"ceilings": (NewCeiling(0, 4, Decimal("900.00")),)}, "ages_outside_lot"),
        ({"ceilings": (PRICES[0], PRICES[0])}, "ceiling_twice"),
        ({"quality_score": Decimal("100.01")}, "score_invalid"),
        ({"tier": "best"}, "tier_unknown"),
        ({"reason": "  "}, "reason_missing"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(changes: dict[str, Any], code: str) -> None:
    lot = a_second_lot()
    with pytest.raises(RuleBroken) as refusal:
        admit(lot, **changes)
    assert refusal.value.code == code
    with acting(actor_of("carol")):
        assert not Admission.objects.filter(lot=lot).exists()


def test_an_establishment_whose_registration_is_cancelled_is_not_admitted() -> None:
    lot = a_second_lot()
    with acting(actor_of("carol")):
        Establishment.objects.filter(pk=ident("birch-house")).update(registration_status="cancelled")
    with pytest.raises(RuleBroken) as refusal:
        admit(lot)
    assert refusal.value.code == "registration_not_active"


def test_an_establishment_is_on_a_lot_once_and_a_bar_is_not_walked_round() -> None:
    lot = a_second_lot()
    first = admit(lot)
    with pytest.raises(RuleBroken) as twice:
        admit(lot)
    assert twice.value.code == "already_admitted"
    barred_by_two(first.pk)
    with pytest.raises(RuleBroken) as barred:
        admit(lot)
    assert barred.value.code == "admission_barred"
    with acting(actor_of("carol")) as carol:
        with pytest.raises(RuleBroken) as alone:
            end_admission(carol, admission_id=first.pk, reason="Bar closed after appeal.")
        assert (alone.value.code, alone.value.field) == ("second_person_needed", "reason")
    with acting(other_manager()) as other:
        end_admission(other, admission_id=first.pk, reason="Bar closed after appeal.")
    assert admit(lot).pk != first.pk


def test_whoever_lifted_an_earlier_suspension_ends_a_bar_that_was_made_without_one() -> None:
    with acting(actor_of("mark")) as mark:
        suspend_admission(mark, admission_id=HOUSE, reason="Fraud?", review_on=TODAY)
    with acting(actor_of("carol")) as carol:
        lift_suspension(carol, admission_id=HOUSE, reason="Not so.")
        Admission.objects.filter(pk=HOUSE).update(status="barred", changed_at=database_now())
        assert bar_of(Admission.objects.get(pk=HOUSE)) is None
        assert end_admission(carol, admission_id=HOUSE, reason="Appeal upheld.").status == "ended"


def test_only_the_regions_contract_managers_admit() -> None:
    lot = a_second_lot()
    for who in ("mark", "olive", "connie", "bob"):
        with pytest.raises(NotPermitted):
            admit(lot, who)
    with pytest.raises(Http404):
        admit(lot, "wendy")


def test_barring_stops_the_admission_for_good() -> None:
    with acting(actor_of("carol")) as carol, pytest.raises(NotNow, match="Suspend it first"):
        bar_admission(carol, admission_id=HOUSE, reason="Registration obtained by fraud.")
    barred_by_two(HOUSE)
    with acting(actor_of("carol")) as carol:
        assert problems_of([HOUSE], TODAY)[HOUSE] == ["admission_barred"]
        with pytest.raises(NotNow):
            bar_admission(carol, admission_id=HOUSE, reason="Again.")
    with acting(actor_of("wendy")) as wendy, pytest.raises(Http404):
        end_admission(wendy, admission_id=HOUSE, reason="Not ours.")


def test_ending_needs_a_reason_and_is_final() -> None:
    with acting(actor_of("carol")) as carol:
        with pytest.raises(RuleBroken):
            end_admission(carol, admission_id=HOUSE, reason="")
        assert Admission.objects.get(pk=HOUSE).status == "admitted"
        end_admission(carol, admission_id=HOUSE, reason="The provider leaves the vehicle.")
        for act in (bar_admission, end_admission):
            with pytest.raises(NotNow):
                act(carol, admission_id=HOUSE, reason="Too late.")
        with pytest.raises(NotNow):
            score_admission(carol, admission_id=HOUSE, quality_score=None, tier="other", reason="Too late.")


def test_a_new_score_is_recorded_with_the_old_one() -> None:
    with acting(actor_of("carol")) as carol:
        score_admission(
            carol, admission_id=HOUSE, quality_score=Decimal("91.25"), tier="reserve", reason="Re-evaluated."
        )
        admission = Admission.objects.get(pk=HOUSE)
        assert (admission.quality_score, admission.tier) == (Decimal("91.25"), "reserve")
        entry = Entry.objects.get(organisation_id=carol.organisation_id, kind="admission.scored")
        assert entry.data["before"] == {"quality_score": "80.00", "tier": "preferred"}
