"""Pages of what is kept with an alert: strategy meetings and files."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from brokerage.core.errors import NotNow
from brokerage.core.references import normalise_reference
from brokerage.core.stored_files import file_response
from brokerage.core.web import OrganisationRequest, address, attempt
from brokerage.safeguarding.actions.files import OPEN, add_alert_file, link_to_alert_file, read_alert_file
from brokerage.safeguarding.actions.meetings import may_write_meeting, record_meeting
from brokerage.safeguarding.forms import AlertFileForm, MeetingForm
from brokerage.safeguarding.proof import ask_for_proof, read_proof
from brokerage.safeguarding.queries.alerts import raised_alert, received_alert


@never_cache
@require_http_methods(["GET", "POST"])
def meeting_new(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Write a strategy meeting down."""
    actor = request.actor
    actor.require("meeting.manage", "alert.confirm")
    told = received_alert(normalise_reference(reference))
    if not may_write_meeting(actor, told):
        raise Http404
    form = MeetingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        written = attempt(form, record_meeting, actor=actor, reference=told.reference, **form.cleaned_data)
        if written is not None:
            messages.success(request, _("The meeting is recorded."))
            return redirect(address(actor, "safeguarding:alert", reference=told.reference))
    about = told.content.get("about", "")
    return render(request, "safeguarding/meeting_new.html", {"form": form, "told": told, "about": about})


@never_cache
@require_http_methods(["GET", "POST"])
def alert_roster_pdf(request: OrganisationRequest, reference: str) -> HttpResponseBase:
    """Who was told, as a PDF: POST asks for it to be drawn, GET hands out the one drawn last."""
    actor, reference = request.actor, normalise_reference(reference)
    if request.method == "POST":
        ask_for_proof(actor, reference=reference)
        messages.success(request, _("The PDF is being made."))
    else:
        stored = read_proof(actor, reference=reference)
        if stored is not None:
            return file_response(stored)
    return redirect(address(actor, "safeguarding:alert_roster", reference=reference))


@never_cache
@require_http_methods(["GET", "POST"])
def alert_file_add(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Add a file to an alert of ours."""
    actor = request.actor
    actor.require("alert.raise")
    raised = None if actor.is_provider else raised_alert(actor.organisation_id, normalise_reference(reference))
    if raised is None:
        raise Http404
    if raised.status not in OPEN:
        raise NotNow("alert_over", _("This alert is closed, or was not sent"))
    form = AlertFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = {"upload": form.cleaned_data["file"], "is_checked": form.cleaned_data["is_checked"]}
        added = attempt(form, add_alert_file, actor=actor, reference=raised.reference, **given)
        if added is not None:
            messages.success(request, _("The file is added."))
            return redirect(address(actor, "safeguarding:alert", reference=raised.reference))
    return render(request, "safeguarding/alert_file_add.html", {"form": form, "alert": raised})


@never_cache
@require_safe
def alert_file_open(request: OrganisationRequest, reference: str, file: UUID) -> HttpResponse:
    """Lead to the file by a fresh link; the link in a page stays good however long the page is open."""
    actor, reference = request.actor, normalise_reference(reference)
    signature = link_to_alert_file(actor, reference=reference, file_id=file)
    return redirect(address(actor, "safeguarding:alert_file", reference=reference, file=file, signature=signature))


@never_cache
@require_safe
def alert_file(request: OrganisationRequest, reference: str, file: UUID, signature: str) -> HttpResponseBase:
    """The file itself, to be saved and never shown inside the browser."""
    reference = normalise_reference(reference)
    return file_response(read_alert_file(request.actor, reference=reference, file_id=file, signature=signature))
