"""What the register's pages say of concerns and complaints, for those who may know."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import template

from brokerage.core.web import address
from brokerage.safeguarding.concerns.patterns import DAYS
from brokerage.safeguarding.concerns.queries.lists import numbers_of

register = template.Library()


@register.inclusion_tag("concerns/worries.html", takes_context=True)
def worries(context: dict[str, Any], provider: UUID, establishment: UUID | None = None) -> dict[str, Any]:
    """For a central team's leads the numbers about a provider, or one home of it; for whoever notes concerns the link.
    Two queries at most."""
    actor = context["request"].actor
    subject = f"establishment={establishment}" if establishment else f"provider={provider}"
    shown: dict[str, Any] = {"worries": None, "new_url": "", "request": context["request"]}
    if actor.is_central and actor.may("concern.decide"):
        concerns, complaints = numbers_of(provider, establishment)
        shown["worries"] = {
            "concerns": concerns,
            "complaints": None if establishment else complaints,
            "days": DAYS,
            "url": f"{address(actor, 'concerns:concern_list')}?{subject}",
        }
    if (actor.is_central or actor.is_authority) and actor.may("concern.write"):
        shown["new_url"] = f"{address(actor, 'concerns:concern_new')}?{subject}"
    return shown
