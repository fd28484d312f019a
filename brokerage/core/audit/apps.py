from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "brokerage.core.audit"
    label = "audit"
