from django.apps import AppConfig


class ConcernsConfig(AppConfig):
    name = "brokerage.safeguarding.concerns"
