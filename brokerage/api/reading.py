"""What the developers' pages show of the OpenAPI document: operations by tag, fields laid flat, examples, codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from brokerage.api.document import loaded, operations_of, own_codes
from brokerage.api.markdown import html_of, inline
from brokerage.core.api.scopes import SCOPES
from brokerage.core.webhooks import events as public_events

Schema = dict[str, Any]

#: How deep the fields of a shape are laid flat.
DEEPEST = 6
#: What a schema's limits are called.
LIMITS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "{} or more",
    "maximum": "{} or less",
    "minItems": "at least {} rows",
    "maxItems": "at most {} rows",
    "pattern": "matches {}",
    "default": "default {}",
}


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of a body or an answer by its dotted name."""

    name: str
    kind: str
    required: bool
    words: SafeString
    choices: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()

    @property
    def shown(self) -> SafeString:
        """The name, which may break after its dots."""
        return format_html_join(mark_safe(".<wbr>"), "{}", ((part,) for part in self.name.split(".")))


@dataclass
class Line:
    """An operation in the list."""

    name: str
    method: str
    path: str
    summary: str
    scope: str


@dataclass(frozen=True)
class Group:
    """Operations that are about the same."""

    title: str
    words: str
    lines: list[Line]


@dataclass
class Shown(Line):
    """An operation on its own page."""

    tag: str
    words: SafeString
    parameters: dict[str, list[Field]]
    body: list[Field]
    answer: list[Field]
    status: str
    answer_kind: str
    request_example: str
    answer_example: str
    curl: str
    codes: list[dict[str, Any]]
    common: list[dict[str, Any]]


def groups() -> list[Group]:
    """Every operation, by tag in the document's order, then by address."""
    document = loaded()
    return [
        Group(
            tag["name"],
            tag["description"],
            [line for line, operation in _lines() if operation["tags"] == [tag["name"]]],
        )
        for tag in document["tags"]
    ]


@cache
def _lines() -> list[tuple[Line, dict[str, Any]]]:
    return [
        (Line(each["operationId"], method, path, each["summary"], each["x-scope"]), each)
        for path, method, each in operations_of(loaded())
    ]


def operation(name: str, base: str) -> Shown | None:
    """One operation by its name; None when there is none. `base` is the service's own address."""
    found = next(((line, each) for line, each in _lines() if line.name == name), None)
    if found is None:
        return None
    line, each = found
    status, answer = next((code, said) for code, said in each["responses"].items() if code.startswith("2"))
    answer_kind, answer_content = _content(answer)
    body_kind, body_content = _content(each.get("requestBody", {}))
    parameters: dict[str, list[Field]] = {"path": [], "query": [], "header": []}
    for parameter in each.get("parameters", []):
        parameters[parameter["in"]].append(
            _field(parameter["name"], parameter["schema"], parameter.get("required", False), parameter)
        )
    request_example = _example(body_content)
    return Shown(
        line.name,
        line.method,
        line.path,
        line.summary,
        line.scope,
        each["tags"][0],
        html_of(each["description"]),
        parameters,
        list(_fields(body_content.get("schema", {}))),
        list(_fields(answer_content.get("schema", {}))),
        status,
        answer_kind,
        request_example,
        _example(answer_content),
        _curl(line, base, each, body_kind, request_example),
        *_codes_of(each),
    )


def _content(said: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The first media type of a body or an answer, and what is said of it."""
    for kind, content in said.get("content", {}).items():
        return kind, content
    return "", {}


def scopes() -> list[dict[str, Any]]:
    """Every scope with the operations that it opens."""
    return [
        {
            "code": code,
            "label": scope.label,
            "kinds": [_kind(kind) for kind in scope.kinds],
            "lines": [line for line, _each in _lines() if line.scope == code],
        }
        for code, scope in SCOPES.items()
    ]


def codes() -> list[dict[str, Any]]:
    """Every code with its statuses and its meaning."""
    return [{"code": code, **said} for code, said in loaded()["x-codes"].items()]


def events() -> list[dict[str, Any]]:
    """Every public event, and whose clients are told of it."""
    return [
        {"kind": event.kind, "label": event.label, "kinds": [_kind(kind) for kind in sorted(event.organisations)]}
        for event in public_events.events()
    ]


def _kind(kind: str) -> str:
    return {
        "authority": _("Authorities"),
        "associate": _("Associate authorities"),
        "central": _("Central teams"),
        "provider": _("Providers"),
    }.get(kind, kind)


def _codes_of(each: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The operation's own codes, and those that others have too, with statuses and meanings."""
    known = loaded()["x-codes"]
    own = own_codes(each)
    rows = [{"code": code, **known[code]} for code in each["x-codes"]]
    return (
        sorted((row for row in rows if row["code"] in own), key=lambda row: row["statuses"]),
        sorted((row for row in rows if row["code"] not in own), key=lambda row: row["statuses"]),
    )


def _resolve(schema: Schema) -> Schema:
    """A schema with its reference followed."""
    while True:
        if "$ref" in schema:
            target = loaded()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            schema = {**target, **{name: value for name, value in schema.items() if name != "$ref"}}
        elif len(schema.get("allOf", [])) == 1:
            schema = {**schema["allOf"][0], **{name: value for name, value in schema.items() if name != "allOf"}}
        else:
            return schema


def _alternatives(schema: Schema) -> tuple[list[Schema], bool]:
    """What a value may be, without null; and whether it may be null."""
    schema = _resolve(schema)
    choices = schema.get("oneOf") or schema.get("anyOf")
    if not choices:
        kinds = schema.get("type", "object" if "properties" in schema else "any")
        return [schema], isinstance(kinds, list) and "null" in kinds
    found: list[Schema] = []
    nullable = False
    for choice in choices:
        inner = _resolve(choice)
        if inner.get("type") == "null" or inner.get("enum") == [None]:
            nullable = True
        else:
            found.append({**inner, **({"description": schema["description"]} if "description" in schema else {})})
    return found or [{}], nullable


def _fields(schema: Schema, before: str = "", depth: int = 0) -> Iterator[Field]:
    """The fields of an object or of a list's rows, each followed by its own."""
    options, _nullable = _alternatives(schema)
    for option in options:
        if option.get("type") == "array":
            yield from _fields(option.get("items", {}), f"{before.removesuffix('.')}[].", depth)
            continue
        required = option.get("required", [])
        for name, inner in option.get("properties", {}).items():
            yield _field(f"{before}{name}", inner, name in required, inner)
            if depth < DEEPEST:
                yield from _fields(inner, f"{before}{name}.", depth + 1)


def _field(name: str, schema: Schema, required: bool, said: dict[str, Any]) -> Field:
    options, nullable = _alternatives(schema)
    first = options[0]
    inner = _alternatives(first["items"])[0][0] if first.get("type") == "array" and "items" in first else first
    choices = tuple(str(value) for option in (inner, *options) for value in option.get("enum", ()) if value is not None)
    limits = [
        words.format(json.dumps(first[limit]) if limit == "default" else first[limit])
        for limit, words in LIMITS.items()
        if limit in first and not (limit == "minLength" and first[limit] == 1)
    ]
    words = str(said.get("description") or first.get("description") or "")
    kind = _kind_of(first) + (" or null" if nullable else "")
    return Field(name, kind, required, inline(" ".join(words.split())), tuple(dict.fromkeys(choices)), tuple(limits))


def _kind_of(schema: Schema) -> str:
    kind = schema.get("type", "object" if "properties" in schema else "any")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "any")
    if kind == "array":
        return f"list of {_kind_of(_alternatives(schema.get('items', {}))[0][0])}"
    named = {"decimal": "money", "date": "day", "date-time": "time", "uuid": "UUID", "binary": "file"}
    words = {"string": "text", "integer": "whole number", "boolean": "true or false", "any": "any value"}
    return named.get(schema.get("format", ""), words.get(str(kind), str(kind)))


def _example(content: dict[str, Any]) -> str:
    said = next(iter(content.get("examples", {}).values()), None)
    return "" if said is None else json.dumps(said["value"], indent=2, ensure_ascii=False)


def _curl(line: Line, base: str, each: dict[str, Any], body_kind: str, example: str) -> str:
    """The call as a command; what stands in braces is to be filled in."""
    method = [] if line.method == "GET" else [f"--request {line.method}"]
    parts = ["curl", *method, '--header "Authorization: Bearer $TOKEN"']
    if line.method == "POST":
        parts.append('--header "Idempotency-Key: $(uuidgen)"')
    if body_kind:
        parts.append(f"--header 'Content-Type: {body_kind}'")
        if body_kind == "application/json":
            compact = json.dumps(json.loads(example), ensure_ascii=False) if example else "{}"
            parts.append("--data '" + compact.replace("'", "'\\''") + "'")
        else:
            parts.append("--data-binary @file.pdf")
    needed = [one for one in each.get("parameters", []) if one.get("required")]
    if any(parameter["name"] == "Content-Disposition" for parameter in needed):
        parts.append("--header 'Content-Disposition: attachment; filename=\"file.pdf\"'")
    query = "&".join(f"{one['name']}={{{one['name']}}}" for one in needed if one["in"] == "query")
    parts.append(f"'{base}/api/v1{line.path}{'?' if query else ''}{query}'")
    return " \\\n  ".join(parts)
