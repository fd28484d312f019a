from importlib import import_module

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "brokerage.core.tenants"
    label = "tenants"

    def ready(self) -> None:
        import_module("brokerage.core.tenants.checks")  # registers the system checks
        import_module("brokerage.core.tenants.invitations")  # registers the outbox handler
