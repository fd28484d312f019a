"""The lifecycles of an admission (an establishment approved on a lot) and of a measure against a provider.

Only an admitted establishment is matched, invited, able to offer or awarded; `dpv.actions` makes the moves.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from brokerage.core.lifecycle import Lifecycle

ADMISSION = Lifecycle(
    name="admission",
    noun=_("admission"),
    initial="admitted",
    moves={
        # For a while, with a reason: a safeguarding alert, a lapsed insurance, a poor inspection.
        "suspend": (("admitted",), "suspended"),
        "reinstate": (("suspended",), "admitted"),
        # For good, with a reason, by somebody else than whoever suspended it; a way back is a new application.
        "bar": (("suspended",), "barred"),
        # The provider leaves, or the vehicle's term is over.
        "end": (("admitted", "suspended", "barred"), "ended"),
    },
    labels={
        "admitted": _("Admitted"),
        "suspended": _("Suspended"),
        "barred": _("Barred"),
        "ended": _("Ended"),
    },
)

#: At most one of these per establishment and lot (partial unique index): a bar is not walked round.
ADMISSION_LIVE = ("admitted", "suspended", "barred")

#: A restriction, suspension or bar of a provider, a home or its place on a lot. Two people put it in force and two lift
#: it; only a suspension in immediate danger holds at once, until a second person confirms or ends it.
MEASURE = Lifecycle(
    name="measure",
    noun=_("measure"),
    initial="proposed",
    moves={
        "put_at_once": (("proposed",), "unconfirmed"),
        "confirm": (("proposed", "unconfirmed"), "in_force"),
        "refuse": (("proposed", "unconfirmed"), "refused"),
        "withdraw": (("proposed",), "withdrawn"),
        "propose_lift": (("in_force",), "lift_proposed"),
        "keep": (("lift_proposed",), "in_force"),
        "lift": (("lift_proposed",), "lifted"),
    },
    labels={
        "proposed": _("Waiting for a second person"),
        "unconfirmed": _("In force, to be confirmed"),
        "in_force": _("In force"),
        "lift_proposed": _("In force, lifting proposed"),
        "refused": _("Refused"),
        "withdrawn": _("Withdrawn"),
        "lifted": _("Lifted"),
    },
)

#: In these a measure holds: what it stops is stopped.
MEASURE_STANDING = ("unconfirmed", "in_force", "lift_proposed")
