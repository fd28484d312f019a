"""A provider's own side: its homes and vacancies, households, profile and insurance."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from brokerage.core.clock import database_today
from brokerage.core.errors import NotPermitted
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import OrganisationRequest, address, attempt
from providers.actions.establishments import describe_establishment, set_vacancies
from providers.actions.households import add_household, change_household, hold_household
from providers.actions.insurance import put_policy
from providers.actions.profiles import change_profile
from providers.forms.own import EstablishmentForm, HouseholdForm, PolicyForm, ProfileForm, VacancyForm
from providers.models import CarerHousehold, Establishment, Insurance, Provider
from providers.queries.register import cover_on, home_of
from providers.standing import standings_of
from providers.views.register import home_context

#: With so many places or fewer, each number of vacancies has a button of its own.
MOST_BUTTONS = 8


def own_establishments(request: OrganisationRequest) -> HttpResponse:
    """Our homes: vacancies today with one tap, the lots they are on, profile and insurance."""
    _require_reader(request.actor)
    rows = Establishment.objects.filter(provider_id=request.actor.organisation_id).select_related("occupancy")
    page = Paginator(rows.order_by("name", "pk"), 25).get_page(request.GET.get("page"))
    standings = standings_of(request.actor, [home.pk for home in page])
    lines = [{"home": home, "standings": standings[home.pk], **_vacancies(home)} for home in page]
    profile = Provider.objects.select_related("organisation").get(pk=request.actor.organisation_id)
    covers = cover_on(profile.insurance.all(), database_today())
    return render(
        request,
        "providers/own_establishments.html",
        {
            "page": page,
            "lines": lines,
            "provider": profile,
            "covers": covers,
            **_rights(request.actor),
            "warnings": [cover for cover in covers if cover.state != "in_force"],
        },
    )


def own_establishment(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """One of our homes, its vacancies and, for an agency, its households."""
    _require_reader(request.actor)
    home = home_of(pk)
    return render(
        request,
        "providers/own_establishment.html",
        {**home_context(request.actor, home), **_vacancies(home), **_rights(request.actor)},
    )


def establishment_edit(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """Change what we say about a home."""
    request.actor.require("profile.manage")
    home = home_of(pk)
    form = EstablishmentForm(request.POST or None, home=home)
    if request.method == "POST" and form.is_valid():
        saved = attempt(form, describe_establishment, actor=request.actor, establishment_id=pk, **form.cleaned_data)
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect(address(request.actor, "providers:own_establishment", pk=pk))
    return render(request, "providers/establishment_edit.html", {"form": form, "home": home})


@require_POST
def vacancies(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """Say how many places of a home are free today; one tap on the list or the home's page."""
    request.actor.require("vacancy.manage", "profile.manage")
    home = home_of(pk)
    form = VacancyForm(request.POST)
    if form.is_valid():
        number = form.cleaned_data["vacancies"]
        if attempt(form, set_vacancies, actor=request.actor, establishment_id=pk, vacancies=number) is not None:
            message = _("%(home)s: %(number)s vacancies today.")
            messages.success(request, message % {"home": home.name, "number": number})
            if request.POST.get("from") == "list":
                return redirect(address(request.actor, "providers:own_establishments"))
            return redirect(address(request.actor, "providers:own_establishment", pk=pk))
    return render(
        request,
        "providers/own_establishment.html",
        {
            **home_context(request.actor, home_of(pk)),
            **_vacancies(home),
            **_rights(request.actor),
            "form": form,
        },
    )


def household_add(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """Add a household to an agency."""
    request.actor.require("profile.manage")
    agency = home_of(pk)
    if not agency.is_fostering:
        raise Http404
    form = HouseholdForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"]
        if attempt(form, add_household, actor=request.actor, agency_id=pk, code=code, facts=form.facts()):
            messages.success(request, _("Household %(code)s is added.") % {"code": code.upper()})
            return redirect(address(request.actor, "providers:own_establishment", pk=pk))
    return render(request, "providers/household_edit.html", {"form": form, "agency": agency})


def household_edit(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """Change a household, its vacancies included."""
    _require_reader(request.actor)
    household = _household(pk)
    rights = _rights(request.actor)
    form = HouseholdForm(request.POST or None, household=household)
    if request.method == "POST" and form.is_valid():
        saved = attempt(form, change_household, actor=request.actor, household_id=pk, facts=form.facts())
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect(address(request.actor, "providers:own_establishment", pk=household.agency_id))
    return render(
        request,
        "providers/household_edit.html",
        {"form": form, "agency": household.agency, "household": household, **_vacancies(household), **rights},
    )


@require_POST
def household_vacancies(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """Say how many places of a household are free today."""
    request.actor.require("vacancy.manage", "profile.manage")
    household = _household(pk)
    form = VacancyForm(request.POST)
    if form.is_valid():
        number = form.cleaned_data["vacancies"]
        if attempt(form, set_vacancies, actor=request.actor, household_id=pk, vacancies=number) is not None:
            message = _("%(home)s: %(number)s vacancies today.")
            messages.success(request, message % {"home": household.code, "number": number})
            return redirect(address(request.actor, "providers:own_establishment", pk=household.agency_id))
    messages.error(request, str(next(iter(form.errors.values()))[0]))
    return redirect(address(request.actor, "providers:household_edit", pk=pk))


@require_POST
def household_hold(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """Put a household on hold, or take it off."""
    household = _household(pk)
    is_on_hold = request.POST.get("hold") == "yes"
    hold_household(request.actor, household_id=pk, is_on_hold=is_on_hold)
    done = _("%(code)s is on hold: it is not matched.") if is_on_hold else _("%(code)s is matched again.")
    messages.success(request, done % {"code": household.code})
    return redirect(address(request.actor, "providers:own_establishment", pk=household.agency_id))


def profile_edit(request: OrganisationRequest) -> HttpResponse:
    """Change how we can be reached."""
    request.actor.require("profile.manage")
    row = Provider.objects.select_related("organisation").filter(pk=request.actor.organisation_id).first()
    if row is None:
        raise Http404
    organisation = row.organisation
    initial = {
        "contact_email": organisation.contact_email,
        "contact_phone": organisation.contact_phone,
        "out_of_hours_phone": organisation.out_of_hours_phone,
        "registered_address": row.registered_address,
    }
    form = ProfileForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        saved = attempt(form, change_profile, actor=request.actor, **form.cleaned_data)
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect(address(request.actor, "providers:own_establishments"))
    return render(request, "providers/profile_edit.html", {"form": form, "provider": row})


def policy_add(request: OrganisationRequest) -> HttpResponse:
    """Add an insurance policy."""
    return _policy(request, None)


def policy_edit(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """Correct an insurance policy."""
    found = Insurance.objects.filter(pk=pk, provider_id=request.actor.organisation_id).first()
    if found is None:
        raise Http404
    return _policy(request, found)


def _policy(request: OrganisationRequest, policy: Insurance | None) -> HttpResponse:
    _require_provider(request.actor)
    request.actor.require("profile.manage")
    form = PolicyForm(request.POST or None, request.FILES or None, policy=policy)
    if request.method == "POST" and form.is_valid():
        saved = attempt(
            form, put_policy, actor=request.actor, policy_id=policy.pk if policy else None, **form.cleaned_data
        )
        if saved is not None:
            messages.success(request, _("The policy is recorded."))
            return redirect(address(request.actor, "providers:own_establishments"))
    return render(request, "providers/policy_edit.html", {"form": form, "policy": policy})


def _vacancies(place: Establishment | CarerHousehold) -> dict[str, Any]:
    """The counter of a place and the numbers that get a button each."""
    counter = getattr(place, "occupancy", None)
    places = counter.places if counter else (getattr(place, "capacity", None) or 0)
    return {
        "counter": counter,
        "places": places,
        "numbers": list(range(places + 1)) if 0 < places <= MOST_BUTTONS else [],
    }


def _household(pk: UUID) -> CarerHousehold:
    found = CarerHousehold.objects.select_related("agency", "occupancy").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _rights(actor: Actor) -> dict[str, bool]:
    return {
        "may_manage": actor.may("profile.manage"),
        "may_set_vacancies": actor.may("vacancy.manage", "profile.manage"),
    }


def _require_provider(actor: Actor) -> None:
    if not actor.is_provider:
        raise NotPermitted("profile.manage")


def _require_reader(actor: Actor) -> None:
    _require_provider(actor)
    actor.require("profile.manage", "vacancy.manage", "inbox.view")
