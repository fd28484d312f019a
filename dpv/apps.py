from django.apps import AppConfig


class DpvConfig(AppConfig):
    name = "dpv"
