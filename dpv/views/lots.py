"""A lot: who is on it, and admitting an establishment to it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from brokerage.core.clock import database_today
from brokerage.core.web import OrganisationRequest, address, attempt
from dpv.actions.admissions import admit_establishment
from dpv.eligibility import PROBLEM_TEXTS, problems_of
from dpv.forms.admissions import AdmitForm, FindEstablishmentForm, LotFilter
from dpv.queries.admissions import (
    FOUND_AT_MOST,
    admissions_of,
    admittable,
    ceilings_today,
    counts_by_lot,
    lot_by_code,
    may_see_establishments,
)
from dpv.states import ADMISSION
from providers.models import Establishment

PER_PAGE = 25


@require_safe
def lot_detail(request: OrganisationRequest, code: str, lot: str) -> HttpResponse:
    """The lot, and its admissions with status, ceiling in force and what keeps any from being used."""
    actor = request.actor
    actor.require("dpv.view")
    found = lot_by_code(code, lot)
    counts = counts_by_lot(found.vehicle_id).get(found.pk, {})
    context: dict[str, Any] = {
        "lot": found,
        "counts": [(ADMISSION.label(state), counts.get(state, 0)) for state in ADMISSION.states],
        "may_admit": actor.may("dpv.admit"),
        "may_see": may_see_establishments(actor),
    }
    if context["may_see"]:
        form = LotFilter(request.GET)
        chosen = form.cleaned_data if form.is_valid() else {}
        page = Paginator(admissions_of(found, **chosen), PER_PAGE).get_page(request.GET.get("page"))
        today = database_today()
        ids = [admission.pk for admission in page.object_list]
        ceilings = ceilings_today(ids, today)
        problems = problems_of(ids, today)
        context |= {
            "filter": form,
            "is_filtered": any(chosen.values()),
            "page": page,
            "rows": [
                {
                    "admission": admission,
                    "ceiling": ceilings.get(admission.pk),
                    # The status is shown beside them.
                    "problems": [
                        PROBLEM_TEXTS[problem]
                        for problem in problems.get(admission.pk, [])
                        if not problem.startswith("admission_")
                    ],
                }
                for admission in page.object_list
            ],
        }
    return render(request, "dpv/lot.html", context)


@require_safe
def admit_find(request: OrganisationRequest, code: str, lot: str) -> HttpResponse:
    """Find the establishment to admit."""
    actor = request.actor
    actor.require("dpv.admit")
    found = lot_by_code(code, lot)
    is_asked = "q" in request.GET
    form = FindEstablishmentForm(request.GET if is_asked else None)
    results = admittable(found, form.cleaned_data["q"]) if is_asked and form.is_valid() else []
    return render(
        request,
        "dpv/admit_find.html",
        {
            "lot": found,
            "form": form,
            "is_asked": is_asked and form.is_valid(),
            "results": results,
            "is_full": len(results) == FOUND_AT_MOST,
            "most": FOUND_AT_MOST,
        },
    )


@require_http_methods(["GET", "POST"])
def admit(request: OrganisationRequest, code: str, lot: str, establishment: UUID) -> HttpResponse:
    """Admit an establishment with its score, tier, ceilings and the reason."""
    actor = request.actor
    actor.require("dpv.admit")
    found = lot_by_code(code, lot)
    home = Establishment.objects.select_related("provider").filter(pk=establishment).first()
    if home is None:
        raise Http404("No such establishment.")
    form = AdmitForm(request.POST if request.method == "POST" else None, lot=found)
    if request.method == "POST" and form.is_valid():
        admission = attempt(
            form,
            admit_establishment,
            actor=actor,
            lot_id=found.pk,
            establishment_id=home.pk,
            quality_score=form.cleaned_data["quality_score"],
            tier=form.cleaned_data["tier"],
            ceilings=form.ceilings(),
            reason=form.cleaned_data["reason"],
            is_checked=form.cleaned_data["is_checked"],
        )
        if admission is not None:
            messages.success(request, _("%(name)s is admitted. The provider is told.") % {"name": home.name})
            return redirect(address(actor, "dpv:admission", admission=admission.pk))
    return render(request, "dpv/admit.html", {"lot": found, "establishment": home, "form": form})
