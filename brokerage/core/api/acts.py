"""The names of what administrators do with API clients."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.labels import register

register(
    {
        "api_client.created": _("API client created"),
        "api_client.changed": _("API client changed"),
        "api_client.rotated": _("API client’s secret replaced"),
        "api_client.revoked": _("API client revoked"),
    }
)
