"""Shapes of requests and answers. What a request says must be known: a field nobody asked for is refused by name."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import empty

from brokerage.core.errors import RuleBroken
from brokerage.core.money import parse_money

Example = dict[str, Any]


class Shape(serializers.Serializer):
    """What an answer holds: the document of it. Answers are written from plain values, not through this."""

    #: A whole, valid answer.
    example: ClassVar[Example] = {}


class Input(serializers.Serializer):
    """A request's body, or a part of it."""

    example: ClassVar[Example] = {}

    def to_internal_value(self, data: Any) -> Any:
        errors: dict[str, Any] = {}
        if isinstance(data, Mapping):
            known = {name for name, field in self.fields.items() if not field.read_only}
            for name in data:
                if name not in known:
                    errors[str(name)[:60]] = [ErrorDetail("This field is not known here.", code="unknown_field")]
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            if isinstance(error.detail, dict):
                raise ValidationError({**error.detail, **errors}) from None
            raise
        if errors:
            raise ValidationError(errors)
        return value


class Query(Input):
    """What stands behind the `?` of an address.

    A default is taken as it is, or called: it is not checked, and `validate` does not see it.
    """

    #: Worked out once for each class.
    _lists: ClassVar[frozenset[str] | None] = None

    @classmethod
    def read(cls, query: QueryDict) -> dict[str, Any]:
        """The query, checked; raises `ValidationError`."""
        return cls._checked(cls._plain(query))

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """What the query is when nothing is said. A field that must be given is refused, by name."""
        return cls._checked({})

    @classmethod
    def _checked(cls, said: dict[str, Any]) -> dict[str, Any]:
        checked = cls(data=said)
        checked.is_valid(raise_exception=True)
        given = {name: field.default for name, field in cls._declared_fields.items() if field.default is not empty}
        unsaid = {name: default() if callable(default) else default for name, default in given.items()}
        return {**unsaid, **checked.validated_data}

    def get_fields(self) -> dict[str, serializers.Field]:
        """Those that were said or must be: all of them are copies, and most would be made to stay empty."""
        if not hasattr(self, "initial_data"):
            return super().get_fields()
        fields = self._declared_fields.items()
        return {name: copy.deepcopy(field) for name, field in fields if field.required or name in self.initial_data}

    @classmethod
    def _plain(cls, query: QueryDict) -> dict[str, Any]:
        """The query as plain values: a list where the field is one, else the only value given."""
        if cls.__dict__.get("_lists") is None:
            plural = serializers.ListField | serializers.MultipleChoiceField
            cls._lists = frozenset(name for name, field in cls().fields.items() if isinstance(field, plural))
        found: dict[str, Any] = {}
        for name, values in query.lists():
            if name in (cls._lists or ()):
                found[name] = values
            elif len(values) > 1:
                raise ValidationError({name[:60]: [ErrorDetail("Give this once.", code="repeated")]})
            else:
                found[name] = values[0]
        return found


class Paged(Query):
    """The query of a list: how many rows, and where to go on."""

    limit = serializers.IntegerField(
        min_value=1, max_value=200, default=50, help_text="Rows in one answer, at most 200."
    )
    cursor = serializers.CharField(
        required=False, max_length=600, help_text="`next` of the answer before; nothing for the first page."
    )


class MoneyField(serializers.DecimalField):
    """Pounds and pence as text, such as `"900.00"`; never a JSON number, which would be read as a float."""

    default_error_messages = {
        "money_as_text": 'Send an amount as text, such as "900.00".',
        "invalid_money": "Enter an amount in pounds, such as 900.00.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 10, "decimal_places": 2, "min_value": Decimal(0), **kwargs})

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str):
            self.fail("money_as_text")
        try:
            amount = parse_money(data[:40])
        except RuleBroken:
            self.fail("invalid_money")
        return self.quantize(self.validate_precision(amount))


class MomentField(serializers.DateTimeField):
    """A moment with its zone, such as `2026-11-23T17:00:00Z`: without one it would be another moment elsewhere. In UTC,
    as the database answers: an act's answer says it as every later one does, in summer too."""

    default_error_messages = {"time_zone_missing": "Say the time zone too, such as 2026-11-23T17:00:00Z."}

    def enforce_timezone(self, value: dt.datetime) -> dt.datetime:
        if value.tzinfo is None:
            self.fail("time_zone_missing")
        moment: dt.datetime = super().enforce_timezone(value)
        return moment.astimezone(dt.UTC)


class CodeField(serializers.CharField):
    """A short code: letters, digits, dots, dashes and underscores."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 60, **kwargs})


class Problem(Shape):
    """A refusal (RFC 9457)."""

    class Error(Shape):
        """One refused field."""

        code = serializers.CharField()
        message = serializers.CharField()
        field = serializers.CharField(allow_null=True)

    type = serializers.CharField(help_text="Always `about:blank`: `code` tells which problem it is.")
    title = serializers.CharField(help_text="The status in words.")
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable; programs decide by it.")
    message = serializers.CharField(help_text="A sentence for people.")
    field = serializers.CharField(allow_null=True, help_text="The input it belongs to, such as `items.0.price`.")
    errors = Error(many=True, help_text="Every refused field.")
