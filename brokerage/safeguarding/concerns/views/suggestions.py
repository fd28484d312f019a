"""Pages of suggestions: what adds up, and what a person decides. Nothing happens by itself."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from brokerage.core.errors import NotNow
from brokerage.core.notifications.reading import mark_read_about
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import OrganisationRequest, address, attempt
from brokerage.safeguarding.concerns.actions.patterns import decide_suggestion, decisions_of
from brokerage.safeguarding.concerns.forms import DecisionForm, SuggestionFilter
from brokerage.safeguarding.concerns.models import Suggestion
from brokerage.safeguarding.concerns.queries.lists import (
    concerns_behind,
    suggestion_of,
    suggestions_of,
    what_adds_up,
)
from brokerage.safeguarding.concerns.states import SUGGESTION
from brokerage.safeguarding.concerns.views.concerns import PER_PAGE, alert_url, require_watcher, tabs


@never_cache
@require_safe
def suggestion_list(request: OrganisationRequest) -> HttpResponse:
    """The suggestions to the organisation's leads."""
    actor = request.actor
    require_watcher(actor, "concern.decide")
    form = SuggestionFilter(request.GET)
    chosen: dict[str, Any] = dict(form.cleaned_data) if form.is_valid() else {}
    page = Paginator(suggestions_of(chosen), PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "concerns/suggestion_list.html",
        {
            "filter": form,
            "page": page,
            "is_filtered": any(chosen.values()),
            "clear_url": address(actor, "concerns:suggestion_list"),
            "tabs": tabs(actor, "concerns:suggestion_list"),
        },
    )


@never_cache
@require_safe
def suggestion(request: OrganisationRequest, reference: str) -> HttpResponse:
    """What adds up, with the concerns that the organisation may read, and the ways on."""
    actor = request.actor
    require_watcher(actor, "concern.decide")
    row = suggestion_of(reference)
    mark_read_about(actor, reference=row.reference)
    return render(
        request,
        "concerns/suggestion.html",
        {
            "suggestion": row,
            "sentence": what_adds_up(row),
            "concerns": concerns_behind(row) if row.pattern == "concerns" else [],
            "may_decide": bool(SUGGESTION.allowed(row.status)),
            "links": _links(actor, row),
        },
    )


@never_cache
@require_http_methods(["GET", "POST"])
def suggestion_decide(request: OrganisationRequest, reference: str) -> HttpResponse:
    """A person decides, and is led to where it goes on."""
    actor = request.actor
    require_watcher(actor, "concern.decide")
    row = suggestion_of(reference)
    labels = {
        "look": _("We look into it"),
        "alert": _("We raise an alert: go on to raise it"),
        "measure": _("We propose a measure"),
        "dismiss": _("Dismiss it: it comes back only when something new happens"),
    }
    moves = [move for move in decisions_of(actor) if SUGGESTION.may(row.status, move)]
    if not moves:
        raise NotNow("suggestion_not_now", _("This is decided already"))
    choices = [(move, labels[move]) for move in moves]
    form = DecisionForm(request.POST if request.method == "POST" else None, choices=choices)
    if request.method == "POST" and form.is_valid():
        decided = attempt(form, decide_suggestion, actor=actor, reference=row.reference, **form.cleaned_data)
        if decided is not None:
            messages.success(request, _("Your decision is recorded."))
            return redirect(_onward(actor, decided))
    context = {"form": form, "reference": row.reference, "about": row.about, "back_name": "concerns:suggestion"}
    return render(request, "concerns/decide.html", {**context, "said": what_adds_up(row)})


def _onward(actor: Actor, row: Suggestion) -> str:
    if row.status == "alerted":
        return alert_url(actor, row)
    if row.status == "measure" and (url := _measure_url(actor, row)):
        return url
    return address(actor, "concerns:suggestion", reference=row.reference)


def _links(actor: Actor, row: Suggestion) -> list[dict[str, str]]:
    """Where somebody who looks into it may go."""
    subject = f"establishment={row.establishment_id}" if row.establishment_id else f"provider={row.provider_id}"
    links = []
    if actor.may("providers.verify", "dpv.view", "referral.match"):
        url = address(actor, "providers:provider", pk=row.provider_id)
        if row.establishment_id:
            url = address(actor, "providers:establishment", pk=row.establishment_id)
        links.append({"label": _("The register’s page"), "url": url})
    if actor.is_central and actor.may("providers.verify"):
        url = address(actor, "providers:verify", pk=row.provider_id)
        links.append({"label": _("Verify the provider"), "url": url})
    if actor.may("concern.write"):
        url = f"{address(actor, 'concerns:concern_new')}?{subject}"
        links.append({"label": _("Note another concern"), "url": url})
    if actor.may("alert.raise"):
        links.append({"label": _("Raise a safeguarding alert"), "url": alert_url(actor, row)})
    if actor.may("measure.propose") and (url := _measure_url(actor, row)):
        links.append({"label": _("Propose a measure"), "url": url})
    return links


def _measure_url(actor: Actor, row: Suggestion) -> str:
    """Where a measure is proposed; "" while there is no such page."""
    subject = f"establishment={row.establishment_id}" if row.establishment_id else f"provider={row.provider_id}"
    try:
        return f"{address(actor, 'dpv:measure_propose')}?{subject}"
    except NoReverseMatch:
        return ""
