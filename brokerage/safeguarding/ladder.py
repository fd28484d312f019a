"""Whom reminders of an authority climb to: officers first, then managers too, then directors too.

The first telling goes to every reader at once; what nobody answers then climbs. Only roles that may open the page that
a reminder leads to stand here. Providers and central teams have no ladder: all their readers are reminded each time.
"""

from __future__ import annotations

from brokerage.core.tenants.permissions import Role

#: Each rung adds its roles to those below it.
RUNGS: tuple[tuple[Role, ...], ...] = (
    (Role.PLACEMENT_OFFICER, Role.DUTY_OFFICER, Role.SAFEGUARDING_LEAD),
    (Role.TEAM_MANAGER, Role.NOMINATED_OFFICER),
    (Role.DIRECTOR, Role.COMMISSIONER),
)
TOP = len(RUNGS)


def roles_on(rung: int) -> list[str]:
    """The roles reminded on a rung, 1 the lowest; above the top is the top."""
    return sorted(role.value for roles in RUNGS[:rung] for role in roles)


def is_reached(*, readers: str = "%(readers)s", rung: str = "%(rung)s") -> str:
    """SQL: whether member `m` of organisation `o` is reminded. `readers` are the roles that may open the page and
    `rung` those of `roles_on`. Where nobody holds a role of the rung, every reader is reminded: no rung is empty."""
    rung = f"{rung}::varchar[]"
    return f"""m.roles && {readers}::varchar[] AND (o.kind <> 'authority' OR m.roles && {rung} OR NOT EXISTS (
        SELECT FROM tenants_membership other JOIN accounts_user person ON person.id = other.user_id
        WHERE other.organisation_id = o.id AND other.is_active AND person.is_active AND other.roles && {rung}))"""
