"""What stands on top of every page: alerts without an answer, and homes that close with people of ours in them."""

from __future__ import annotations

from typing import Any

from brokerage.core.web import OrganisationRequest
from brokerage.safeguarding.closures.queries import closing_banners
from brokerage.safeguarding.queries import alerts


def banners(request: OrganisationRequest) -> list[dict[str, Any]]:
    """Alerts first. One query for each kind."""
    return [*alerts.banners(request), *closing_banners(request.actor)]
