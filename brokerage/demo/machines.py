"""The demo's API clients: a council's case system and some providers' systems, with machine signing switched on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db.models import Count
from django.utils import timezone

from brokerage.core.accounts.models import User
from brokerage.core.api.clients import create_client
from brokerage.core.api.models import ApiClient
from brokerage.core.api.scopes import scopes_of
from brokerage.core.tenants.context import acting, loader
from brokerage.core.tenants.directory import actor_through, doors_of
from brokerage.core.tenants.models import Membership, Organisation
from brokerage.core.tenants.permissions import Role
from providers.models import Provider

#: The vehicle whose best-furnished providers have a system of their own, and how many of them.
VEHICLE = "WL-FOST"
PROVIDERS = 6


def load_clients(told: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Make the clients that are not there yet; returns what `var/demo.json` tells of all, secrets included."""
    with loader():
        harrow = Organisation.objects.get(authority__gss_code="E09000015")
        central = Organisation.objects.get(slug="west-london-hub")
        chosen = list(
            Provider.objects.filter(establishments__admissions__lot__vehicle__code=VEHICLE)
            .annotate(homes=Count("establishments__households", distinct=True))
            .order_by("-homes", "legal_name")
            .select_related("organisation")[:PROVIDERS]
        )
    found = list(told)
    for organisation, name, role, limit in (
        (harrow, "Harrow case system", Role.DUTY_OFFICER, Decimal("6000.00")),
        (central, "Hub reporting", Role.CENTRAL_ADMINISTRATOR, None),
        *((one.organisation, "Bid desk", Role.PROVIDER_ADMINISTRATOR, None) for one in chosen),
    ):
        if not any(entry["organisation_slug"] == organisation.slug for entry in found):
            found.append(_client(organisation, name, role, limit))
    return found


def _client(organisation: Organisation, name: str, role: Role, limit: Decimal | None) -> dict[str, Any]:
    """One client owned by whoever holds the role, made as that organisation's administrator would."""
    with loader():
        Organisation.objects.filter(pk=organisation.pk).update(machine_signing=organisation.kind != "central")
        # A stopped load may have made one whose secret nobody was told.
        ApiClient.objects.filter(organisation=organisation, name=name).update(revoked_at=timezone.now())
        owner = User.objects.get(
            pk=Membership.objects.filter(organisation=organisation, roles__contains=[role.value])
            .order_by("user__email")
            .values_list("user_id", flat=True)[0]
        )
    door = next(door for door in doors_of(owner) if door.slug == organisation.slug)
    actor = actor_through(owner, door)
    actor = replace(actor, permissions=actor.permissions | {"organisation.manage"})
    scopes = sorted(scopes_of(organisation.kind))
    with acting(actor):
        client, secret = create_client(actor, name=name, scopes=scopes, owner_id=owner.pk, weekly_limit=limit)
    return {
        "name": name,
        "client_id": client.oauth_id,
        "client_secret": secret,
        "scopes": scopes,
        "owner": owner.email,
        "organisation": organisation.name,
        "organisation_slug": organisation.slug,
        "kind": organisation.kind,
    }
