from importlib import import_module

from django.apps import AppConfig


class ProvidersConfig(AppConfig):
    name = "providers"

    def ready(self) -> None:
        import_module("providers.imports.register")  # registers the kinds of file
        import_module("providers.imports.households")
        import_module("providers.imports.insurance")
        import_module("providers.imports.work")  # registers the worker's part
        import_module("providers.acts")  # names the acts on the audit page
        import_module("providers.notices")  # registers the texts of messages
