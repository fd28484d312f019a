"""Homes that are missing from their register's newest list: who is about to place somebody there is told, once.

Whoever lives there has a finding (`runs`). Nothing is closed, no invitation taken back: a list may be wrong.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from brokerage.core.tenants.context import system
from brokerage.safeguarding.firewall.actions.runs import authorities_with
from contracts.measures import referrals_under, tell_officer
from dpv.models import Admission
from placements.models import Invitation
from providers.models import Establishment


def tell_of_missing(homes: Collection[UUID]) -> None:
    """Tell the officers of referrals that still could use one of these homes and find it missing. Repeatable: a
    referral is told once of a home, until it is on the list again and goes missing again."""
    for authority in authorities_with(homes):
        with system(authority) as actor:
            asked = Invitation.objects.filter(establishment_id__in=homes).values("establishment_id")
            missing = Establishment.objects.filter(pk__in=asked, missing_since__isnull=False)
            for home, since in missing.order_by("pk").values_list("pk", "missing_since"):
                admissions = Admission.objects.filter(establishment_id=home).values_list("pk", flat=True)
                for referral in referrals_under(list(admissions)):
                    tell_officer(
                        actor,
                        referral,
                        kind="referral.home_missing",
                        template="firewall.home_missing",
                        data={"home": str(home), "since": str(since)},
                    )
