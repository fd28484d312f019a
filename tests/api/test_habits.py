"""What every operation keeps: one effect per key, editions, pages, shapes of input, shapes of refusal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from brokerage.core.audit.models import Entry
from brokerage.core.tenants.context import acting
from tests.api import probes
from tests.api.clients import Machine, client_of
from tests.cast import actor_of

pytestmark = pytest.mark.django_db
MEMBERS = {"type", "title", "status", "code", "message", "field", "errors"}


@pytest.fixture(autouse=True)
def _probes(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.ROOT_URLCONF = "tests.api.probes"
    monkeypatch.setitem(probes.STANDING, "word", "first")
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def machine() -> Machine:
    return client_of("olive")


def effects() -> int:
    with acting(actor_of("adam")):
        return Entry.objects.filter(kind=probes.KIND).count()


def refused(response: Any, status: int, code: str, field: str | None = None) -> dict[str, Any]:
    """The refusal is whole, is this one, and nothing happened."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert set(body) == MEMBERS and body["type"] == "about:blank" and body["status"] == status
    assert (body["code"], body["field"]) == (code, field), body
    assert all(set(each) == {"code", "message", "field"} for each in body["errors"])
    if field:
        assert field in [each["field"] for each in body["errors"]]
    assert body["message"] and body["title"]
    return dict(body)


# --- one effect per key -------------------------------------------------------------------------------------


def test_the_same_key_gets_the_same_answer_and_has_one_effect(machine: Machine) -> None:
    first = machine.post("/things", {"word": "Lamp"}, key="a")
    again = machine.post("/things", {"word": "Lamp"}, key="a")
    assert first.status_code == again.status_code == 201
    assert first.content == again.content and again["Content-Type"] == "application/json"
    assert first["Location"] == again["Location"] == "/api/v1/things/1" and first["ETag"] == again["ETag"]
    assert "Idempotency-Replayed" not in first and again["Idempotency-Replayed"] == "true"
    assert effects() == 1
    assert machine.post("/things", {"word": "Lamp"}, key="b").json()["number"] == 2
    assert machine.post("/things", {"word": "Lamp"}).json()["number"] == 3


def test_the_same_key_with_another_request_is_refused(machine: Machine) -> None:
    machine.post("/things", {"word": "Lamp"}, key="a")
    refused(machine.post("/things", {"word": "Lump"}, key="a"), 422, "idempotency_key_reused")
    refused(machine.post("/things/bulk", {"items": [{"word": "Lamp"}]}, key="a"), 422, "idempotency_key_reused")
    assert effects() == 1


def test_keys_belong_to_the_client(machine: Machine) -> None:
    machine.post("/things", {"word": "Lamp"}, key="a")
    for other in (client_of("olive"), client_of("edith"), client_of("bob")):
        answer = other.post("/things", {"word": "Other"}, key="a")
        assert answer.status_code == 201 and "Idempotency-Replayed" not in answer


@pytest.mark.parametrize("key", ["with space", "é", "x" * 201, "\t", "a\x7f"])
def test_what_is_no_key_is_refused(machine: Machine, key: str) -> None:
    refused(machine.post("/things", {"word": "Lamp"}, key=key), 422, "invalid_idempotency_key")
    assert effects() == 0


@pytest.mark.parametrize(("word", "status"), [("rule", 422), ("later", 409), ("forbidden", 403)])
def test_a_refusal_is_not_kept_and_leaves_nothing(machine: Machine, word: str, status: int) -> None:
    assert machine.post("/things", {"word": word}, key="a").status_code == status
    assert effects() == 0
    mended = machine.post("/things", {"word": "Lamp"}, key="a")
    assert mended.status_code == 201 and "Idempotency-Replayed" not in mended


def test_a_fault_leaves_nothing_and_says_nothing(machine: Machine) -> None:
    machine.browser.raise_request_exception = False
    refused(machine.post("/things", {"word": "fault"}, key="a"), 500, "internal")
    assert effects() == 0 and machine.post("/things", {"word": "Lamp"}, key="a").status_code == 201


def test_a_repeated_request_needs_its_scope_still(machine: Machine) -> None:
    from allauth.idp.oidc.models import Token

    machine.post("/things", {"word": "Lamp"}, key="a")
    Token.objects.update(scopes="messages:read")
    refused(machine.post("/things", {"word": "Lamp"}, key="a"), 403, "missing_scope")


def test_many_rows_and_a_key(machine: Machine) -> None:
    rows = {"items": [{"word": "Lamp"}, {"word": "rule"}, {"word": "Bed"}]}
    first = machine.post("/things/bulk", rows, key="a")
    results = first.json()["results"]
    assert [row["status"] for row in results] == [201, 422, 201] and [row["index"] for row in results] == [0, 1, 2]
    assert results[1]["problem"]["field"] == "items.1.word" and results[1]["reference"] is None
    assert machine.post("/things/bulk", rows, key="a").content == first.content and effects() == 2
    refused(machine.post("/things/bulk", {"items": []}), 422, "min_length", "items")
    refused(machine.post("/things/bulk", {"items": [{"word": "Lamp"}] * 101}), 422, "max_length", "items")
    refused(machine.post("/things/bulk", {"items": [{"word": "x"}, {}]}), 422, "required", "items.1.word")
    assert effects() == 2


# --- editions -----------------------------------------------------------------------------------------------


def test_what_has_not_changed_is_not_sent_again(machine: Machine) -> None:
    first = machine.get("/things/x")
    for tag in (first["ETag"], f'"other", {first["ETag"]}', "*", f"W/{first['ETag']}"):
        unchanged = machine.get("/things/x", headers={"If-None-Match": tag})
        assert unchanged.status_code == 304 and not unchanged.content and unchanged["ETag"] == first["ETag"], tag
    assert machine.get("/things/x", headers={"If-None-Match": '"other"'}).content == first.content
    machine.patch("/things/x", {"word": "second"})
    assert machine.get("/things/x", headers={"If-None-Match": first["ETag"]}).json()["word"] == "second"


def test_a_change_of_another_edition_is_refused(machine: Machine) -> None:
    read = machine.get("/things/x")["ETag"]
    changed = machine.patch("/things/x", {"word": "second"}, if_match=read)
    assert changed.status_code == 200 and changed["ETag"] == machine.get("/things/x")["ETag"] != read
    refused(machine.patch("/things/x", {"word": "third"}, if_match=read), 412, "edition_differs")
    assert machine.get("/things/x").json()["word"] == "second" and effects() == 1
    assert machine.patch("/things/x", {"word": "third"}, if_match=f'"x", {changed["ETag"]}').status_code == 200
    assert machine.patch("/things/x", {"word": "fourth"}, if_match="*").status_code == 200
    assert machine.patch("/things/x", {"word": "fifth"}).status_code == 200
    assert machine.delete("/things/x").status_code == 204


def test_head_is_get_without_its_body(machine: Machine) -> None:
    for address in ("/things", "/things/x"):
        whole, head = machine.get(address), machine.send("HEAD", address)
        assert head.status_code == 200 and not head.content
        assert head.get("ETag") == whole.get("ETag") and head["Content-Type"] == whole["Content-Type"]
    assert machine.send("HEAD", "/nowhere").status_code == 404
    unchanged = machine.send("HEAD", "/things/x", **{"If-None-Match": machine.get("/things/x")["ETag"]})
    assert unchanged.status_code == 304


# --- shapes of input ----------------------------------------------------------------------------------------

WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({}, "required", "word"),
    ({"word": None}, "null", "word"),
    ({"word": ""}, "blank", "word"),
    ({"word": "x" * 41}, "max_length", "word"),
    ({"word": ["x"]}, "invalid", "word"),
    ({"word": {"x": 1}}, "invalid", "word"),
    ({"word": True}, "invalid", "word"),
    ({"word": "a\x00b"}, "null_characters_not_allowed", "word"),
    ({"word": "x", "colour": "red"}, "unknown_field", "colour"),
    ({"word": "x", "__proto__": {}}, "unknown_field", "__proto__"),
    ({"word": "x", "lines": {}}, "not_a_list", "lines"),
    ({"word": "x", "lines": ["x"]}, "invalid", "lines.0"),
    ({"word": "x", "lines": [{"price": "1.00", "vat": 1}]}, "unknown_field", "lines.0.vat"),
    ({"word": "x", "lines": [{"price": 900}]}, "money_as_text", "lines.0.price"),
    ({"word": "x", "lines": [{"price": 900.5}]}, "money_as_text", "lines.0.price"),
    ({"word": "x", "lines": [{"price": "1.00"}, {"price": True}]}, "money_as_text", "lines.1.price"),
    *(
        ({"word": "x", "lines": [{"price": price}]}, "invalid_money", "lines.0.price")
        for price in ("NaN", "inf", "-Infinity", "-1", "1e3", "1.001", "", "9" * 39, "١٢٣", "0x10", "1,00.0,0")
    ),
    ({"word": "x", "lines": [{"price": "123456789.00"}]}, "max_digits", "lines.0.price"),
    ({"word": "x", "lines": [{"price": "1.00", "number": 100}]}, "max_value", "lines.0.number"),
    ({"word": "x", "lines": [{"price": "1.00", "number": 10**300}]}, "invalid", "lines.0.number"),
    ({"word": "x", "lines": [{"price": "1.00", "number": 1.5}]}, "invalid", "lines.0.number"),
    ({"word": "x", "lines": [{"price": "1.00", "number": True}]}, "invalid", "lines.0.number"),
    ({"word": "x", "lines": [{"price": "1.00", "number": "9" * 2000}]}, "max_string_length", "lines.0.number"),
    ({"word": "x", "on": "2026-13-01"}, "invalid", "on"),
    ({"word": "x", "on": 20261122}, "invalid", "on"),
    ({"word": "x", "on": "2026-11-22T10:00:00Z"}, "invalid", "on"),
    ({"word": "x", "at": "yesterday"}, "invalid", "at"),
    ({"word": "x", "score": "NaN"}, "invalid", "score"),
    ({"word": "x", "score": 10**40}, "max_digits", "score"),
    ({"word": "x", "is_good": "perhaps"}, "invalid", "is_good"),
    ({"word": "x", "is_good": []}, "invalid", "is_good"),
    ({"word": "x", "which": "me"}, "invalid", "which"),
    ({"word": "x", "which": 10**40}, "invalid", "which"),
]


@pytest.mark.parametrize(("body", "code", "field"), WRONG, ids=lambda value: str(value)[:60])
def test_a_wrong_shape_is_refused_by_name(machine: Machine, body: dict[str, Any], code: str, field: str) -> None:
    refused(machine.post("/things", body, key="a"), 422, code, field)
    assert effects() == 0


def test_every_wrong_field_is_told(machine: Machine) -> None:
    body = refused(machine.post("/things", {"on": "x", "colour": 1, "lines": [{}]}), 422, "required", "word")
    assert {each["field"] for each in body["errors"]} == {"word", "on", "colour", "lines.0.price"}


DEEP = b'{"word":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    "content",
    [
        b" ",
        b"{",
        b"{'word': 'x'}",
        b'{"word": NaN}',
        b'{"word": "x", "score": Infinity}',
        b'{"word": "x", "lines": [{"price": 1e999}]}',
        b'{"word": "\xff"}',
        b'{"word": "\\ud800"}',
        '{"word": "x"}'.encode("utf-16"),
        DEEP,
        b"\x00",
    ],
    ids=range(11),
)
def test_what_is_no_json_cannot_be_read(machine: Machine, content: bytes) -> None:
    refused(machine.send("POST", "/things", content), 400, "malformed")
    assert effects() == 0


@pytest.mark.parametrize("content", [b"[]", b"null", b'"x"', b"1", b"true", b'[{"word": "x"}]'])
def test_a_body_is_one_object(machine: Machine, content: bytes) -> None:
    response = machine.send("POST", "/things", content)
    assert response.status_code == 422 and response.json()["code"] in ("invalid", "null"), response.content
    assert effects() == 0


@pytest.mark.parametrize("depth", [10, 900])
def test_free_values_may_be_deep_and_no_fault_follows(machine: Machine, depth: int) -> None:
    content = b'{"word": "x", "free": ' + b"[" * depth + b"]" * depth + b"}"
    assert machine.send("POST", "/things", content).status_code in (201, 400, 422)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", ""]
)
def test_other_media_types_are_refused(machine: Machine, kind: str) -> None:
    said = machine.send("POST", "/things", b'{"word": "x"}', content_type=kind)
    refused(said, 415, "unsupported_media_type")
    assert effects() == 0


def test_json_with_a_charset_is_json(machine: Machine) -> None:
    kind = "application/json; charset=utf-8"
    assert machine.send("POST", "/things", b'{"word": "x"}', content_type=kind).status_code == 201


def test_a_body_where_none_is_taken_is_refused(machine: Machine) -> None:
    refused(machine.send("DELETE", "/things/x", {"why": "x"}), 422, "unknown_field", "body")
    assert effects() == 0


def test_a_body_that_is_too_large_is_refused(machine: Machine, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    said = json.dumps({"word": "x" * 2000}).encode()
    refused(machine.send("POST", "/things", said), 413, "too_large")
    refused(machine.send("POST", "/things", said, **{"Idempotency-Key": "a"}), 413, "too_large")
    refused(machine.send("DELETE", "/things/x", said), 413, "too_large")
    settings.BODY_MAX_BYTES = 1500
    refused(machine.send("POST", "/things", said), 413, "too_large")
    assert effects() == 0


def test_a_file_is_its_bytes_and_may_be_larger_than_json(machine: Machine, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = machine.upload("/things/x/file", b"%PDF" + b"x" * 5000, content_type="application/pdf")
    assert answer.status_code == 200 and answer.json() == {"word": "application/pdf", "number": 5004}
    again = machine.send("POST", "/things/x/file", b"x" * 5000, "text/plain", **{"Idempotency-Key": "f"})
    assert again.status_code == 200, again.content
    settings.UPLOAD_MAX_BYTES = 100
    refused(machine.upload("/things/x/file", b"x" * 5000), 413, "too_large")
    refused(machine.upload("/things/x/file", b""), 422, "empty", "body")


# --- pages --------------------------------------------------------------------------------------------------


def test_pages_lose_and_repeat_no_row_while_rows_come(machine: Machine) -> None:
    for number in range(12):
        machine.post("/things", {"word": f"old {number}"})
    seen: list[str] = []
    page = machine.get("/things", limit=5)
    while True:
        body = page.json()
        seen += [row["word"] for row in body["items"]]
        if body["next"] is None:
            assert "Link" not in page
            break
        assert page["Link"] == f'</api/v1/things?limit=5&cursor={body["next"]}>; rel="next"'
        machine.post("/things", {"word": f"new {len(seen)}"})
        page = machine.get(page["Link"].partition(">")[0][1:])
    assert seen == [f"old {number}" for number in reversed(range(12))]


CURSORS = ["x", "é", "W10", "WyJ4Il0", "bnVsbA", "e30", "WzEsMl0", "WyIiLCIiXQ", "WyIyMDI2LTExLTIyIiwgIngiXQ", "=" * 50]


@pytest.mark.parametrize("cursor", [*CURSORS, "A" * 601])
def test_a_cursor_of_ones_own_making_is_refused(machine: Machine, cursor: str) -> None:
    response = machine.get("/things", cursor=cursor)
    assert response.status_code == 422 and response.json()["field"] == "cursor", response.content
    assert response.json()["code"] in ("invalid_cursor", "max_length")


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1.5", "NaN", "9" * 5000, "", "1\x00"])
def test_a_limit_is_1_to_200(machine: Machine, limit: str) -> None:
    response = machine.get("/things", limit=limit)
    assert response.status_code == 422 and response.json()["field"] == "limit", response.content


def test_a_query_is_known_and_said_once(machine: Machine) -> None:
    refused(machine.get("/things", colour="red"), 422, "unknown_field", "colour")
    refused(machine.send("GET", "/things?limit=1&limit=2"), 422, "repeated", "limit")
    refused(machine.get("/things/x", limit=1), 422, "unknown_field", "limit")


# --- refusals and limits ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("time_stands")
def test_limits_are_told_on_every_answer(machine: Machine, settings: Any) -> None:
    settings.API_RATE = 5
    answers = [
        machine.get("/things"),
        machine.post("/things", {}),
        machine.get("/nowhere"),
        machine.delete("/things"),
        machine.send("HEAD", "/things"),
        machine.get("/things"),
    ]
    assert [answer.status_code for answer in answers] == [200, 422, 404, 405, 200, 429]
    left = [answer["RateLimit"].split("r=")[1].split(";")[0] for answer in answers]
    assert left == ["4", "3", "2", "1", "0", "0"]
    assert all(answer["RateLimit-Policy"] == '"client";q=5;w=60' for answer in answers)


@pytest.mark.parametrize("address", ["/things/x%00y", "/things/x/", "/things//", "//", "/things/x%2Fy%00", "/é"])
def test_odd_addresses_are_not_found(machine: Machine, address: str) -> None:
    refused(machine.get(address), 404, "not_found")


@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "TRACE", "BREW"])
def test_methods_that_are_not_offered(machine: Machine, method: str) -> None:
    response = machine.send(method, "/things")
    refused(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, POST, HEAD"


def test_every_answer_is_private(machine: Machine) -> None:
    for response in (machine.get("/things"), machine.get("/nowhere"), machine.post("/things", {"word": "x"})):
        assert response["Cache-Control"] == "private, no-store" and response["Vary"] == "Authorization"
        assert response["X-Content-Type-Options"] == "nosniff" and not response.cookies
