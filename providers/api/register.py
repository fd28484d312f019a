"""The API's register of providers and homes, for authorities and central teams: reading it, and what a central team
records in it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import F, Q
from rest_framework import serializers as s

from brokerage.core import locks
from brokerage.core.api.inputs import Input, Query, Shape
from brokerage.core.api.operations import Call, Page, operation
from brokerage.core.clock import database_today
from brokerage.core.tenants.models import Organisation
from brokerage.core.vocabulary import EstablishmentKind, Rating, RegistrationStatus, SexAccepted
from providers.actions import verification
from providers.api.shapes import (
    ESTABLISHMENT_FIELDS,
    PROVIDER_FIELDS,
    EstablishmentOut,
    EstablishmentRow,
    ProviderOut,
    ProviderRow,
    establishment_out,
    provider_out,
)
from providers.models import CarerHousehold, Establishment
from providers.queries.register import STATUSES, home_of, homes_of, provider_list, provider_of

_URL_GSS = 9


class ProviderQuery(Query):
    """Which providers."""

    text = s.CharField(
        required=False, max_length=100, help_text="Part of a name, a company number or a home's registration number."
    )
    kind = s.ChoiceField(choices=EstablishmentKind.choices, required=False, help_text="With a home of this kind.")
    gss_code = s.CharField(
        required=False, max_length=_URL_GSS, help_text="With a home in the authority of this GSS code."
    )
    status = s.ChoiceField(choices=STATUSES, required=False)


class EstablishmentQuery(Query):
    """Which homes."""

    text = s.CharField(required=False, max_length=100, help_text="Part of the home's or provider's name, or its URN.")
    provider_id = s.UUIDField(required=False)
    kind = s.ChoiceField(choices=EstablishmentKind.choices, required=False)
    gss_code = s.CharField(required=False, max_length=_URL_GSS, help_text="In the authority of this GSS code.")
    registration_status = s.ChoiceField(choices=RegistrationStatus.choices, required=False)


class RegisterHousehold(Shape):
    """A fostering household as the register shows it: a code, never a name or an address."""

    id = s.UUIDField()
    code = s.CharField()
    outward = s.CharField()
    age_min = s.IntegerField()
    age_max = s.IntegerField()
    is_on_hold = s.BooleanField()
    retired_on = s.DateField(allow_null=True, help_text="It fosters no more from this day on.")
    places = s.IntegerField(allow_null=True)
    vacancies = s.IntegerField(allow_null=True)
    example = {
        "id": "c56a4180-65aa-42ec-a945-5fd21dec0538",
        "code": "ALD-1",
        "outward": "HA3",
        "age_min": 0,
        "age_max": 17,
        "is_on_hold": False,
        "retired_on": None,
        "places": 2,
        "vacancies": 1,
    }


class VerificationReason(Input):
    """Why."""

    reason = s.CharField(max_length=1000, help_text="What was checked, and why.")
    example = {"reason": "Papers checked against Companies House and Ofsted's list."}


class ProviderOversight(Input):
    """What the central team records of a provider. What is left out stays."""

    link_authority = s.SlugField(allow_null=True, required=False, help_text="The slug of the monitoring authority.")
    credit_report_on = s.DateField(allow_null=True, required=False)
    credit_report_score = s.CharField(allow_blank=True, max_length=20, required=False)
    example = {"link_authority": "harrow", "credit_report_on": "2026-08-01", "credit_report_score": "A"}


class EstablishmentRegistration(Input):
    """What the regulator's register says of a home. What is left out stays, and counts as checked today."""

    registration_status = s.ChoiceField(choices=RegistrationStatus.choices, required=False)
    rating = s.ChoiceField(choices=Rating.choices, required=False)
    inspected_on = s.DateField(allow_null=True, required=False)
    capacity = s.IntegerField(allow_null=True, min_value=1, max_value=200, required=False)
    age_min = s.IntegerField(min_value=0, max_value=120, required=False)
    age_max = s.IntegerField(min_value=0, max_value=120, required=False)
    sex_accepted = s.ChoiceField(choices=SexAccepted.choices, required=False)
    registered_manager = s.CharField(allow_blank=True, max_length=120, required=False)
    closed_on = s.DateField(allow_null=True, required=False)
    reason = s.CharField(max_length=1000, help_text="Why it changes, and where it was seen.")
    example = {"registration_status": "suspended", "reason": "Ofsted's list of 20 November 2026"}


@operation(scope="providers:read", query=ProviderQuery, answer=ProviderRow, paged=True)
def list_providers(call: Call) -> Page:
    """List providers.

    The register in the order of legal names. Narrow with `text`, `kind`, `gss_code` and `status` (`verified`,
    `unverified`, `registration`: with a home whose registration is not active, `insurance`: lapsed or missing).
    """
    asked = call.query
    rows = provider_list(
        on=database_today(),
        words=asked.get("text", ""),
        kind=asked.get("kind", ""),
        area=asked.get("gss_code", ""),
        status=asked.get("status", ""),
    )
    return call.page(rows, by=("legal_name", "organisation_id"), fields=PROVIDER_FIELDS)


@operation(scope="providers:read", answer=ProviderOut)
def get_provider(call: Call, provider: UUID) -> dict[str, Any]:
    """Read a provider.

    Who it is, how to reach it, and how its insurance stands today. Its homes are in `/establishments?provider_id=`.
    """
    return provider_out(provider_of(provider), database_today(), homes_of(provider))


def _hold_provider(call: Call, provider: UUID) -> None:
    locks.hold(establishments=[provider])


@operation(
    scope="providers:write",
    body=VerificationReason,
    answer=ProviderOut,
    current=get_provider,
    lock=_hold_provider,
)
def verify_provider(call: Call, provider: UUID) -> dict[str, Any]:
    """Record that a provider's papers were checked.

    Today, with what was checked and why. The provider is told, without the reason.
    """
    verification.verify_provider(call.actor, provider_id=provider, reason=call.body["reason"])
    return provider_out(provider_of(provider), database_today(), homes_of(provider))


@operation(
    scope="providers:write",
    body=VerificationReason,
    answer=ProviderOut,
    codes=("not_verified",),
    current=get_provider,
    lock=_hold_provider,
)
def withdraw_verification(call: Call, provider: UUID) -> dict[str, Any]:
    """Take a provider's verification back.

    Refused with `not_verified` when there is none. The provider is told, without the reason.
    """
    verification.withdraw_verification(call.actor, provider_id=provider, reason=call.body["reason"])
    return provider_out(provider_of(provider), database_today(), homes_of(provider))


@operation(
    scope="providers:write",
    body=ProviderOversight,
    answer=ProviderOut,
    partial=True,
    codes=("not_an_authority", "report_in_future", "report_date_missing"),
    current=get_provider,
    lock=_hold_provider,
)
def record_oversight(call: Call, provider: UUID) -> dict[str, Any]:
    """Record a provider's link authority and credit report.

    The link authority makes the monitoring visits and settles fees with the provider for all the others.
    """
    call.actor.require("providers.verify")
    _hold_provider(call, provider)
    before = provider_of(provider)
    said = dict(call.body)
    if "link_authority" in said:
        slug = said.pop("link_authority")
        said["link_authority_id"] = _authority_id(slug) if slug else None
    kept = {name: getattr(before, name) for name in ("link_authority_id", "credit_report_on", "credit_report_score")}
    verification.record_oversight(call.actor, provider_id=provider, **(kept | said))
    return provider_out(provider_of(provider), database_today(), homes_of(provider))


def _authority_id(slug: str) -> UUID:
    """The id behind a slug; one that nobody has for a slug that nobody has, so that the action answers for it."""
    found = Organisation.objects.filter(slug=slug).values_list("pk", flat=True).first()
    return found or UUID(int=0)


@operation(scope="providers:read", query=EstablishmentQuery, answer=EstablishmentRow, paged=True)
def list_establishments(call: Call) -> Page:
    """List homes.

    Every registered place in the order of its name, with the vacancies last said. Narrow with `text`, `provider_id`,
    `kind`, `gss_code` and `registration_status`.
    """
    asked = dict(call.query)
    rows = Establishment.objects.all()
    if words := asked.get("text"):
        rows = rows.filter(Q(name__icontains=words) | Q(provider__legal_name__icontains=words) | Q(urn__iexact=words))
    for name, column in _FILTERS.items():
        if name in asked:
            rows = rows.filter(**{column: asked[name]})
    return call.page(rows, by=("name", "id"), fields=ESTABLISHMENT_FIELDS)


_FILTERS = {
    "provider_id": "provider_id",
    "kind": "kind",
    "gss_code": "gss_code",
    "registration_status": "registration_status",
}


@operation(scope="providers:read", answer=EstablishmentOut)
def get_establishment(call: Call, establishment: UUID) -> dict[str, Any]:
    """Read a home.

    With its address, registration and what it can meet. The lots it is on are in `/admissions?establishment_id=`.
    """
    return establishment_out(home_of(establishment))


@operation(scope="providers:read", answer=RegisterHousehold, paged=True)
def list_establishment_households(call: Call, establishment: UUID) -> Page:
    """List an agency's households.

    In the order of their codes; a place that is no fostering agency has none.
    """
    rows = CarerHousehold.objects.filter(agency=home_of(establishment))
    return call.page(rows, by=("code",), fields=_HOUSEHOLD_FIELDS)


_HOUSEHOLD_FIELDS = {
    **{name: name for name in ("id", "code", "outward", "age_min", "age_max", "is_on_hold", "retired_on")},
    "places": "occupancy__places",
    "vacancies": F("occupancy__places") - F("occupancy__taken"),
}


def _hold_home(call: Call, establishment: UUID) -> None:
    locks.hold(establishments=[establishment])


@operation(
    scope="providers:write",
    body=EstablishmentRegistration,
    answer=EstablishmentOut,
    codes=("ages_crossed", "capacity_missing", "closed_before_open"),
    current=get_establishment,
    lock=_hold_home,
)
def change_registration(call: Call, establishment: UUID) -> dict[str, Any]:
    """Bring a home's registration in line with the regulator's register.

    It counts as checked today, even when nothing changes. The provider is told of changes.
    """
    values = dict(call.body)
    reason = values.pop("reason")
    verification.change_registration(call.actor, establishment_id=establishment, values=values, reason=reason)
    return establishment_out(home_of(establishment))
