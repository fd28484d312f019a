"""Vehicles: the list, one vehicle, its rules by version, and who may use it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from brokerage.core.clock import database_today
from brokerage.core.tenants.models import Organisation
from brokerage.core.web import OrganisationRequest, address, attempt
from dpv.actions.vehicles import add_access, add_rule_version, end_access
from dpv.forms.rules import RulesForm
from dpv.forms.vehicles import AccessForm, EndAccessForm
from dpv.models import AccessAgreement, RuleVersion
from dpv.queries.admissions import admitted_counts, counts_by_lot, vehicle_by_code, vehicles_listed
from dpv.queries.rules import rules_of
from dpv.rule_words import changed_lines, lines_of
from dpv.states import ADMISSION


@require_safe
def vehicle_list(request: OrganisationRequest) -> HttpResponse:
    """The region's purchasing vehicles."""
    request.actor.require("dpv.view")
    vehicles = list(vehicles_listed())
    counts = admitted_counts(vehicle.pk for vehicle in vehicles)
    rows = [(vehicle, counts.get(vehicle.pk, 0)) for vehicle in vehicles]
    return render(
        request,
        "dpv/vehicle_list.html",
        {"rows": rows, "today": database_today(), "may_manage": request.actor.may("dpv.manage")},
    )


@require_safe
def vehicle_detail(request: OrganisationRequest, code: str) -> HttpResponse:
    """One vehicle: its term, lots with how many are on them, the rules in force, who may use it."""
    actor = request.actor
    actor.require("dpv.view")
    vehicle = vehicle_by_code(code)
    today = database_today()
    counts = counts_by_lot(vehicle.pk)
    lots = [
        (lot, [(ADMISSION.label(state), counts.get(lot.pk, {}).get(state, 0)) for state in ("admitted", "suspended")])
        for lot in vehicle.lots.order_by("code")
    ]
    versions = list(vehicle.rule_versions.order_by("-valid_from"))
    in_force = next((version for version in versions if version.valid_from <= today), None)
    access = AccessAgreement.objects.filter(vehicle=vehicle).select_related("authority")
    return render(
        request,
        "dpv/vehicle.html",
        {
            "vehicle": vehicle,
            "is_running": vehicle.starts_on <= today <= vehicle.ends_on,
            "is_over": vehicle.ends_on < today,
            "lots": lots,
            "version": in_force,
            "ahead": [version for version in versions if version.valid_from > today],
            "rules": lines_of(rules_of(in_force)) if in_force else [],
            "access": access.order_by("authority__name", "starts_on"),
            "today": today,
            "may_manage": actor.may("dpv.manage"),
        },
    )


@require_safe
def vehicle_rules(request: OrganisationRequest, code: str) -> HttpResponse:
    """Every version of the rules, newest first, with what each changed."""
    request.actor.require("dpv.view")
    vehicle = vehicle_by_code(code)
    versions = list(vehicle.rule_versions.order_by("valid_from"))
    history = []
    for number, version in enumerate(versions):
        earlier = versions[number - 1] if number else None
        changes = changed_lines(rules_of(earlier), rules_of(version)) if earlier else []
        history.append({"version": version, "number": number + 1, "changes": changes, "is_first": earlier is None})
    today = database_today()
    in_force = next((version for version in reversed(versions) if version.valid_from <= today), None)
    return render(
        request,
        "dpv/rules.html",
        {
            "vehicle": vehicle,
            "history": history[::-1],
            "in_force": in_force,
            "rules": lines_of(rules_of(in_force)) if in_force else [],
            "today": today,
            "may_manage": request.actor.may("dpv.manage"),
        },
    )


@require_http_methods(["GET", "POST"])
def rules_change(request: OrganisationRequest, code: str) -> HttpResponse:
    """A new version of the rules from a day on."""
    actor = request.actor
    actor.require("dpv.manage")
    vehicle = vehicle_by_code(code)
    latest = RuleVersion.objects.filter(vehicle=vehicle).order_by("-valid_from").first()
    if latest is None:
        raise Http404("No rules to change.")
    form = RulesForm(request.POST if request.method == "POST" else None, rules=rules_of(latest))
    if request.method == "POST" and form.is_valid():
        version = attempt(
            form,
            add_rule_version,
            actor=actor,
            code=vehicle.code,
            valid_from=form.cleaned_data["valid_from"],
            values=form.values(),
            source=form.cleaned_data["source"],
            reason=form.cleaned_data["reason"],
        )
        if version is not None:
            messages.success(request, _("The new rules are saved."))
            return redirect(address(actor, "dpv:vehicle_rules", code=vehicle.code))
    return render(request, "dpv/rules_change.html", {"vehicle": vehicle, "form": form, "latest": latest})


@require_http_methods(["GET", "POST"])
def access_new(request: OrganisationRequest, code: str) -> HttpResponse:
    """Let another authority of the region use the vehicle."""
    actor = request.actor
    actor.require("dpv.manage")
    vehicle = vehicle_by_code(code)
    members = Organisation.objects.filter(regions__region_id=vehicle.region_id, kind="authority", is_active=True)
    form = AccessForm(
        request.POST if request.method == "POST" else None,
        authorities=list(members.order_by("name", "pk").values_list("pk", "name")),
    )
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        added = attempt(
            form, add_access, actor=actor, code=vehicle.code, authority_id=values.pop("authority"), **values
        )
        if added is not None:
            messages.success(request, _("%(authority)s may use this vehicle.") % {"authority": added.authority.name})
            return redirect(address(actor, "dpv:vehicle", code=vehicle.code))
    return render(
        request,
        "dpv/act.html",
        {
            "form": form,
            "title": _("Add an authority"),
            "caption": vehicle.name,
            "button": _("Add"),
            "back_url": address(actor, "dpv:vehicle", code=vehicle.code),
        },
    )


@require_http_methods(["GET", "POST"])
def access_end(request: OrganisationRequest, code: str, access: UUID) -> HttpResponse:
    """End an authority's access after a day."""
    actor = request.actor
    actor.require("dpv.manage")
    agreement = (
        AccessAgreement.objects.select_related("vehicle", "authority")
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=database_today()), pk=access, vehicle__code=code)
        .first()
    )
    if agreement is None:
        raise Http404("No such access agreement.")
    form = EndAccessForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        ended = attempt(form, end_access, actor=actor, access_id=agreement.pk, **form.cleaned_data)
        if ended is not None:
            messages.success(request, _("The last day is recorded."))
            return redirect(address(actor, "dpv:vehicle", code=code))
    return render(
        request,
        "dpv/act.html",
        {
            "form": form,
            "title": _("End the access of %(authority)s") % {"authority": agreement.authority.name},
            "caption": agreement.vehicle.name,
            "warning": _("From the day after, it can send no new referral to this vehicle."),
            "button": _("End access"),
            "is_grave": True,
            "back_url": address(actor, "dpv:vehicle", code=code),
        },
    )
