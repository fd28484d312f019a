"""What stands on top of every page: alerts without an answer, and homes that close with people of ours in them."""

from __future__ import annotations

from brokerage.core.pages.glances import Glance
from brokerage.core.web import OrganisationRequest
from brokerage.safeguarding.closures.queries import closing_banners
from brokerage.safeguarding.queries import alerts


def banners(request: OrganisationRequest) -> list[Glance]:
    """What there is for whoever asks; each tells of banners, alerts first."""
    return [*alerts.banners(request), *closing_banners(request.actor)]
