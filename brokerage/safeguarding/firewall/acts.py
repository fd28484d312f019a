"""The names of what the firewall does, on the audit page."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.labels import register

register(
    {
        "firewall.checked": _("Registration checks made"),
        "referral.home_missing": _("Officer told that an invited home is missing from its register’s newest list"),
        "finding.acknowledged": _("Finding of the registration checks answered"),
    }
)
