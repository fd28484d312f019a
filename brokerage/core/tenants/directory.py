"""Who a signed-in person may act for: own memberships, and authorities delegated to a hub broker."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.permissions import DELEGATED, Role, permissions_of


@dataclass(frozen=True)
class Door:
    """One organisation a person may act for, and how: as a member, or under a delegation."""

    organisation_id: UUID
    slug: str
    name: str
    name_cy: str
    kind: str
    colour: str
    roles: tuple[str, ...]
    weekly_limit: Decimal | None
    on_behalf_of_id: UUID | None = None
    delegation_id: UUID | None = None
    categories: tuple[str, ...] = ()

    @property
    def permissions(self) -> frozenset[str]:
        if self.delegation_id is not None:
            return frozenset(DELEGATED)
        return permissions_of(self.roles, self.kind)

    @property
    def role_labels(self) -> list[str]:
        return [str(Role(role).label) for role in self.roles if role in Role.values]


#: One round trip: the setting by which row security shows a person's own memberships, then these. Outside a transaction
#: the two statements are one of their own, and the setting ends with it.
_MEMBERSHIPS = """
SELECT set_config('app.user_id', %s, true);
SELECT o.id, o.slug, o.name, o.name_cy, o.kind, o.colour, m.roles, m.weekly_limit
FROM tenants_membership m JOIN tenants_organisation o ON o.id = m.organisation_id
WHERE m.user_id = %s AND m.is_active AND o.is_active
ORDER BY o.name
"""
_DELEGATIONS = """
SELECT o.id, o.slug, o.name, o.name_cy, o.kind, o.colour, d.weekly_limit, d.central_team_id, d.id, d.categories
FROM delegations_of_user(%s) d JOIN tenants_organisation o ON o.id = d.authority_id
WHERE o.is_active ORDER BY o.name, d.id
"""


def doors_of(user: Any) -> list[Door]:
    """Every organisation the person may act for. Runs as the login role, outside any context."""
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERSHIPS, [str(user.pk), user.pk])
        doors = [
            Door(row[0], row[1], row[2], row[3], row[4], row[5], tuple(row[6]), row[7]) for row in cursor.fetchall()
        ]
        if any(Role.HUB_BROKER in door.roles for door in doors):
            cursor.execute(_DELEGATIONS, [user.pk])
            own = {door.organisation_id for door in doors}
            doors += [
                Door(
                    row[0],
                    row[1],
                    row[2],
                    row[3],
                    row[4],
                    row[5],
                    (Role.HUB_BROKER.value,),
                    row[6],
                    row[7],
                    row[8],
                    tuple(row[9]),
                )
                for row in cursor.fetchall()
                if row[0] not in own
            ]
    return doors


def actor_for(user: Any, slug: str) -> Actor | None:
    """The person acting for the organisation, or None when they may not (answered as "not found")."""
    for door in doors_of(user):
        if door.slug == slug:
            return actor_through(user, door)
    return None


def actor_through(user: Any, door: Door) -> Actor:
    """The actor a person becomes by walking through one of their doors."""
    return Actor(
        user_id=user.pk,
        name=user.name,
        organisation_id=door.organisation_id,
        organisation_name=door.name,
        kind=door.kind,
        slug=door.slug,
        permissions=door.permissions,
        roles=door.roles,
        weekly_limit=door.weekly_limit,
        on_behalf_of_id=door.on_behalf_of_id,
        delegation_id=door.delegation_id,
        categories=door.categories,
        colour=door.colour,
    )
