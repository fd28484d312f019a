"""Pages of placements, for the authority: the list, one, and what happens in its life."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from brokerage.core.clock import database_today
from brokerage.core.pages.long_lists import LongPaginator
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import OrganisationRequest, address, attempt
from placements.actions.placements import (
    cancel_placement,
    end_placement,
    record_host_notified,
    reschedule_placement,
    start_placement,
)
from placements.forms.placements import (
    CancelForm,
    EndForm,
    HostNotifiedForm,
    PlacementFilter,
    RescheduleForm,
    StartForm,
)
from placements.models import Placement
from placements.queries.placements import host_notice_of, listed_placements, placement_of, totals_of
from placements.ssda903 import END_REASONS, PLACEMENT_PROVIDERS, PLACEMENT_TYPES
from placements.states import PLACEMENT, PLACEMENT_LIVE
from providers.standing import Standing, warnings_at

PER_PAGE = 25


@require_safe
def placement_list(request: OrganisationRequest) -> HttpResponse:
    """The authority's placements with what they cost a week."""
    request.actor.require("placement.view")
    form = PlacementFilter(request.GET)
    chosen: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    rows = listed_placements(**chosen)
    return render(
        request,
        "placements/placement_list.html",
        {
            "filter": form,
            "page": LongPaginator(rows, PER_PAGE).get_page(request.GET.get("page")),
            "totals": totals_of(rows),
            "is_filtered": any(chosen.values()),
        },
    )


@never_cache
@require_safe
def placement_detail(request: OrganisationRequest, reference: str) -> HttpResponse:
    """One placement: dates, price, agreement, host authority, and what may be done now."""
    actor = request.actor
    actor.require("placement.view")
    placement = placement_of(reference)
    may_start, may_end = actor.may("placement.start"), actor.may("placement.end")
    host = host_notice_of(placement)
    return render(
        request,
        "placements/placement_detail.html",
        {
            "placement": placement,
            "host": host,
            "is_host_overdue": host.is_overdue(database_today()),
            "warnings": _warnings(actor, placement),
            "agreements": sorted(placement.agreements.all(), key=lambda each: each.created_at, reverse=True),
            "type_text": PLACEMENT_TYPES.get(placement.placement_type, ""),
            "provider_text": PLACEMENT_PROVIDERS.get(placement.placement_provider, ""),
            "end_text": END_REASONS.get(placement.end_reason, placement.end_reason),
            "may_start": may_start and PLACEMENT.may(placement.status, "start"),
            "may_reschedule": may_start and PLACEMENT.may(placement.status, "reschedule"),
            "may_end": may_end and PLACEMENT.may(placement.status, "end"),
            "may_cancel": actor.may("placement.spot", "award.approve")
            and placement.award is None
            and PLACEMENT.may(placement.status, "cancel"),
            "may_fall_through": actor.may("award.fall_through")
            and placement.status == "planned"
            and placement.award is not None
            and placement.award.status == "confirmed",
            "may_notify": may_start and host.due_on is not None and placement.status in ("planned", "active"),
        },
    )


@never_cache
@require_http_methods(["GET", "POST"])
def placement_start(request: OrganisationRequest, reference: str) -> HttpResponse:
    """The person has moved in."""
    request.actor.require("placement.start")
    placement = placement_of(reference)
    PLACEMENT.after(placement.status, "start")
    form = StartForm(request.POST or None, placement=placement)
    return _act(request, placement, form, start_placement, _("They moved in"), _("The placement has started."))


@never_cache
@require_http_methods(["GET", "POST"])
def placement_reschedule(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Another day is planned."""
    request.actor.require("placement.start")
    placement = placement_of(reference)
    PLACEMENT.after(placement.status, "reschedule")
    form = RescheduleForm(request.POST or None, initial={"planned_start_on": placement.planned_start_on})
    return _act(
        request, placement, form, reschedule_placement, _("Change the start date"), _("The start date is changed.")
    )


@never_cache
@require_http_methods(["GET", "POST"])
def placement_end(request: OrganisationRequest, reference: str) -> HttpResponse:
    """The person has left."""
    request.actor.require("placement.end")
    placement = placement_of(reference)
    PLACEMENT.after(placement.status, "end")
    form = EndForm(request.POST or None, placement=placement)
    return _act(
        request,
        placement,
        form,
        end_placement,
        _("End the placement"),
        _("The placement has ended and its place is free again."),
    )


@never_cache
@require_http_methods(["GET", "POST"])
def placement_cancel(request: OrganisationRequest, reference: str) -> HttpResponse:
    """A placement without an award comes to nothing."""
    request.actor.require("placement.spot", "award.approve")
    placement = placement_of(reference)
    PLACEMENT.after(placement.status, "cancel")
    form = CancelForm(request.POST or None)
    return _act(request, placement, form, cancel_placement, _("Cancel the placement"), _("The placement is cancelled."))


@never_cache
@require_http_methods(["GET", "POST"])
def placement_host(request: OrganisationRequest, reference: str) -> HttpResponse:
    """The host authority has been told."""
    request.actor.require("placement.start")
    placement = placement_of(reference)
    form = HostNotifiedForm(request.POST or None, initial={"notified_on": placement.host_notified_on})
    return _act(
        request,
        placement,
        form,
        record_host_notified,
        _("Host authority told"),
        _("Recorded: the host authority is told."),
    )


def _act(
    request: OrganisationRequest,
    placement: Placement,
    form: forms.Form,
    action: Callable[..., Placement],
    title: str | Promise,
    done_text: str | Promise,
) -> HttpResponse:
    """One form, one action, back to the placement."""
    if request.method == "POST" and form.is_valid():
        done = attempt(form, action, actor=request.actor, placement_id=placement.pk, **form.cleaned_data)
        if done is not None:
            messages.success(request, str(done_text))
            return redirect(address(request.actor, "placements:placement", reference=placement.reference))
    return render(
        request,
        "placements/placement_form.html",
        {"placement": placement, "form": form, "title": title, "warnings": _warnings(request.actor, placement)},
    )


def _warnings(actor: Actor, placement: Placement) -> list[Standing]:
    """What is open about the home of somebody who lives there or is to move in."""
    if placement.status not in PLACEMENT_LIVE:
        return []
    return warnings_at(actor, placement.establishment_id, placement.household_id)
