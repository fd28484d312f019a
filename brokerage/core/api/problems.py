"""Refusals of the API as RFC 9457 problem details: `{type, title, status, code, message, field, errors}`.

`code` is stable and documented; `message` is a sentence in English for people; `field` names the input it belongs to,
with dots and positions (`items.0.price`). `errors` lists every refused field.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpResponse, UnreadablePostError
from rest_framework import exceptions

from brokerage.core.errors import ActionRefused, NotPermitted

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
#: What every operation may answer, whatever it does: status -> codes.
COMMON: dict[int, tuple[str, ...]] = {
    400: ("malformed",),
    401: ("not_authenticated",),
    403: ("missing_scope", "not_permitted"),
    404: ("not_found",),
    405: ("method_not_allowed",),
    409: ("not_now",),
    412: ("edition_differs",),
    413: ("too_large",),
    415: ("unsupported_media_type",),
    429: ("too_many",),
    500: ("internal",),
    503: ("unavailable",),
}
#: Codes of an input that has not the right shape, by what the serializer calls them.
INPUT_CODES = (
    "required",
    "null",
    "blank",
    "invalid",
    "invalid_choice",
    "unknown_field",
    "repeated",
    "max_length",
    "min_length",
    "max_value",
    "min_value",
    "max_digits",
    "max_decimal_places",
    "max_whole_digits",
    "max_string_length",
    "not_a_list",
    "not_a_dict",
    "empty",
    "date",
    "datetime",
    "overflow",
    "make_aware",
    "time_zone_missing",
    "money_as_text",
    "invalid_money",
    "invalid_cursor",
    "null_characters_not_allowed",
    "surrogate_characters_not_allowed",
    "invalid_idempotency_key",
    "idempotency_key_reused",
)


class Problem(Exception):
    """An answer of refusal, raised anywhere below the door."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None, **headers: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.field = status, code, message, field
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def body_of(
    status: int, code: str, message: str, field: str | None = None, errors: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """The problem's members; `errors` defaults to the one error, if it belongs to a field."""
    if errors is None:
        errors = [{"code": code, "message": message, "field": field}] if field else []
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "message": message,
        "field": field,
        "errors": errors,
    }


def answer(body: dict[str, Any], headers: dict[str, str] | None = None) -> HttpResponse:
    """The problem as a response."""
    response = HttpResponse(orjson.dumps(body), status=body["status"], content_type=MEDIA_TYPE)
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def of(error: Exception) -> HttpResponse | None:
    """The answer to a refusal; None when the exception is none and must be seen as a fault."""
    if isinstance(error, Problem):
        return answer(body_of(error.status, error.code, error.message, error.field), error.headers)
    if isinstance(error, NotPermitted):
        return answer(body_of(403, "not_permitted", f"This client's scopes do not permit this ({error.permission})."))
    if isinstance(error, ActionRefused):
        errors = [{"code": one.code, "message": str(one.message), "field": one.field} for one in error.broken]
        return answer(body_of(error.status, error.code, str(error.message), error.field, errors or None))
    if isinstance(error, exceptions.ValidationError):
        return _invalid(error)
    if isinstance(error, Http404 | exceptions.NotFound):
        return answer(body_of(404, "not_found", "There is nothing here that this client may see."))
    if isinstance(error, exceptions.MethodNotAllowed):
        return answer(body_of(405, "method_not_allowed", "This method is not offered here."))
    if isinstance(error, exceptions.UnsupportedMediaType):
        return answer(body_of(415, "unsupported_media_type", "Send application/json."))
    if isinstance(error, PermissionDenied | exceptions.PermissionDenied):
        return answer(body_of(403, "not_permitted", "This is not permitted."))
    if isinstance(error, RequestDataTooBig):
        return answer(body_of(413, "too_large", "This is larger than the operation takes."))
    if isinstance(error, BadRequest | SuspiciousOperation | UnreadablePostError | exceptions.ParseError):
        return answer(body_of(400, "malformed", "The request cannot be read: send one valid JSON object."))
    return None


def _invalid(error: exceptions.ValidationError) -> HttpResponse:
    errors = list(flat(error.detail))
    first = errors[0]
    return answer(body_of(422, first["code"], first["message"], first["field"], errors))


def flat(detail: Any, path: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """Each refused field of a serializer's nested errors, with its dotted path."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from flat(inner, path if name == "non_field_errors" else (*path, str(name)))
    elif isinstance(detail, list):
        for position, inner in enumerate(detail):
            nested = isinstance(inner, dict | list)
            yield from flat(inner, (*path, str(position)) if nested else path)
    else:
        yield {"code": detail.code, "message": str(detail), "field": ".".join(path) or None}
