from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "brokerage.core.accounts"
    label = "accounts"
