"""Where somebody is signed in, noted as they go; and the second factor: whoever may see persons proves it with an
authenticator app or a passkey before any organisation's page, or through the organisation's identity provider."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import middleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode

from brokerage.core.accounts.backends import read_along
from brokerage.core.accounts.sessions import Seen
from brokerage.core.tenants.directory import forget_memberships

#: How often the last use of a session is written down.
SEEN_EVERY = dt.timedelta(minutes=1)


class AuthenticationMiddleware(middleware.AuthenticationMiddleware):
    """Django's own: whose session it is. Who that is was read with the session."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = cast(Any, SimpleLazyObject(lambda: _who(request)))


def _who(request: HttpRequest) -> Any:
    with read_along(request.session):
        return middleware.get_user(request)


class SessionSeenMiddleware:
    """Keeps allauth's list of where somebody is signed in. Its own middleware writes on every page; this one
    writes once a minute, or when the session is new or another browser or address uses it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and request.session.session_key:
            self._note(request)
        return self.get_response(request)

    def _note(self, request: HttpRequest) -> None:
        from allauth.account.adapter import get_adapter
        from allauth.usersessions.models import UserSession

        longest = UserSession._meta.get_field("user_agent").max_length
        now_there = (
            request.user.pk,
            get_adapter().get_client_ip(request),
            request.META.get("HTTP_USER_AGENT", "")[:longest],
        )
        # Read with the session itself (`sessions`).
        seen: Seen | None = getattr(request.session, "seen", None)
        if (
            seen is None
            or (seen.person.pk, seen.ip, seen.user_agent) != now_there
            or timezone.now() - seen.last_seen_at >= SEEN_EVERY
        ):
            UserSession.objects.create_from_request(request)


class SecondFactorMiddleware:
    """Sends people without a second factor to set one up; `DEMO=1` relaxes it, with a banner on every page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD") and request.user.is_authenticated:
            # What was read with the session is as old as the first byte of the body, which may take its time.
            forget_memberships(request.user)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: dict[str, object]
    ) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return None
        from brokerage.core.accounts import second_factor

        match = request.resolver_match
        if match is not None and match.url_name in second_factor.OWN_MEANS_ONLY:
            return None if second_factor.proved_themselves(request) else _prove(request.path)
        if "organisation" not in kwargs:
            return None
        slug = str(kwargs["organisation"])
        back = request.get_full_path() if request.method == "GET" else f"/o/{slug}/"
        if not second_factor.vouched_for(request, slug):
            return _prove(back)
        if settings.SECOND_FACTOR_REQUIRED and not second_factor.is_satisfied(request, slug):
            return redirect(f"{reverse('second_factor')}?{urlencode({'next': back})}")
        return None


def _prove(back: str) -> HttpResponse:
    """Ask for a proof by the person's own means: no identity provider is offered."""
    return redirect(f"{reverse('prove')}?{urlencode({'next': back, 'own': '1'})}")
