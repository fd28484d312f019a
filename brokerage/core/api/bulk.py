"""Many rows in one request, each with its own result: a refused row leaves the others alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import transaction
from django.http import Http404
from rest_framework import serializers

from brokerage.core.api import problems
from brokerage.core.api.inputs import Input, Problem, Shape
from brokerage.core.errors import ActionRefused

#: The most rows in one request.
MOST = 100


class BulkResult(Shape):
    """What became of one row."""

    index = serializers.IntegerField(help_text="Position in `items`, from 0.")
    status = serializers.IntegerField(help_text="The status that this row alone would have had.")
    reference = serializers.CharField(allow_null=True)
    problem = Problem(allow_null=True)


class BulkAnswer(Shape):
    """One result for each row, in the order of `items`."""

    results = BulkResult(many=True)
    example = {"results": [{"index": 0, "status": 201, "reference": "R-7K3M-9QX2", "problem": None}]}


def bulk_input(item: type[Input]) -> type[Input]:
    """The body `{"items": [...]}` of up to 100 of such rows. A row of the wrong shape refuses the whole request."""
    fields = {
        "items": item(many=True, min_length=1, max_length=MOST),
        "example": {"items": [item.example]},
        "__doc__": f"Up to {MOST} rows.",
    }
    return type(f"{item.__name__}Bulk", (Input,), fields)


def each(
    items: Iterable[Mapping[str, Any]], act: Callable[[Mapping[str, Any]], str | None], *, status: int = 201
) -> dict[str, Any]:
    """Run `act` for each row in its own savepoint; it returns the row's reference. Refusals are told per row."""
    results = []
    for index, item in enumerate(items):
        result: dict[str, Any] = {"index": index, "status": status, "reference": None, "problem": None}
        try:
            with transaction.atomic():
                result["reference"] = act(item)
        except ActionRefused as refusal:
            result["status"] = refusal.status
            result["problem"] = _problem_of(refusal, f"items.{index}.")
        except Http404:
            result["status"] = 404
            result["problem"] = problems.body_of(404, "not_found", "There is nothing here that this client may see.")
        results.append(result)
    return {"results": results}


def _problem_of(refusal: ActionRefused, row: str) -> dict[str, Any]:
    """The row's refusal as its own request would have had it, its fields named from the whole body."""

    def field_of(one: ActionRefused) -> str | None:
        return row + one.field if one.field else None

    errors = [{"code": one.code, "message": str(one.message), "field": field_of(one)} for one in refusal.broken]
    return problems.body_of(refusal.status, refusal.code, str(refusal.message), field_of(refusal), errors or None)
