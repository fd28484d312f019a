"""Who acts, for which organisation, with which permissions: resolved once at the door, passed to every action."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from brokerage.core.errors import NotPermitted


@dataclass(frozen=True)
class Actor:
    """A person (or the system) acting for one organisation.

    `weekly_limit` is the most, in pounds a week, that this person may award alone; None means no award at all.
    `on_behalf_of_id` is the region's central team when a hub broker acts under a delegation, and `categories` the kinds
    of referral that the delegation covers: none named is all of them.
    """

    user_id: UUID | None
    name: str
    organisation_id: UUID
    organisation_name: str
    kind: str
    slug: str = ""
    permissions: frozenset[str] = field(default_factory=frozenset)
    roles: tuple[str, ...] = ()
    weekly_limit: Decimal | None = None
    on_behalf_of_id: UUID | None = None
    delegation_id: UUID | None = None
    categories: tuple[str, ...] = ()
    colour: str = ""
    is_system: bool = False
    #: The API client that acts, with `user_id` its owner; None when a person does.
    client_id: UUID | None = None
    client_name: str = ""
    #: Who made the client's secret, and so can act with it too.
    secret_by_id: UUID | None = None

    def may(self, *permissions: str) -> bool:
        """Whether at least one of the permissions is held."""
        return self.is_system or any(permission in self.permissions for permission in permissions)

    def require(self, *permissions: str) -> None:
        """Raise `NotPermitted` unless at least one of the permissions is held."""
        if not self.may(*permissions):
            raise NotPermitted(permissions[0])

    @property
    def hands(self) -> frozenset[UUID]:
        """Everybody who may be behind this act: the person, or the client's owner and whoever made its secret."""
        return frozenset(person for person in (self.user_id, self.secret_by_id) if person is not None)

    def is_one_of(self, *people: UUID | None) -> bool:
        """Whether one of these people may be behind this act: then it is no second person's. A client whose secret was
        made by nobody known may be anybody's."""
        return not self.hands.isdisjoint(people) or (self.client_id is not None and self.secret_by_id is None)

    def covers(self, category: str) -> bool:
        """Whether the actor may run referrals of this category. Row security shows it no others."""
        return not self.categories or category in self.categories

    @property
    def is_authority(self) -> bool:
        return self.kind == "authority"

    @property
    def is_provider(self) -> bool:
        return self.kind == "provider"

    @property
    def is_central(self) -> bool:
        return self.kind == "central"
