"""The lifecycle of one version of an individual placement agreement (IPA).

A variation is a new version with a lifecycle of its own; when it is sealed the version before is superseded.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from brokerage.core.lifecycle import Lifecycle

AGREEMENT = Lifecycle(
    name="agreement",
    noun=_("agreement"),
    initial="drawn_up",
    moves={
        # Drawn up in the award's own transaction; open for signing once a worker has rendered the document.
        "open_for_signing": (("drawn_up",), "awaiting_signatures"),
        # Either side may sign first, each after proving afresh who they are.
        "sign_first": (("awaiting_signatures",), "part_signed"),
        "sign_last": (("part_signed",), "signed"),
        # A worker seals the finished document, so that any change shows.
        "seal": (("signed",), "sealed"),
        # The award fell through, or the version was wrong: signatures are kept, the version binds nobody.
        "cancel": (("drawn_up", "awaiting_signatures", "part_signed", "signed", "sealed"), "cancelled"),
        "supersede": (("sealed",), "superseded"),
    },
    labels={
        "drawn_up": _("Drawn up"),
        "awaiting_signatures": _("Awaiting signatures"),
        "part_signed": _("Signed by one side"),
        "signed": _("Signed by both sides"),
        "sealed": _("Sealed"),
        "cancelled": _("Cancelled"),
        "superseded": _("Superseded"),
    },
)

#: At most one of these per award and version; a signature may be given in the first two.
AGREEMENT_SIGNABLE = ("awaiting_signatures", "part_signed")
#: Not signed by both sides yet.
AGREEMENT_UNSIGNED = ("drawn_up", *AGREEMENT_SIGNABLE)
AGREEMENT_LIVE = ("drawn_up", "awaiting_signatures", "part_signed", "signed", "sealed")
