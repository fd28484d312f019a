from importlib import import_module

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "brokerage.core.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        import_module("brokerage.core.webhooks.acts")  # names the acts on the audit page
        import_module("brokerage.core.webhooks.notices")  # registers the texts of messages
        import_module("brokerage.core.webhooks.feed")  # registers the outbox handler
