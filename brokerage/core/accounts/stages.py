"""The second step of signing in, left out when the organisation's identity provider has just asked for it."""

from __future__ import annotations

from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest

from brokerage.core.accounts.identity_providers import asked_for_second_factor, provider_of


class SecondStepStage(AuthenticateStage):
    """Asks for the person's own second factor, unless their identity provider's counts."""

    def _should_handle(self, request: HttpRequest) -> bool:
        sociallogin = (self.login.signal_kwargs or {}).get("sociallogin")
        if sociallogin is not None and asked_for_second_factor(sociallogin.account.extra_data):
            provider = provider_of(sociallogin.account.provider)
            if provider is not None and provider.counts_as_second_factor:
                return False
        return bool(super()._should_handle(request))
