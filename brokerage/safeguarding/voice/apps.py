from django.apps import AppConfig


class VoiceConfig(AppConfig):
    name = "brokerage.safeguarding.voice"
