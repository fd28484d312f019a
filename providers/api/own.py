"""The API of a provider's own side: its profile, its homes and its insurance."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from rest_framework import serializers as s

from brokerage.core import locks
from brokerage.core.api.inputs import Input, MoneyField, Shape
from brokerage.core.api.operations import Call, Created, Page, operation
from brokerage.core.clock import database_today
from brokerage.core.vocabulary import Need
from providers.actions.establishments import describe_establishment
from providers.actions.insurance import put_policy
from providers.actions.profiles import change_profile
from providers.api.shapes import (
    ESTABLISHMENT_FIELDS,
    EstablishmentOut,
    EstablishmentRow,
    OwnProfile,
    establishment_out,
    profile_out,
)
from providers.models import Establishment, Insurance
from providers.queries.register import home_of, homes_of, provider_of

_POLICY = {
    "kind": "public_liability",
    "insurer": "Example Mutual",
    "policy_number": "PL-0042",
    "cover_amount": "10000000.00",
    "starts_on": "2026-04-01",
    "expires_on": "2027-03-31",
}


class ProfileInput(Input):
    """How authorities reach the provider. What is left out stays."""

    contact_email = s.EmailField(allow_blank=True, max_length=254)
    contact_phone = s.CharField(allow_blank=True, max_length=40)
    out_of_hours_phone = s.CharField(allow_blank=True, max_length=40)
    registered_address = s.CharField(allow_blank=True, max_length=500)
    example = {"contact_email": "referrals@birch.example", "contact_phone": "020 7946 0002"}


class HomeInput(Input):
    """What a provider itself says about a home. What is left out stays."""

    description = s.CharField(allow_blank=True, max_length=3000, help_text="Daily life, the team, the house.")
    needs = s.ListField(child=s.ChoiceField(choices=Need.choices), max_length=len(Need.choices))
    telephone = s.CharField(allow_blank=True, max_length=40)
    email = s.EmailField(allow_blank=True, max_length=254)
    example = {"needs": ["emotional_behavioural", "missing"], "telephone": "020 7946 0001"}


class HomeRow(EstablishmentRow):
    """One of your own registered places."""


class InsurancePolicyInput(Input):
    """One insurance policy."""

    kind = s.ChoiceField(choices=Insurance.Kind.choices)
    insurer = s.CharField(max_length=120)
    policy_number = s.CharField(max_length=60)
    cover_amount = MoneyField(max_digits=12)
    starts_on = s.DateField(help_text="The first day of cover.")
    expires_on = s.DateField(help_text="The last day of cover.")
    example = _POLICY


class InsurancePolicyOut(Shape):
    """One insurance policy."""

    id = s.UUIDField()
    kind = s.ChoiceField(choices=Insurance.Kind.choices)
    insurer = s.CharField(allow_blank=True)
    policy_number = s.CharField(allow_blank=True)
    cover_amount = MoneyField(max_digits=14)
    starts_on = s.DateField()
    expires_on = s.DateField()
    example = {"id": "a1d7c6a0-4f0f-4a70-8d4e-0d1f7a2f3c44"} | _POLICY


@operation(scope="homes:read", answer=OwnProfile)
def get_profile(call: Call) -> dict[str, Any]:
    """Read your own profile.

    As authorities see it: who you are, how you are reached, and how your insurance stands today.
    """
    return _profile(call)


def _profile(call: Call) -> dict[str, Any]:
    own = call.actor.organisation_id
    return profile_out(provider_of(own), database_today(), homes_of(own))


def _hold_profile(call: Call) -> None:
    locks.hold(establishments=[call.actor.organisation_id])


@operation(
    scope="homes:write", body=ProfileInput, answer=OwnProfile, partial=True, current=get_profile, lock=_hold_profile
)
def change_own_profile(call: Call) -> dict[str, Any]:
    """Change how authorities reach you.

    Your legal identity is the register's: the central team corrects it.
    """
    call.actor.require("profile.manage")
    _hold_profile(call)
    row = provider_of(call.actor.organisation_id)
    contacts = {name: getattr(row.organisation, name) for name in _CONTACTS}
    change_profile(call.actor, **{**contacts, "registered_address": row.registered_address, **call.body})
    return _profile(call)


_CONTACTS = ("contact_email", "contact_phone", "out_of_hours_phone")


@operation(scope="homes:read", answer=HomeRow, paged=True)
def list_homes(call: Call) -> Page:
    """List your homes.

    Your own registered places in the order of their names, with the vacancies last said.
    """
    rows = Establishment.objects.filter(provider_id=call.actor.organisation_id)
    return call.page(rows, by=("name", "id"), fields=ESTABLISHMENT_FIELDS)


@operation(scope="homes:read", answer=EstablishmentOut)
def get_home(call: Call, home: UUID) -> dict[str, Any]:
    """Read one of your homes."""
    return establishment_out(home_of(home))


def _hold_home(call: Call, home: UUID) -> None:
    locks.hold(establishments=[home])


@operation(
    scope="homes:write",
    body=HomeInput,
    answer=EstablishmentOut,
    partial=True,
    codes=("needs_missing",),
    current=get_home,
    lock=_hold_home,
)
def describe_home(call: Call, home: UUID) -> dict[str, Any]:
    """Change what you say about a home.

    What the regulator decides (ages, places, rating) is the central team's to change.
    """
    call.actor.require("profile.manage")
    _hold_home(call, home)
    before = home_of(home)
    kept = {name: getattr(before, name) for name in ("description", "needs", "telephone", "email")}
    describe_establishment(call.actor, establishment_id=home, **(kept | call.body))
    return establishment_out(home_of(home))


@operation(scope="homes:read", answer=InsurancePolicyOut, paged=True)
def list_policies(call: Call) -> Page:
    """List your insurance policies.

    The latest first, ended ones included.
    """
    rows = Insurance.objects.filter(provider_id=call.actor.organisation_id)
    return call.page(rows, by=("-starts_on", "-id"), fields={name: name for name in InsurancePolicyOut().fields})


@operation(scope="homes:read", answer=InsurancePolicyOut)
def get_policy(call: Call, policy: UUID) -> dict[str, Any]:
    """Read an insurance policy."""
    found = Insurance.objects.filter(pk=policy, provider_id=call.actor.organisation_id).first()
    if found is None:
        raise Http404("No such policy.")
    return policy_out(found)


_POLICY_CODES = ("cover_missing", "ends_before_start", "policy_twice")


@operation(scope="homes:write", body=InsurancePolicyInput, answer=InsurancePolicyOut, status=201, codes=_POLICY_CODES)
def add_policy(call: Call) -> Created:
    """Record an insurance policy.

    One of each kind must be in force: without cover you are neither invited nor awarded.
    """
    policy = put_policy(call.actor, **call.body)
    return Created(policy_out(policy), location=f"/insurance/{policy.pk}")


def _hold_policy(call: Call, policy: UUID) -> None:
    locks.hold(establishments=[policy])


@operation(
    scope="homes:write",
    body=InsurancePolicyInput,
    answer=InsurancePolicyOut,
    codes=_POLICY_CODES,
    current=get_policy,
    lock=_hold_policy,
)
def correct_policy(call: Call, policy: UUID) -> dict[str, Any]:
    """Correct an insurance policy."""
    _hold_policy(call, policy)
    return policy_out(put_policy(call.actor, policy_id=policy, **call.body))


def policy_out(policy: Insurance) -> dict[str, Any]:
    """The policy as `InsurancePolicyOut`."""
    return {name: getattr(policy, name) for name in InsurancePolicyOut().fields}
