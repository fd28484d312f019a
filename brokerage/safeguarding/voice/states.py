"""The life of a message from somebody who does not sign in. Only actions, and the writer's own words, move it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from brokerage.core.lifecycle import Lifecycle

MESSAGE = Lifecycle(
    name="voice_message",
    noun=_("message"),
    initial="new",
    moves={
        "read": (("new",), "read"),
        "answer": (("read", "answered"), "answered"),
        "close": (("read", "answered"), "closed"),
        "add": (("new", "read", "answered", "closed"), "new"),
    },
    labels={
        "new": _("Not read"),
        "read": _("Read"),
        "answered": _("Answered"),
        "closed": _("Closed"),
    },
)
