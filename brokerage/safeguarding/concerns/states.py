"""The lives of a concern, of a suggestion and of a complaint as tables of moves. Only actions move them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from brokerage.core.lifecycle import Lifecycle

CONCERN = Lifecycle(
    name="concern",
    noun=_("concern"),
    initial="open",
    moves={
        "look": (("open",), "looked_at"),
        "alert": (("open", "looked_at"), "alerted"),
        "close": (("open", "looked_at"), "no_action"),
    },
    labels={
        "open": _("Not looked at"),
        "looked_at": _("Looked at"),
        "alerted": _("Became an alert"),
        "no_action": _("No further action"),
    },
)

SUGGESTION = Lifecycle(
    name="suggestion",
    noun=_("suggestion"),
    initial="open",
    moves={
        "look": (("open",), "looking"),
        "alert": (("open", "looking"), "alerted"),
        "measure": (("open", "looking"), "measure"),
        "dismiss": (("open", "looking"), "dismissed"),
    },
    labels={
        "open": _("To decide"),
        "looking": _("Being looked into"),
        "alerted": _("An alert is raised"),
        "measure": _("A measure is proposed"),
        "dismissed": _("Dismissed"),
    },
)
#: Not decided: news of the same pattern are added to it.
SUGGESTION_LIVE = ("open", "looking")

COMPLAINT = Lifecycle(
    name="complaint",
    noun=_("complaint"),
    initial="made",
    moves={
        "acknowledge": (("made",), "acknowledged"),
        "answer": (("acknowledged",), "answered"),
        # From "made" only once the acknowledgement is overdue.
        "ask_mediation": (("made", "acknowledged", "answered"), "mediation_asked"),
        "mediate": (("mediation_asked",), "mediated"),
        "settle": (("acknowledged", "answered", "mediation_asked", "mediated"), "settled"),
        "give_up": (("mediated",), "unresolved"),
    },
    labels={
        "made": _("Made"),
        "acknowledged": _("Acknowledged"),
        "answered": _("Answered"),
        "mediation_asked": _("Mediation asked for"),
        "mediated": _("Mediated"),
        "settled": _("Settled"),
        "unresolved": _("Closed, unresolved"),
    },
)
COMPLAINT_LIVE = ("made", "acknowledged", "answered", "mediation_asked", "mediated")
