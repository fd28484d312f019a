"""People who sign in, and how."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "brokerage.core.accounts"
    label = "accounts"

    def ready(self) -> None:
        from allauth.mfa.signals import authenticator_added

        from brokerage.core.accounts.mfa_forms import use_up_first_code

        authenticator_added.connect(use_up_first_code, dispatch_uid="first code used")
