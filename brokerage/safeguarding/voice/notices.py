"""The texts that tell leads of a message: a reference and a link, never what was said, by whom or about which home."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.notifications import texts

texts.register(
    "voice.received",
    subject=_("Somebody has written: %(reference)s, read it now"),
    body=_("Somebody who lives in, works at or visits a home has written, %(reference)s. Sign in to read it."),
)
texts.register(
    "voice.reminder",
    subject=_("Message %(reference)s has not been read"),
    body=_("Nobody has read message %(reference)s for a working day. Sign in, read it and answer."),
)
