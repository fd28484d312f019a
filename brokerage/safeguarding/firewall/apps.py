from importlib import import_module

from django.apps import AppConfig


class FirewallConfig(AppConfig):
    name = "brokerage.safeguarding.firewall"

    def ready(self) -> None:
        import_module("brokerage.safeguarding.firewall.acts")  # names the acts on the audit page
        import_module("brokerage.safeguarding.firewall.notices")  # registers the texts
        import_module("brokerage.safeguarding.firewall.changes")  # what machines are told; registers outbox handlers
        import_module("brokerage.safeguarding.firewall.foresight")  # looks at what imports trigger
