"""The door of every page: health without a database, then who asks, for which organisation, in one transaction.

Anything under `/o/<organisation>/` runs in one transaction around the whole response, templates included. It is
rolled back on any 5xx, because an exception has already become a response by then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from brokerage.core.accounts.proof import ProofNeeded
from brokerage.core.api import problems
from brokerage.core.errors import NotNow, NotPermitted
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.directory import actor_for
from brokerage.core.web import OrganisationRequest

GetResponse = Callable[[HttpRequest], HttpResponse]


class HealthMiddleware:
    """Answers `/health/live` and `/health/ready` before anything else (hosts, sessions, redirects)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/health/live":
            return JsonResponse({"status": "ok"})
        if request.path == "/health/ready":
            from brokerage.health import readiness

            ready, parts = readiness()
            return JsonResponse({"status": "ok" if ready else "unavailable", **parts}, status=200 if ready else 503)
        return self.get_response(request)


class BodyLimitMiddleware:
    """Refuses a body of more than `BODY_MAX_BYTES` unread: otherwise anybody could fill the disk before any check."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        announced = str(request.META.get("CONTENT_LENGTH") or "0")
        if not announced.isdecimal() or len(announced) > 18 or int(announced) > settings.BODY_MAX_BYTES:
            said = "This is too large to be received."
            if request.path.startswith("/api/"):
                return problems.answer(problems.body_of(413, "too_large", said))
            return HttpResponse(said, status=413, content_type="text/plain")
        return self.get_response(request)


class OrganisationMiddleware:
    """Enters the tenancy context for every route that names an organisation."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if "organisation" not in kwargs:
            return None
        if not request.user.is_authenticated:
            if getattr(request, "htmx", False):
                # A page that asks in the background stays as it is, with what was typed.
                return render(request, "components/signed_out.html")
            return redirect(f"{settings.LOGIN_URL_PATH}?{urlencode({'next': request.get_full_path()})}")
        slug = kwargs.pop("organisation")
        actor = actor_for(request.user, slug)
        if actor is None:
            return render(request, "404.html", status=404)
        if any("\x00" in str(value) for value in kwargs.values()):
            # The one character that PostgreSQL stores nowhere; forms refuse it themselves.
            return render(request, "400.html", status=400)
        cast(OrganisationRequest, request).actor = actor
        response = answer(request, actor, view, args, kwargs)
        if not response.has_header("Cache-Control"):
            # Shared computers: nothing of an organisation stays in a browser or on the way to it.
            response["Cache-Control"] = "private, no-store"
        return response


class Undo(Exception):
    """Carries a finished answer out of a transaction that must not be kept."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


def answer(
    request: HttpRequest, actor: Actor, view: Callable[..., HttpResponse], args: Any, kwargs: dict[str, Any]
) -> HttpResponse:
    """Run the view and render its template for the actor, in one transaction; a refusal becomes its page."""
    try:
        with acting(actor):
            response = _respond(request, view, args, kwargs)
            if response.status_code >= 500:
                raise Undo(response)
            return response
    except Undo as undone:
        return undone.response
    except ProofNeeded as needed:
        return redirect(f"{reverse('prove')}?{urlencode({'next': needed.path})}")
    except NotPermitted as refusal:
        return render(request, "403.html", {"message": refusal.message}, status=403)
    except NotNow as refusal:
        return render(request, "409.html", {"message": refusal.message}, status=409)
    except PermissionDenied:
        return render(request, "403.html", status=403)
    except Http404:
        return render(request, "404.html", status=404)
    except BadRequest:
        return render(request, "400.html", status=400)


def _respond(
    request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: dict[str, Any]
) -> HttpResponse:
    response = view(request, *args, **kwargs)
    if hasattr(response, "render") and callable(response.render) and not getattr(response, "is_rendered", True):
        response = response.render()
    if transaction.get_rollback():
        raise Undo(response)
    return response
