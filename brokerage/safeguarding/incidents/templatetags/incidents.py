"""What was reported of one placement, on the placement's own page; the way to report, on the agreement's."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from brokerage.core.clock import database_now
from brokerage.core.web import address
from brokerage.safeguarding.incidents.queries import REPEATED_DAYS, incidents_of_placement, residents
from contracts.models import Agreement
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


@register.simple_tag(takes_context=True)
def report_of(context: dict[str, Any], agreement: Agreement) -> str:
    """Where the provider reports an event of whom this agreement is about, while they live there or left lately; ""
    for everybody else."""
    actor = context["request"].actor
    if not (actor.is_provider and actor.may("incident.report")):
        return ""
    if all(each.agreement_id != agreement.pk for each in residents()):
        return ""
    return f"{address(actor, 'incidents:incident_report')}?agreement={agreement.reference}"
