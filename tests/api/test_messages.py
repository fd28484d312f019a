"""The owner's messages through the API: read, marked, nobody else's."""

from __future__ import annotations

import datetime as dt
from uuid import uuid4

from django.db import connection
from django.test.utils import CaptureQueriesContext

from brokerage.core.audit import outbox
from brokerage.core.notifications.api import MessageOut, MessagesMarked
from brokerage.core.tenants.context import acting
from dpv.actions.suspensions import lift_suspension, suspend_admission
from tests.api.answers import fits
from tests.api.clients import Machine, client_of
from tests.cast import TODAY, actor_of, ident

HOUSE = ident("admission birch-house")


def told(times: int = 1) -> None:
    """Bob's organisation is told of a suspension and its lifting, so many times."""
    for _time in range(times):
        with acting(actor_of("carol")) as carol:
            suspend_admission(carol, admission_id=HOUSE, reason="Seen.", review_on=TODAY + dt.timedelta(days=7))
        with acting(actor_of("mark")) as mark:
            lift_suspension(mark, admission_id=HOUSE, reason="Mended.")
    outbox.drain("events")


def templates(machine: Machine, **query: object) -> list[str]:
    return [row["template"] for row in fits(MessageOut, machine.get("/messages", **query).json())["items"]]


def test_messages_are_listed_read_and_marked(committed: str) -> None:
    told()
    machine = client_of("bob")
    assert sorted(templates(machine)) == ["dpv.reinstated", "dpv.suspended"]
    row = machine.get("/messages").json()["items"][0]
    assert row["reference"] in row["subject"] and row["page"].startswith("/o/birch/") and row["read_at"] is None
    one = fits(MessageOut, machine.get(f"/messages/{row['id']}").json())
    assert one == row
    read = fits(MessageOut, machine.post(f"/messages/{row['id']}/read").json())
    assert read["read_at"] is not None
    assert machine.post(f"/messages/{row['id']}/read").json() == read
    assert templates(machine, unread="true") == [name for name in templates(machine) if name != row["template"]]
    assert fits(MessagesMarked, machine.post("/messages/read").json()) == {"marked": 1}
    assert machine.post("/messages/read").json() == {"marked": 0}
    assert templates(machine, unread="true") == []


def test_nobody_reads_or_marks_anothers_messages(committed: str) -> None:
    told()
    row = client_of("bob").get("/messages").json()["items"][0]
    for who in ("cecil", "olive", "carol"):
        other = client_of(who)
        assert row["id"] not in [mine["id"] for mine in other.get("/messages").json()["items"]]
        assert other.get(f"/messages/{row['id']}").status_code == 404
        assert other.post(f"/messages/{row['id']}/read").status_code == 404
    assert client_of("bob").get(f"/messages/{row['id']}").json()["read_at"] is None
    assert client_of("bob").get(f"/messages/{uuid4()}").status_code == 404


def test_messages_need_their_scope(committed: str) -> None:
    machine = client_of("bob", scopes=["homes:read"])
    for refused in (machine.get("/messages"), machine.post("/messages/read")):
        assert refused.status_code == 403 and refused.json()["code"] == "missing_scope"


def test_marking_twice_with_one_key_has_one_effect(committed: str) -> None:
    told()
    machine = client_of("bob")
    first = machine.post("/messages/read", key="mark-1")
    again = machine.post("/messages/read", key="mark-1")
    assert first.json() == again.json() == {"marked": 2}
    assert again["Idempotency-Replayed"] == "true"


def test_many_messages_ask_the_same_number_of_questions(committed: str) -> None:
    told(6)
    machine = client_of("bob")
    machine.get("/messages")
    counts = []
    for limit in (1, 10, 100):
        with CaptureQueriesContext(connection) as queries:
            assert machine.get("/messages", limit=limit).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2]
    first = machine.get("/messages", limit=5).json()
    rest = machine.get("/messages", limit=100, cursor=first["next"]).json()
    ids = [row["id"] for row in first["items"] + rest["items"]]
    assert len(ids) == len(set(ids)) == 12 and rest["next"] is None
