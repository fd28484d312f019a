"""What an organisation's identity provider may do: sign in people we already know, of that organisation only.

It opens no account. The address must be checked by the provider, in one of the organisation's domains, and that of an
active member; every failing gets the same answer. Asked for a fresh proof, the provider must have asked the person
again, less than five minutes ago.
"""

from __future__ import annotations

import logging
from typing import Any

import requests
from allauth.account.internal.flows.login import record_authentication
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import render
from django.utils import timezone

from brokerage.core.accounts import identity_providers
from brokerage.core.accounts.models import User
from brokerage.core.tenants.directory import doors_of

logger = logging.getLogger(__name__)


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Signs in active members of the provider's own organisation; nobody else, and nobody new."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        apps = super().list_apps(request, provider=provider, client_id=client_id)
        return [identity_providers.with_secret(app) for app in apps]

    def get_requests_session(self) -> requests.Session:
        """Follows no redirect: the organisation named this server, nobody else's."""
        session: requests.Session = super().get_requests_session()
        session.max_redirects = 0
        return session

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        slug = sociallogin.account.provider
        try:
            user = member_meant(slug, sociallogin)
            process = sociallogin.state.get("process")
            if process == AuthProcess.REDIRECT:
                if request.user != user:
                    raise Refused("somebody_else")
                at = fresh_moment(sociallogin.account.extra_data)
                self._link(request, sociallogin, user)
                record_authentication(
                    request,
                    user,
                    "socialaccount",
                    provider=slug,
                    uid=sociallogin.account.uid,
                    reauthenticated=True,
                    at=at,
                )
            elif process == AuthProcess.LOGIN:
                self._link(request, sociallogin, user)
            else:
                raise Refused("unknown_process")
        except Refused as refused:
            # The reason is for the operator; the page says the same whatever it was.
            logger.warning("Sign-in through the identity provider of %s refused: %s", slug, refused)
            page = render(request, "accounts/organisation_refused.html", status=403)
            raise ImmediateHttpResponse(page) from refused

    def _link(self, request: HttpRequest, sociallogin: SocialLogin, user: User) -> None:
        if not sociallogin.is_existing:
            sociallogin.connect(request, user)


class Refused(Exception):
    """The identity provider's answer opens nothing; the text is a code for the log."""


def member_meant(slug: str, sociallogin: SocialLogin) -> User:
    """The active member of the organisation whom the provider's answer means. Raises `Refused`."""
    provider = identity_providers.provider_of(slug)
    if provider is None:
        raise Refused("no_provider")
    data: dict[str, Any] = sociallogin.account.extra_data
    subjects = {str(claims.get("sub")) for claims in identity_providers.claims_of(data)}
    if len(subjects) != 1:
        raise Refused("subjects_differ")
    email = identity_providers.verified_email(data)
    if email is None:
        raise Refused("address_unverified")
    if not provider.allows(email):
        raise Refused("domain_not_allowed")
    if sociallogin.is_existing:
        user = User.objects.filter(pk=sociallogin.user.pk, is_active=True).first()
    else:
        user = User.objects.filter(email=email, is_active=True).first()
    if user is None:
        raise Refused("unknown_person")
    if not any(door.slug == slug and door.delegation_id is None for door in doors_of(user)):
        raise Refused("not_a_member")
    return user


def fresh_moment(data: dict[str, Any]) -> int:
    """When the provider asked the person again. Raises `Refused` when it does not say, or when it is too long ago."""
    at = identity_providers.asked_at(data)
    if at is None:
        raise Refused("no_auth_time")
    now = timezone.now().timestamp()
    if not -60 <= now - at <= settings.FRESH_PROOF_SECONDS:
        raise Refused("auth_time_too_old")
    return min(at, int(now))
