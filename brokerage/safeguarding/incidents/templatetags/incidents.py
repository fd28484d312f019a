"""What was reported of one placement, on the placement's own page."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from brokerage.core.clock import database_now
from brokerage.safeguarding.incidents.queries import REPEATED_DAYS, incidents_of_placement
from placements.models import Placement

register = template.Library()


@register.simple_tag(takes_context=True)
def placement_incidents(context: dict[str, Any], placement: Placement) -> SafeString | str:
    """Its events and missing episodes, for whoever may read them; two queries."""
    request = context["request"]
    if not request.actor.may("incident.view"):
        return ""
    found = incidents_of_placement(placement.pk, database_now())
    if not found.incidents:
        return ""
    return render_to_string("incidents/of_placement.html", {"found": found, "days": REPEATED_DAYS}, request=request)
