"""The lives of a missing episode and of a notifiable event as tables of moves. Only actions move them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from brokerage.core.lifecycle import Lifecycle

EPISODE = Lifecycle(
    name="episode",
    noun=_("missing episode"),
    initial="missing",
    moves={
        "return": (("missing",), "returned"),
        # Of somebody missing, within 72 hours of the return (statutory guidance on children who run away or go
        # missing from home or care).
        "offer_interview": (("returned",), "interview_offered"),
        "settle_interview": (("interview_offered",), "interview_settled"),
        # Straight from the return where no interview is owed: away without authorisation, and adults.
        "close": (("returned", "interview_settled"), "closed"),
        # Reported by mistake.
        "withdraw": (("missing",), "withdrawn"),
    },
    labels={
        "missing": _("Missing now"),
        "returned": _("Returned"),
        "interview_offered": _("Return interview offered"),
        "interview_settled": _("Return interview settled"),
        "closed": _("Closed"),
        "withdrawn": _("Reported by mistake"),
    },
)
EVENT = Lifecycle(
    name="event",
    noun=_("event"),
    initial="reported",
    moves={
        "acknowledge": (("reported",), "acknowledged"),
        "follow_up": (("acknowledged",), "follow_up"),
        "close": (("acknowledged", "follow_up"), "closed"),
        "withdraw": (("reported",), "withdrawn"),
    },
    labels={
        "reported": _("Reported"),
        "acknowledged": _("Acknowledged"),
        "follow_up": _("Follow-up required"),
        "closed": _("Closed"),
        "withdrawn": _("Reported by mistake"),
    },
)
#: What is over.
ENDED = ("closed", "withdrawn")
CHOICES = list(dict([*EPISODE.choices, *EVENT.choices]).items())


def lifecycle_of(kind: str) -> Lifecycle:
    """The table that an incident of this kind moves by."""
    return EPISODE if kind in ("missing", "away") else EVENT
