"""Recording a spot placement."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow
from brokerage.core.vocabulary import KINDS_FOR_CATEGORY
from brokerage.core.web import OrganisationRequest, address, attempt
from placements.actions.spot import SpotHome, record_spot_placement
from placements.forms.spot import SpotForm
from placements.models import Referral
from placements.queries.referrals import referral_of
from placements.states import REFERRAL
from providers.models import Establishment

#: Homes in the list; the rest is typed.
MOST_HOMES = 2000


@require_http_methods(["GET", "HEAD", "POST"])
def referral_spot(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Say where the person goes outside every vehicle, for how much, and why."""
    actor = request.actor
    actor.require("placement.spot", "award.approve")
    referral = referral_of(actor, reference)
    if not REFERRAL.may(referral.status, "record_spot"):
        raise NotNow("referral_not_now", _("A spot placement cannot be recorded for this referral now"))
    is_open = referral.is_open_for_offers(database_now())
    form = SpotForm(request.POST or None, homes=_homes(referral), is_open_for_offers=is_open)
    if request.method == "POST" and form.is_valid():
        answers = form.cleaned_data
        done = attempt(
            form,
            record_spot_placement,
            actor=actor,
            reference=reference,
            reason=answers["reason"],
            home=SpotHome(
                UUID(answers["establishment"]) if answers["establishment"] else None,
                answers["provider_name"],
                answers["outward"],
            ),
            weekly_core=answers["weekly_core"],
            weekly_extras=answers["weekly_extras"] or Decimal(0),
            starts_on=answers["starts_on"],
            expected_end_on=answers["expected_end_on"],
            before_closing=answers.get("before_closing", False),
        )
        if done is not None:
            messages.success(request, _("Spot placement %(reference)s is recorded.") % {"reference": done.reference})
            return redirect(address(actor, "placements:referral", reference=reference))
    context = {
        "referral": referral,
        "form": form,
        "title": _("Record a spot placement"),
        "button_text": _("Record the placement"),
        "lead_text": _(
            "For a home bought outside every vehicle. It ends this referral and is reported as a spot purchase."
        ),
        "limit": actor.weekly_limit,
    }
    return render(request, "placements/match_form.html", context, status=422 if form.errors else 200)


def _homes(referral: Referral) -> list[tuple[str, str]]:
    rows = Establishment.objects.filter(
        kind__in=KINDS_FOR_CATEGORY[referral.category], registration_status="active", closed_on__isnull=True
    ).values_list("pk", "name", "provider__legal_name", "outward")
    return [(str(pk), f"{name}, {outward} ({provider})") for pk, name, provider, outward in rows[:MOST_HOMES]]
