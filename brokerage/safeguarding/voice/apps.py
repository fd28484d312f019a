from importlib import import_module

from django.apps import AppConfig


class VoiceConfig(AppConfig):
    name = "brokerage.safeguarding.voice"

    def ready(self) -> None:
        import_module("brokerage.safeguarding.voice.acts")  # names the acts on the audit page
        import_module("brokerage.safeguarding.voice.notices")  # registers the texts
