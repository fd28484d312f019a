"""The life of a closure, and of finding one person another home, as tables of moves. Only actions move them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from brokerage.core.lifecycle import Lifecycle

CLOSURE = Lifecycle(
    name="closure",
    noun=_("closure"),
    initial="announced",
    moves={
        # Another day; everybody is told again.
        "reschedule": (("announced",), "announced"),
        # It does not close after all, or was announced in error.
        "withdraw": (("announced",), "withdrawn"),
        # The day has come: the register says that it is closed.
        "close": (("announced",), "closed"),
        # Closed, and everybody who lived there has another home or needs none: the database moves it.
        "complete": (("closed",), "completed"),
    },
    labels={
        "announced": _("Announced"),
        "closed": _("Closed, people still to move"),
        "completed": _("Complete"),
        "withdrawn": _("Not closing"),
    },
)

#: Somebody may still have to move.
CLOSURE_RUNNING = ("announced", "closed")

_open = ("not_started", "looking", "found")

RESIDENT = Lifecycle(
    name="resident",
    noun=_("person’s next home"),
    initial="not_started",
    moves={
        "look": (_open, "looking"),
        "find": (_open, "found"),
        "move": (_open, "moved"),
        "go_home": (_open, "went_home"),
        "end_otherwise": (_open, "other"),
    },
    labels={
        "not_started": _("Not started"),
        "looking": _("Looking for a home"),
        "found": _("Home found"),
        "moved": _("Moved"),
        "went_home": _("Went home"),
        "other": _("Ended another way"),
    },
)

#: Still to move.
RESIDENT_OPEN = _open
#: The move that leads to a state.
RESIDENT_MOVE = {target: move for move, (_sources, target) in RESIDENT.moves.items()}
