from importlib import import_module

from django.apps import AppConfig


class DpvConfig(AppConfig):
    name = "dpv"

    def ready(self) -> None:
        import_module("dpv.acts")  # names the acts on the audit page
        import_module("dpv.notices")  # registers the texts
        import_module("dpv.measure_notices")
        import_module("dpv.measure_reminders")  # registers the outbox handler
        import_module("dpv.changes")  # says what machines are told
        import_module("dpv.imports.prices")  # registers the kinds of file
        import_module("dpv.imports.menus")
        import_module("dpv.standing")  # tells providers' pages about lots
