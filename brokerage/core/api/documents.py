"""What the OpenAPI document says of an operation: shapes, examples, headers, scopes and every refusal it knows."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers

from brokerage.core.api import problems
from brokerage.core.api.inputs import Problem
from brokerage.core.api.scopes import SCOPES

if TYPE_CHECKING:
    from brokerage.core.api.operations import Operation

_WORDS = {
    400: "The request cannot be read.",
    401: "No token, or one that is unknown, expired or revoked.",
    403: "The client's scopes do not permit this.",
    404: "Nothing here that this client may see.",
    409: "Not now: the thing's state does not allow it.",
    412: "If-Match names another edition than the one that stands.",
    413: "Larger than the operation takes.",
    415: "Another media type than the operation takes.",
    422: "The input has not the right shape, or breaks a rule.",
    429: "Too many requests; Retry-After says how long to wait.",
}


class DoorScheme(OpenApiAuthenticationExtension):
    """How a client is let in: OAuth 2.0 client credentials, each operation with its scope."""

    target_class = "brokerage.core.api.views.DoorAuthentication"
    name = "oauth2"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        scopes = {code: str(scope.label) for code, scope in SCOPES.items()}
        return {
            "type": "oauth2",
            "description": "Clients are added by an administrator of the organisation.",
            "flows": {"clientCredentials": {"tokenUrl": "/api/oauth/token", "scopes": scopes}},
        }

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        return {self.name: [auto_schema.view.operations[auto_schema.method.lower()].scope]}


def documented(method: str, operation: Operation) -> Callable[..., Any]:
    """The method of a view that runs the operation, with what the document says of it."""

    def handle(view: Any, request: Any, **kwargs: Any) -> Any:
        return view.run(method, request, **kwargs)

    handle.__name__ = method
    handle.__doc__ = operation.act.__doc__
    words = (operation.act.__doc__ or operation.name).strip()
    summary, _gap, description = words.partition("\n")
    lines = [line.strip() for line in description.strip().splitlines()]
    decorate = extend_schema(
        operation_id=operation.name,
        summary=summary.strip().rstrip("."),
        description="\n".join(lines),
        parameters=_parameters(method, operation),
        request=_request(operation),
        responses=_responses(method, operation),
        examples=_examples(operation),
        extensions={"x-scope": operation.scope, "x-codes": list(codes_of(method, operation))},
        methods=[method.upper()],
    )
    decorated: Callable[..., Any] = decorate(handle)
    return decorated


def statuses_of(method: str, operation: Operation) -> list[int]:
    """Every refusal's status that the operation may answer."""
    found = [401, 403, 404, 422, 429]
    if method != "get":
        found += [409]
    if operation.body is not None:
        found += [400, 413, 415]
    if operation.upload:
        found += [413]
    if operation.current is not None:
        found += [412]
    return sorted(found)


def codes_of(method: str, operation: Operation) -> tuple[str, ...]:
    """Every code that the operation's refusals may carry."""
    common = [code for status in statuses_of(method, operation) for code in problems.COMMON.get(status, ())]
    return tuple(dict.fromkeys([*operation.codes, *common, *problems.INPUT_CODES]))


def _parameters(method: str, operation: Operation) -> list[Any]:
    found: list[Any] = [operation.query] if operation.query else []
    if method == "post" and not operation.only_reads:
        found.append(
            OpenApiParameter(
                "Idempotency-Key",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="1 to 200 visible ASCII characters, such as a UUID. The same request with the same key has "
                "one effect and gets the same answer, for 24 hours.",
            )
        )
    if operation.named:
        found.append(
            OpenApiParameter(
                "Content-Disposition",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                required=True,
                description="The file’s name, plain or extended (RFC 6266). It is not part of the address: names of "
                "files tell who people are, and addresses are logged.",
                examples=[OpenApiExample("A file’s name", value='attachment; filename="plan.pdf"')],
            )
        )
    if method == "get" and operation.answer is not None and not operation.paged:
        found.append(
            OpenApiParameter(
                "If-None-Match",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="ETag of the edition you have: answered with 304 and no body if it still stands.",
            )
        )
    if operation.current is not None:
        found.append(
            OpenApiParameter(
                "If-Match",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="ETag of the edition you read: refused with 412 if it has changed since.",
            )
        )
    return found


def _request(operation: Operation) -> Any:
    if operation.upload:
        return {"application/octet-stream": OpenApiTypes.BINARY}
    return {"application/json": operation.body} if operation.body else None


def _examples(operation: Operation) -> list[OpenApiExample]:
    found = []
    if operation.body is not None and operation.body.example:
        found.append(OpenApiExample("Request", value=operation.body.example, request_only=True))
    if operation.answer is not None and operation.answer.example:
        value: Any = operation.answer.example
        if operation.paged:
            value = {"items": [value], "next": None}
        found.append(OpenApiExample("Answer", value=value, response_only=True, status_codes=[str(operation.status)]))
    return found


def _responses(method: str, operation: Operation) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    if operation.stream:
        found[(200, operation.stream)] = OpenApiTypes.BINARY
    elif operation.answer is None:
        found[204] = OpenApiResponse(description="Done; nothing to say.")
    elif operation.paged:
        row: Any = operation.answer
        found[operation.status] = _page_of(row)
    else:
        found[operation.status] = operation.answer
    if method == "get" and operation.answer is not None and not operation.paged:
        found[304] = OpenApiResponse(description="Unchanged since the edition that If-None-Match names.")
    for status in statuses_of(method, operation):
        own = operation.codes if status in (409, 422) else ()
        codes = [*problems.COMMON.get(status, ()), *own]
        found[(status, problems.MEDIA_TYPE)] = OpenApiResponse(
            Problem,
            description=f"{_WORDS[status]} Codes: {', '.join(f'`{code}`' for code in codes) or 'those of inputs'}.",
            examples=[OpenApiExample("Problem", value=_example(status, codes), response_only=True)],
        )
    return found


@cache
def _page_of(row: Any) -> Any:
    """The shape of a list's page; one for each shape of row."""
    last = serializers.CharField(allow_null=True, help_text="Cursor of the next page; null when this is the last.")
    return inline_serializer(f"{row.__name__}Page", {"items": row(many=True), "next": last})


def _example(status: int, codes: list[str]) -> dict[str, Any]:
    code = codes[-1] if codes else "required"
    field = None if codes else "reference"
    return problems.body_of(status, code, _WORDS[status], field)
