"""Settling the disclosure check: an officer says of a find that it is harmless, and why.

Correcting a find is saving its section (`referrals.save_section`).
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from brokerage.core import locks
from brokerage.core.audit.record import record
from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.actors import Actor
from placements.models import Referral
from placements.queries.disclosures import disclosures
from placements.queries.referrals import referral_of
from placements.states import REFERRAL

#: Codes, not words: the reason goes into the audit trail, where no fact about a person may stand.
REASONS = (
    ("ordinary_word", gettext_lazy("It is an ordinary word, not a name")),
    ("somebody_else", gettext_lazy("It is about nobody who could be recognised")),
    ("public_service", gettext_lazy("It is a public service, such as a helpline or a hospital")),
    ("needed", gettext_lazy("Providers need it, and my manager agrees")),
)


@transaction.atomic
def confirm_disclosures(actor: Actor, *, reference: str, reasons: Mapping[str, str]) -> Referral:
    """Confirm finds as harmless: `reasons` maps a find's digest to a code of `REASONS`.

    Finds that are no longer there are passed over. Refused without a reason, and (NotNow) unless it is a draft or
    published.
    """
    actor.require("referral.draft", "referral.amend")
    locks.hold(referrals=[referral_of(actor, reference).pk])
    referral = referral_of(actor, reference)
    REFERRAL.after(referral.status, "edit" if referral.status == "draft" else "amend")
    found = {each.digest: each.finding.kind for each in disclosures(referral) if not each.is_confirmed}
    codes = dict(REASONS)
    for digest, reason in reasons.items():
        if reason not in codes:
            raise RuleBroken("reason_missing", _("Say why this is harmless"), f"reason_{digest[:12]}")
    chosen = {digest: reason for digest, reason in reasons.items() if digest in found}
    if not chosen:
        return referral
    referral.disclosures_confirmed = [*referral.disclosures_confirmed, *sorted(chosen)]
    referral.save(update_fields=["disclosures_confirmed"])
    record(
        "referral.disclosures_confirmed",
        subject=referral,
        actor=actor,
        data={"finds": [{"kind": found[digest], "reason": reason} for digest, reason in sorted(chosen.items())]},
    )
    return referral
