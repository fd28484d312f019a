"""Where a person goes back to, never to another site."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def way_back(request: HttpRequest, default: str = "/") -> str:
    """The `next` of the form or the address, if it is one of ours."""
    following = request.POST.get("next") or request.GET.get("next") or ""
    return own_path(request, following, default)


def own_path(request: HttpRequest, path: str, default: str = "/") -> str:
    """The path, if it is one of ours."""
    is_ours = url_has_allowed_host_and_scheme(
        path, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return path if path and is_ours else default
