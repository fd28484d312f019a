"""Whether a file that is said to be the whole list can be it. One that leaves out much is more likely a part of it, and
believing it would tell every council of the country of every home."""

from __future__ import annotations

from django.utils.translation import gettext as _

from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting
from providers.models import ImportRun

#: A list that leaves out more homes than this, and more than this percentage of those known, is doubted.
MANY_MISSING = 20
MANY_MISSING_PERCENT = 10


def is_doubtful(known: int, missing: int) -> bool:
    """Whether a list that does not name so many of the known homes can hardly be the whole list."""
    return missing > MANY_MISSING and missing * 100 > known * MANY_MISSING_PERCENT


def doubt_of(actor: Actor, run: ImportRun, known: int, missing: int) -> str:
    """Nothing is noted as missing; the sentence that says why, and a mark on the check."""
    if run.is_dry_run:
        with acting(actor):
            fresh = ImportRun.objects.select_for_update().get(pk=run.pk)
            fresh.consequences = {"homes": {}, "authorities": [], **(fresh.consequences or {}), "doubtful": missing}
            fresh.save(update_fields=["consequences"])
    return _(
        "This is hardly the whole list: it does not name %(missing)d of the %(known)d homes known of its regulator and"
        " kinds. Nothing is noted as missing. Upload all of the list, or leave “whole list” empty"
    ) % {"missing": missing, "known": known}
