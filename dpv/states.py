"""The lifecycle of an admission: an establishment approved on a lot.

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
        # For good, with a reason; a way back is a new application.
        "bar": (("admitted", "suspended"), "barred"),
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
