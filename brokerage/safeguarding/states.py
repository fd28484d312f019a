"""The life of an alert as a table of moves. Only actions move it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from brokerage.core.lifecycle import Lifecycle

ALERT = Lifecycle(
    name="alert",
    noun=_("alert"),
    initial="awaiting_confirmation",
    moves={
        "confirm": (("awaiting_confirmation",), "live"),
        "dismiss": (("awaiting_confirmation",), "dismissed"),
        "close": (("live",), "closed"),
    },
    labels={
        "awaiting_confirmation": _("Waiting for a second person"),
        "live": _("Live"),
        "dismissed": _("Not sent"),
        "closed": _("Closed"),
    },
)
