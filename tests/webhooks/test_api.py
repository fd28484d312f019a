"""The API's feed and webhooks: each client its own, refusals with their codes, and pages of the administrator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.utils import timezone
from standardwebhooks.webhooks import Webhook as Checker

from brokerage.core.api.models import KeptAnswer
from brokerage.core.tenants.context import worker
from brokerage.core.webhooks import delivery
from brokerage.core.webhooks.models import Delivery, Webhook
from tests.api.clients import Machine
from tests.webhooks.receiver import receiving
from tests.webhooks.steps import act, due_now, expand, machine

pytestmark = pytest.mark.django_db

URL = "https://cases.harrow.example.gov.uk/events"


@pytest.fixture(autouse=True)
def _fresh_limits() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def made(client: Machine, **changes: Any) -> dict[str, Any]:
    answer = client.post("/webhooks", {"url": URL, **changes})
    assert answer.status_code == 201, answer.content
    assert answer["Location"] == f"/api/v1/webhooks/{answer.json()['id']}"
    return answer.json()


def test_the_feed_is_read_by_cursor_and_always_says_where_to_go_on() -> None:
    client = machine("olive")
    assert client.get("/changes").json() == {"items": [], "next": "0"}
    for number in range(3):
        act(reference=f"HAR-{number}", kind="award.made" if number == 1 else "referral.published")
        expand()
    first = client.get("/changes", limit=2).json()
    assert [item["number"] for item in first["items"]] == [1, 2] and first["next"] == "2"
    assert first["items"][0]["path"] == "/api/v1/referrals/HAR-0" and first["items"][0]["at"].endswith("Z")
    second = client.get("/changes", cursor=first["next"]).json()
    assert [item["reference"] for item in second["items"]] == ["HAR-2"] and second["next"] == "3"
    assert client.get("/changes", cursor=3).json() == {"items": [], "next": "3"}
    picked = client.get("/changes", kind=["award.made", "award.refused"]).json()
    assert [item["kind"] for item in picked["items"]] == ["award.made"] and picked["next"] == "3"


@pytest.mark.parametrize(
    ("query", "field"),
    [({"kinds": "x"}, "kinds"), ({"kind": "x.y"}, "kind.0"), ({"after": "-1"}, "after"), ({"limit": 0}, "limit")],
)
def test_the_feed_refuses_what_it_does_not_know(query: dict[str, Any], field: str) -> None:
    answer = machine("olive").get("/changes", **query)
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == field


def test_a_feed_is_its_own_organisations() -> None:
    mine, theirs = machine("olive"), machine("edith")
    act()
    expand()
    assert len(mine.get("/changes").json()["items"]) == 1
    assert theirs.get("/changes").json()["items"] == []
    assert machine("olive", "webhooks:write").get("/changes").status_code == 403


def test_the_number_of_queries_is_the_same_for_one_and_for_many(django_assert_max_num_queries: Any) -> None:
    client = machine("olive")
    hook = made(client)
    for number in range(12):
        act(reference=f"HAR-{number}")
    expand()
    for path in ("/changes", f"/webhooks/{hook['id']}/deliveries"):
        with django_assert_max_num_queries(12):
            client.get(path, limit=1)
        with django_assert_max_num_queries(12):
            assert len(client.get(path).json()["items"]) == 12


def test_a_webhook_from_adding_to_deleting() -> None:
    client = machine("olive")
    hook = made(client, kinds=["offer.submitted", "award.made", "award.made"], description=" Cases ")
    assert hook["kinds"] == ["award.made", "offer.submitted"] and hook["description"] == "Cases" and hook["is_active"]
    path = f"/webhooks/{hook['id']}"
    assert client.get(path).json() == hook and client.get("/webhooks").json()["items"] == [hook]
    edition = client.get(path)["ETag"]
    changed = client.patch(path, {"is_active": False, "kinds": []}, if_match=edition).json()
    assert (changed["is_active"], changed["disabled_reason"], changed["kinds"]) == (False, "by_hand", [])
    assert client.patch(path, {"is_active": True}, if_match=edition).status_code == 412
    refused = client.post(f"{path}/test")
    assert (refused.status_code, refused.json()["code"]) == (409, "webhook_disabled")
    assert client.patch(path, {"is_active": True}).json()["disabled_reason"] is None
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_the_secret_is_read_apart_and_kept_by_no_repeated_answer() -> None:
    client = machine("olive")
    answer = client.post("/webhooks", {"url": URL}, key="once")
    path = f"/webhooks/{answer.json()['id']}/secret"
    first = client.get(path).json()["secret"]
    assert first.startswith("whsec_") and Checker(first)
    rotated = client.post(path, key="twice")
    assert rotated.status_code == 200 and rotated.json()["old_secret_until"]
    second = client.get(path).json()["secret"]
    assert second != first
    with worker():
        kept = " ".join(KeptAnswer.objects.values_list("body", flat=True))
        assert URL in kept and "whsec_" not in kept
        stored = Webhook.objects.get()
    assert first not in stored.sealed_old_secret and second not in stored.sealed_secret


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"url": "http://cases.example.gov.uk"}, "url_invalid", "url"),
        ({"url": "https://10.0.0.1/"}, "url_invalid", "url"),
        ({"url": URL, "kinds": ["no.such"]}, "unknown_kind", "kinds"),
        ({"url": URL, "kinds": ["invitation.received"]}, "unknown_kind", "kinds"),
        ({"url": URL, "secret": "x"}, "unknown_field", "secret"),
        ({}, "required", "url"),
    ],
)
def test_what_is_refused_when_adding(body: dict[str, Any], code: str, field: str) -> None:
    answer = machine("olive").post("/webhooks", body)
    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["field"]) == (code, field)


def test_twice_the_same_address_too_many_and_a_client_that_may_not_read() -> None:
    client = machine("olive")
    for number in range(20):
        made(client, url=f"{URL}/{number}")
    assert client.post("/webhooks", {"url": f"{URL}/1"}).json()["code"] == "url_taken"
    assert client.post("/webhooks", {"url": URL}).json()["code"] == "too_many_webhooks"
    blind = machine("olive", "webhooks:write")
    assert blind.post("/webhooks", {"url": URL}).json()["code"] == "client_may_not_read"
    assert machine("olive", "changes:read").post("/webhooks", {"url": URL}).status_code == 403


def test_nobody_elses_webhook_is_found_not_even_of_the_same_organisation() -> None:
    hook = made(machine("olive"))
    path = f"/webhooks/{hook['id']}"
    for other in (machine("oscar"), machine("edith"), machine("bob")):
        for method, address, body in (
            ("GET", path, None),
            ("PATCH", path, {"is_active": False}),
            ("DELETE", path, None),
            ("GET", f"{path}/secret", None),
            ("POST", f"{path}/secret", None),
            ("POST", f"{path}/test", None),
            ("POST", f"{path}/replay", {"since": timezone.now().isoformat()}),
            ("GET", f"{path}/deliveries", None),
            ("POST", f"{path}/deliveries/{uuid4()}/replay", None),
        ):
            assert other.send(method, address, body).status_code == 404, address
        assert other.get("/webhooks").json()["items"] == []


def test_test_deliveries_and_sending_again(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    client = machine("bob")
    with receiving() as receiver:
        hook = made(client, url=receiver.url)
        path = f"/webhooks/{hook['id']}"
        tested = client.post(f"{path}/test")
        assert tested.status_code == 202 and tested.json()["kind"] == "webhook.test"
        act("bob", "offer.submitted")
        expand()
        due_now()
        assert delivery.deliver() == 2
        [sent, test] = client.get(f"{path}/deliveries").json()["items"]
        assert (sent["kind"], sent["number"], sent["status"], sent["last_http_status"]) == (
            "offer.submitted",
            1,
            "delivered",
            204,
        )
        assert test["number"] is None and test["next_at"] is None
        assert client.get(f"{path}/deliveries", status="failed").json()["items"] == []
        again = client.post(f"{path}/deliveries/{sent['id']}/replay")
        assert again.status_code == 202 and again.json()["status"] == "waiting" and again.json()["attempts"] == 0
        since = (timezone.now() - timedelta(hours=1)).isoformat()
        assert client.post(f"{path}/replay", {"since": since}).json() == {"deliveries": 1}
        due_now()
        assert delivery.deliver() == 1
        assert receiver.ids[-1] in receiver.ids[:-1], "the receiver knows it for the same"
        long_ago = (timezone.now() - timedelta(days=31)).isoformat()
        assert client.post(f"{path}/replay", {"since": long_ago}).json()["code"] == "too_long_ago"
    with worker():
        assert Delivery.objects.count() == 2
