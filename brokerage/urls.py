"""Addresses. Everything organisation-bound stands under `/o/<organisation>/`: two tabs, two organisations."""

from django.urls import URLPattern, URLResolver, include, path

from brokerage.home import views as home
from contracts.views import verification

organisation_patterns: list[URLPattern | URLResolver] = [
    path("", home.organisation_home, name="organisation_home"),
    path("search/", home.search, name="search"),
    path("people/search/", home.person_search, name="person_search"),
    path("messages/", include("brokerage.core.notifications.urls")),
    # Addresses are tried in turn: what is opened most stands first.
    path("", include("placements.urls")),
    path("", include("contracts.urls")),
    path("", include("brokerage.core.tenants.urls")),
    path("", include("brokerage.core.api.page_urls")),
    path("", include("brokerage.core.webhooks.urls")),
    path("", include("providers.urls")),
    path("", include("dpv.urls")),
    path("", include("brokerage.reports.urls")),
    path("alerts/", include("brokerage.safeguarding.urls")),
    path("closures/", include("brokerage.safeguarding.closures.urls")),
    path("concerns/", include("brokerage.safeguarding.concerns.urls")),
    path("firewall/", include("brokerage.safeguarding.firewall.urls")),
    path("incidents/", include("brokerage.safeguarding.incidents.urls")),
    path("voice/", include("brokerage.safeguarding.voice.urls")),
]

urlpatterns = [
    path("", home.front_page, name="home"),
    # Almost every request: nothing else is tried before.
    path("o/<slug:organisation>/", include(organisation_patterns)),
    path("api/", include("brokerage.api.urls")),
    path("organisations/", home.organisations, name="organisations"),
    path("", include("brokerage.core.pages.urls")),
    path("accounts/", include("brokerage.core.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("verify/", verification.check_document, name="verify"),
    path("", include("brokerage.safeguarding.voice.public_urls")),
    path("developers/", include("brokerage.api.developer_urls")),
]
