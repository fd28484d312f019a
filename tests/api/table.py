"""Every operation of the API as the URL table has it, its document, and what each of its answers must be.

Tests that go over all operations begin here, so that an operation written tomorrow is tested without being listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from json import loads
from typing import Any

from django.urls import URLPattern, get_resolver
from jsonschema import Draft202012Validator, FormatChecker

from brokerage.core.api.operations import Operation
from brokerage.core.api.problems import MEDIA_TYPE

PREFIX = "api/v1/"
#: What the door answers whatever the operation is; not in its list of statuses, because nobody asks for it.
DOOR = {405, 413}


@dataclass(frozen=True)
class Route:
    """One operation at its address."""

    path: str
    method: str
    operation: Operation

    @property
    def name(self) -> str:
        return self.operation.name

    @property
    def template(self) -> str:
        """The address as the document writes it."""
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", self.path)

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"<(?:\w+:)?(\w+)>", self.path)

    def filled(self, values: dict[str, Any]) -> str:
        """The address with these values in it."""
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), self.path)

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.template}"


def _walk(patterns: Any, prefix: str) -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if not isinstance(pattern, URLPattern):
            yield from _walk(pattern.url_patterns, path)
        elif path.startswith(PREFIX):
            view = getattr(pattern.callback, "view_class", None)
            assert view is not None, f"{path} is no resource: write it with `resource`"
            for method, operation in view.operations.items():
                yield Route(path.removeprefix(PREFIX), method, operation)


@cache
def routes() -> tuple[Route, ...]:
    """Every operation, by address and method."""
    return tuple(sorted(_walk(get_resolver().url_patterns, ""), key=lambda each: (each.path, each.method)))


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document, as the code gives it now."""
    from drf_spectacular.generators import SchemaGenerator

    return dict(SchemaGenerator().get_schema(request=None, public=True))


def described(route: Route) -> dict[str, Any]:
    """What the document says of the operation."""
    return dict(document()["paths"][route.template][route.method])


@cache
def _strict_components() -> dict[str, Any]:
    """The shapes, where nothing may be missing and nothing may be added: answers are not run through them."""
    found = deepcopy(document()["components"])
    for shape in found["schemas"].values():
        if shape.get("type") == "object" and shape.get("properties"):
            shape["additionalProperties"] = False
            shape["required"] = sorted(shape["properties"])
    return dict(found)


def faults_of(route: Route, response: Any) -> list[str]:
    """What is wrong with an answer: status, media type, shape, code or headers that the document does not know."""
    status = response.status_code
    said = described(route)
    if status == 304:
        return []
    if status >= 500:
        return [f"{route}: {status}"]
    if str(status) not in said["responses"] and status not in DOOR:
        return [f"{route}: status {status} is not documented ({code_of(response)})"]
    kind = response.get("Content-Type", "").partition(";")[0]
    if status >= 400:
        return [f"{route}: {fault}" for fault in _faults_of_refusal(said, response, kind)]
    contents = said["responses"][str(status)].get("content", {})
    if status == 204:
        return [f"{route}: 204 with a body"] if response.content else []
    if kind not in contents:
        return [f"{route}: media type {kind} is not documented ({', '.join(contents)})"]
    if kind != "application/json":
        return []
    if status == 201 and not response.get("Location", "").startswith("/api/v1/"):
        return [f"{route}: 201 without a Location"]
    return [f"{route}: {fault}" for fault in _misfits(contents[kind]["schema"], loads(response.content))]


def _faults_of_refusal(said: dict[str, Any], response: Any, kind: str) -> Iterator[str]:
    status = response.status_code
    if kind != MEDIA_TYPE:
        yield f"{status} as {kind}"
        return
    body = loads(response.content)
    yield from _misfits({"$ref": "#/components/schemas/Problem"}, body)
    if body["status"] != status:
        yield f"{status} says it is {body['status']}"
    codes = {body["code"], *(each["code"] for each in body["errors"])}
    unknown = codes - set(said["x-codes"]) if status not in DOOR else set()
    if unknown:
        yield f"{status} with codes that are not documented: {', '.join(sorted(unknown))} ({body['message']})"


def _misfits(schema: dict[str, Any], value: Any) -> list[str]:
    checker = Draft202012Validator(
        {**schema, "components": _strict_components()}, format_checker=FormatChecker(formats=["date", "uuid"])
    )
    return [
        f"{'.'.join(str(step) for step in error.absolute_path) or 'the answer'}: {error.message[:160]}"
        for error in list(checker.iter_errors(value))[:3]
    ]


def code_of(response: Any) -> str:
    """The refusal's code, if it has one."""
    if "json" not in response.get("Content-Type", ""):
        return ""
    body = loads(response.content)
    return str(body.get("code", "")) if isinstance(body, dict) else ""
