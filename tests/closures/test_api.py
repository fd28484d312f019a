"""Closures through the API: announced, told, followed to the end; and what feeds hear of it."""

from __future__ import annotations

import pytest

from brokerage.core.audit import outbox
from brokerage.safeguarding.closures.api_shapes import (
    AuthorityProgress,
    ClosureOut,
    ClosureRow,
    ResidentOut,
    ResidentRow,
)
from brokerage.safeguarding.event_shapes import ClosureEventRow
from tests.api.answers import fits
from tests.api.clients import Machine, client_of
from tests.cast import TODAY, actor_of, ident
from tests.closures.closing import IN_A_MONTH
from tests.scenarios import awarded

NEW = {
    "provider_id": str(ident("birch")),
    "establishment_id": str(ident("birch-house")),
    "why": "money",
    "closes_on": IN_A_MONTH.isoformat(),
    "notice_on": TODAY.isoformat(),
}


def test_from_announcing_to_complete(committed: str) -> None:
    awarded("birch-house")
    birch, harrow, central = client_of("bob"), client_of("olive"), client_of("carol")
    made = birch.post("/closures", NEW)
    assert made.status_code == 201, made.content
    reference = fits(ClosureRow, made.json())["reference"]
    outbox.drain("alerts")
    heard = [change["kind"] for change in harrow.get("/changes").json()["items"]]
    assert "closure.announced" in heard
    (row,) = fits(ClosureRow, harrow.get("/closures").json())["items"]
    assert row["reference"] == reference and row["reasons"] == ["starting"]
    (person,) = fits(ResidentOut, harrow.get(f"/closures/{reference}/residents").json())["items"]
    (line,) = fits(AuthorityProgress, central.get(f"/closures/{reference}/progress").json())["items"]
    assert (line["organisation"], line["people_count"], line["not_started_count"]) == ("Harrow", 1, 1)
    assert birch.get(f"/closures/{reference}/progress").json()["items"] == []
    assert central.get(f"/closures/{reference}/residents").json()["items"] == []
    path = f"/closures/{reference}/residents/{person['id']}"
    wrong = harrow.post(path, {"status": "moved"})
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["field"]) == (422, "ended_on_missing", "ended_on")
    closed = central.post(f"/closures/{reference}/close", {"closed_on": TODAY.isoformat()})
    assert fits(ClosureRow, closed.json())["status"] == "closed"
    done = harrow.post(path, {"status": "moved", "ended_on": TODAY.isoformat()})
    assert fits(ResidentRow, done.json())["status"] == "moved"
    again = harrow.post(path, {"status": "looking"})
    assert (again.status_code, again.json()["code"]) == (409, "closure_over")
    assert birch.get(f"/closures/{reference}").json()["status"] == "completed"
    outbox.drain("alerts")
    assert "closure.completed" in [change["kind"] for change in birch.get("/changes").json()["items"]]


@pytest.mark.django_db
def test_another_day_and_not_closing() -> None:
    central = client_of("carol")
    reference = central.post("/closures", NEW).json()["reference"]
    assert central.post("/closures", NEW).json()["code"] == "closure_running"
    day = {"closes_on": TODAY.isoformat(), "change_note": "Sooner."}
    assert (
        fits(ClosureRow, central.post(f"/closures/{reference}/reschedule", day).json())["closes_on"]
        == TODAY.isoformat()
    )
    assert fits(ClosureOut, central.get(f"/closures/{reference}").json())["change_note"] == "Sooner."
    gone = central.post(f"/closures/{reference}/withdraw", {"change_note": "It stays open."})
    assert gone.json()["status"] == "withdrawn"
    assert central.post(f"/closures/{reference}/withdraw", {"change_note": "Again."}).status_code == 409


@pytest.mark.django_db
def test_who_may_not() -> None:
    central = client_of("carol")
    reference = central.post("/closures", NEW).json()["reference"]
    assert client_of("olive").post("/closures", NEW).status_code == 403
    assert client_of("edith").get(f"/closures/{reference}").status_code == 404
    assert client_of("bob").post(f"/closures/{reference}/withdraw", {"change_note": "No."}).status_code == 404
    assert client_of("carol", scopes=["closures:read"]).post("/closures", NEW).json()["code"] == "missing_scope"
    assert actor_of("carol").is_central


@pytest.mark.django_db
def test_the_timeline_for_each() -> None:
    awarded("birch-house")
    birch, harrow, central = client_of("bob"), client_of("olive"), client_of("carol")
    reference = birch.post("/closures", NEW).json()["reference"]
    (person,) = harrow.get(f"/closures/{reference}/residents").json()["items"]
    harrow.post(f"/closures/{reference}/residents/{person['id']}", {"status": "looking"})

    def steps(machine: Machine) -> dict[str, str]:
        rows = fits(ClosureEventRow, machine.get(f"/closures/{reference}/timeline").json())["items"]
        return {row["kind"]: row["text"] for row in rows}

    assert set(steps(birch)) == {"closure_announced", "told"}
    assert steps(harrow)["resident_looking"] == person["placement"]
    assert "1 authority" in steps(central)["authorities_told"] and "resident_looking" not in steps(central)
    assert client_of("edith").get(f"/closures/{reference}/timeline").status_code == 404
