"""Tokens: OAuth 2.0 client credentials (RFC 6749, 4.4), and giving one back (RFC 7009); nothing else."""

from __future__ import annotations

from allauth.idp.oidc import views as provider
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from brokerage.core.accounts.limits import is_too_often

#: Tries of one address in a minute: each costs a slow hash.
TRIES = 60


@csrf_exempt
@require_POST
@never_cache
def token(request: HttpRequest) -> HttpResponseBase:
    """An access token for a client's identifier and secret; it is good for an hour."""
    if is_too_often(request, "api_token", limit=TRIES, seconds=60):
        body = {"error": "temporarily_unavailable", "error_description": "Too many tries. Wait a minute."}
        return JsonResponse(body, status=429, headers={"Retry-After": "60"})
    if request.POST.get("grant_type") != "client_credentials":
        return JsonResponse({"error": "unsupported_grant_type"}, status=400)
    answer: HttpResponseBase = provider.token(request)
    return answer


@csrf_exempt
@require_POST
@never_cache
def revoke(request: HttpRequest) -> HttpResponseBase:
    """End an access token before its time."""
    if is_too_often(request, "api_token", limit=TRIES, seconds=60):
        return JsonResponse({"error": "temporarily_unavailable"}, status=429, headers={"Retry-After": "60"})
    answer: HttpResponseBase = provider.revoke(request)
    return answer
