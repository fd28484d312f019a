"""A placement bought outside the vehicles, recorded so that it is seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.context import acting, worker
from placements.actions.placements import cancel_placement, end_placement, start_placement
from placements.actions.spot import SpotHome, record_spot_placement
from placements.models import Placement, Referral, Release
from providers.models import Establishment, Occupancy
from tests.cast import TODAY, actor_of, ident
from tests.dpv.measuring import LEVELS, in_force, lifted
from tests.scenarios import awarded, draft_referral, published_referral, standing_offer

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
HOUSE = SpotHome(establishment_id=ident("birch-house"))


def spot(reference: str, who: str = "olive", **changes: Any) -> Placement:
    with acting(actor_of(who)) as actor:
        return record_spot_placement(
            actor,
            **{
                "reference": reference,
                "reason": "Nobody offered by closing.",
                "home": HOUSE,
                "weekly_core": Decimal("1800.00"),
                "weekly_extras": Decimal("100.00"),
                "starts_on": TODAY,
                **changes,
            },
        )


def close(story: Any) -> str:
    with acting(actor_of("olive")):
        Referral.objects.filter(pk=story.referral.pk).update(closes_at=database_now() - dt.timedelta(minutes=1))
    return str(story.reference)


def draft_for_today() -> Referral:
    draft = draft_referral()
    with acting(actor_of("olive")):
        Referral.objects.filter(pk=draft.pk).update(urgency="today")
    return draft


def test_a_spot_placement_ends_the_referral_and_closes_it_for_everyone() -> None:
    reference = close(published_referral())
    placement = spot(reference)
    assert (placement.source, placement.status, placement.weekly_total) == ("spot", "active", Decimal("1900.00"))
    assert placement.started_on == TODAY and placement.placing_band == "in_area" and placement.provider_name
    with acting(actor_of("olive")):
        referral = Referral.objects.get(reference=reference)
        assert referral.status == "placed" and referral.end_reason == "Nobody offered by closing."
        assert Occupancy.objects.get(establishment_id=ident("birch-house")).taken == 1
        assert Entry.objects.get(kind="placement.spot_recorded").data["weekly_total"] == "1900.00"
        with pytest.raises(NotNow):
            spot(reference)
    with acting(actor_of("cecil")):
        assert Release.objects.get().content == {}


def test_a_draft_for_tonight_may_be_placed_with_a_provider_that_is_not_in_the_register() -> None:
    draft = draft_for_today()
    home = SpotHome(provider_name="Somebody Kind Ltd", outward="ub6")
    placement = spot(draft.reference, home=home, starts_on=TODAY + dt.timedelta(days=1))
    assert placement.status == "planned" and placement.started_on is None
    assert (placement.provider_id, placement.provider_name, placement.outward) == (None, "Somebody Kind Ltd", "UB6")
    assert placement.placing_band == "out_of_area"
    with acting(actor_of("olive")):
        entry = Entry.objects.get(kind="placement.spot_recorded")
    with worker():
        notices = OutboxItem.objects.get(entry_id=entry.pk).payload["notices"]
    assert [(each["template"], each["permissions"]) for each in notices] == [
        ("placements.spot_outside_area", ["award.approve_out_of_area"])
    ]


FAR = {"out_of_area": "UB6", "at_a_distance": "NG1"}


def test_a_planned_spot_placement_is_started_though_its_referral_is_over() -> None:
    draft = draft_for_today()
    planned = spot(draft.reference, starts_on=TODAY + dt.timedelta(days=1))
    with acting(actor_of("olive")) as olive:
        started = start_placement(
            olive, placement_id=planned.pk, started_on=TODAY, placement_type="K2", placement_provider="PR4"
        )
        assert started.status == "active" and started.started_on == TODAY
        assert Referral.objects.get(pk=draft.pk).status == "placed"


@pytest.mark.parametrize(
    "band, refused, may",
    [("out_of_area", "olive", "nora"), ("out_of_area", "tessa", "dora"), ("at_a_distance", "nora", "dora")],
)
def test_outside_the_area_who_decides_records_it(band: str, refused: str, may: str) -> None:
    draft = draft_referral()
    home = SpotHome(provider_name="Somebody Kind Ltd", outward=FAR[band])
    with pytest.raises(RuleBroken) as refusal:
        spot(draft.reference, who=refused, home=home)
    assert (refusal.value.code, refusal.value.field) == ("outside_area", "outward")
    assert spot(draft.reference, who=may, home=home).placing_band == band
    with acting(actor_of("olive")):
        entry = Entry.objects.get(kind="placement.spot_recorded")
    with worker():
        assert not OutboxItem.objects.filter(entry_id=entry.pk).exists()


@pytest.mark.parametrize(
    "changes, code, field",
    [
        ({"reason": " "}, "reason_missing", "reason"),
        ({"weekly_core": Decimal("0")}, "price_missing", "weekly_core"),
        ({"weekly_core": Decimal("1.001")}, "price_invalid", "weekly_core"),
        ({"weekly_extras": Decimal("-1")}, "price_invalid", "weekly_extras"),
        ({"weekly_core": Decimal("1900.01")}, "above_limit", "weekly_core"),
        ({"home": SpotHome(provider_name="Somebody")}, "postcode_missing", "outward"),
        ({"home": SpotHome(provider_name="Somebody", outward="ZZ99")}, "outward_unknown", "outward"),
        ({"home": SpotHome(outward="HA1")}, "provider_missing", "provider_name"),
        ({"home": SpotHome(establishment_id=ident("alder-fostering"))}, "home_not_registered", "establishment"),
        ({"home": SpotHome(establishment_id=ident("nothing"))}, "home_unknown", "establishment"),
        ({"expected_end_on": TODAY - dt.timedelta(days=1)}, "ends_before_start", "expected_end_on"),
    ],
)
def test_refusals(changes: dict[str, Any], code: str, field: str) -> None:
    draft = draft_referral()
    with pytest.raises(RuleBroken) as refusal:
        spot(draft.reference, **changes)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    with acting(actor_of("olive")):
        assert not Placement.objects.exists()


@pytest.mark.parametrize(("kind", "code"), [("suspend", "measure_suspended"), ("bar", "measure_barred")])
@pytest.mark.parametrize("level", ["provider", "establishment"])
def test_a_suspended_or_barred_home_is_not_bought_outside_the_vehicles_either(level: str, kind: str, code: str) -> None:
    draft = draft_for_today()
    made = in_force(kind=kind, **LEVELS[level])
    with pytest.raises(RuleBroken) as refusal:
        spot(draft.reference)
    assert (refusal.value.code, refusal.value.field) == (code, "establishment")
    lifted(made)
    in_force(kind="restrict", **LEVELS[level])
    in_force(kind=kind, **LEVELS["lot"])
    assert spot(draft.reference).status == "active"


def test_before_closing_only_when_it_cannot_wait_and_never_while_an_offer_stands() -> None:
    story = published_referral()
    with pytest.raises(RuleBroken) as refusal:
        spot(story.reference)
    assert refusal.value.code == "before_closing"
    standing_offer(story)
    with pytest.raises(NotNow) as stands:
        spot(story.reference, before_closing=True)
    assert stands.value.code == "offers_stand"
    other = published_referral()
    assert spot(other.reference, before_closing=True).source == "spot"


def test_above_an_officer_s_limit_an_approver_records_it() -> None:
    draft = draft_referral()
    price = Decimal("5000.00")
    with pytest.raises(RuleBroken, match="above your limit"):
        spot(draft.reference, weekly_core=price)
    assert spot(draft.reference, who="tessa", weekly_core=price).weekly_core == price


def test_wrong_role_and_a_full_home_s_counter() -> None:
    draft = draft_for_today()
    for who in ("sandra", "connie", "fiona"):
        with pytest.raises(NotPermitted):
            spot(draft.reference, who=who)
    with acting(actor_of("carol")):
        Occupancy.objects.filter(establishment_id=ident("birch-house")).update(taken=4)
        Establishment.objects.filter(pk=ident("birch-house")).update(gss_code="E09000009")
    placement = spot(draft.reference)
    assert placement.placing_band == "out_of_area" and not placement.is_place_counted
    with acting(actor_of("olive")) as olive:
        assert Occupancy.objects.get(establishment_id=ident("birch-house")).taken == 4
        end_placement(olive, placement_id=placement.pk, ended_on=TODAY, end_reason="CARPL")
        assert Occupancy.objects.get(establishment_id=ident("birch-house")).taken == 4


def test_a_planned_spot_placement_that_comes_to_nothing_is_cancelled_and_frees_its_place(sign_in: SignIn) -> None:
    draft = draft_for_today()
    planned = spot(draft.reference, starts_on=TODAY + dt.timedelta(days=1))
    path = f"/o/harrow/placements/{planned.reference}/"
    client = sign_in("olive")
    assert path + "cancel/" in client.get(path).content.decode()
    stands = client.get(f"/o/harrow/referrals/{draft.reference}/").content.decode()
    assert "The person has not moved in yet." in stands and "The person has moved in." not in stands
    assert "Say why the placement is cancelled" in client.post(path + "cancel/", {"reason": " "}).content.decode()
    with acting(actor_of("olive")):
        assert Occupancy.objects.get(establishment_id=ident("birch-house")).taken == 1
    assert client.post(path + "cancel/", {"reason": "An aunt can have them."}).status_code == 302
    assert client.get(path + "cancel/").status_code == 409
    assert path + "cancel/" not in client.get(path).content.decode()
    assert (
        "Placement cancelled before it began" in client.get(f"/o/harrow/referrals/{draft.reference}/").content.decode()
    )
    with acting(actor_of("olive")):
        assert Placement.objects.get(pk=planned.pk).status == "cancelled"
        referral = Referral.objects.get(pk=draft.pk)
        assert (referral.status, referral.end_reason) == ("not_placed", "An aunt can have them.")
        assert Occupancy.objects.get(establishment_id=ident("birch-house")).taken == 0
        assert Entry.objects.filter(kind="placement.cancelled", subject_id=str(planned.pk)).exists()


def test_what_may_not_be_cancelled() -> None:
    planned = spot(draft_for_today().reference, starts_on=TODAY + dt.timedelta(days=1))
    with acting(actor_of("fiona")) as fiona, pytest.raises(NotPermitted):
        cancel_placement(fiona, placement_id=planned.pk, reason="No.")
    with acting(actor_of("olive")) as olive:
        with pytest.raises(RuleBroken, match="Say why"):
            cancel_placement(olive, placement_id=planned.pk, reason=" ")
        start_placement(olive, placement_id=planned.pk, started_on=TODAY, placement_type="K2", placement_provider="PR4")
        with pytest.raises(NotNow):
            cancel_placement(olive, placement_id=planned.pk, reason="They moved in.")
    _story, made = awarded()
    with acting(actor_of("oscar")) as oscar, pytest.raises(NotNow) as refusal:
        cancel_placement(oscar, placement_id=Placement.objects.get(award=made).pk, reason="No.")
    assert refusal.value.code == "has_award"
