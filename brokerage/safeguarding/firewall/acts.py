"""The names of what the firewall does, on the audit page."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.labels import register

register(
    {
        "firewall.checked": _("Registrations checked"),
        "finding.acknowledged": _("Finding of the registration firewall answered"),
    }
)
