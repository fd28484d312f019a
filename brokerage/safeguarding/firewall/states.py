"""The life of a finding as a table of moves. Runs find and clear; people acknowledge."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from brokerage.core.lifecycle import Lifecycle

FINDING = Lifecycle(
    name="finding",
    noun=_("finding"),
    initial="open",
    moves={
        "acknowledge": (("open",), "acknowledged"),
        # Something else is wrong now.
        "find_more": (("open", "acknowledged"), "open"),
        "clear": (("open", "acknowledged"), "cleared"),
    },
    labels={
        "open": _("Not answered"),
        "acknowledged": _("Answered"),
        "cleared": _("Passes again, or has ended"),
    },
)
#: The home still does not pass.
FINDING_LIVE = ("open", "acknowledged")
