"""Pages of the firewall: an authority's findings, one of them, its answer; a central team's list of failing homes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from brokerage.core.errors import NotPermitted
from brokerage.core.notifications.reading import mark_read_about
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import OrganisationRequest, address, attempt
from brokerage.safeguarding.firewall.actions.findings import acknowledge_finding
from brokerage.safeguarding.firewall.forms import FindingFilter, PlanForm
from brokerage.safeguarding.firewall.models import Finding
from brokerage.safeguarding.firewall.queries.findings import (
    failing_homes,
    finding_of,
    last_check,
    listed_findings,
    placement_there,
)
from brokerage.safeguarding.firewall.queries.problems import words
from brokerage.safeguarding.firewall.states import FINDING
from brokerage.safeguarding.forms import where_and_since

PER_PAGE = 25
COLOURS = {"open": "red", "acknowledged": "yellow", "cleared": "green"}


@never_cache
@require_safe
def finding_list(request: OrganisationRequest) -> HttpResponse:
    """What the nightly run found: an authority's own placements, or how many there are in each home of the region."""
    actor = request.actor
    actor.require("firewall.view")
    if actor.kind == "central":
        homes = Paginator(failing_homes(), PER_PAGE).get_page(request.GET.get("page"))
        return render(request, "firewall/failing_list.html", {"page": homes})
    if not actor.is_authority:
        raise NotPermitted("firewall.view")
    form = FindingFilter(request.GET)
    chosen: dict[str, Any] = dict(form.cleaned_data) if form.is_valid() else {}
    chosen["q"] = chosen.get("q", "").replace("\x00", "")
    page = Paginator(listed_findings(**chosen), PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "firewall/finding_list.html",
        {
            "filter": form,
            "page": page,
            "lines": [_line(one) for one in page],
            "is_filtered": any(chosen.values()),
            "clear_url": address(actor, "firewall:finding_list"),
            "last": last_check(),
        },
    )


@never_cache
@require_safe
def finding(request: OrganisationRequest, reference: str) -> HttpResponse:
    """One finding: what is wrong, since when, whom it is about by reference, what can be done."""
    actor = request.actor
    actor.require("firewall.view")
    one = _own(actor, reference)
    mark_read_about(actor, reference=one.reference)
    placement = placement_there(one) if actor.may("placement.view") else None
    return render(
        request,
        "firewall/finding.html",
        {
            **_line(one),
            "finding": one,
            "placement": placement,
            "where": where_and_since(placement) if placement else "",
            "home_url": (
                address(actor, "providers:establishment", pk=one.establishment_id) if one.establishment_id else ""
            ),
            "raise_url": _raise_url(actor, one),
            "may_answer": one.state == "open" and actor.may("alert.acknowledge"),
            "may_refer": actor.may("referral.draft") and one.state != "cleared",
        },
    )


@never_cache
@require_http_methods(["GET", "POST"])
def finding_answer(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Say once what will be done."""
    actor = request.actor
    actor.require("firewall.view")
    actor.require("alert.acknowledge")
    one = _own(actor, reference)
    FINDING.after(one.state, "acknowledge")
    form = PlanForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        done = attempt(form, acknowledge_finding, actor=actor, reference=one.reference, plan=form.cleaned_data["plan"])
        if done is not None:
            messages.success(request, _("Your answer is recorded."))
            return redirect(address(actor, "firewall:finding", reference=one.reference))
    return render(request, "firewall/finding_answer.html", {**_line(one), "form": form, "finding": one})


def _own(actor: Actor, reference: str) -> Finding:
    if not actor.is_authority:
        raise Http404
    return finding_of(reference)


def _line(one: Finding) -> dict[str, Any]:
    return {
        "reference": one.reference,
        "home": one.home,
        "placement_reference": one.placement_reference,
        "problems": words(one.codes),
        "found_at": one.found_at,
        "state": one.state,
        "state_label": one.get_state_display(),
        "state_colour": COLOURS[one.state],
    }


def _raise_url(actor: Actor, one: Finding) -> str:
    """Where an alert about the home is raised; nothing for a home in no register."""
    if one.establishment_id is None or not actor.may("alert.raise"):
        return ""
    return f"{address(actor, 'safeguarding:alert_raise')}?establishment={one.establishment_id}"
