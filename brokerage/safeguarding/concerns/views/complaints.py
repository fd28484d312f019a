"""Pages of complaints: the list, making one, reading one, and each side's acts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from brokerage.core.clock import database_today
from brokerage.core.errors import NotNow, NotPermitted
from brokerage.core.notifications.reading import mark_read_about
from brokerage.core.pages.templatetags.pages import day, moment
from brokerage.core.web import OrganisationRequest, address, attempt
from brokerage.safeguarding.concerns.actions import complaints as acts
from brokerage.safeguarding.concerns.actions.complaints import ComplaintFacts, make_complaint
from brokerage.safeguarding.concerns.forms import AcknowledgeForm, ComplaintFilter, ComplaintForm, PartyForm, TextForm
from brokerage.safeguarding.concerns.models import Complaint
from brokerage.safeguarding.concerns.queries.lists import complaint_of, complaints_of, moves_of
from brokerage.safeguarding.concerns.queries.parties import parties_called, party_of

PER_PAGE = 25
#: The part of the address -> (move, action, heading, label of the text, what the reader is told afterwards).
ACTS: dict[str, tuple[str, Callable[..., Any], Any, Any, Any]] = {
    "acknowledge": (
        *("acknowledge", acts.acknowledge_complaint, gettext_lazy("Acknowledge the complaint"), ""),
        gettext_lazy("The complaint is acknowledged."),
    ),
    "answer": (
        *("answer", acts.answer_complaint, gettext_lazy("Answer the complaint"), gettext_lazy("Your answer")),
        gettext_lazy("Your answer is sent."),
    ),
    "message": (
        *("message", acts.send_message, gettext_lazy("Write a message"), gettext_lazy("Your message")),
        gettext_lazy("Your message is sent."),
    ),
    "ask-for-mediation": (
        *("ask_mediation", acts.ask_mediation, gettext_lazy("Ask for mediation"), gettext_lazy("Why is it needed?")),
        gettext_lazy("The central team is asked to mediate."),
    ),
    "mediate": (
        *("mediate", acts.mediate, gettext_lazy("Write the outcome"), gettext_lazy("What you found, and what to do")),
        gettext_lazy("The outcome is sent to both sides."),
    ),
    "settle": (
        *("settle", acts.settle_complaint, gettext_lazy("Settle the complaint"), gettext_lazy("How is it settled?")),
        gettext_lazy("The complaint is settled."),
    ),
    "close": (
        *("give_up", acts.give_up_complaint, gettext_lazy("Close it as unresolved"), gettext_lazy("What remains?")),
        gettext_lazy("The complaint is closed."),
    ),
}


@never_cache
@require_safe
def complaint_list(request: OrganisationRequest) -> HttpResponse:
    """The complaints that the organisation is a party of, or mediates."""
    actor = request.actor
    actor.require("complaint.view")
    form = ComplaintFilter(request.GET)
    chosen: dict[str, Any] = dict(form.cleaned_data) if form.is_valid() else {}
    page = Paginator(complaints_of(chosen), PER_PAGE).get_page(request.GET.get("page"))
    today = database_today()
    return render(
        request,
        "concerns/complaint_list.html",
        {
            "filter": form,
            "page": page,
            "lines": [
                {
                    "row": row,
                    "is_ours": row.complainant_id == actor.organisation_id,
                    "is_overdue": row.is_overdue(today),
                }
                for row in page
            ],
            "is_filtered": any(chosen.values()),
            "clear_url": address(actor, "concerns:complaint_list"),
            "may_write": actor.may("complaint.write") and not actor.is_central,
        },
    )


@never_cache
@require_http_methods(["GET", "POST"])
def complaint_new(request: OrganisationRequest) -> HttpResponse:
    """Find whom it is against, then say everything on one page."""
    actor = request.actor
    actor.require("complaint.write")
    if actor.is_central:
        raise NotPermitted("complaint.write")
    against = party_of(actor, request.GET.get("against", ""))
    if against is None:
        search = PartyForm(request.GET or None)
        text = search.cleaned_data["q"].replace("\x00", "") if search.is_bound and search.is_valid() else ""
        found = parties_called(actor, text) if text else None
        return render(request, "concerns/complaint_find.html", {"form": search, "found": found})
    initial = {"agreement_reference": request.GET.get("agreement", "")[:20]}
    form = ComplaintForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        facts = ComplaintFacts(against_id=against[0], **form.cleaned_data)
        made = attempt(form, make_complaint, actor=actor, facts=facts)
        if made is not None:
            messages.success(request, _("The complaint is made. The other side is told."))
            return redirect(address(actor, "concerns:complaint", reference=made.reference))
    return render(request, "concerns/complaint_new.html", {"form": form, "against": against[1]})


@never_cache
@require_safe
def complaint(request: OrganisationRequest, reference: str) -> HttpResponse:
    """One complaint: what is wanted, what each side did and said, and what may be done now."""
    actor = request.actor
    actor.require("complaint.view")
    row = complaint_of(reference)
    mark_read_about(actor, reference=row.reference)
    today = database_today()
    moves = moves_of(actor, row, today)
    buttons = [
        {
            "label": heading,
            "url": address(actor, f"concerns:complaint_{move}", reference=row.reference),
            "variant": "" if move == moves[0] else "secondary",
        }
        for move, _action, heading, _label, _done in ACTS.values()
        if move in moves
    ]
    return render(
        request,
        "concerns/complaint.html",
        {
            "complaint": row,
            "facts": _facts(row),
            "events": _events(row),
            "is_overdue": row.is_overdue(today),
            "is_ours": row.complainant_id == actor.organisation_id,
            "buttons": buttons,
        },
    )


@never_cache
@require_http_methods(["GET", "POST"])
def complaint_act(request: OrganisationRequest, reference: str, act: str) -> HttpResponse:
    """One act of one side or of the mediator."""
    actor = request.actor
    move, action, heading, label, done = ACTS[act]
    actor.require("complaint.mediate" if move == "mediate" else "complaint.write")
    row = complaint_of(reference)
    if move not in moves_of(actor, row, database_today()):
        raise NotNow("complaint_not_now", _("You cannot do this with the complaint as it stands"))
    data = request.POST if request.method == "POST" else None
    form: forms.Form = TextForm(data, label=label) if label else AcknowledgeForm(data)
    if request.method == "POST" and form.is_valid():
        acted = attempt(form, action, actor=actor, reference=row.reference, **form.cleaned_data)
        if acted is not None:
            messages.success(request, str(done))
            return redirect(address(actor, "concerns:complaint", reference=row.reference))
    return render(
        request, "concerns/complaint_act.html", {"form": form, "complaint": row, "heading": heading, "move": move}
    )


def _facts(row: Complaint) -> list[dict[str, Any]]:
    if row.acknowledged_at:
        acknowledged = f"{row.acknowledged_by_name}, {moment(row.acknowledged_at)}"
        if row.was_late:
            acknowledged += "\n" + _("Late: it was to be acknowledged by %(day)s") % {"day": day(row.acknowledge_by)}
    else:
        acknowledged = _("Not yet; by %(day)s at the latest") % {"day": day(row.acknowledge_by)}
    facts = [
        {"key": _("Complaint of"), "value": row.complainant_name},
        {"key": _("Against"), "value": row.respondent_name},
        {"key": _("Made"), "value": f"{row.made_by_name}, {moment(row.made_at)}"},
        {"key": _("Kind"), "value": row.get_kind_display()},
        {"key": _("What is wrong"), "value": row.what},
        {"key": _("What should happen"), "value": row.wanted},
        {"key": _("Acknowledged"), "value": acknowledged},
    ]
    if row.agreement_reference:
        facts.insert(4, {"key": _("Agreement"), "value": row.agreement_reference})
    if row.mediator:
        facts.append({"key": _("Mediator"), "value": row.mediator.name})
    return facts


def _events(row: Complaint) -> list[dict[str, Any]]:
    return [
        {
            "title": entry.get_kind_display(),
            "by": f"{entry.by_name}, {entry.organisation.name}",
            "at": entry.at,
            "text": entry.text,
        }
        for entry in row.entries.select_related("organisation").order_by("-at", "-pk")
    ]
