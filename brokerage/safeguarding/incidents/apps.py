from importlib import import_module

from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "brokerage.safeguarding.incidents"

    def ready(self) -> None:
        import_module("brokerage.safeguarding.incidents.acts")  # names the acts on the audit page
        import_module("brokerage.safeguarding.incidents.notices")  # registers the texts
        import_module("brokerage.safeguarding.incidents.changes")  # says what machines are told
        import_module("brokerage.safeguarding.incidents.reminders")  # registers the outbox handler
