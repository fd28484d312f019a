"""Recording a spot placement."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow
from brokerage.core.tenants.actors import Actor
from brokerage.core.vocabulary import KINDS_FOR_CATEGORY
from brokerage.core.web import OrganisationRequest, address, attempt
from placements.actions.spot import SpotHome, record_spot_placement
from placements.forms.spot import RegisterSearchForm, SpotForm
from placements.models import Referral
from placements.queries.referrals import referral_of
from placements.states import REFERRAL
from providers.models import Establishment
from providers.standing import Standing, warnings_of

#: Homes that a search shows: a longer list asks for more letters.
MOST_HOMES = 25


@require_http_methods(["GET", "HEAD", "POST"])
def referral_spot(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Say where the person goes outside every vehicle, for how much, and why."""
    actor = request.actor
    actor.require("placement.spot", "award.approve")
    referral = referral_of(actor, reference)
    if not REFERRAL.may(referral.status, "record_spot"):
        raise NotNow("referral_not_now", _("A spot placement cannot be recorded for this referral now"))
    is_open = referral.is_open_for_offers(database_now())
    search = RegisterSearchForm(request.GET)
    asked = search.cleaned_data["q"].strip() if search.is_valid() else ""
    homes = _homes(referral, asked, request.POST.get("establishment", ""))
    form = SpotForm(request.POST or None, homes=homes[:MOST_HOMES], is_open_for_offers=is_open)
    if request.method == "POST" and form.is_valid():
        answers = form.cleaned_data
        done = attempt(
            form,
            record_spot_placement,
            actor=actor,
            reference=reference,
            reason=answers["reason"],
            home=SpotHome(
                UUID(answers["establishment"]) if answers.get("establishment") else None,
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
        "search": search,
        "search_result": _result(asked, len(homes)),
        "warnings": _warnings(actor, homes[:MOST_HOMES]),
    }
    return render(request, "placements/match_form.html", context, status=422 if form.errors else 200)


def _homes(referral: Referral, asked: str, chosen: str) -> list[tuple[str, str]]:
    """Homes of the register that the referral may use and the search finds, one more than are shown; and the one
    chosen already."""
    rows = Establishment.objects.filter(
        kind__in=KINDS_FOR_CATEGORY[referral.category], registration_status="active", closed_on__isnull=True
    )
    wanted = Q(pk=chosen) if _is_id(chosen) else Q(pk__in=[])
    if asked:
        wanted |= Q(name__icontains=asked) | Q(provider__legal_name__icontains=asked) | Q(outward__iexact=asked)
    found = rows.filter(wanted).order_by("name", "pk").values_list("pk", "name", "provider__legal_name", "outward")
    return [(str(pk), f"{name}, {outward} ({provider})") for pk, name, provider, outward in found[: MOST_HOMES + 1]]


def _warnings(actor: Actor, homes: list[tuple[str, str]]) -> list[tuple[str, list[Standing]]]:
    """Those of the homes about which whoever chooses one should know something first."""
    found = warnings_of(actor, {UUID(pk) for pk, _name in homes})
    return [(name, found[UUID(pk)]) for pk, name in homes if UUID(pk) in found]


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _result(asked: str, count: int) -> str:
    """What the search found, in a sentence."""
    if not asked:
        return ""
    if count == 0:
        return _("No home in the register fits. Try fewer letters, or enter the home below.")
    if count > MOST_HOMES:
        return _("The first %(count)s homes are below. Enter more letters to find others.") % {"count": MOST_HOMES}
    return ngettext("%(count)s home found", "%(count)s homes found", count) % {"count": count}
