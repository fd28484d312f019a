"""The door of the pages where people speak without signing in: nothing about them goes any further.

Cookies are taken away before anything reads them, so that nobody is signed in there, and none is set. The address
becomes a hash for the day's limits and is forgotten; so are browser, referring page and language preferences.
No cookie also means no CSRF token: there is no account whose power another site could borrow. A form that a browser
says was sent by another site is not taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from allauth.core.internal.httpkit import get_client_ip
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from brokerage.safeguarding.voice.speaking import caller_of

ADDRESSES = ("/speak/", "/siarad/")
#: Headers that are needed to answer, and say nothing about a person.
KEPT = {"HTTP_HOST", "HTTP_X_FORWARDED_PROTO", "HTTP_SEC_FETCH_SITE"}
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


class UntracedRequest(HttpRequest):
    """A request that knows nothing but a hash of who asks."""

    caller: str


class UntracedMiddleware:
    """Takes from such a request whatever says who asks, and from its answer whatever would follow them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(ADDRESSES):
            return self.get_response(request)
        cast(UntracedRequest, request).caller = (
            caller_of(get_client_ip(request) or "") if request.method == "POST" else ""
        )
        for name in list(request.META):
            if (name.startswith("HTTP_") and name not in KEPT) or name in ("REMOTE_ADDR", "REMOTE_HOST", "REMOTE_PORT"):
                del request.META[name]
        if request.method == "POST" and request.META.get("HTTP_SEC_FETCH_SITE") in ("cross-site", "same-site"):
            response: HttpResponse = HttpResponseRedirect(ADDRESSES[0])
        else:
            response = self.get_response(request)
        response.cookies.clear()
        for name, value in HEADERS.items():
            response[name] = value
        return response
