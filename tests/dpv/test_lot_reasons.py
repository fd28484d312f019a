"""Reasons of admissions, scores and ceilings, of suspensions from lots, their reviews and ends are searched for names,
as those of measures are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.context import acting
from dpv.actions.admissions import admit_establishment, bar_admission, end_admission, score_admission
from dpv.actions.ceilings import NewCeiling, set_ceiling
from dpv.actions.suspensions import lift_suspension, move_review, suspend_admission
from dpv.models import Admission, Ceiling, Lot, Suspension
from tests.api.clients import client_of
from tests.cast import TODAY, actor_of, ident

pytestmark = pytest.mark.django_db

HOUSE = ident("admission birch-house")
SOON = TODAY + dt.timedelta(days=14)
NAMES = "Ring the office on 020 7946 0123."
ALWAYS = "Somebody born on 3 May 2012 was hurt there."
LIKE: dict[str, Any] = {"category": "residential", "age_min": 8, "age_max": 17}
PRICE = NewCeiling(8, 17, Decimal("3900.00"))

ACTS: dict[str, tuple[Callable[..., object], dict[str, Any]]] = {
    "suspend": (suspend_admission, {"review_on": SOON}),
    "review": (move_review, {"review_on": SOON}),
    "lift": (lift_suspension, {}),
    "bar": (bar_admission, {}),
    "end": (end_admission, {}),
    "score": (score_admission, {"quality_score": Decimal("80.00"), "tier": "reserve"}),
    "ceiling": (set_ceiling, {"ceiling": PRICE, "valid_from": TODAY}),
}
#: On an admission that is as it was admitted.
FIRST = {"suspend", "score", "ceiling"}


def suspended() -> None:
    with acting(actor_of("mark")) as mark:
        suspend_admission(mark, admission_id=HOUSE, reason="A concern.", review_on=SOON)


@pytest.mark.parametrize("name", ACTS)
def test_a_reason_that_names_somebody_is_refused_until_it_is_checked(name: str) -> None:
    if name not in FIRST:
        suspended()
    act, more = ACTS[name]
    for said, is_checked in ((NAMES, False), (ALWAYS, False), (ALWAYS, True)):
        with acting(actor_of("carol")) as carol, pytest.raises(RuleBroken) as refusal:
            act(carol, admission_id=HOUSE, reason=said, is_checked=is_checked, **more)
        assert (refusal.value.code, refusal.value.field) == ("names_a_person", "reason")
    with acting(actor_of("carol")) as carol:
        act(carol, admission_id=HOUSE, reason=NAMES, is_checked=True, **more)


def a_lot_without_homes() -> Lot:
    with acting(actor_of("carol")):
        first = Lot.objects.get(pk=ident("lot T-RES"))
        return Lot.objects.create(
            region_id=first.region_id, vehicle_id=first.vehicle_id, code="THER", name="Therapeutic", **LIKE
        )


def test_a_reason_for_admitting_that_names_somebody_is_refused_until_it_is_checked() -> None:
    lot = a_lot_without_homes()
    facts: dict[str, Any] = {
        "lot_id": lot.pk,
        "establishment_id": ident("birch-house"),
        "quality_score": None,
        "tier": "preferred",
        "ceilings": [PRICE],
    }
    for said, is_checked in ((NAMES, False), (ALWAYS, False), (ALWAYS, True)):
        with acting(actor_of("carol")) as carol, pytest.raises(RuleBroken) as refusal:
            admit_establishment(carol, reason=said, is_checked=is_checked, **facts)
        assert (refusal.value.code, refusal.value.field) == ("names_a_person", "reason")
    with acting(actor_of("carol")) as carol:
        assert admit_establishment(carol, reason=NAMES, is_checked=True, **facts).reason == NAMES


#: Path below the organisation, and what is entered beside the reason.
PAGES: dict[str, tuple[str, dict[str, object]]] = {
    "admit": (
        f"vehicles/T-RES/lots/THER/admit/{ident('birch-house')}/",
        {"tier": "reserve", "weekly_all": "3900"},
    ),
    "score": (f"admissions/{HOUSE}/score/", {"tier": "reserve", "quality_score": "80"}),
    "ceiling": (
        f"admissions/{HOUSE}/ceiling/",
        {
            "band": "all",
            "weekly": "3900",
            "valid_from_day": TODAY.day,
            "valid_from_month": TODAY.month,
            "valid_from_year": TODAY.year,
        },
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_pages_of_admitting_scoring_and_pricing_take_the_tick(sign_in: Callable[[str], Client], name: str) -> None:
    a_lot_without_homes()
    client, (path, more) = sign_in("carol"), PAGES[name]
    path = f"/o/west-london-central/{path}"
    assert "I have checked" not in client.get(path).content.decode()
    stopped = client.post(path, {"reason": NAMES, **more}).content.decode()
    assert "may tell who a person is" in stopped and "I have checked" in stopped and NAMES in stopped
    assert client.post(path, {"reason": NAMES, "is_checked": "on", **more}).status_code == 302
    with acting(actor_of("carol")):
        kept = Ceiling if name == "ceiling" else Admission
        assert kept._default_manager.filter(reason=NAMES).count() == 1


def test_the_page_asks_for_the_tick_once_the_search_has_stopped(sign_in: Callable[[str], Client]) -> None:
    client, path = sign_in("carol"), f"/o/west-london-central/admissions/{HOUSE}/suspend/"
    day = {"review_on_day": SOON.day, "review_on_month": SOON.month, "review_on_year": SOON.year}
    assert "I have checked" not in client.get(path).content.decode()
    stopped = client.post(path, {"reason": NAMES, **day}).content.decode()
    assert "may tell who a person is" in stopped and "I have checked" in stopped and NAMES in stopped
    done = client.post(path, {"reason": NAMES, "is_checked": "on", **day}, follow=True).content.decode()
    assert "The admission is suspended" in done
    with acting(actor_of("carol")):
        assert Suspension.objects.get(admission_id=HOUSE, lifted_at__isnull=True).reason == NAMES


def test_the_api_takes_the_same_tick() -> None:
    first, second = client_of("carol"), client_of("mark")
    path = f"/admissions/{HOUSE}"
    said = {"reason": NAMES, "review_on": SOON.isoformat()}
    refused = first.post(f"{path}/suspend", said)
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, "names_a_person", "reason")
    assert first.post(f"{path}/suspend", {**said, "is_checked": True}).status_code == 200
    assert second.post(f"{path}/lift", {"reason": NAMES}).json()["code"] == "names_a_person"
    assert second.post(f"{path}/lift", {"reason": NAMES, "is_checked": True}).status_code == 200


def test_the_api_of_admitting_scoring_and_pricing_takes_the_tick() -> None:
    carol = client_of("carol")
    a_lot_without_homes()
    ceiling = {"age_min": 8, "age_max": 17, "weekly": "3900.00"}
    home = {"vehicle": "T-RES", "lot": "THER", "establishment_id": str(ident("birch-house")), "tier": "reserve"}
    for ask, path, said, done in (
        (carol.post, "/admissions", {**home, "ceilings": [ceiling]}, 201),
        (carol.patch, f"/admissions/{HOUSE}", {"tier": "reserve"}, 200),
        (carol.post, f"/admissions/{HOUSE}/ceilings", ceiling, 201),
    ):
        refused = ask(path, {**said, "reason": NAMES})
        told = refused.json()
        assert (refused.status_code, told["code"], told["field"]) == (422, "names_a_person", "reason"), told
        assert ask(path, {**said, "reason": NAMES, "is_checked": True}).status_code == done
