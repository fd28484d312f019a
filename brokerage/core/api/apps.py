from importlib import import_module

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "brokerage.core.api"
    label = "api"

    def ready(self) -> None:
        import_module("brokerage.core.api.acts")  # names the acts on the audit page
