"""A provider's offer, or the invitation that it answers, read under the locks that every act on it takes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404

from brokerage.core import locks
from brokerage.core.tenants.kept_queries import KeptQuery, given
from placements.models import Invitation, Offer
from placements.queries.offer_terms import invitation_as_answered

#: What the locks of an act are named by.
_LOCKED_BY = ("admission_id", "provider_id", "referral_id")
_INVITATION_LOCKS = KeptQuery(lambda: Invitation.objects.filter(pk=given("pk")).values_list(*_LOCKED_BY))
_OFFER_LOCKS = KeptQuery(lambda: Offer.objects.filter(pk=given("pk")).order_by().values_list(*_LOCKED_BY))
_OFFER = KeptQuery(
    lambda: Offer.objects.select_related("release__authority", "invitation").filter(pk=given("pk")).order_by()
)


def _hold(query: KeptQuery[Any], pk: UUID) -> None:
    found = query.tuples(pk=pk)
    if not found:
        raise Http404
    admission, provider, referral = found[0]
    locks.hold(admissions=[admission], standings=[provider], referrals=[referral])


def hold_invitation(invitation_id: UUID) -> Any:
    """The Invitation as answered (`invitation_as_answered`), under the locks that every act takes. Raises Http404."""
    _hold(_INVITATION_LOCKS, invitation_id)
    return invitation_as_answered(invitation_id)


def hold_offer(offer_id: UUID) -> Offer:
    """One of the provider's offers under the locks that every act takes, as it now stands. Raises Http404."""
    _hold(_OFFER_LOCKS, offer_id)
    # Gone when another window discarded the draft while this one waited.
    offer = _OFFER.first(pk=offer_id)
    if offer is None:
        raise Http404
    return offer
