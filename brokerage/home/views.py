"""The front page, the choice of organisation, each role's home page and the search for a reference."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from brokerage.core.clock import database_now
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.directory import doors_of
from brokerage.core.web import OrganisationRequest, address, attempt
from brokerage.home import alerts, authority, central, concerns, provider, watch
from brokerage.home.forms import PersonSearchForm
from brokerage.home.searching import PEOPLE_AT_MOST, FoundPerson, page_of_reference, search_people

#: (label, address, permissions of which one is needed) by kind of organisation, the first as a button.
STEPS: dict[str, list[tuple[Any, str, tuple[str, ...]]]] = {
    "authority": [
        (gettext_lazy("Start a referral"), "placements:referral_new", ("referral.draft",)),
        (gettext_lazy("Find a person"), "person_search", ("search",)),
        (gettext_lazy("Raise a safeguarding alert"), "safeguarding:alert_raise", ("alert.raise",)),
        (gettext_lazy("Search for homes"), "placements:home_search", ("referral.match",)),
        (gettext_lazy("See the spend"), "reports:spend", ("spend.view",)),
        (gettext_lazy("Read the vehicles"), "dpv:vehicle_list", ("dpv.view",)),
        (gettext_lazy("Invite a colleague"), "tenants:invite", ("people.manage",)),
    ],
    "associate": [(gettext_lazy("Read the vehicles"), "dpv:vehicle_list", ("dpv.view",))],
    "central": [
        (gettext_lazy("Open the vehicles"), "dpv:vehicle_list", ("dpv.view",)),
        (gettext_lazy("Raise a safeguarding alert"), "safeguarding:alert_raise", ("alert.raise",)),
        (gettext_lazy("See the market"), "reports:market", ("region.report", "dpv.manage")),
        (gettext_lazy("Import the register or prices"), "providers:import_list", ("import.register", "import.prices")),
        (gettext_lazy("Invite a colleague"), "tenants:invite", ("people.manage",)),
    ],
    "provider": [
        (gettext_lazy("Open the inbox"), "placements:inbox", ("inbox.view",)),
        (gettext_lazy("Update vacancies"), "providers:own_establishments", ("profile.manage", "vacancy.manage")),
        (gettext_lazy("Report an event"), "incidents:incident_report", ("incident.report",)),
        (gettext_lazy("Read the agreements"), "contracts:agreement_list", ("agreement.view",)),
        (gettext_lazy("Invite a colleague"), "tenants:invite", ("people.manage",)),
    ],
}


def front_page(request: HttpRequest) -> HttpResponse:
    """Signed in with one organisation: straight to its home; otherwise the choice, or what this service is."""
    if not request.user.is_authenticated:
        return render(request, "home/front.html")
    doors = doors_of(request.user)
    if len(doors) == 1:
        return redirect(reverse("organisation_home", kwargs={"organisation": doors[0].slug}))
    return redirect("organisations")


@login_required
def organisations(request: HttpRequest) -> HttpResponse:
    """Every organisation the person may act for."""
    return render(request, "home/organisations.html", {"doors": doors_of(request.user)})


@never_cache
@require_safe
def organisation_home(request: OrganisationRequest) -> HttpResponse:
    """What needs doing now, by role; what to do next where nothing waits."""
    actor = request.actor
    work = {"authority": authority.work_of, "provider": provider.work_of, "central": central.work_of}.get(actor.kind)
    now = database_now()
    lists = []
    if work:
        lists = [*alerts.work_of(actor), *watch.work_of(actor, now), *concerns.work_of(actor, now), *work(actor, now)]
    return render(
        request,
        "home/organisation.html",
        {
            "waiting": [item for item in lists if item.count],
            "done": [item for item in lists if not item.count],
            "tiles": authority.figures_of(actor) if actor.is_authority else [],
            "next_steps": next_steps(actor),
        },
    )


def next_steps(actor: Actor) -> list[dict[str, Any]]:
    """Where this person most often goes from here."""
    steps = STEPS.get(actor.kind, [])
    return [{"label": label, "url": address(actor, name)} for label, name, needed in steps if actor.may(*needed)]


@require_safe
def search(request: OrganisationRequest) -> HttpResponse:
    """Straight to what a reference names; otherwise help. What was typed is not shown again: it may be a name."""
    text = request.GET.get("q", "").replace("\x00", "")[:80]
    url = page_of_reference(request.actor, text) if text.strip() else None
    if url is not None:
        return redirect(url)
    return render(
        request,
        "home/search.html",
        {"is_asked": bool(text.strip()), "may_find_people": request.actor.may("search")},
    )


@never_cache
@require_http_methods(["GET", "POST"])
def person_search(request: OrganisationRequest) -> HttpResponse:
    """Find a person by name or case number. The search goes by POST and is recorded with who was found."""
    actor = request.actor
    actor.require("search")
    if not actor.is_authority:
        raise Http404("People belong to authorities.")
    form = PersonSearchForm(request.POST if request.method == "POST" else None)
    found: list[FoundPerson] | None = None
    if request.method == "POST" and form.is_valid():
        found = attempt(form, search_people, actor=actor, text=form.cleaned_data["text"])
    return render(
        request,
        "home/person_search.html",
        {"form": form, "found": found, "is_full": bool(found) and len(found or []) == PEOPLE_AT_MOST},
    )
