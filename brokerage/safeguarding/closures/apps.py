from importlib import import_module

from django.apps import AppConfig


class ClosuresConfig(AppConfig):
    name = "brokerage.safeguarding.closures"

    def ready(self) -> None:
        import_module("brokerage.safeguarding.closures.acts")  # names the acts on the audit page
        import_module("brokerage.safeguarding.closures.notices")  # registers the texts
        import_module("brokerage.safeguarding.closures.changes")  # says what machines are told; registers the handler
        import_module("brokerage.safeguarding.closures.reminders")  # registers the outbox handler
