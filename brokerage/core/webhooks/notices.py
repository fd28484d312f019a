"""The texts of messages about webhooks: the receiver's name and a link."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.notifications import texts

texts.register(
    "webhooks.disabled",
    subject=_("Webhook to %(reference)s is switched off"),
    body=_(
        "Nothing more is sent to %(reference)s, because it took nothing for five days or said that it is gone. Sign in "
        "to see the last answers, to switch it on again and to send again what it missed."
    ),
)
