"""Reasons of suspensions from lots, their reviews and ends are searched for names, as those of measures are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.context import acting
from dpv.actions.admissions import bar_admission, end_admission
from dpv.actions.suspensions import lift_suspension, move_review, suspend_admission
from dpv.models import Suspension
from tests.api.clients import client_of
from tests.cast import TODAY, actor_of, ident

pytestmark = pytest.mark.django_db

HOUSE = ident("admission birch-house")
SOON = TODAY + dt.timedelta(days=14)
NAMES = "Ring the office on 020 7946 0123."
ALWAYS = "Somebody born on 3 May 2012 was hurt there."

ACTS: dict[str, tuple[Callable[..., object], dict[str, Any]]] = {
    "suspend": (suspend_admission, {"review_on": SOON}),
    "review": (move_review, {"review_on": SOON}),
    "lift": (lift_suspension, {}),
    "bar": (bar_admission, {}),
    "end": (end_admission, {}),
}


def suspended() -> None:
    with acting(actor_of("mark")) as mark:
        suspend_admission(mark, admission_id=HOUSE, reason="A concern.", review_on=SOON)


@pytest.mark.parametrize("name", ACTS)
def test_a_reason_that_names_somebody_is_refused_until_it_is_checked(name: str) -> None:
    if name != "suspend":
        suspended()
    act, more = ACTS[name]
    for said, is_checked in ((NAMES, False), (ALWAYS, False), (ALWAYS, True)):
        with acting(actor_of("carol")) as carol, pytest.raises(RuleBroken) as refusal:
            act(carol, admission_id=HOUSE, reason=said, is_checked=is_checked, **more)
        assert (refusal.value.code, refusal.value.field) == ("names_a_person", "reason")
    with acting(actor_of("carol")) as carol:
        act(carol, admission_id=HOUSE, reason=NAMES, is_checked=True, **more)


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
