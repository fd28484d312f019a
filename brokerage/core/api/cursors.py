"""Pages by keyset: each page begins after the last row of the one before, however many rows come and go meanwhile."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import orjson
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Q, QuerySet, TextField, UUIDField
from django.db.models.functions import Cast

from brokerage.core.api.problems import Problem

BROKEN = Problem(422, "invalid_cursor", "Use `next` of an earlier answer as it is.", "cursor")


def encode(values: Sequence[Any]) -> str:
    """An opaque cursor that says where a page ended."""
    return base64.urlsafe_b64encode(orjson.dumps(list(values), default=str)).decode().rstrip("=")


def decode(cursor: str, count: int) -> list[Any]:
    """The values of a cursor; raises `Problem` when it is none of ours."""
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        raise BROKEN from None
    plain = isinstance(values, list) and len(values) == count
    if not plain or not all(isinstance(value, str | int) and not isinstance(value, bool) for value in values):
        raise BROKEN
    if any(isinstance(value, str) and "\x00" in value for value in values):
        raise BROKEN
    return list(values)


def position(cursor: str | None) -> int:
    """Where to go on in rows that are at hand; raises `Problem` when the cursor is none of ours."""
    if not cursor:
        return 0
    (begin,) = decode(cursor, 1)
    if not isinstance(begin, int) or begin < 0:
        raise BROKEN
    return begin


def after(rows: QuerySet[Any], by: Sequence[str], cursor: str | None) -> QuerySet[Any]:
    """The rows in the order `by` that come after the cursor. All of `by` run in one direction, the last is unique."""
    ordered = rows.order_by(*by)
    if not cursor:
        return ordered
    columns = [name.removeprefix("-") for name in by]
    operator = "lt" if by[0].startswith("-") else "gt"
    values = [_typed(rows, name, value) for name, value in zip(columns, decode(cursor, len(by)), strict=True)]
    beyond = Q(**{f"{columns[-1]}__{operator}": values[-1]})
    for name, value in reversed(list(zip(columns[:-1], values[:-1], strict=True))):
        beyond = Q(**{f"{name}__{operator}": value}) | Q(**{name: value}) & beyond
    # The first condition alone lets an index be entered at the right place.
    return ordered.filter(**{f"{columns[0]}__{operator}e": values[0]}).filter(beyond)


def read_along(rows: QuerySet[Any], columns: Sequence[str]) -> list[Any]:
    """What to read of each row for a cursor. A key as text: otherwise each row makes a UUID, and only the last's is
    used."""
    has_uuid = isinstance(rows.model._meta.pk, UUIDField)
    return [Cast("pk", TextField()) if has_uuid and name in ("id", "pk") else name for name in columns]


def _typed(rows: QuerySet[Any], name: str, value: Any) -> Any:
    """The value as its column's type: what is not one was not written by us."""
    model = rows.model
    *steps, last = name.split("__")
    try:
        for step in steps:
            model = model._meta.get_field(step).related_model
        field = model._meta.get_field("id" if last == "pk" else last)
        typed = field.to_python(value)
    except FieldDoesNotExist:
        return value
    except (ValidationError, ValueError, TypeError, OverflowError):
        raise BROKEN from None
    if typed is None or (isinstance(typed, int) and abs(typed) > 2**62):
        raise BROKEN
    return typed
