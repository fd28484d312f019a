"""Whether an answer is what the document says it is."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from brokerage.core.api.inputs import Shape


def fits(shape: type[Shape], answer: Any) -> Any:
    """The answer (or each row of a page), after checking that it has exactly the shape's fields, each of its kind."""
    rows = answer["items"] if set(answer) == {"items", "next"} else [answer]
    for row in rows:
        checked = shape(data=row)
        _any_json(checked)
        assert checked.is_valid(), (shape.__name__, checked.errors)
        _same_fields(shape(), row, shape.__name__)
    return answer


def _any_json(shape: Any) -> None:
    """Any JSON value may be null, whatever the field says of input."""
    for field in shape.fields.values():
        if isinstance(field, serializers.JSONField):
            field.allow_null = True
        elif isinstance(field, serializers.ListSerializer):
            _any_json(field.child)
        elif isinstance(field, serializers.Serializer):
            _any_json(field)


def _same_fields(shape: Any, row: Any, path: str) -> None:
    assert set(row) == set(shape.fields), (path, set(row) ^ set(shape.fields))
    for name, field in shape.fields.items():
        if isinstance(field, serializers.ListSerializer) and row[name] is not None:
            for inner in row[name]:
                _same_fields(field.child, inner, f"{path}.{name}")
        elif isinstance(field, serializers.Serializer) and row[name] is not None:
            _same_fields(field, row[name], f"{path}.{name}")
