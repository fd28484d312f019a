"""The door of the API: a bearer token becomes an actor, one transaction stands round the whole answer.

No cookie, no session, no CSRF token: this stands before the middleware that would read them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import re
import time
from collections.abc import Callable
from decimal import Decimal
from typing import cast

from django.conf import settings
from django.core.cache import caches
from django.core.signals import got_request_exception
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils import timezone, translation

from brokerage.core.accounts.cache import FallbackCache
from brokerage.core.api import problems
from brokerage.core.api.calls import ApiRequest
from brokerage.core.api.scopes import permissions_granted
from brokerage.core.steadfast import first_row
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting

logger = logging.getLogger(__name__)

PREFIX = "/api/v1/"
_BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/=-]{10,400})", re.IGNORECASE)
#: How stale the time of last use may be, so that a busy client is not a row rewritten at every call.
USE_NOTED_EVERY = dt.timedelta(minutes=1)
#: Seconds of one window of the rate limit (`API_RATE` requests each).
WINDOW = 60

NOTHING = Decimal(0)
_LOOK_UP = "SELECT * FROM api_client_of_token(%s)"


class Undo(Exception):
    """Carries a refusal out of a transaction that must not be kept."""

    def __init__(self, response: HttpResponseBase) -> None:
        super().__init__()
        self.response = response


class ApiMiddleware:
    """Answers everything under /api/v1/; the rest goes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        with translation.override("en"):
            response = serve(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        response["Vary"] = "Authorization"
        return response


def serve(request: HttpRequest) -> HttpResponseBase:
    """The answer to one request; a fault becomes a 500 without a word of what it was about."""
    try:
        return _serve(request)
    except Undo as undone:
        return undone.response
    except OperationalError:
        logger.exception("The database was not there for %s", request.method)
        body = problems.body_of(503, "unavailable", "The service cannot answer now. Try again in a moment.")
        return problems.answer(body, {"Retry-After": "5"})
    except Exception as error:
        refusal = problems.of(error)
        if refusal is not None:
            return refusal
        logger.exception("A fault in the API")
        got_request_exception.send(sender=ApiMiddleware, request=request)
        return problems.answer(problems.body_of(500, "internal", "Something went wrong here. Nothing was changed."))


def _serve(request: HttpRequest) -> HttpResponseBase:
    actor, scopes = who_asks(request)
    left = _count(actor)
    limited = {"RateLimit-Policy": f'"client";q={settings.API_RATE};w={WINDOW}'}
    wait = WINDOW - int(time.time()) % WINDOW
    limited["RateLimit"] = f'"client";r={max(left, 0)};t={wait}'
    if left < 0:
        body = problems.body_of(429, "too_many", f"More than {settings.API_RATE} requests in a minute. Wait {wait} s.")
        return problems.answer(body, {**limited, "Retry-After": str(wait)})
    response = _answered(cast(ApiRequest, request), actor, scopes)
    for name, value in limited.items():
        response[name] = value
    return response


def _answered(request: ApiRequest, actor: Actor, scopes: frozenset[str]) -> HttpResponseBase:
    """The operation's answer, in one transaction as the actor; a refusal's changes are undone."""
    try:
        match = resolve(request.path_info)
    except Resolver404:
        match = None
    if match is None or any("\x00" in str(value) for value in match.kwargs.values()):
        return problems.answer(problems.body_of(404, "not_found", "There is nothing here that this client may see."))
    request.actor, request.api_scopes, request.resolver_match = actor, scopes, match
    try:
        with acting(actor):
            response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
            if response.status_code >= 400 or transaction.get_rollback():
                raise Undo(response)
    except Undo as undone:
        response = undone.response
    return response


def who_asks(request: HttpRequest) -> tuple[Actor, frozenset[str]]:
    """The actor and the scopes of the request's token; raises `Problem` 401 when it has none that stands."""
    said = request.META.get("HTTP_AUTHORIZATION", "")
    found = _BEARER.fullmatch(said)
    if found is None:
        message = "Send an access token: Authorization: Bearer …"
        raise problems.Problem(401, "not_authenticated", message, WWW_Authenticate='Bearer realm="api"')
    digest = hashlib.sha256(found[1].encode()).hexdigest()
    row = first_row(_LOOK_UP, [digest])
    if row is None:
        raise problems.Problem(
            401,
            "not_authenticated",
            "This access token is unknown, has expired or was revoked. Ask for another.",
            WWW_Authenticate='Bearer realm="api", error="invalid_token"',
        )
    client_id, client_name, limit, scope_text, used_at, secret_by_id, user_id, user_name, *organisation = row
    organisation_id, organisation_name, kind, slug, colour = organisation
    scopes = frozenset(scope_text.split())
    if used_at is None or timezone.now() - used_at > USE_NOTED_EVERY:
        with connection.cursor() as cursor:
            cursor.execute("SELECT api_client_used(%s)", [client_id])
    actor = Actor(
        user_id=user_id,
        # Columns that keep a name hold as much.
        name=f"{client_name} (API client of {user_name})"[:120],
        organisation_id=organisation_id,
        organisation_name=organisation_name,
        kind=kind,
        slug=slug,
        permissions=permissions_granted(kind, scopes),
        # Of a person who approves, none means without limit; a machine without one may spend nothing.
        weekly_limit=NOTHING if limit is None else limit,
        colour=colour,
        client_id=client_id,
        client_name=client_name,
        secret_by_id=secret_by_id,
    )
    return actor, scopes


def _count(actor: Actor) -> int:
    """Count this request of the client; how many are left in this window."""
    counter = cast(FallbackCache, caches["default"])
    used = counter.count(f"api:{actor.client_id}:{int(time.time()) // WINDOW}", WINDOW * 2)
    return int(settings.API_RATE) - used
