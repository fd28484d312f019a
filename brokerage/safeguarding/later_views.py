"""The page on which an authority says what it will do for people who came to live there after it answered an alert."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from brokerage.core.references import normalise_reference
from brokerage.core.web import OrganisationRequest, address, attempt
from brokerage.safeguarding.actions.answers import plan_for_people_who_came_later, to_be_planned
from brokerage.safeguarding.forms import PlansForm
from brokerage.safeguarding.queries.alerts import received_alert


@never_cache
@require_http_methods(["GET", "POST"])
def alert_plans(request: OrganisationRequest, reference: str) -> HttpResponse:
    """A plan for each of those who came later; the same form stands on the alert's own page."""
    actor = request.actor
    actor.require("alert.acknowledge")
    if not actor.is_authority:
        raise Http404("Nobody else has people there.")
    told = received_alert(normalise_reference(reference))
    form = PlansForm(request.POST if request.method == "POST" else None, people=to_be_planned(actor, told))
    if request.method == "POST" and form.is_valid():
        planned = attempt(
            form,
            plan_for_people_who_came_later,
            actor=actor,
            reference=told.reference,
            plans=form.plans,
            is_checked=form.cleaned_data["is_checked"],
        )
        if planned is not None:
            messages.success(request, _("Your plans are recorded."))
            return redirect(address(actor, "safeguarding:alert", reference=told.reference))
    return render(request, "safeguarding/alert_plans.html", {"form": form, "told": told})
