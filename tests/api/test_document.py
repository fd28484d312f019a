"""The OpenAPI document: committed as the code says it, whole for every operation, true to its examples."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator, FormatChecker

from brokerage.api import codes, document
from brokerage.core.api.scopes import SCOPES
from tests.api.table import routes

Document = dict[str, Any]
COMMITTED = document.loaded()
OPERATIONS = document.operations_of(COMMITTED)
NAMES = [operation["operationId"] for _path, _method, operation in OPERATIONS]
each_operation = pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=NAMES)


def test_the_committed_document_is_what_the_code_says() -> None:
    """Nothing that spectacular warns of, no code without a meaning, valid OpenAPI 3.1: `build` raises otherwise."""
    built = document.text_of(document.build())
    assert built == document.served().decode(), "run script/openapi and commit docs/openapi.json"


def test_every_operation_of_the_url_table_is_in_it_once() -> None:
    assert sorted(f"{method} {path}" for path, method, _each in OPERATIONS) == sorted(str(route) for route in routes())
    assert len(NAMES) == len(set(NAMES))


@each_operation
def test_an_operation_says_what_it_does_and_who_may(path: str, method: str, operation: Document) -> None:
    assert operation["summary"] and not operation["summary"].endswith(".")
    assert operation["description"]
    assert operation["x-scope"] in SCOPES
    assert operation["security"] == [{"oauth2": [operation["x-scope"]]}]
    assert operation["tags"] != ["Other"], f"say in brokerage/api/document.py what {path} is about"
    for parameter in operation.get("parameters", []):
        assert parameter["in"] != "path" or parameter["description"]


@each_operation
def test_an_operation_has_examples_that_fit_their_shapes(path: str, method: str, operation: Document) -> None:
    assert list(_misfits(operation)) == []


@each_operation
def test_an_operation_lists_its_refusals_with_their_codes(path: str, method: str, operation: Document) -> None:
    statuses = set(operation["responses"])
    assert {"401", "403", "404", "422", "429"} <= statuses
    assert ("409" in statuses) == (method != "GET")
    said = "".join(str(response.get("description", "")) for response in operation["responses"].values())
    known = COMMITTED["x-codes"]
    for code in operation["x-codes"]:
        assert known[code]["meaning"] and known[code]["statuses"]
    for code in document.own_codes(operation):
        fitting = {str(status) for status in known[code]["statuses"]} & statuses
        assert not fitting or f"`{code}`" in said, f"{code} is not told"
        assert fitting or method == "GET", f"{code} has no status here"


def test_every_code_is_explained() -> None:
    assert codes.unexplained(set(COMMITTED["x-codes"])) == []
    assert COMMITTED["x-codes"]["above_ceiling"]["statuses"] == [422]
    assert COMMITTED["x-codes"]["offers_opened"]["statuses"] == [409]
    assert COMMITTED["x-codes"]["not_found"]["statuses"] == [404]


def test_the_description_tells_the_habits_and_every_scope_and_code() -> None:
    words = COMMITTED["info"]["description"]
    for habit in ("client_credentials", "application/problem+json", "Idempotency-Key", "If-Match", "/bulk", "/changes"):
        assert habit in words
    for name in (*SCOPES, *COMMITTED["x-codes"]):
        assert f"| `{name}` |" in words


def test_references_lead_somewhere_and_nothing_internal_is_left() -> None:
    found = list(_references(COMMITTED))
    for reference in set(found):
        _hash, _components, kind, name = reference.split("/")
        assert name in COMMITTED["components"][kind], reference
    assert "x-spec-enum-id" not in document.served().decode()


def test_it_is_served_to_anybody_and_may_be_kept() -> None:
    answer = Client().get("/api/openapi.json")
    assert answer.status_code == 200 and answer["Content-Type"] == "application/json"
    assert answer.json()["openapi"].startswith("3.1")
    assert "public" in answer["Cache-Control"] and not answer.cookies
    again = Client().get("/api/openapi.json", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "$ref":
                yield inner
            else:
                yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _strict() -> Document:
    """Shapes of answers, with every field there and none besides."""
    components = deepcopy(COMMITTED["components"])
    for name, shape in components["schemas"].items():
        if shape.get("type") == "object" and shape.get("properties") and not name.endswith("Request"):
            shape["additionalProperties"] = False
            shape["required"] = sorted(shape["properties"])
        elif shape.get("type") == "object" and shape.get("properties"):
            shape["additionalProperties"] = False
    return dict(components)


STRICT = _strict()


def _misfits(operation: Document) -> Iterator[str]:
    contents = [("request", operation.get("requestBody", {}).get("content", {}))]
    contents += [
        (status, response["content"]) for status, response in operation["responses"].items() if "content" in response
    ]
    for place, content in contents:
        for media_type, said in content.items():
            if "json" not in media_type:
                continue
            if not said.get("examples"):
                yield f"{place} has no example"
            checker = Draft202012Validator({**said["schema"], "components": STRICT}, format_checker=FormatChecker())
            for name, example in said.get("examples", {}).items():
                for error in checker.iter_errors(example["value"]):
                    where = ".".join(str(step) for step in error.absolute_path)
                    yield f"{place} {name}: {where}: {error.message[:200]}"
