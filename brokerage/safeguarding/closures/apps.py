from django.apps import AppConfig


class ClosuresConfig(AppConfig):
    name = "brokerage.safeguarding.closures"
