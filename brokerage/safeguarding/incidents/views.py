"""Pages of incidents, for both sides: the list, reporting one, one with its life, and each act on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow
from brokerage.core.notifications.reading import mark_read_about
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import OrganisationRequest, address, attempt
from brokerage.safeguarding.incidents.actions.answers import (
    acknowledge_incident,
    close_incident,
    offer_interview,
    require_follow_up,
    settle_interview,
)
from brokerage.safeguarding.incidents.actions.entries import ACT, add_entry, read_incident, record_return
from brokerage.safeguarding.incidents.actions.reports import IncidentFacts, report_incident, withdraw_incident
from brokerage.safeguarding.incidents.forms import (
    AcknowledgeForm,
    CloseForm,
    EntryForm,
    FollowUpForm,
    IncidentFilter,
    OfferForm,
    ReportForm,
    ReturnForm,
    SettleForm,
    WithdrawForm,
)
from brokerage.safeguarding.incidents.models import Incident
from brokerage.safeguarding.incidents.queries import (
    homes_with_incidents,
    incident_of,
    listed_incidents,
    residents,
)
from brokerage.safeguarding.incidents.showing import facts_of, page_of, story_of
from brokerage.safeguarding.incidents.states import ENDED

PER_PAGE = 25


@never_cache
@require_safe
def incident_list(request: OrganisationRequest) -> HttpResponse:
    """The organisation's incidents: those that wait first."""
    actor = _reader(request)
    form = IncidentFilter(request.GET, homes=homes_with_incidents())
    chosen: dict[str, Any] = dict(form.cleaned_data) if form.is_valid() else {}
    page = Paginator(listed_incidents(**chosen), PER_PAGE).get_page(request.GET.get("page"))
    now = database_now()
    return render(
        request,
        "incidents/incident_list.html",
        {
            "filter": form,
            "page": page,
            "lines": [(row, row.is_acknowledgement_overdue(now) or row.is_interview_overdue(now)) for row in page],
            "is_filtered": any(chosen.values()),
            "clear_url": address(actor, "incidents:incident_list"),
            "may_report": actor.is_provider and actor.may("incident.report"),
            "may_export": actor.is_authority and actor.may("referral.identity"),
        },
    )


@never_cache
@require_http_methods(["GET", "POST"])
def incident_report(request: OrganisationRequest) -> HttpResponse:
    """Report an event of a resident: one page."""
    actor = request.actor
    actor.require("incident.report")
    if not actor.is_provider:
        raise Http404("Only a provider reports.")
    found = residents()
    form = ReportForm(
        request.POST if request.method == "POST" else None,
        residents=found,
        initial={"agreement": request.GET.get("agreement", ""), "happened_at": database_now()},
    )
    if request.method == "POST" and form.is_valid():
        reported = attempt(form, report_incident, actor=actor, facts=IncidentFacts(**form.cleaned_data))
        if reported is not None:
            messages.success(request, str(_("The authority is told.")))
            return _to(actor, reported)
    return render(request, "incidents/incident_report.html", {"form": form, "residents": found})


@never_cache
@require_safe
def incident(request: OrganisationRequest, reference: str) -> HttpResponse:
    """One incident. Opening it is recorded, and reads the person's messages of it."""
    actor = _reader(request)
    one = read_incident(actor, reference=reference)
    mark_read_about(actor, reference=one.reference)
    now = database_now()
    context = {"incident": one, "facts": facts_of(one), "story": story_of(one), **page_of(actor, one, now)}
    return render(request, "incidents/incident.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def entry_add(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Add to it."""
    one = _known(request, reference, *ACT)
    if one.status in ENDED:
        raise NotNow("incident_closed", _("This event is closed"))
    form = EntryForm(_sent(request), is_authority=request.actor.is_authority)
    return _act(request, one, form, add_entry, _("Add to the event"), _("Your entry is added."))


@never_cache
@require_http_methods(["GET", "POST"])
def incident_returned(request: OrganisationRequest, reference: str) -> HttpResponse:
    """They are back."""
    one = _known(request, reference, *ACT)
    _may_move(one, "return")
    form = ReturnForm(_sent(request), initial={"returned_at": database_now()})
    return _act(request, one, form, record_return, _("They have returned"), _("The return is recorded."))


@never_cache
@require_http_methods(["GET", "POST"])
def incident_withdraw(request: OrganisationRequest, reference: str) -> HttpResponse:
    """It was a mistake."""
    one = _known(request, reference, "incident.report")
    _may_move(one, "withdraw")
    form = WithdrawForm(_sent(request))
    return _act(request, one, form, withdraw_incident, _("Reported by mistake"), _("The authority is told."))


@never_cache
@require_http_methods(["GET", "POST"])
def incident_acknowledge(request: OrganisationRequest, reference: str) -> HttpResponse:
    """The authority has read it."""
    one = _known(request, reference, "incident.answer")
    if not one.is_waiting_for_acknowledgement:
        raise NotNow("incident_acknowledged", _("This event was acknowledged already, or is over"))
    form = AcknowledgeForm(_sent(request))
    return _act(request, one, form, acknowledge_incident, _("Acknowledge the event"), _("The event is acknowledged."))


@never_cache
@require_http_methods(["GET", "POST"])
def incident_follow_up(request: OrganisationRequest, reference: str) -> HttpResponse:
    """The provider is asked for more."""
    one = _known(request, reference, "incident.answer")
    _may_move(one, "follow_up")
    form = FollowUpForm(_sent(request))
    return _act(request, one, form, require_follow_up, _("Ask for a follow-up"), _("The provider is asked."))


@never_cache
@require_http_methods(["GET", "POST"])
def interview_offer(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Who will do the return interview."""
    one = _known(request, reference, "incident.answer")
    _may_move(one, "offer_interview")
    form = OfferForm(_sent(request))
    return _act(request, one, form, offer_interview, _("Offer a return interview"), _("The offer is recorded."))


@never_cache
@require_http_methods(["GET", "POST"])
def interview_settle(request: OrganisationRequest, reference: str) -> HttpResponse:
    """What came of the return interview."""
    one = _known(request, reference, "incident.answer")
    _may_move(one, "settle_interview")
    form = SettleForm(_sent(request), initial={"interview_on": database_today()})
    return _act(request, one, form, settle_interview, _("Record the return interview"), _("The interview is recorded."))


@never_cache
@require_http_methods(["GET", "POST"])
def incident_close(request: OrganisationRequest, reference: str) -> HttpResponse:
    """It is over."""
    one = _known(request, reference, "incident.answer")
    _may_move(one, "close")
    form = CloseForm(_sent(request))
    return _act(request, one, form, close_incident, _("Close the event"), _("The event is closed."))


def _reader(request: OrganisationRequest) -> Actor:
    """Whoever may read incidents at all: a central team has no residents."""
    request.actor.require("incident.view")
    if not (request.actor.is_authority or request.actor.is_provider):
        raise Http404("Nobody of theirs lives anywhere.")
    return request.actor


def _known(request: OrganisationRequest, reference: str, *permissions: str) -> Incident:
    request.actor.require(*permissions)
    return incident_of(reference)


def _may_move(one: Incident, move: str) -> None:
    """Raise NotNow, before anything is typed, where the move cannot be made."""
    if move not in one.lifecycle.moves:
        raise NotNow("incident_not_now", _("This cannot be done with an event of this kind"))
    one.lifecycle.after(one.status, move)


def _sent(request: OrganisationRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _act(
    request: OrganisationRequest,
    one: Incident,
    form: forms.Form,
    action: Callable[..., Any],
    title: str | Promise,
    done_text: str | Promise,
) -> HttpResponse:
    """One form, one action, back to the incident."""
    if request.method == "POST" and form.is_valid():
        done = attempt(form, action, actor=request.actor, reference=one.reference, **form.cleaned_data)
        if done is not None:
            messages.success(request, str(done_text))
            return _to(request.actor, one)
    return render(request, "incidents/incident_form.html", {"incident": one, "form": form, "title": title})


def _to(actor: Actor, one: Incident) -> HttpResponse:
    return redirect(address(actor, "incidents:incident", reference=one.reference))
