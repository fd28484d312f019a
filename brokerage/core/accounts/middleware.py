"""The second factor: whoever may see persons proves it with an authenticator app or a passkey before any
organisation's page, or through the organisation's identity provider."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode


class SecondFactorMiddleware:
    """Sends people without a second factor to set one up; `DEMO=1` relaxes it, with a banner on every page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: dict[str, object]
    ) -> HttpResponse | None:
        if "organisation" not in kwargs or not request.user.is_authenticated:
            return None
        from brokerage.core.accounts.second_factor import is_satisfied, vouched_for

        slug = str(kwargs["organisation"])
        back = request.get_full_path() if request.method == "GET" else f"/o/{slug}/"
        if not vouched_for(request, slug):
            return redirect(f"{reverse('prove')}?{urlencode({'next': back})}")
        if settings.SECOND_FACTOR_REQUIRED and not is_satisfied(request, slug):
            return redirect(f"{reverse('second_factor')}?{urlencode({'next': back})}")
        return None
