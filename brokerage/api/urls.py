"""Addresses of the API: tokens, and every storey's operations under /api/v1/."""

from __future__ import annotations

from importlib import import_module, util

from django.urls import URLPattern, URLResolver, include, path

from brokerage.api import developer_views, views

#: Where operations stand; each module has `urlpatterns`. They are tried in turn: what is asked for most stands first.
STOREYS = (
    "placements.api.urls",
    "contracts.api.urls",
    "brokerage.core.tenants.api",
    "brokerage.core.audit.api",
    "brokerage.core.notifications.api",
    "brokerage.core.webhooks.api",
    "providers.api.urls",
    "dpv.api.urls",
    "brokerage.reports.api",
    "brokerage.safeguarding.api",
    "brokerage.safeguarding.closures.api",
    "brokerage.safeguarding.concerns.api",
    "brokerage.safeguarding.firewall.api",
    "brokerage.safeguarding.incidents.api",
    "brokerage.safeguarding.voice.api",
)


def _there(name: str) -> bool:
    try:
        return util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


operations: list[URLPattern | URLResolver] = [
    pattern for name in STOREYS if _there(name) for pattern in import_module(name).urlpatterns
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("openapi.json", developer_views.openapi, name="openapi"),
    path("oauth/token", views.token, name="api_token"),
    path("oauth/revoke", views.revoke, name="api_revoke"),
    path("v1/", include((operations, "api"))),
]
