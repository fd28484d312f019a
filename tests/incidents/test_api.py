"""Incidents through the API: reported once, read by both sides alone, answered; and what the feeds hear."""

from __future__ import annotations

from typing import Any

import pytest

from brokerage.core.audit import outbox
from brokerage.core.audit.models import Entry
from brokerage.core.tenants.context import acting
from brokerage.safeguarding.incidents.api_shapes import EntryRow, IncidentOut, IncidentRow, OwnResidentRow
from brokerage.safeguarding.incidents.models import Incident
from contracts.models import Agreement
from tests.api.answers import fits
from tests.api.clients import Machine, client_of
from tests.cast import TODAY, actor_of, ident
from tests.incidents.reporting import CANARY, facts, reported, resident


def body(agreement: Agreement, **changes: Any) -> dict[str, Any]:
    said = facts(agreement)
    return {
        "agreement": agreement.reference,
        "kind": said.kind,
        "risk": said.risk,
        "happened_at": said.happened_at.isoformat(),
        "what_happened": said.what_happened,
        "last_seen": said.last_seen,
        "action_taken": said.action_taken,
        **changes,
    }


def refused(response: Any, status: int, code: str, field: str | None = None) -> None:
    found = response.json()
    assert (response.status_code, found["code"], found["field"]) == (status, code, field), found


def rows(machine: Machine, path: str, shape: Any, **query: Any) -> list[dict[str, Any]]:
    response = machine.get(path, **query)
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = fits(shape, response.json())["items"]
    return found


@pytest.mark.django_db
def test_an_episode_from_report_to_close() -> None:
    agreement = resident()
    birch, harrow, ealing, cedar = (client_of(who) for who in ("bob", "olive", "edith", "cecil"))
    (living,) = rows(birch, "/incidents/residents", OwnResidentRow)
    assert living["agreement"] == agreement.reference and living["authority"] == "Harrow"
    assert not rows(harrow, "/incidents/residents", OwnResidentRow) and not rows(
        cedar, "/incidents/residents", OwnResidentRow
    )

    made = birch.post("/incidents", body(agreement), key="one-report")
    row = fits(IncidentRow, made.json())
    path = f"/incidents/{row['reference']}"
    assert made.status_code == 201 and made["Location"] == f"/api/v1{path}" and row["state"] == "missing"
    assert birch.post("/incidents", body(agreement), key="one-report").status_code in (201, 422)
    with acting(actor_of("bob")):
        assert Incident.objects.count() == 1

    assert rows(harrow, "/incidents", IncidentRow, state="missing", agreement=agreement.reference) == [row]
    assert not rows(harrow, "/incidents", IncidentRow, kind="restraint", establishment_id=ident("birch-house"))
    read = fits(IncidentOut, harrow.get(path).json())
    assert CANARY in read["what_happened"] and read["home"] == "Birch House" and read["provider"].startswith("Birch")
    with acting(actor_of("olive")):
        assert Entry.objects.filter(kind="incident.read", subject_reference=row["reference"]).exists()
    for stranger in (ealing, cedar):
        assert stranger.get(path).status_code == 404 and not rows(stranger, "/incidents", IncidentRow)

    assert fits(IncidentRow, harrow.post(f"{path}/acknowledge", {"text": "We ring."}).json())["acknowledged_at"]
    refused(harrow.post(f"{path}/acknowledge", {}), 409, "incident_acknowledged")
    assert birch.post(f"{path}/acknowledge", {}).status_code == 403
    refused(harrow.post(f"{path}/close", {"outcome": "Over."}), 409, "episode_not_now")
    added = harrow.post(f"{path}/entries", {"text": "Our eyes only.", "is_internal": True})
    assert added.status_code == 201 and fits(IncidentRow, added.json())["reference"] == row["reference"]
    assert "Our eyes only" not in added.text, "an answer is kept for a repeated request"
    refused(birch.post(f"{path}/entries", {"text": "x", "is_internal": True}), 422, "internal_not_yours", "is_internal")
    with acting(actor_of("bob")):
        before = Entry.objects.filter(kind="incident.read").count()
    assert len(rows(harrow, f"{path}/entries", EntryRow)) == 2 and len(rows(birch, f"{path}/entries", EntryRow)) == 1

    with acting(actor_of("bob")):
        assert Entry.objects.filter(kind="incident.read").count() == before + 1, "the texts were read"

    back = {"returned_at": read["reported_at"], "returned_how": "By bus.", "was_harmed": True}
    refused(birch.post(f"{path}/return", back), 422, "harm_missing", "harm")
    returned = fits(IncidentRow, birch.post(f"{path}/return", back | {"harm": "A cut hand."}).json())
    assert returned["interview_due_at"] and returned["state"] == "returned"
    refused(harrow.post(f"{path}/close", {"outcome": "Over."}), 409, "interview_owed")
    assert harrow.post(f"{path}/interview", {"interview_by": "The advocacy service"}).status_code == 200
    settled = {"interview_outcome": "done", "interview_on": TODAY.isoformat()}
    assert harrow.post(f"{path}/interview/outcome", settled).status_code == 200
    assert fits(IncidentRow, harrow.post(f"{path}/close", {"outcome": "A plan."}).json())["state"] == "closed"
    assert fits(IncidentOut, birch.get(path).json())["outcome"] == "A plan."


@pytest.mark.django_db
def test_what_is_refused() -> None:
    ours, theirs = resident(), resident("cedar-house")
    birch, harrow = client_of("bob"), client_of("olive")
    assert birch.post("/incidents", body(theirs)).status_code == 404
    assert harrow.post("/incidents", body(ours)).status_code == 403
    assert birch.post("/incidents", body(ours, last_seen="")).json()["code"] == "last_seen_missing"
    refused(birch.post("/incidents", body(ours, name="Somebody")), 422, "unknown_field", "name")
    assert client_of("bob", scopes=["incidents:read"]).post("/incidents", body(ours)).status_code == 403
    reported(ours)
    refused(birch.post("/incidents", body(ours, what_happened="Again.")), 422, "already_missing", "agreement")


@pytest.mark.django_db
def test_many_at_once_each_stand_alone() -> None:
    ours, theirs = resident(), resident("cedar-house")
    items = [body(ours), body(ours, kind="away", last_seen=""), body(theirs), body(ours, kind="restraint")]
    results = client_of("bob").post("/incidents/bulk", {"items": items}).json()["results"]
    assert [result["status"] for result in results] == [201, 422, 404, 201]
    taken = [result["reference"] for result in results if result["reference"]]
    withdrawn = client_of("bob").post(f"/incidents/{taken[0]}/withdraw", {"reason": "They were upstairs."})
    assert fits(IncidentRow, withdrawn.json())["state"] == "withdrawn"


def test_feeds_hear_references_and_nothing_more(committed: str) -> None:
    machines = {who: client_of(who) for who in ("bob", "olive", "edith", "cecil")}
    incident = reported(resident())
    machines["olive"].post(f"/incidents/{incident.reference}/acknowledge", {"text": f"Seen at {CANARY}."})
    outbox.drain("alerts")
    outbox.drain("events")
    heard = {}
    for who, machine in machines.items():
        found = [item["kind"] for item in machine.get("/changes").json()["items"]]
        heard[who] = [kind for kind in found if kind.startswith("incident")]
    assert heard["bob"] == heard["olive"] == ["incident.reported", "incident.acknowledged"]
    assert heard["edith"] == heard["cecil"] == []
    told = machines["olive"].get("/changes").content.decode()
    assert f"/api/v1/incidents/{incident.reference}" in told and CANARY not in told
