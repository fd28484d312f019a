from importlib import import_module

from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "contracts"

    def ready(self) -> None:
        import_module("contracts.acts")  # names the acts on the audit page
        import_module("contracts.notices")  # registers the texts of messages
        import_module("contracts.changes")  # says what machines are told
        import_module("contracts.reminders")  # registers the outbox handler
        import_module("contracts.measures")  # registers the outbox handler
        import_module("contracts.rescheduling")  # registers the outbox handler
        import_module("contracts.documents")  # registers the outbox handlers
