"""Public pages for developers, drawn from the committed OpenAPI document, and that document itself. No JavaScript."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from brokerage.api import document, reading
from brokerage.api.markdown import sections_of


def _edition(_request: HttpRequest, **_named: Any) -> str:
    return f'"{hashlib.sha256(document.served()).hexdigest()[:32]}"'


@require_safe
@cache_control(public=True, max_age=3600)
@condition(etag_func=_edition)
def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document."""
    return HttpResponse(document.served(), content_type="application/json")


@require_safe
def introduction(request: HttpRequest) -> HttpResponse:
    """What the API is, and a first call."""
    first = next(iter(sections_of(_prose())))
    return render(request, "developers/introduction.html", {"introduction": first, "base": settings.BASE_URL})


@require_safe
def habits(request: HttpRequest) -> HttpResponse:
    """What holds for every operation."""
    return render(request, "developers/habits.html", {"sections": sections_of(_prose())[1:]})


@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    """Every operation, by what it is about."""
    return render(request, "developers/operations.html", {"groups": reading.groups()})


@require_safe
def operation(request: HttpRequest, name: str) -> HttpResponse:
    """One operation: parameters, fields, examples, codes."""
    found = reading.operation(name, settings.BASE_URL)
    if found is None:
        raise Http404
    return render(request, "developers/operation.html", {"operation": found})


@require_safe
def scopes(request: HttpRequest) -> HttpResponse:
    """Every scope, who may have it, and what it opens."""
    return render(request, "developers/scopes.html", {"scopes": reading.scopes()})


@require_safe
def codes(request: HttpRequest) -> HttpResponse:
    """Every stable code and what it means."""
    return render(request, "developers/codes.html", {"codes": reading.codes()})


@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """Every event of the change feed and of webhooks."""
    return render(request, "developers/events.html", {"events": reading.events()})


def _prose() -> str:
    return str(document.loaded()["info"]["description"]).partition(document.TABLES)[0]
