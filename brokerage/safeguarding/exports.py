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
from brokerage.safeguarding.models import AlertRecipient
from brokerage.safeguarding.proof import proof_of
from brokerage.safeguarding.queries.alerts import Told, collected_checks, received_alert, roster_for
from brokerage.safeguarding.queries.lists import reasons_of


@never_cache
@require_safe
def alert_roster(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Who was told, those without an answer first."""
    told, lines = _known(request.actor, normalise_reference(reference))
    answered = sum(line.acknowledged_at is not None for line in lines)
    context: dict[str, Any] = {
        "told": told,
        "about": told.content.get("about", ""),
        "lines": [(line, reasons_of(line)) for line in lines],
        "answered": answered,
        "proof": proof_of(request.actor, reference=told.reference),
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
    content, name = roster_csv(request.actor, normalise_reference(reference))
    answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def roster_csv(actor: Actor, reference: str) -> tuple[bytes, str]:
    """The file's bytes and name. Http404 for whoever may not see who was told."""
    told, lines = _known(actor, reference)
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
    return write_csv([head, *rows]), f"alert-{told.reference}-who-was-told.csv"


def _known(actor: Actor, reference: str) -> tuple[AlertRecipient, list[Told]]:
    actor.require("alert.view")
    told = received_alert(reference)
    lines = roster_for(actor, told.reference)
    if not lines:
        raise Http404
    return told, lines
