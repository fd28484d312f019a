"""What the API says of providers, homes and households, and how each is written from its row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import F
from rest_framework import serializers as s

from brokerage.core.api.inputs import MoneyField, Shape
from brokerage.core.vocabulary import (
    EstablishmentKind,
    LegalForm,
    Need,
    ProfitStatus,
    Rating,
    RegistrationStatus,
    Regulator,
    SexAccepted,
)
from providers.models import Establishment, Insurance, Occupancy, Provider
from providers.queries.register import cover_on

COVER_STATES = [
    ("in_force", "In force"),
    ("ending", "In force, ends within 30 days"),
    ("not_begun", "Not begun"),
    ("lapsed", "Lapsed"),
    ("missing", "Missing"),
]
_HOME: dict[str, Any] = {
    "id": "0f9e8d7c-6b5a-4c3d-8e1f-2a3b4c5d6e7f",
    "provider_id": "4b8d1f2e-0a3c-4d5e-9f60-718293a4b5c6",
    "provider_name": "Birch Care Ltd",
    "name": "Birch House",
    "kind": "childrens_home",
    "regulator": "ofsted",
    "urn": "SC990001",
    "registration_status": "active",
    "rating": "good",
    "capacity": 4,
    "age_min": 8,
    "age_max": 17,
    "sex_accepted": "any",
    "outward": "HA1",
    "gss_code": "E09000015",
    "closed_on": None,
    "places": 4,
    "vacancies": 1,
    "vacancies_said_at": "2026-11-22T08:15:00Z",
}


class CoverOut(Shape):
    """How one kind of insurance stands today. Without cover a provider is neither invited nor awarded."""

    kind = s.ChoiceField(choices=Insurance.Kind.choices)
    status = s.ChoiceField(choices=COVER_STATES)
    insurer = s.CharField(allow_blank=True)
    cover_amount = MoneyField(max_digits=14, allow_null=True)
    expires_on = s.DateField(allow_null=True, help_text="The last day of cover.")
    example = {
        "kind": "public_liability",
        "status": "in_force",
        "insurer": "Example Mutual",
        "cover_amount": "10000000.00",
        "expires_on": "2027-03-31",
    }


class EstablishmentRow(Shape):
    """One registered place: a home, an agency's branch, a school."""

    id = s.UUIDField()
    provider_id = s.UUIDField()
    provider_name = s.CharField(help_text="The provider's legal name.")
    name = s.CharField()
    kind = s.ChoiceField(choices=EstablishmentKind.choices)
    regulator = s.ChoiceField(choices=Regulator.choices)
    urn = s.CharField(help_text="The regulator's number.")
    registration_status = s.ChoiceField(choices=RegistrationStatus.choices)
    rating = s.ChoiceField(choices=Rating.choices)
    capacity = s.IntegerField(allow_null=True, help_text="Registered places; null for a fostering agency.")
    age_min = s.IntegerField()
    age_max = s.IntegerField()
    sex_accepted = s.ChoiceField(choices=SexAccepted.choices)
    outward = s.CharField(help_text="First half of the postcode.")
    gss_code = s.CharField(help_text="The authority it stands in.")
    closed_on = s.DateField(allow_null=True)
    places = s.IntegerField(allow_null=True, help_text="Null until vacancies were said once, and for an agency.")
    vacancies = s.IntegerField(allow_null=True)
    vacancies_said_at = s.DateTimeField(allow_null=True)
    example = _HOME


#: The columns of `EstablishmentRow`.
ESTABLISHMENT_FIELDS: dict[str, Any] = {
    "id": "id",
    "provider_id": "provider_id",
    "provider_name": "provider__legal_name",
    **{
        name: name
        for name in (
            "name",
            "kind",
            "regulator",
            "urn",
            "registration_status",
            "rating",
            "capacity",
            "age_min",
            "age_max",
            "sex_accepted",
            "outward",
            "gss_code",
            "closed_on",
        )
    },
    "places": "occupancy__places",
    "vacancies": F("occupancy__places") - F("occupancy__taken"),
    "vacancies_said_at": "occupancy__updated_at",
}


class EstablishmentOut(EstablishmentRow):
    """One registered place with its address, its registration and what it can meet."""

    registered_on = s.DateField()
    registration_checked_on = s.DateField(allow_null=True)
    missing_since = s.DateField(
        allow_null=True, help_text="Since when it is missing from its register’s newest whole list. It closes nothing."
    )
    inspected_on = s.DateField(allow_null=True)
    needs = s.ListField(child=s.ChoiceField(choices=Need.choices))
    address_line_1 = s.CharField(allow_blank=True)
    address_line_2 = s.CharField(allow_blank=True)
    town = s.CharField(allow_blank=True)
    postcode = s.CharField()
    registered_manager = s.CharField(allow_blank=True)
    telephone = s.CharField(allow_blank=True)
    email = s.CharField(allow_blank=True)
    description = s.CharField(allow_blank=True)
    example = _HOME | {
        "registered_on": "2019-04-01",
        "registration_checked_on": "2026-10-01",
        "missing_since": None,
        "inspected_on": "2026-02-12",
        "needs": ["emotional_behavioural", "missing"],
        "address_line_1": "1 Example Road",
        "address_line_2": "",
        "town": "Harrow",
        "postcode": "HA1 2AA",
        "registered_manager": "Morgan Manager",
        "telephone": "020 7946 0001",
        "email": "house@birch.example",
        "description": "A quiet house near the park.",
    }


def counter_of(place: Any) -> Occupancy | None:
    """The counter of places of a home or household; none until vacancies were said."""
    return getattr(place, "occupancy", None)


def establishment_out(home: Establishment) -> dict[str, Any]:
    """A home with `provider` and `occupancy` at hand, as `EstablishmentOut`."""
    counter = counter_of(home)
    own = (*EstablishmentRow().fields, *EstablishmentOut().fields)
    plain = {name: getattr(home, name) for name in own if name not in _REACHED}
    return plain | {
        "provider_name": home.provider.legal_name,
        "places": counter.places if counter else None,
        "vacancies": counter.vacancies if counter else None,
        "vacancies_said_at": counter.updated_at if counter else None,
    }


_REACHED = {"provider_name", "places", "vacancies", "vacancies_said_at"}


class ProviderRow(Shape):
    """An organisation that provides homes."""

    id = s.UUIDField()
    slug = s.CharField()
    legal_name = s.CharField()
    legal_form = s.ChoiceField(choices=LegalForm.choices, allow_blank=True)
    company_number = s.CharField(allow_blank=True)
    charity_number = s.CharField(allow_blank=True)
    profit_status = s.ChoiceField(choices=ProfitStatus.choices, allow_blank=True)
    verified_on = s.DateField(allow_null=True, help_text="When the central team last checked its papers.")
    establishment_count = s.IntegerField(help_text="How many homes and agencies it has.")
    example = {
        "id": "4b8d1f2e-0a3c-4d5e-9f60-718293a4b5c6",
        "slug": "birch",
        "legal_name": "Birch Care Ltd",
        "legal_form": "limited_company",
        "company_number": "90000001",
        "charity_number": "",
        "profit_status": "for_profit",
        "verified_on": "2026-09-30",
        "establishment_count": 2,
    }


#: The columns of `ProviderRow`, after `providers.queries.register.provider_list`.
PROVIDER_FIELDS: dict[str, Any] = {
    "id": "organisation_id",
    "slug": "organisation__slug",
    "establishment_count": "homes",
    **{
        name: name
        for name in (
            "legal_name",
            "legal_form",
            "company_number",
            "charity_number",
            "profit_status",
            "verified_on",
        )
    },
}


class OwnProfile(ProviderRow):
    """One provider: who it is, how to reach it, and how its insurance stands."""

    registered_address = s.CharField(allow_blank=True)
    contact_email = s.CharField(allow_blank=True)
    contact_phone = s.CharField(allow_blank=True)
    out_of_hours_phone = s.CharField(allow_blank=True)
    insurance = CoverOut(many=True)
    example = ProviderRow.example | {
        "registered_address": "1 Example Street\nHarrow",
        "contact_email": "referrals@birch.example",
        "contact_phone": "020 7946 0002",
        "out_of_hours_phone": "",
        "insurance": [CoverOut.example],
    }


class ProviderOut(OwnProfile):
    """One provider with what the central team records of it."""

    link_authority = s.CharField(allow_null=True, help_text="The slug of the authority that monitors it for all.")
    credit_report_on = s.DateField(allow_null=True)
    credit_report_score = s.CharField(allow_blank=True)
    example = OwnProfile.example | {
        "link_authority": "harrow",
        "credit_report_on": "2026-08-01",
        "credit_report_score": "A",
    }


def profile_out(row: Provider, on: dt.date, homes: int) -> dict[str, Any]:
    """A provider with `organisation` and `insurance` at hand, as `OwnProfile`."""
    organisation = row.organisation
    return {
        "id": row.organisation_id,
        "slug": organisation.slug,
        "legal_name": row.legal_name,
        "legal_form": row.legal_form,
        "company_number": row.company_number,
        "charity_number": row.charity_number,
        "profit_status": row.profit_status,
        "verified_on": row.verified_on,
        "establishment_count": homes,
        "registered_address": row.registered_address,
        "contact_email": organisation.contact_email,
        "contact_phone": organisation.contact_phone,
        "out_of_hours_phone": organisation.out_of_hours_phone,
        "insurance": covers_out(row.insurance.all(), on),
    }


def provider_out(row: Provider, on: dt.date, homes: int) -> dict[str, Any]:
    """A provider with `organisation`, `link_authority` and `insurance` at hand, as `ProviderOut`."""
    return profile_out(row, on, homes) | {
        "link_authority": row.link_authority.slug if row.link_authority else None,
        "credit_report_on": row.credit_report_on,
        "credit_report_score": row.credit_report_score,
    }


def covers_out(policies: Iterable[Insurance], on: dt.date) -> list[dict[str, Any]]:
    """Each kind a provider must hold, as it stands that day."""
    return [
        {
            "kind": cover.kind,
            "status": cover.state,
            "insurer": cover.policy.insurer if cover.policy else "",
            "cover_amount": cover.policy.cover_amount if cover.policy else None,
            "expires_on": cover.policy.expires_on if cover.policy else None,
        }
        for cover in cover_on(policies, on)
    ]
