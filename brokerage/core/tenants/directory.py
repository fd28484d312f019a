"""Who a signed-in person may act for: own memberships, and authorities delegated to a hub broker."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import login
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


_DELEGATIONS = """
SELECT o.id, o.slug, o.name, o.name_cy, o.kind, o.colour, d.weekly_limit, d.central_team_id, d.id, d.categories
FROM delegations_of_user(%s) d JOIN tenants_organisation o ON o.id = d.authority_id
WHERE o.is_active ORDER BY o.name, d.id
"""


def doors_of(user: Any) -> list[Door]:
    """Every organisation the person may act for. Read by the connection's own login, whoever acts meanwhile."""
    with login():
        return _doors(user)


def _doors(user: Any) -> list[Door]:
    doors = [
        Door(UUID(pk), slug, name, name_cy, kind, colour, tuple(roles), None if limit is None else Decimal(limit))
        for pk, slug, name, name_cy, kind, colour, roles, limit in _memberships(user)
    ]
    if any(Role.HUB_BROKER in door.roles for door in doors):
        with connection.cursor() as cursor:
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


def _memberships(user: Any) -> list[list[Any]]:
    """Those that were read with the session, the first time they are asked for: later they may be others."""
    known: list[list[Any]] | None = getattr(user, "memberships_read", None)
    if known is not None:
        forget_memberships(user)
        return known
    with connection.cursor() as cursor:
        cursor.execute("SELECT memberships_of_user(%s)", [user.pk])
        found: list[list[Any]] = orjson.loads(cursor.fetchone()[0])
    return found


def remember_memberships(user: Any, read: str) -> None:
    """What `memberships_of_user` told, as text, where the person was read with a session."""
    user.memberships_read = orjson.loads(read)


def forget_memberships(user: Any) -> None:
    """Let them be read when they are asked for, whatever was read with the session."""
    user.memberships_read = None


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
