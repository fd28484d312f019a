"""How an operation of the API is written, and what each keeps: scope, shape of input, one call, answer.

An operation is a function with a `Call`; `@operation` says its scope and shapes, `resource` puts the operations of one
address together. The function calls one action or query and returns plain values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any

import orjson
from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.functional import Promise
from django.utils.http import parse_header_parameters
from rest_framework.exceptions import ErrorDetail, ParseError, UnsupportedMediaType, ValidationError

from brokerage.core.api import idempotency
from brokerage.core.api.calls import Call, Created, Page, Stream
from brokerage.core.api.inputs import Input, Paged, Query, Shape
from brokerage.core.api.problems import Problem
from brokerage.core.api.scopes import SCOPES
from brokerage.core.api.views import OperationView
from brokerage.core.tenants.actors import Actor

__all__ = ["Call", "Created", "Operation", "Page", "Stream", "edition_of", "operation", "resource"]

Answer = Any
Operate = Callable[..., Answer]


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    act: Operate
    scope: str
    query: type[Query] | None
    body: type[Input] | None
    answer: type[Shape] | None
    status: int
    paged: bool
    partial: bool
    upload: bool
    named: bool
    stream: str
    codes: tuple[str, ...]
    current: Operation | None
    lock: Callable[..., None] | None

    @property
    def name(self) -> str:
        return self.act.__name__

    @property
    def only_reads(self) -> bool:
        """Whether it changes nothing, as a search by POST: done again each time, so that each reading is recorded, and
        no answer that may tell who somebody is lies among the kept ones."""
        return self.scope.endswith(":read")

    def run(self, request: HttpRequest, actor: Actor, **kwargs: Any) -> HttpResponseBase:
        """Answer a request of a client whose transaction is open. Refusals are raised."""
        self._require_scope(request)
        self._receive(request)
        call = Call(actor, request)
        call.query = self._read_query(request)
        key = idempotency.key_of(request) if request.method == "POST" and not self.only_reads else ""
        fingerprint = ""
        if key:
            fingerprint = idempotency.fingerprint_of(request)
            kept = idempotency.recall(actor, key, fingerprint)
            if kept is not None:
                return kept
        self._read_body(call)
        if self.current is not None:
            self._require_edition(call, kwargs)
        response = self.respond(request, self.act(call, **kwargs))
        if key and isinstance(response, HttpResponse):
            idempotency.keep(actor, key, fingerprint, response)
        return response

    def respond(self, request: HttpRequest, result: Answer) -> HttpResponseBase:
        """What the function returned, as a response."""
        if isinstance(result, Stream):
            return FileResponse(result.file, content_type=result.content_type, filename=result.name, as_attachment=True)
        if result is None:
            return HttpResponse(status=204)
        if isinstance(result, Page):
            response = _json({"items": result.items, "next": result.next})
            if result.next:
                query = request.GET.copy()
                query["cursor"] = result.next
                response["Link"] = f'<{request.path}?{query.urlencode()}>; rel="next"'
            return response
        if isinstance(result, Created):
            response = _json(result.body, status=self.status)
            response["Location"] = f"/api/v1{result.location}"
        else:
            response = _json(result, status=self.status)
        response["ETag"] = edition_of(response.content)
        if request.method in ("GET", "HEAD") and _is_named(response["ETag"], request.headers.get("If-None-Match", "")):
            unchanged = HttpResponse(status=304)
            unchanged["ETag"] = response["ETag"]
            return unchanged
        return response

    def _require_scope(self, request: HttpRequest) -> None:
        if self.scope not in getattr(request, "api_scopes", ()):
            raise Problem(
                403,
                "missing_scope",
                f"This needs the scope {self.scope}.",
                WWW_Authenticate=f'Bearer error="insufficient_scope", scope="{self.scope}"',
            )

    def _receive(self, request: HttpRequest) -> None:
        """Take in a file's bytes, which may be more than a JSON body's."""
        if self.upload:
            if int(request.META.get("CONTENT_LENGTH") or 0) > settings.UPLOAD_MAX_BYTES:
                raise Problem(413, "too_large", f"A file may have {settings.UPLOAD_MAX_BYTES // 1024 // 1024} MB.")
            request._body = request.read()

    def _read_query(self, request: HttpRequest) -> dict[str, Any]:
        return (self.query or Query).read(request.GET)

    def _read_body(self, call: Call) -> None:
        request = call.request
        if self.upload:
            content = request.body
            if not content:
                raise ValidationError({"body": [ErrorDetail("Send the file's bytes.", code="empty")]})
            kind = str(request.content_type or "application/octet-stream")
            name = _file_name(request) if self.named else "file"
            call.file = InMemoryUploadedFile(BytesIO(content), "file", name, kind, len(content), None)
            return
        if self.body is None:
            if request.body.strip() not in (b"", b"{}"):
                raise ValidationError({"body": [ErrorDetail("This takes no body.", code="unknown_field")]})
            return
        if request.content_type not in ("application/json", "application/merge-patch+json"):
            raise UnsupportedMediaType(str(request.content_type)[:80])
        try:
            said = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            raise ParseError from None
        checked = self.body(data=said, partial=self.partial)
        checked.is_valid(raise_exception=True)
        call.body = checked.validated_data

    def _require_edition(self, call: Call, kwargs: dict[str, Any]) -> None:
        """If-Match must name the edition that stands, with the thing's own lock held."""
        wanted = call.request.headers.get("If-Match")
        if not wanted:
            return
        assert self.current is not None
        if self.lock is not None:
            self.lock(call, **kwargs)
        standing = Call(call.actor, call.request, query=(self.current.query or Query).defaults())
        now = edition_of(_json(self.current.act(standing, **kwargs)).content)
        if not _is_named(now, wanted):
            raise Problem(412, "edition_differs", "This has changed since you read it: read it again.")


def operation(
    *,
    scope: str,
    query: type[Query] | None = None,
    body: type[Input] | None = None,
    answer: type[Shape] | None = None,
    status: int = 200,
    paged: bool = False,
    partial: bool = False,
    upload: bool = False,
    named: bool = False,
    stream: str = "",
    codes: Sequence[str] = (),
    current: Operation | None = None,
    lock: Callable[..., None] | None = None,
) -> Callable[[Operate], Operation]:
    """Make an operation of a function.

    `answer` is the shape of the answer, or of each row of a `paged` list; none means 204, or a file of the media type
    `stream`. An `upload` takes a file's bytes; a `named` one its name too, in a header: names of files tell who people
    are, and addresses are logged. `codes` are the refusals (409, 422) that the called action knows. `current` reads
    the thing as it stands, for If-Match, after `lock` is held.
    """
    assert scope in SCOPES, f"{scope} is no scope"

    def wrap(act: Operate) -> Operation:
        shape = query
        if paged and not (query and issubclass(query, Paged)):
            shape = type(query.__name__, (query, Paged), {}) if query else Paged
        kind = status if answer or stream or status != 200 else 204
        return Operation(
            act, scope, shape, body, answer, kind, paged, partial, upload, named, stream, tuple(codes), current, lock
        )

    return wrap


def _file_name(request: HttpRequest) -> str:
    """The file's name from Content-Disposition, in plain or extended form (RFC 6266)."""
    try:
        _kind, said = parse_header_parameters(request.headers.get("Content-Disposition", ""))
    except (ValueError, UnicodeError):
        said = {}
    name = str(said.get("filename") or "").strip()
    if not name or len(name) > 255 or not name.isprintable():
        message = 'Name the file: Content-Disposition: attachment; filename="plan.pdf"'
        raise Problem(422, "file_name_missing", message, "Content-Disposition")
    return name


def edition_of(content: bytes) -> str:
    """The strong ETag of a representation."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _is_named(edition: str, header: str) -> bool:
    """Whether If-Match or If-None-Match names this edition; proxies that compress mark theirs as weak."""
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in tags or edition in tags


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is no plain value")


def _json(body: Any, status: int = 200) -> HttpResponse:
    content = orjson.dumps(body, default=_plain, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)
    return HttpResponse(content, status=status, content_type="application/json")


def resource(**operations: Operation) -> Callable[..., HttpResponseBase]:
    """The view of one address: its operations by method, such as `resource(get=list_referrals, post=...)`."""
    from brokerage.core.api.documents import documented

    members: dict[str, Any] = {"operations": operations, "http_method_names": [*operations, "head"]}
    for method, one in operations.items():
        members[method] = documented(method, one)
    made: type[OperationView] = type("Resource", (OperationView,), members)
    view: Callable[..., HttpResponseBase] = made.as_view()
    return view
