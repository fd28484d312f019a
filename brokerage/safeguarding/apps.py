from importlib import import_module

from django.apps import AppConfig


class SafeguardingConfig(AppConfig):
    name = "brokerage.safeguarding"

    def ready(self) -> None:
        import_module("brokerage.safeguarding.acts")  # names the acts on the audit page
        import_module("brokerage.safeguarding.notices")  # registers the texts
        import_module("brokerage.safeguarding.changes")  # says what machines are told; registers the outbox handler
        import_module("brokerage.safeguarding.interest")  # registers the outbox handler
        import_module("brokerage.safeguarding.later")  # registers the outbox handler
        import_module("brokerage.safeguarding.reminders")  # registers the outbox handler
        import_module("brokerage.safeguarding.waiting")  # registers the outbox handler
        import_module("brokerage.safeguarding.checks")  # registers the outbox handler
        import_module("brokerage.safeguarding.measures")  # guards their texts
        import_module("brokerage.safeguarding.standing")  # tells where homes are chosen of open alerts
        import_module("brokerage.safeguarding.proof")  # registers the outbox handler
