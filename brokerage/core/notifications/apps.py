from importlib import import_module

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "brokerage.core.notifications"
    label = "notifications"

    def ready(self) -> None:
        import_module("brokerage.core.notifications.expand")  # registers the outbox handler
