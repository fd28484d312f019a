"""Holding answers against the shapes that document them: every field there, none besides, each of its kind."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers as s

from brokerage.core.api.inputs import Shape
from brokerage.core.api.operations import Operation


def assert_shaped(body: Any, operation: Operation) -> None:
    """The body is what the operation's document says of it."""
    assert operation.answer is not None
    shape = operation.answer()
    for each in body["items"] if operation.paged else [body]:
        _hold(each, shape, operation.name)


def fits(shape: type[Shape], answer: Any) -> Any:
    """The answer (or each row of a page), after checking that it has exactly the shape's fields, each of its kind."""
    for row in answer["items"] if set(answer) == {"items", "next"} else [answer]:
        _hold(row, shape(), shape.__name__)
    return answer


def _hold(value: Any, field: s.Field, path: str) -> None:
    if value is None:
        # Any JSON value may be null, whatever the field says of input.
        assert field.allow_null or isinstance(field, s.JSONField), f"{path} is null"
    elif isinstance(field, s.ListSerializer | s.ListField):
        for position, each in enumerate(value):
            _hold(each, field.child, f"{path}.{position}")
    elif isinstance(field, s.Serializer):
        assert set(value) == set(field.fields), f"{path}: {set(value) ^ set(field.fields)}"
        for name, inner in field.fields.items():
            _hold(value[name], inner, f"{path}.{name}")
    else:
        field.run_validation(value)
        if isinstance(field, s.DecimalField | s.CharField | s.DateField | s.DateTimeField | s.UUIDField):
            assert isinstance(value, str), f"{path} is {value!r}"
        if isinstance(field, s.DateTimeField):
            assert value.endswith("Z"), f"{path} is {value!r}"
