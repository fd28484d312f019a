"""The offers that an authority has received for a referral. The database shows it none that is a draft or sealed."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from brokerage.core.references import normalise_reference
from placements.models import Offer, Referral


def received_offers(reference: str) -> QuerySet[Offer]:
    """Every offer submitted for the referral, also those that no longer stand. Raises Http404 without such a
    referral, or while it is a draft."""
    referral_id = (
        Referral.objects.filter(reference=normalise_reference(reference))
        .exclude(status="draft")
        .values_list("pk", flat=True)
        .first()
    )
    if referral_id is None:
        raise Http404
    offers: QuerySet[Offer] = Offer.objects.filter(referral_id=referral_id, submitted_at__isnull=False)
    return offers.exclude(status="draft")


def received_offer(reference: str, offer_id: UUID) -> Offer:
    """One of them with all it says. Raises Http404."""
    found = (
        received_offers(reference)
        .select_related("provider__organisation", "establishment", "household", "vehicle", "lot", "release")
        .filter(pk=offer_id)
        .first()
    )
    if found is None:
        raise Http404
    return found
