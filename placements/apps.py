from importlib import import_module

from django.apps import AppConfig


class PlacementsConfig(AppConfig):
    name = "placements"

    def ready(self) -> None:
        import_module("placements.acts")  # names the acts on the audit page
        import_module("placements.notices")  # registers the texts of messages
        import_module("placements.changes")  # says what machines are told
        import_module("placements.announcements")  # registers the outbox handler
        import_module("placements.reminders")  # registers the outbox handlers
        import_module("placements.imports.placements")  # registers the kind of file
