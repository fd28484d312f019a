from importlib import import_module

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "brokerage.core.audit"
    label = "audit"

    def ready(self) -> None:
        import_module("brokerage.core.audit.acts")  # names the ground's own acts
