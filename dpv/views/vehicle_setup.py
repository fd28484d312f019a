"""Making a vehicle, changing it, and adding lots: pages of the region's contract managers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from brokerage.core.tenants.models import Organisation
from brokerage.core.web import OrganisationRequest, address, attempt
from dpv.actions.vehicle_setup import add_lot, change_vehicle, create_vehicle, region_of, require_not_over
from dpv.forms.vehicle_setup import LotForm, VehicleChangeForm, VehicleForm
from dpv.queries.admissions import vehicle_by_code

GET_POST = ["GET", "POST"]


@require_http_methods(GET_POST)
def vehicle_new(request: OrganisationRequest) -> HttpResponse:
    """A new vehicle of the region; its lots come next, on its page."""
    actor = request.actor
    actor.require("dpv.manage")
    region = region_of(actor)
    members = Organisation.objects.filter(regions__region=region, kind="authority", is_active=True)
    form = VehicleForm(_posted(request), authorities=list(members.order_by("name").values_list("pk", "name")))
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        made = attempt(form, create_vehicle, actor=actor, lead_authority_id=values.pop("lead_authority"), **values)
        if made is not None:
            messages.success(request, _("%(name)s is made. Add its lots next.") % {"name": made.name})
            return redirect(address(actor, "dpv:vehicle", code=made.code))
    return _page(
        request, form, title=_("Add a vehicle"), caption=region.name, button=_("Add the vehicle"), back="vehicle_list"
    )


@require_http_methods(GET_POST)
def vehicle_edit(request: OrganisationRequest, code: str) -> HttpResponse:
    """Names, terms and last day of a vehicle, with the reason."""
    actor = request.actor
    actor.require("dpv.manage")
    vehicle = vehicle_by_code(code)
    initial = {field: getattr(vehicle, field) for field in ("name", "name_cy", "terms_summary", "ends_on")}
    form = VehicleChangeForm(_posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        changed = attempt(form, change_vehicle, actor=actor, code=vehicle.code, **form.cleaned_data)
        if changed is not None:
            messages.success(request, _("The vehicle is changed."))
            return redirect(address(actor, "dpv:vehicle", code=vehicle.code))
    return _page(
        request,
        form,
        title=_("Change the vehicle"),
        caption=f"{vehicle.name}, {vehicle.code}",
        button=_("Save"),
        inset=_("After its last day no referral can be sent to it and no offer can be awarded on it."),
        back="vehicle",
        code=vehicle.code,
    )


@require_http_methods(GET_POST)
def lot_new(request: OrganisationRequest, code: str) -> HttpResponse:
    """A new lot of a vehicle."""
    actor = request.actor
    actor.require("dpv.manage")
    vehicle = vehicle_by_code(code)
    require_not_over(vehicle)
    form = LotForm(_posted(request))
    if request.method == "POST" and form.is_valid():
        lot = attempt(form, add_lot, actor=actor, vehicle_code=vehicle.code, **form.cleaned_data)
        if lot is not None:
            messages.success(request, _("%(name)s is added. Admit establishments to it next.") % {"name": lot.name})
            return redirect(address(actor, "dpv:lot", code=vehicle.code, lot=lot.code))
    return _page(
        request,
        form,
        title=_("Add a lot"),
        caption=f"{vehicle.name}, {vehicle.code}",
        button=_("Add the lot"),
        inset=_("A lot cannot be changed afterwards: admissions, prices and referrals hang on it."),
        back="vehicle",
        code=vehicle.code,
    )


def _posted(request: OrganisationRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _page(
    request: OrganisationRequest,
    form: forms.Form,
    *,
    title: str,
    caption: str,
    button: str,
    back: str,
    inset: str = "",
    **parameters: str,
) -> HttpResponse:
    """The page of one act; `back` names the page that it goes back to."""
    return render(
        request,
        "dpv/act.html",
        {
            "form": form,
            "title": title,
            "caption": caption,
            "button": button,
            "inset": inset,
            "back_url": address(request.actor, f"dpv:{back}", **parameters),
        },
    )
