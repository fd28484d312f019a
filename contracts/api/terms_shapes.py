"""The shape of an agreement's terms in the API's document, read off `contracts.terms` so that the two cannot differ."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import types
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from rest_framework import serializers as s

from brokerage.core.api.inputs import Shape
from contracts.terms import AgreementTerms
from contracts.terms_json import Money

#: A whole agreement's terms, invented.
EXAMPLE: dict[str, Any] = json.loads(Path(__file__).with_name("terms_example.json").read_text(encoding="utf-8"))
_MONEY = r"^-?\d{1,10}\.\d\d$"
_NUMBER = r"^-?\d+(\.\d+)?$"


@cache
def shape_of(kind: type) -> type[Shape]:
    """The shape of a frozen dataclass of the terms; its fields are those of its canonical JSON."""
    hints = get_type_hints(kind, include_extras=True)
    fields = {field.name: _field(hints[field.name]) for field in dataclasses.fields(kind)}
    return type(f"Terms{kind.__name__}", (Shape,), {**fields, "__doc__": kind.__doc__, "__module__": __name__})


def _field(hint: Any, **options: Any) -> s.Field:
    if get_origin(hint) in (types.UnionType, Union):
        (inner,) = (part for part in get_args(hint) if part is not type(None))
        return _field(inner, allow_null=True)
    if get_origin(hint) is tuple:
        item = get_args(hint)[0]
        return shape_of(item)(many=True) if _is_nested(item) else s.ListField(child=_field(item))
    if _is_nested(hint):
        return shape_of(hint)(**options)
    if get_origin(hint) is Literal:
        return s.ChoiceField(choices=list(get_args(hint)), **options)
    if get_origin(hint) is Annotated:
        return s.RegexField(_MONEY, **options)
    return _PLAIN[hint](options)


def _is_nested(hint: Any) -> bool:
    return isinstance(hint, type) and dataclasses.is_dataclass(hint)


_PLAIN: dict[Any, Any] = {
    str: lambda options: s.CharField(allow_blank=True, **options),
    int: lambda options: s.IntegerField(**options),
    bool: lambda options: s.BooleanField(**options),
    Decimal: lambda options: s.RegexField(_NUMBER, **options),
    Money: lambda options: s.RegexField(_MONEY, **options),
    dt.date: lambda options: s.DateField(**options),
    dt.datetime: lambda options: s.DateTimeField(**options),
}

TermsOut = shape_of(AgreementTerms)
