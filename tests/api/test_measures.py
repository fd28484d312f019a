"""Measures through the API: four eyes by clients of two people, what each kind reads, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.clients import client_of
from tests.cast import ident
from tests.dpv.measuring import CANARY, REASON, SOON, in_force

pytestmark = pytest.mark.django_db


def said(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "suspend",
        "provider_id": str(ident("birch")),
        "establishment_id": str(ident("birch-house")),
        "reason": REASON,
        "told_provider": "We found too few staff at night.",
        "review_on": SOON.isoformat(),
        **changes,
    }


def refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content


def test_two_people_from_proposing_to_lifting() -> None:
    carol, mark, bob, olive = (client_of(who) for who in ("carol", "mark", "bob", "olive"))
    made = carol.post("/measures", said())
    assert made.status_code == 201, made.content
    address = made["Location"].removeprefix("/api/v1")
    assert made.json()["state"] == "proposed" and REASON not in made.content.decode()
    assert carol.get(address).json()["reach"]["admissions"] == 1
    refused(carol.post("/measures", said()), 409, "measure_exists")
    refused(carol.post(f"{address}/decide", {"agree": True}), 422, "second_person_needed")
    refused(mark.post(f"{address}/decide", {"agree": False}), 422, "note_missing")
    assert olive.get(address).status_code == bob.get(address).status_code == 404
    assert mark.post(f"{address}/decide", {"agree": True}).json()["state"] == "in_force"
    read = olive.get(address).json()
    assert read["steps"][0]["text"] == REASON and read["reach"] is None
    own = bob.get(address)
    assert own.json()["steps"] == [] and CANARY not in own.content.decode()
    appealed = bob.post(f"{address}/appeal", {"text": "Both were awake."})
    assert "awake" not in appealed.content.decode()
    assert bob.get(address).json()["appeals"][0]["answered_at"] is None
    refused(bob.post(f"{address}/appeal", {"text": "Again."}), 409, "appeal_open")
    answer = {"outcome": "partly", "answer": "We look again."}
    refused(carol.post(f"{address}/appeal/answer", answer), 422, "second_person_needed")
    assert mark.post(f"{address}/appeal/answer", answer).status_code == 200
    assert mark.get(address).json()["appeals"][0]["outcome"] == "partly"
    review = {"note": "Better.", "review_on": SOON.isoformat(), "conditions": "A rota."}
    assert carol.post(f"{address}/review", review).status_code == 200
    assert carol.get(address).json()["conditions"] == "A rota."
    assert carol.post(f"{address}/lift", {"note": "Good now."}).json()["state"] == "lift_proposed"
    refused(carol.post(f"{address}/lift/decide", {"agree": True}), 422, "second_person_needed")
    assert mark.post(f"{address}/lift/decide", {"agree": True}).json()["state"] == "lifted"
    refused(carol.post(f"{address}/review", review), 409, "measure_not_now")
    assert [row["reference"] for row in bob.get("/measures").json()["items"]] == [read["reference"]]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": "bar", "is_urgent": True}, "only_suspend_at_once"),
        ({"kind": "restrict"}, "conditions_missing"),
        ({"review_on": "2020-01-01"}, "review_in_past"),
        ({"alert_reference": "S-7K3M-9QX2"}, "alert_unknown"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], code: str) -> None:
    refused(client_of("carol").post("/measures", said(**changes)), 422, code)


def test_lists_are_narrowed_and_others_find_nothing() -> None:
    made = in_force(kind="restrict", establishment_id=ident("birch-house"))
    olive = client_of("olive")
    for query in ({"kind": "restrict"}, {"state": "in_force"}, {"provider_id": str(ident("birch"))}):
        assert [row["reference"] for row in olive.get("/measures", **query).json()["items"]] == [made.reference]
    assert olive.get("/measures", kind="bar").json()["items"] == []
    for who in ("nia", "wendy", "alice"):
        machine = client_of(who)
        assert machine.get("/measures").json()["items"] == []
        assert machine.get(f"/measures/{made.reference}").status_code == 404
    refused(client_of("carol", scopes=["measures:read"]).post("/measures", said()), 403, "missing_scope")
    refused(client_of("bob").post("/measures", said()), 403, "not_permitted")
