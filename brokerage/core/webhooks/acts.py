"""The names of what is done to webhooks, for the audit page."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.labels import register

register(
    {
        "webhook.created": _("Webhook added"),
        "webhook.changed": _("Webhook changed"),
        "webhook.secret_rotated": _("Webhook’s signing secret replaced"),
        "webhook.disabled": _("Webhook switched off"),
        "webhook.enabled": _("Webhook switched on"),
        "webhook.tested": _("Webhook tested"),
        "webhook.replayed": _("Webhook’s events sent again"),
        "webhook.deleted": _("Webhook deleted"),
    }
)
