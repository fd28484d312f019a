from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "brokerage.safeguarding.incidents"
