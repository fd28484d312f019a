"""Canonical JSON for frozen dataclasses: one value, one text, one hash.

Knows str, int, bool, Decimal, `Money`, date, UTC datetime, Literal, optional, tuples and nested dataclasses.
Strict both ways: a wrong type, a missing or an unknown key, a third decimal of money is a ValueError.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import types
import unicodedata
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

Money = Annotated[Decimal, "money"]
"""Pounds with exactly two decimal places in JSON; 900 and 900.00 are the same money and hash alike."""

T = TypeVar("T")
PENNY = Decimal("0.01")
LARGEST_TEXT = 5_000_000


def to_json(value: Any) -> str:
    """The one canonical text of a dataclass. Raises ValueError for a value its type does not allow."""
    return text_of(to_data(value))


def text_of(data: dict[str, Any]) -> str:
    """The one canonical text of what `to_data` gave."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def to_data(value: Any) -> dict[str, Any]:
    """A dataclass as plain JSON values. Raises ValueError for a value its type does not allow."""
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        raise ValueError("only a dataclass instance has canonical JSON")
    encoded: dict[str, Any] = _encode(type(value), value, type(value).__name__)
    return encoded


def from_json(kind: type[T], text: str) -> T:
    """The dataclass `kind` written in `text`. Raises ValueError, naming the place, for anything else."""
    if len(text) > LARGEST_TEXT:
        raise ValueError("the text is too long to be terms")
    try:
        data = json.loads(text)
    except RecursionError as error:
        raise ValueError("the text is nested too deeply to be terms") from error
    return from_data(kind, data)


def from_data(kind: type[T], data: Any) -> T:
    """The dataclass `kind` from plain JSON values. Raises ValueError, naming the place."""
    decoded: T = _decode(kind, data, kind.__name__)
    return decoded


def sha256_of(text: str) -> str:
    """64 hex digits of the text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _fields(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _optional(kind: Any) -> Any | None:
    """The type inside `X | None`, or None when `kind` is not optional."""
    if get_origin(kind) in (types.UnionType, Union):
        inner = [part for part in get_args(kind) if part is not type(None)]
        if len(inner) == 1:
            return inner[0]
    return None


def _refuse(where: str, expected: str, value: Any) -> ValueError:
    return ValueError(f"{where}: expected {expected}, found {type(value).__name__}")


def _encode(kind: Any, value: Any, where: str) -> Any:
    inner = _optional(kind)
    if inner is not None:
        return None if value is None else _encode(inner, value, where)
    if get_origin(kind) is tuple:
        if not isinstance(value, tuple):
            raise _refuse(where, "a tuple", value)
        item = get_args(kind)[0]
        return [_encode(item, entry, f"{where}[{place}]") for place, entry in enumerate(value)]
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        if type(value) is not kind:
            raise _refuse(where, kind.__name__, value)
        return {
            name: _encode(hint, getattr(value, name), f"{where}.{name}") for name, hint in _fields(type(value)).items()
        }
    return _encode_plain(kind, value, where)


def _encode_plain(kind: Any, value: Any, where: str) -> Any:
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise ValueError(f"{where}: expected one of {get_args(kind)}, found {value!r}")
        return value
    if kind == Money or kind is Decimal:
        if not isinstance(value, Decimal) or not value.is_finite():
            raise _refuse(where, "a finite Decimal", value)
        return _money_text(value, where) if kind == Money else _decimal_text(value)
    if kind is dt.datetime:
        if not isinstance(value, dt.datetime) or value.tzinfo is None:
            raise _refuse(where, "a moment with its time zone", value)
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if kind is dt.date:
        if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
            raise _refuse(where, "a date", value)
        return value.isoformat()
    if kind is str and isinstance(value, str):
        return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))
    if kind in (int, bool) and type(value) is kind:
        return value
    raise _refuse(where, getattr(kind, "__name__", str(kind)), value)


def _money_text(value: Decimal, where: str) -> str:
    try:
        rounded = value.quantize(PENNY)
    except InvalidOperation as error:
        raise ValueError(f"{where}: {value} is too large to be money") from error
    if rounded != value:
        raise ValueError(f"{where}: {value} has a part of a penny")
    return f"{rounded:f}" if rounded else "0.00"


def _decimal_text(value: Decimal) -> str:
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _decode(kind: Any, data: Any, where: str) -> Any:
    inner = _optional(kind)
    if inner is not None:
        return None if data is None else _decode(inner, data, where)
    if get_origin(kind) is tuple:
        if not isinstance(data, list):
            raise _refuse(where, "a list", data)
        item = get_args(kind)[0]
        return tuple(_decode(item, entry, f"{where}[{place}]") for place, entry in enumerate(data))
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        if not isinstance(data, dict):
            raise _refuse(where, "an object", data)
        fields = _fields(kind)
        if wrong := sorted(fields.keys() ^ data.keys()):
            raise ValueError(f"{where}: missing or unknown: {', '.join(wrong)}")
        return kind(**{name: _decode(hint, data[name], f"{where}.{name}") for name, hint in fields.items()})
    return _decode_plain(kind, data, where)


def _decode_plain(kind: Any, data: Any, where: str) -> Any:
    if get_origin(kind) is Literal:
        return _encode_plain(kind, data, where)
    if kind in (int, bool, str):
        if type(data) is not kind:
            raise _refuse(where, kind.__name__, data)
        return data
    if not isinstance(data, str):
        raise _refuse(where, "a text", data)
    try:
        if kind == Money or kind is Decimal:
            value = Decimal(data)
            if not value.is_finite():
                raise ValueError(f"{data!r} is not a number")
            return value
        if kind is dt.datetime:
            return dt.datetime.fromisoformat(data)
        if kind is dt.date:
            return dt.date.fromisoformat(data)
    except (InvalidOperation, ValueError) as error:
        raise ValueError(f"{where}: {error}") from error
    raise ValueError(f"{where}: no reading for {kind!r}")
