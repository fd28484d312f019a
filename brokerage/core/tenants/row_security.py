"""Row security of organisations and memberships. Names, regions and adjacency are no secret; memberships are."""

from brokerage.core.tenants.rowsecurity import (
    ACTORS,
    ALL,
    AUTHORITY,
    CENTRAL,
    DEFINER,
    LOGIN,
    ORGANISATION,
    USER,
    WORKER,
    Allow,
    Table,
    reference,
)

_readers = (LOGIN, WORKER, "brokerage_public", DEFINER, *ACTORS)
_look = ("name", "name_cy", "colour", "contact_email", "contact_phone", "out_of_hours_phone", "address")


def _of_own_organisation(column: str = "organisation_id") -> tuple[Allow, ...]:
    return tuple(Allow(role, "SELECT, INSERT, UPDATE", f"{column} = {ORGANISATION}") for role in ACTORS)


TABLES = [
    Table(
        "tenants_organisation",
        "reference",
        (
            *(Allow(role, "SELECT") for role in _readers),
            *(Allow(role, "UPDATE", f"id = {ORGANISATION}", _look) for role in ACTORS),
            # The central team brings new providers in (import of a regulator's list, verification).
            Allow(CENTRAL, "INSERT", "kind = 'provider'"),
        ),
    ),
    reference("tenants_authorityprofile"),
    reference("tenants_adjacency"),
    reference("tenants_outwardcode"),
    reference("tenants_postcode"),
    reference("tenants_region"),
    reference("tenants_regionmember"),
    Table(
        "tenants_membership",
        "identity",
        (
            Allow(LOGIN, "SELECT", f"user_id = {USER}"),
            Allow(WORKER, "SELECT"),
            Allow(DEFINER, "SELECT, INSERT, UPDATE"),
            *_of_own_organisation(),
        ),
    ),
    Table(
        "tenants_invitation",
        "identity",
        (Allow(DEFINER, "SELECT, UPDATE"), *_of_own_organisation()),
    ),
    Table(
        "tenants_delegation",
        "two-party",
        (
            Allow(AUTHORITY, ALL, f"authority_id = {ORGANISATION}"),
            Allow(CENTRAL, "SELECT", f"central_team_id = {ORGANISATION}"),
            Allow(DEFINER, "SELECT"),
        ),
    ),
]

#: Delegations a person of a central team may act under today; the login role asks before it enters any role.
FUNCTIONS = [
    """
    CREATE OR REPLACE FUNCTION delegations_of_user(p_user uuid)
    RETURNS TABLE (id uuid, authority_id uuid, central_team_id uuid, weekly_limit numeric, categories varchar[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT d.id, d.authority_id, d.central_team_id, d.weekly_limit, d.categories
      FROM tenants_delegation d
      JOIN tenants_membership m ON m.organisation_id = d.central_team_id
      WHERE m.user_id = p_user AND m.is_active AND 'hub_broker' = ANY (m.roles)
        AND d.ended_at IS NULL AND d.starts_on <= current_date
        AND (d.ends_on IS NULL OR d.ends_on >= current_date)
    $$
    """,
    "REVOKE ALL ON FUNCTION delegations_of_user(uuid) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION delegations_of_user(uuid) TO brokerage_login",
]
