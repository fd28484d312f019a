"""The organisation's own audit trail through the API: its numbers are given when a transaction commits."""

from __future__ import annotations

import re

from brokerage.core.audit.api import AuditRow
from brokerage.core.audit.row_security import SCHEME
from providers.models import Insurance
from tests.api.answers import fits
from tests.api.clients import client_of


def test_the_audit_trail_is_read_in_the_order_of_its_chain(committed: str) -> None:
    machine = client_of("bob")
    for _time in range(3):
        policy = {**_POLICY, "starts_on": f"2026-0{_time + 1}-01"}
        assert machine.post("/insurance", policy).status_code == 201
    first = fits(AuditRow, machine.get("/audit", limit=2).json())
    numbers = [row["number"] for row in first["items"]]
    rest = machine.get("/audit", cursor=first["next"]).json()["items"]
    numbers += [row["number"] for row in rest]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= 4
    everything = first["items"] + rest
    assert {row["scheme"] for row in everything} == {SCHEME}
    assert [row["previous_hash"] for row in everything[1:]] == [row["hash"] for row in everything[:-1]]
    assert all(re.fullmatch(r"[0-9a-f]{64}", row["hash"]) for row in everything)
    added = machine.get("/audit", kind="insurance.added").json()["items"]
    assert len(added) == 3 and {row["kind"] for row in added} == {"insurance.added"}
    assert "(API client of Bob Birch)" in added[0]["actor_name"]
    since = machine.get("/audit", since=added[1]["at"], kind="insurance.added").json()["items"]
    assert [row["number"] for row in since] == [row["number"] for row in added[1:]]
    one = machine.get("/audit", subject_id=added[2]["subject_id"]).json()["items"]
    assert [row["number"] for row in one] == [added[2]["number"]]
    assert machine.get("/audit", subject_reference="nothing").json()["items"] == []
    other = client_of("cecil").get("/audit", kind="insurance.added").json()["items"]
    assert other == []


_POLICY = {
    "kind": Insurance.Kind.PUBLIC,
    "insurer": "Tinderbox",
    "policy_number": "P1",
    "cover_amount": "5000000.00",
    "starts_on": "2026-01-01",
    "expires_on": "2027-12-31",
}


def test_the_audit_trail_needs_its_scope(committed: str) -> None:
    machine = client_of("olive", scopes=["reference:read"])
    assert machine.get("/audit").status_code == 403
    assert client_of("olive").get("/audit", since="yesterday").json()["field"] == "since"
