"""Which identity provider vouches for whose people: one per organisation, found by e-mail domain or by slug.

Read by the login role, before anybody is signed in. Stored as allauth's SocialApp (provider id = organisation's
slug); written by `provider_actions` only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.models import SocialApp
from django.http import HttpResponse

from brokerage.core.accounts.sealed_text import CannotUnseal, unseal

PROVIDER = "openid_connect"
#: Values of `acr` or `amr` by which an identity provider says that it asked for a second factor (RFC 8176; Entra ID).
SECOND_FACTOR_VALUES = frozenset({"mfa", "hwk", "otp", "fido", "phr", "phrh", "multipleauthn"})
#: Claims that say that the provider checked the address: OpenID Connect's, and Entra ID's "domain owner verified".
VERIFIED_CLAIMS = ("email_verified", "xms_edov")
_TRUE = (True, 1, "true", "True", "1")


@dataclass(frozen=True)
class IdentityProvider:
    """An organisation's identity provider, as far as pages need it: never its secret."""

    slug: str
    name: str
    server_url: str
    domains: tuple[str, ...]
    counts_as_second_factor: bool
    origins: tuple[str, ...]

    def allows(self, email: str) -> bool:
        """Whether the address is in one of the organisation's own domains."""
        return domain_of(email) in self.domains


def domain_of(email: str) -> str:
    """The part after the last @, in lower case."""
    return email.strip().rpartition("@")[2].lower()


def from_app(app: SocialApp) -> IdentityProvider:
    """The provider that an app describes."""
    settings: dict[str, Any] = app.settings
    return IdentityProvider(
        slug=app.provider_id,
        name=app.name,
        server_url=str(settings.get("server_url", "")),
        domains=tuple(settings.get("domains", ())),
        counts_as_second_factor=bool(settings.get("counts_as_second_factor")),
        origins=tuple(settings.get("origins", ())),
    )


def with_secret(app: SocialApp) -> SocialApp:
    """The app with its client secret in memory; the table holds it sealed."""
    try:
        app.secret = unseal(app.settings.get("sealed_secret", ""))
    except CannotUnseal:
        app.secret = ""
    return app


def any_provider() -> bool:
    """Whether some organisation has an identity provider."""
    return SocialApp.objects.filter(provider=PROVIDER).exists()


def provider_for_email(email: str) -> IdentityProvider | None:
    """The provider of the organisation whose domain the address is in; says nothing about the person."""
    app = SocialApp.objects.filter(provider=PROVIDER, settings__domains__contains=[domain_of(email)]).first()
    return None if app is None else from_app(app)


def provider_of(slug: str) -> IdentityProvider | None:
    """The organisation's provider."""
    app = SocialApp.objects.filter(provider=PROVIDER, provider_id=slug).first()
    return None if app is None else from_app(app)


def providers_of(slugs: Iterable[str]) -> list[IdentityProvider]:
    """The providers of several organisations, by name."""
    apps = SocialApp.objects.filter(provider=PROVIDER, provider_id__in=list(slugs)).order_by("name")
    return [from_app(app) for app in apps]


def origin_of(url: str) -> str:
    """Scheme and host of an address, as a Content-Security-Policy names it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def allow_forms_to(response: HttpResponse, providers: Iterable[IdentityProvider]) -> HttpResponse:
    """Let this one page's forms lead on to these providers: browsers apply `form-action` to redirects, too."""
    origins = sorted({origin for provider in providers for origin in provider.origins})
    if origins:
        vars(response)["_csp_update"] = {"form-action": origins}
    return response


def claims_of(extra_data: dict[str, Any]) -> list[dict[str, Any]]:
    """The claim sets of an answer: the ID token's first, then those of the userinfo endpoint."""
    return [claims for name in ("id_token", "userinfo") if isinstance(claims := extra_data.get(name), dict)]


def verified_email(extra_data: dict[str, Any]) -> str | None:
    """The address that the provider says it checked, in lower case; None when it says so of none."""
    for claims in claims_of(extra_data):
        email = claims.get("email")
        if isinstance(email, str) and "@" in email and any(claims.get(name) in _TRUE for name in VERIFIED_CLAIMS):
            return email.strip().lower()
    return None


def asked_for_second_factor(extra_data: dict[str, Any]) -> bool:
    """Whether the ID token's `amr` or `acr` says so."""
    for claims in claims_of(extra_data)[:1]:
        methods = claims.get("amr")
        said = {str(method).lower() for method in methods} if isinstance(methods, list) else set()
        said.add(str(claims.get("acr", "")).lower())
        return bool(said & SECOND_FACTOR_VALUES)
    return False


def asked_at(extra_data: dict[str, Any]) -> int | None:
    """When the provider last asked the person to prove who they are (`auth_time`), in seconds since 1970."""
    id_token = extra_data.get("id_token")
    moment = id_token.get("auth_time") if isinstance(id_token, dict) else None
    return moment if isinstance(moment, int) and not isinstance(moment, bool) else None
