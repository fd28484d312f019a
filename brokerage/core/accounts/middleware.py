"""The second factor: whoever may see persons proves it with TOTP or a passkey before any organisation's page."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


class SecondFactorMiddleware:
    """Sends people without a second factor to set one up; `DEMO=1` relaxes it, with a banner on every page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: dict[str, object]
    ) -> HttpResponse | None:
        if not settings.SECOND_FACTOR_REQUIRED or "organisation" not in kwargs:
            return None
        user = request.user
        if not user.is_authenticated:
            return None
        from allauth.mfa.utils import is_mfa_enabled

        if is_mfa_enabled(user):
            return None
        return redirect("mfa_index")
