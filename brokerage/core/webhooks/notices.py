"""The texts of messages about webhooks: the receiver's name and a link."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.notifications import texts

texts.register(
    "webhooks.disabled",
    subject=_("Webhook to %(reference)s is switched off"),
    body=_(
        "Nothing more is sent to %(reference)s, because it took nothing for five days or said that it is gone. An "
        "administrator of %(organisation)s can see the last answers, switch it on and send again what it missed."
    ),
)
