"""How people sign in: by invitation only, with our own second step, in their own language.

No public sign-up, by password or by an identity provider. What an identity provider may do is in `social`.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from brokerage.core.accounts import identity_providers
from brokerage.core.accounts.language import keep_language
from brokerage.core.accounts.sealed_text import seal, unseal
from brokerage.core.accounts.second_factor import remember_identity_provider

OWN_STAGE = "brokerage.core.accounts.stages.SecondStepStage"


class AccountAdapter(DefaultAccountAdapter):
    """No public sign-up; the second step may be the identity provider's; the person's language from then on.

    The texts are ours because allauth speaks no Welsh.
    """

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is switched off."),
        "email_password_mismatch": _("The e-mail address or the password is wrong."),
        "incorrect_code": _("Incorrect code."),
        "incorrect_password": _("Incorrect password."),
        "invalid_password_reset": _("This link has been used or is too old."),
        "too_many_login_attempts": _("Too many failed login attempts. Try again later."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        stages: list[str] = super().get_login_stages()
        return [OWN_STAGE if stage == "allauth.mfa.stages.AuthenticateStage" else stage for stage in stages]

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """The last step of every way to sign in."""
        sociallogin = (kwargs.get("signal_kwargs") or {}).get("sociallogin")
        if sociallogin is not None:
            provider = identity_providers.provider_of(sociallogin.account.provider)
            asked = identity_providers.asked_for_second_factor(sociallogin.account.extra_data)
            remember_identity_provider(
                request, sociallogin.account.provider, bool(provider and provider.counts_as_second_factor and asked)
            )
        with translation.override(user.language):
            response: HttpResponse = super().post_login(request, user, **kwargs)
        return keep_language(response, user.language)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """In the language of the person it goes to, as far as it is known."""
        user = context.get("user")
        language = getattr(user, "language", None) or translation.get_language()
        with translation.override(language):
            super().send_mail(template_prefix, email, context)


class MFAAdapter(DefaultMFAAdapter):
    """Second factors are sealed at rest; recovery codes alone are no second factor."""

    error_messages = DefaultMFAAdapter.error_messages | {"incorrect_code": _("Incorrect code.")}

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)
