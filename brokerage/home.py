"""The front page, the choice of organisation, each role's home page and the search for a reference."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from brokerage.core.references import normalise_reference
from brokerage.core.tenants.directory import doors_of
from brokerage.core.web import OrganisationRequest


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


def organisation_home(request: OrganisationRequest) -> HttpResponse:
    """What needs doing now, by role."""
    return render(request, "home/organisation.html", {"actor": request.actor})


def search(request: OrganisationRequest) -> HttpResponse:
    """Find a reference at once."""
    reference = normalise_reference(request.GET.get("q", ""))
    return render(request, "home/search.html", {"reference": reference})
