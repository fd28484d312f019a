"""Pages about providers for central teams and authorities: the list, a provider, a home, and what is recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from brokerage.core.clock import database_today
from brokerage.core.tenants.actors import Actor
from brokerage.core.vocabulary import Need
from brokerage.core.web import OrganisationRequest, address, attempt
from providers.actions import verification
from providers.forms.register import OversightForm, ProviderFilter, ReasonForm, RegistrationForm
from providers.models import CarerHousehold, Establishment, Provider
from providers.queries.register import area_name, cover_on, home_of, provider_list
from providers.standing import standings_of


def providers(request: OrganisationRequest) -> HttpResponse:
    """Every provider on the register, with filters."""
    _require_reader(request.actor)
    form = ProviderFilter(request.GET or None)
    asked = form.cleaned_data if form.is_valid() else {}
    rows = provider_list(
        on=database_today(),
        words=asked.get("q", "").strip(),
        kind=asked.get("kind", ""),
        area=asked.get("area", ""),
        status=asked.get("status", ""),
    )
    page = Paginator(rows, 25).get_page(request.GET.get("page"))
    return render(request, "providers/provider_list.html", {"form": form, "page": page})


def provider(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """One provider: who it is, its insurance, its homes and where they stand."""
    _require_reader(request.actor)
    row = _provider(pk)
    homes = Paginator(
        Establishment.objects.filter(provider=row).select_related("occupancy").order_by("name", "pk"), 25
    ).get_page(request.GET.get("page"))
    standings = standings_of(request.actor, [home.pk for home in homes])
    return render(
        request,
        "providers/provider.html",
        {
            "provider": row,
            "homes": homes,
            "lines": [{"home": home, "standings": standings[home.pk]} for home in homes],
            "covers": cover_on(row.insurance.all(), database_today()),
            "may_verify": request.actor.is_central and request.actor.may("providers.verify"),
        },
    )


def establishment(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """One home: its registration, what it can meet, its vacancies, the lots it is on, its households."""
    _require_reader(request.actor)
    home = home_of(pk)
    return render(
        request,
        "providers/establishment.html",
        {**home_context(request.actor, home), "may_verify": _may_verify(request.actor)},
    )


def verify(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """Record that the provider's papers were checked."""
    return _with_reason(request, pk, verification.verify_provider, _("The provider is verified."), "verify")


def unverify(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """Take the verification back."""
    done = _("The verification is withdrawn.")
    return _with_reason(request, pk, verification.withdraw_verification, done, "unverify")


def oversight(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """Record the link authority and the credit report."""
    request.actor.require("providers.verify")
    row = _provider(pk)
    form = OversightForm(request.POST or None, provider=row)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["link_authority"]
        saved = attempt(
            form,
            verification.record_oversight,
            actor=request.actor,
            provider_id=pk,
            link_authority_id=chosen.pk if chosen else None,
            credit_report_on=form.cleaned_data["credit_report_on"],
            credit_report_score=form.cleaned_data["credit_report_score"],
        )
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect(address(request.actor, "providers:provider", pk=pk))
    return render(request, "providers/oversight.html", {"form": form, "provider": row})


def registration(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """Bring a home's registration in line with the regulator's register."""
    request.actor.require("providers.verify")
    home = home_of(pk)
    form = RegistrationForm(request.POST or None, home=home)
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in verification.REGISTRATION}
        saved = attempt(
            form,
            verification.change_registration,
            actor=request.actor,
            establishment_id=pk,
            values=values,
            reason=form.cleaned_data["reason"],
        )
        if saved is not None:
            messages.success(request, _("The registration is recorded as checked today."))
            return redirect(address(request.actor, "providers:establishment", pk=pk))
    return render(request, "providers/registration.html", {"form": form, "home": home})


def home_context(actor: Actor, home: Establishment) -> dict[str, Any]:
    """What every page about one home shows."""
    households = CarerHousehold.objects.filter(agency=home).select_related("occupancy").order_by("code")
    return {
        "home": home,
        "needs": [str(Need(need).label) for need in home.needs if need in Need.values],
        "area": area_name(home.gss_code),
        "standings": standings_of(actor, [home.pk])[home.pk],
        "households": list(households) if home.is_fostering else [],
    }


def _with_reason(
    request: OrganisationRequest, pk: UUID, action: Callable[..., Provider], done: str, step: str
) -> HttpResponse:
    request.actor.require("providers.verify")
    row = _provider(pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        saved = attempt(form, action, actor=request.actor, provider_id=pk, reason=reason)
        if saved is not None:
            messages.success(request, done)
            return redirect(address(request.actor, "providers:provider", pk=pk))
    covers = cover_on(row.insurance.all(), database_today())
    return render(request, "providers/verify.html", {"form": form, "provider": row, "step": step, "covers": covers})


def _provider(pk: UUID) -> Provider:
    found = Provider.objects.select_related("organisation", "link_authority").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _require_reader(actor: Actor) -> None:
    if actor.kind == "associate":
        raise Http404("Not for associate members.")
    actor.require("providers.verify", "dpv.view", "referral.match")


def _may_verify(actor: Actor) -> bool:
    return actor.is_central and actor.may("providers.verify")
