"""Tells wherever a home is shown or chosen that a safeguarding alert about it is open, if the organisation was told.

A reference and a link; what the alert says stays on its own page, by its own rules. Whoever runs referrals without
reading alerts (a hub broker under a delegation) is told that there is one, and whom to ask.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from brokerage.core.tenants.actors import Actor
from brokerage.core.web import address
from brokerage.safeguarding.models import AlertRecipient
from providers.models import Establishment
from providers.standing import Standing, tells_warnings


@tells_warnings
def open_alerts(actor: Actor, establishment_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Standing]]:
    """The live alerts about these homes, or about their providers as a whole, answered or not. Two queries at most."""
    is_reader = actor.may("alert.view")
    if actor.kind == "associate" or not (is_reader or actor.may("referral.match")):
        return {}
    told = list(
        AlertRecipient.objects.filter(organisation_id=actor.organisation_id, closed_at__isnull=True)
        .order_by("-told_at", "-id")
        .values_list("reference", "provider_id", "establishment_id", "household_id", "content__about")
    )
    if not told:
        return {}
    homes = Establishment.objects.filter(
        pk__in=establishment_ids, provider_id__in={provider for _reference, provider, *_rest in told}
    )
    found: dict[UUID, list[Standing]] = {}
    for pk, provider_id in homes.values_list("pk", "provider_id"):
        for reference, provider, home, household, about in told:
            if provider == provider_id and home in (None, pk):
                line = _line(actor, reference, household, about) if is_reader else _hint(household)
                lines = found.setdefault(pk, [])
                if line not in lines:
                    lines.append(line)
    return found


def _line(actor: Actor, reference: str, household: UUID | None, about: str) -> Standing:
    text = _("Safeguarding alert %(reference)s") % {"reference": reference}
    return Standing(
        f"{text}: {about}" if household else text,
        "alert",
        _("Alert open"),
        address(actor, "safeguarding:alert", reference=reference),
        household_id=household,
        reference=reference,
    )


def _hint(household: UUID | None) -> Standing:
    """One for any number of alerts."""
    text = _("Ask the council that you act for before you choose this home")
    return Standing(text, "alert", _("Alert open"), household_id=household)
