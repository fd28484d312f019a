"""Alerts through the API: raised, told, read as trimmed, answered, closed; and what feeds and webhooks hear of it."""

from __future__ import annotations

from typing import Any

import pytest

from brokerage.core.audit import outbox
from brokerage.core.audit.models import Entry
from brokerage.core.tenants.context import acting, worker
from brokerage.core.webhooks.models import Delivery
from brokerage.safeguarding.api import (
    AlertOut,
    AlertRow,
    PersonThere,
    RaisedNow,
    RaisedRow,
    RosterLine,
    WelfareCheckOut,
    WelfareCheckRow,
)
from brokerage.safeguarding.models import Alert
from tests.api.answers import fits
from tests.api.clients import Machine, client_of
from tests.cast import TODAY, actor_of, ident
from tests.safeguarding.alerting import CANARY, HAPPENED, raised
from tests.scenarios import awarded

NEW = {
    "provider_id": str(ident("birch")),
    "establishment_id": str(ident("birch-house")),
    "kind": "allegation",
    "severity": "medium",
    "what_happened": HAPPENED,
    "action_taken": "The police and the regulator know.",
    "is_checked": True,
}


def make(machine: Machine, key: str | None = None, **changes: Any) -> dict[str, Any]:
    response = machine.post("/alerts", NEW | changes, key=key)
    assert response.status_code == 201, response.content
    made: dict[str, Any] = fits(RaisedNow, response.json())
    assert response["Location"] == f"/api/v1/alerts/{made['reference']}"
    return made


def refused(response: Any, status: int, code: str, field: str | None = None) -> None:
    body = response.json()
    assert (response.status_code, body["code"], body["field"]) == (status, code, field), body


def rows(machine: Machine, path: str = "/alerts", shape: Any = AlertRow, **query: Any) -> list[dict[str, Any]]:
    response = machine.get(path, **query)
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = fits(shape, response.json())["items"]
    return found


def test_an_alert_from_raising_to_closing(committed: str) -> None:
    awarded("birch-house")
    harrow, ealing = client_of("olive"), client_of("edith")
    made = make(harrow)
    reference = made["reference"]
    assert made["state"] == "live"
    own = fits(AlertOut, harrow.get(f"/alerts/{reference}").json())
    assert own["raised"]["state"] == "live" and own["what_happened"] == HAPPENED
    assert own["told"]["people"] == 1 and "starting" in own["told"]["reasons"]

    (row,) = rows(ealing, answered="false", closed="false", kind="allegation", provider_id=ident("birch"))
    assert row["reference"] == reference and row["reasons"] == ["region"]
    assert not rows(ealing, answered="true") and not rows(ealing, severity="high") and not rows(ealing, closed="true")
    read = fits(AlertOut, ealing.get(f"/alerts/{reference}").json())
    assert read["what_happened"] is None and read["organisation"] and read["raised"] is None
    with acting(actor_of("edith")):
        assert Entry.objects.filter(kind="alert.read", subject_reference=reference).exists()

    (there,) = rows(harrow, f"/alerts/{reference}/people", PersonThere)
    answer = {"response": "We visit today."}
    refused(harrow.post(f"/alerts/{reference}/answer", answer), 422, "plan_missing", "plans")
    answer["plans"] = [{"placement_id": there["placement_id"], "plan": "A visit before 6 p.m."}]
    assert fits(AlertRow, harrow.post(f"/alerts/{reference}/answer", answer).json())["acknowledged_at"]
    answered = fits(AlertOut, harrow.get(f"/alerts/{reference}").json())
    assert answered["told"]["acknowledged_at"] and answered["told"]["response"] == "We visit today."
    refused(harrow.post(f"/alerts/{reference}/answer", answer), 409, "alert_answered")

    (check,) = rows(harrow, f"/alerts/{reference}/checks", WelfareCheckOut)
    found = {"found": "Safe and well.", "is_safe": True, "done_on": TODAY.isoformat()}
    at = f"/alerts/{reference}/checks/{check['id']}"
    assert ealing.post(at, found).status_code == 404
    assert fits(WelfareCheckRow, harrow.post(at, found).json())["done_on"] == TODAY.isoformat()
    refused(harrow.post(at, found), 409, "check_done")

    lines = rows(harrow, f"/alerts/{reference}/roster", RosterLine)
    assert [bool(line["acknowledged_at"]) for line in lines] == sorted(bool(line["acknowledged_at"]) for line in lines)
    assert ealing.get(f"/alerts/{reference}/roster").status_code == 404

    closed = harrow.post(f"/alerts/{reference}/close", {"outcome": "Unfounded; staffing was strengthened."})
    assert fits(RaisedRow, closed.json())["state"] == "closed"
    refused(harrow.post(f"/alerts/{reference}/close", {"outcome": "Again"}), 409, "alert_not_now")
    late = fits(AlertOut, ealing.get(f"/alerts/{reference}").json())
    assert late["closed_at"] and late["outcome"].startswith("Unfounded") and late["what_happened"] is None
    refused(ealing.post(f"/alerts/{reference}/answer", {"response": "Late"}), 409, "alert_answered")


def test_a_high_one_waits_for_another_owners_client(committed: str) -> None:
    mine, second = client_of("olive"), client_of("tessa")
    reference = make(mine, severity="high")["reference"]
    waiting = fits(AlertOut, mine.get(f"/alerts/{reference}").json())
    assert waiting["told"] is None and waiting["raised"]["state"] == "awaiting_confirmation"
    assert client_of("edith").get(f"/alerts/{reference}").status_code == 404
    refused(mine.post(f"/alerts/{reference}/confirm"), 422, "second_person_needed")
    assert rows(mine, "/alerts/raised", RaisedRow, state="awaiting_confirmation")[0]["reference"] == reference
    assert fits(RaisedRow, second.post(f"/alerts/{reference}/confirm").json())["state"] == "live"
    assert fits(AlertOut, second.get(f"/alerts/{reference}").json())["told"]
    refused(second.post(f"/alerts/{reference}/confirm"), 409, "alert_not_now")
    other = make(mine, severity="high", what_happened="Another thing happened there.")["reference"]
    refused(second.post(f"/alerts/{other}/dismiss", {"reason": " "}), 422, "blank", "reason")
    dismissed = second.post(f"/alerts/{other}/dismiss", {"reason": "A mix-up"})
    assert fits(RaisedRow, dismissed.json())["state"] == "dismissed"
    assert client_of("carol").get(f"/alerts/{other}").status_code == 404


def test_the_provider_reads_and_answers_what_it_is_told(committed: str) -> None:
    reference = make(client_of("olive"), told_provider="We are told of a concern. Call us.")["reference"]
    birch = client_of("bob")
    read = fits(AlertOut, birch.get(f"/alerts/{reference}").json())
    assert read["text"].startswith("We are told") and read["what_happened"] is None and read["organisation"] is None
    assert CANARY not in birch.get(f"/alerts/{reference}").content.decode()
    assert rows(birch, f"/alerts/{reference}/people", PersonThere) == []
    assert rows(birch, "/alerts/raised", RaisedRow) == []
    for path in ("roster", "confirm", "close"):
        send = birch.get if path == "roster" else birch.post
        assert send(f"/alerts/{reference}/{path}").status_code in (403, 404)
    answered = birch.post(f"/alerts/{reference}/answer", {"response": "The person is suspended."})
    assert fits(AlertRow, answered.json())["acknowledged_at"]
    assert birch.post("/alerts", NEW).status_code == 403
    assert client_of("cecil").get(f"/alerts/{reference}").status_code == 404


def test_a_central_team_raises_too(committed: str) -> None:
    central = client_of("carol")
    made = make(central)
    assert fits(AlertOut, central.get(f"/alerts/{made['reference']}").json())["told"]["reasons"]
    assert rows(client_of("edith"))[0]["reference"] == made["reference"]


def test_what_is_wrong_is_refused_by_name(committed: str) -> None:
    machine = client_of("olive")
    named = {"what_happened": "Born on 3 May 2012.", "is_checked": False}
    refused(machine.post("/alerts", NEW | named), 422, "names_a_person", "what_happened")
    refused(machine.post("/alerts", NEW | {"police_told_on": "2999-01-01"}), 422, "day_ahead", "police_told_on")
    refused(machine.post("/alerts", NEW | {"kind": "weather"}), 422, "invalid_choice", "kind")
    assert machine.post("/alerts", NEW | {"establishment_id": str(ident("cedar-house"))}).status_code == 404
    assert machine.get("/alerts/S-0000-0000").status_code == 404
    narrow = client_of("olive", scopes=["alerts:read"])
    refused(narrow.post("/alerts", NEW), 403, "missing_scope")
    refused(client_of("olive", scopes=["alerts:write"]).post("/alerts/S-1/confirm"), 403, "missing_scope")


def test_the_same_alert_twice_is_one(committed: str) -> None:
    machine = client_of("olive")
    assert make(machine, key="k-1")["reference"] == make(machine, key="k-1")["reference"]
    assert make(machine)["reference"] == make(machine)["reference"]
    with acting(actor_of("olive")):
        assert Alert.objects.count() == 1


def heard(machine: Machine) -> list[tuple[str, str, str]]:
    return [
        (item["kind"], item["reference"], item["path"])
        for item in machine.get("/changes").json()["items"]
        if item["kind"].startswith("alert.")
    ]


@pytest.mark.parametrize("again", [False, True])
def test_every_organisation_that_was_told_hears_of_it_by_its_own_feed_and_webhooks(committed: str, again: bool) -> None:
    machines = {who: client_of(who) for who in ("olive", "edith", "carol", "nia", "bob")}
    for who in ("edith", "nia"):
        hook = {"url": f"https://{who}.example.org/", "kinds": ["alert.received"], "description": ""}
        assert machines[who].post("/webhooks", hook).status_code == 201
    alert = raised()
    outbox.drain("alerts")
    if again:
        with worker():
            items = list(outbox.OutboxItem.objects.filter(kind="alert_change"))
        for item in items:
            outbox.do(item)
    received = [("alert.received", alert.reference, f"/api/v1/alerts/{alert.reference}")]
    assert heard(machines["olive"]) == heard(machines["edith"]) == heard(machines["carol"]) == received
    assert heard(machines["nia"]) == heard(machines["bob"]) == []
    for who, expected in (("edith", 1), ("nia", 0)):
        with acting(actor_of(who)):
            assert Delivery.objects.filter(kind="alert.received").count() == expected
    machines["edith"].post(f"/alerts/{alert.reference}/answer", {"response": "We have nobody there."})
    machines["olive"].post(f"/alerts/{alert.reference}/close", {"outcome": "Unfounded."})
    outbox.drain("alerts")
    outbox.drain("events")
    assert [kind for kind, *_rest in heard(machines["edith"])] == ["alert.received", "alert.closed", "alert.answered"]
    assert CANARY not in machines["edith"].get("/changes").content.decode()
