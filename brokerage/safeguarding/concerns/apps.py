from importlib import import_module

from django.apps import AppConfig


class ConcernsConfig(AppConfig):
    name = "brokerage.safeguarding.concerns"

    def ready(self) -> None:
        import_module("brokerage.safeguarding.concerns.acts")  # names the acts on the audit page
        import_module("brokerage.safeguarding.concerns.notices")  # registers the texts
        import_module("brokerage.safeguarding.concerns.changes")  # says what machines are told
        import_module("brokerage.safeguarding.concerns.reminders")  # registers outbox handlers
        import_module("brokerage.safeguarding.concerns.actions.patterns")  # registers its outbox handler
