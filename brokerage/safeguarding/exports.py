"""Who was told of an alert, why, and what each did: the page, printable, and the same as a CSV file.

For whoever raised the alert and the region's central team; nobody else learns who was told.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from brokerage.core.csv_output import write_csv
from brokerage.core.references import normalise_reference
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import OrganisationRequest
from brokerage.safeguarding.models import AlertProof, AlertRecipient
from brokerage.safeguarding.queries.alerts import Told, collected_checks, received_alert, roster
from brokerage.safeguarding.queries.lists import reasons_of


def roster_for(actor: Actor, reference: str) -> list[Told]:
    """Everybody who was told; nobody for providers, whose database role may not ask."""
    return roster(reference) if actor.is_authority or actor.is_central else []


@never_cache
@require_safe
def alert_roster(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Who was told, those without an answer first."""
    told, lines = _known(request.actor, reference)
    answered = sum(line.acknowledged_at is not None for line in lines)
    context: dict[str, Any] = {
        "told": told,
        "about": told.content.get("about", ""),
        "lines": [(line, reasons_of(line)) for line in lines],
        "answered": answered,
        "proof": AlertProof.objects.filter(reference=told.reference).order_by("-asked_at").first(),
        "checks": collected_checks(told.reference),
        "unanswered": len(lines) - answered,
        "without_plan": sum(line.people_without_plan for line in lines),
        "made_at": timezone.now(),
    }
    return render(request, "safeguarding/alert_roster.html", context)


@never_cache
@require_safe
def alert_roster_csv(request: OrganisationRequest, reference: str) -> HttpResponse:
    """The same lines as a file: the proof of who was told, when, and what they answered."""
    told, lines = _known(request.actor, reference)
    head = [
        _("Alert"),
        _("Organisation"),
        _("Why it was told"),
        _("People of theirs"),
        _("Told at"),
        _("People told"),
        _("E-mails sent"),
        _("People texted"),
        _("First text sent at"),
        _("First seen at"),
        _("Answered at"),
        _("Answered by"),
        _("Answer"),
        _("Reminders"),
        _("Last reminder at"),
        _("People who came later without a plan"),
    ]
    rows = [
        [
            told.reference,
            line.organisation_name,
            "; ".join(reasons_of(line)),
            line.people,
            line.told_at,
            line.people_told,
            line.e_mails_sent,
            line.people_texted,
            line.texted_at,
            line.seen_at,
            line.acknowledged_at,
            line.acknowledged_by_name,
            line.response,
            line.reminded,
            line.reminded_at,
            line.people_without_plan,
        ]
        for line in lines
    ]
    answer = HttpResponse(write_csv([head, *rows]), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="alert-{told.reference}-who-was-told.csv"'
    return answer


def _known(actor: Actor, reference: str) -> tuple[AlertRecipient, list[Told]]:
    actor.require("alert.view")
    told = received_alert(normalise_reference(reference))
    lines = roster_for(actor, told.reference)
    if not lines:
        raise Http404
    return told, lines
