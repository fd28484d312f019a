"""An authority's placements through the API: the list, one, and what happens in its life."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from brokerage.core.tenants.context import acting
from placements.api import placements
from placements.models import Placement, Referral
from tests.api.answers import assert_shaped
from tests.api.clients import client_of
from tests.cast import actor_of, ident
from tests.placements.test_placements import _bare_placements
from tests.scenarios import awarded

pytestmark = pytest.mark.django_db

TODAY = dt.date.today()
OF_A_CHILD = {"started_on": TODAY.isoformat(), "placement_type": "K2", "placement_provider": "PR4"}


def planned(*homes: str) -> Placement:
    _story, made = awarded(*homes)
    with acting(actor_of("oscar")):
        return Placement.objects.get(award=made)


def refusal(answer: Any) -> tuple[int, str, str | None]:
    body = answer.json()
    return answer.status_code, body["code"], body["field"]


def test_from_planned_to_ended() -> None:
    placement, oscar = planned(), client_of("oscar")
    path = f"/placements/{placement.reference}"
    (row,) = oscar.get("/placements").json()["items"]
    assert_shaped(oscar.get("/placements").json(), placements.list_placements)
    one = oscar.get(path)
    assert_shaped(one.json(), placements.get_placement)
    assert {name: one.json()[name] for name in row} == row
    assert (row["status"], row["establishment_name"], row["provider_name"]) == (
        "planned",
        "Birch House",
        "Birch Care Ltd",
    )
    assert len(one.json()["agreements"]) == 1 and one.json()["ceiling"] == "4000.00"
    later = (TODAY + dt.timedelta(days=9)).isoformat()
    moved = oscar.post(f"{path}/reschedule", {"planned_start_on": later})
    assert (moved.status_code, moved.json()["planned_start_on"]) == (200, later)
    started = oscar.post(f"{path}/start", OF_A_CHILD)
    assert (started.status_code, started.json()["status"], started.json()["placement_type"]) == (200, "active", "K2")
    assert_shaped(started.json(), placements.get_placement)
    with acting(actor_of("oscar")):
        assert Referral.objects.get().status == "placed"
    assert refusal(oscar.post(f"{path}/start", OF_A_CHILD)) == (409, "placement_not_now", None)
    ended = oscar.post(f"{path}/end", {"ended_on": TODAY.isoformat(), "end_reason": "CARPL"})
    assert (ended.status_code, ended.json()["status"], ended.json()["end_reason"]) == (200, "ended", "CARPL")
    assert_shaped(ended.json(), placements.get_placement)


@pytest.mark.parametrize(
    ("act", "wrong", "expected"),
    [
        ("start", {"started_on": TODAY.isoformat()}, (422, "placement_type", "placement_type")),
        ("start", {**OF_A_CHILD, "placement_type": "X9"}, (422, "invalid_choice", "placement_type")),
        (
            "start",
            {**OF_A_CHILD, "started_on": (TODAY + dt.timedelta(days=1)).isoformat()},
            (422, "start_ahead", "started_on"),
        ),
        ("start", {**OF_A_CHILD, "started_on": "2020-01-01"}, (422, "start_before_award", "started_on")),
        ("reschedule", {"planned_start_on": "2020-01-01"}, (422, "start_past", "planned_start_on")),
        ("reschedule", {}, (422, "required", "planned_start_on")),
        ("end", {"ended_on": TODAY.isoformat(), "end_reason": "CARPL"}, (409, "placement_not_now", None)),
        ("cancel", {"reason": "An aunt can have them."}, (409, "has_award", None)),
        (
            "host-notified",
            {"notified_on": (TODAY + dt.timedelta(days=1)).isoformat()},
            (422, "notified_ahead", "notified_on"),
        ),
    ],
)
def test_what_is_refused_changes_nothing(act: str, wrong: dict[str, Any], expected: tuple[int, str, str]) -> None:
    placement, oscar = planned(), client_of("oscar")
    path = f"/placements/{placement.reference}"
    before = oscar.get(path).content
    assert refusal(oscar.post(f"{path}/{act}", wrong)) == expected
    assert oscar.get(path).content == before


def test_the_host_authority_is_told_in_time() -> None:
    placement, oscar = planned(), client_of("oscar")
    with acting(actor_of("oscar")):
        Placement.objects.update(placing_band="out_of_area", host_gss_code="E09000009")
    path = f"/placements/{placement.reference}"
    host = oscar.get(path).json()["host"]
    assert host["due_on"] == placement.planned_start_on.isoformat() and host["notified_on"] is None
    told = oscar.post(f"{path}/host-notified", {"notified_on": TODAY.isoformat()})
    assert told.status_code == 200 and told.json()["host"]["notified_on"] == TODAY.isoformat()


def test_an_older_edition_starts_nothing() -> None:
    placement, oscar = planned(), client_of("oscar")
    path = f"/placements/{placement.reference}"
    seen = oscar.get(path)["ETag"]
    oscar.post(f"{path}/reschedule", {"planned_start_on": (TODAY + dt.timedelta(days=5)).isoformat()})
    late = oscar.send("POST", f"{path}/start", OF_A_CHILD, **{"If-Match": seen})
    assert refusal(late) == (412, "edition_differs", None)
    fresh = oscar.get(path)["ETag"]
    assert oscar.send("POST", f"{path}/start", OF_A_CHILD, **{"If-Match": fresh}).status_code == 200


def test_filters_narrow_and_pages_go_on() -> None:
    placement, oscar = planned(), client_of("oscar")
    _bare_placements(3)
    everything = [row["reference"] for row in oscar.get("/placements").json()["items"]]
    assert len(everything) == 4 and everything[0] == placement.reference
    found, cursor = [], {}
    for _page in range(2):
        page = oscar.get("/placements", limit=2, **cursor).json()
        found += [row["reference"] for row in page["items"]]
        cursor = {"cursor": page["next"]}
    assert found == everything and page["next"] is None
    for query in ({"status": "planned"}, {"source": "call_off"}, {"text": placement.reference.lower()}):
        assert [row["reference"] for row in oscar.get("/placements", **query).json()["items"]] == [placement.reference]
    assert len(oscar.get("/placements", text="birch").json()["items"]) == 4
    assert oscar.get("/placements", category="fostering").json()["items"] == []


def test_of_others_nothing_is_found_and_a_scope_too_few_is_named() -> None:
    placement = planned()
    path = f"/placements/{placement.reference}"
    for who in ("edith", "nia"):
        assert client_of(who).get(path).status_code == 404
        assert client_of(who).post(f"{path}/start", OF_A_CHILD).status_code == 404
        assert client_of(who).get("/placements").json()["items"] == []
    assert refusal(client_of("bob").get(path))[:2] == (403, "missing_scope")
    reader = client_of("oscar", scopes=["placements:read"])
    assert reader.get(path).status_code == 200
    assert refusal(reader.post(f"{path}/start", OF_A_CHILD))[:2] == (403, "missing_scope")


def test_the_same_number_of_queries_for_1_and_for_10_placements() -> None:
    placement, oscar = planned(), client_of("oscar")
    oscar.get("/placements")
    counts = set()
    for _more in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert oscar.get("/placements").status_code == 200
        counts.add(len(queries))
        _bare_placements(9)
    assert len(counts) == 1 and str(ident("birch")) == str(placement.provider_id)
