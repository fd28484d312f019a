"""Row security of organisations and memberships. Names, regions and adjacency are no secret; memberships are."""

from brokerage.core.tenants.rowsecurity import (
    ACTORS,
    AUTHORITY,
    CENTRAL,
    DEFINER,
    LOGIN,
    MIGRATOR,
    ORGANISATION,
    PROVIDER,
    TODAY,
    USER,
    WORKER,
    Allow,
    Table,
    reference,
)

_readers = (LOGIN, WORKER, "brokerage_public", DEFINER, *ACTORS)
#: Not the name: whoever could change it could pass for somebody else in every message and agreement.
_look = ("name_cy", "colour", "contact_email", "contact_phone", "out_of_hours_phone", "address")
#: The two kinds that sign agreements also say whether their API clients may.
_changeable = {role: (*_look, "machine_signing") if role in (AUTHORITY, PROVIDER) else _look for role in ACTORS}


def _of_own_organisation(commands: str, columns: tuple[str, ...]) -> tuple[Allow, ...]:
    """Rows of the organisation acted for; an UPDATE of those columns only."""
    own = f"organisation_id = {ORGANISATION}"
    return tuple(
        allow for role in ACTORS for allow in (Allow(role, commands, own), Allow(role, "UPDATE", own, columns))
    )


TABLES = [
    Table(
        "tenants_organisation",
        "reference",
        (
            *(Allow(role, "SELECT") for role in _readers),
            *(Allow(role, "UPDATE", f"id = {ORGANISATION}", _changeable[role]) for role in ACTORS),
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
            # For the processes of the version before `memberships_of_user`, until they are replaced.
            Allow(LOGIN, "SELECT", f"user_id = {USER}"),
            Allow(WORKER, "SELECT"),
            # Joining is `accept_invitation` alone: nobody makes a member of a person who was not asked.
            Allow(DEFINER, "SELECT, INSERT, UPDATE"),
            *_of_own_organisation("SELECT", ("roles", "weekly_limit", "job_title", "is_active")),
        ),
    ),
    Table(
        "tenants_invitation",
        "identity",
        (Allow(DEFINER, "SELECT, UPDATE"), *_of_own_organisation("SELECT, INSERT", ("withdrawn_at",))),
    ),
    Table(
        "tenants_delegation",
        "two-party",
        (
            Allow(AUTHORITY, "SELECT, INSERT", f"authority_id = {ORGANISATION}"),
            Allow(AUTHORITY, "UPDATE", f"authority_id = {ORGANISATION}", ("ended_at", "ends_on")),
            Allow(CENTRAL, "SELECT", f"central_team_id = {ORGANISATION}"),
            Allow(DEFINER, "SELECT"),
            # Hub brokers are told what the authority they act for is told.
            Allow(WORKER, "SELECT"),
        ),
    ),
]

#: Whom a person may act for today, as a member or under a delegation: asked by the login role alone.
FUNCTIONS = [
    # One value, so that it is read with the session. In PL/pgSQL, which keeps its plan.
    """
    CREATE OR REPLACE FUNCTION memberships_of_user(p_user uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      RETURN (SELECT coalesce(jsonb_agg(jsonb_build_array(o.id, o.slug, o.name, o.name_cy, o.kind, o.colour, m.roles,
          m.weekly_limit::text) ORDER BY o.name), '[]')
        FROM tenants_membership m JOIN tenants_organisation o ON o.id = m.organisation_id
        WHERE m.user_id = p_user AND m.is_active AND o.is_active);
    END $$
    """,
    "REVOKE ALL ON FUNCTION memberships_of_user(uuid) FROM PUBLIC",
    # The demo's tale is told through the owner's connection, in its people's names.
    f"GRANT EXECUTE ON FUNCTION memberships_of_user(uuid) TO {LOGIN}, {MIGRATOR}",
    f"""
    CREATE OR REPLACE FUNCTION delegations_of_user(p_user uuid)
    RETURNS TABLE (id uuid, authority_id uuid, central_team_id uuid, weekly_limit numeric, categories varchar[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT d.id, d.authority_id, d.central_team_id, d.weekly_limit, d.categories
      FROM tenants_delegation d
      JOIN tenants_membership m ON m.organisation_id = d.central_team_id
      WHERE m.user_id = p_user AND m.is_active AND 'hub_broker' = ANY (m.roles)
        AND d.ended_at IS NULL AND d.starts_on <= {TODAY}
        AND (d.ends_on IS NULL OR d.ends_on >= {TODAY})
    $$
    """,
    "REVOKE ALL ON FUNCTION delegations_of_user(uuid) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION delegations_of_user(uuid) TO {LOGIN}, {MIGRATOR}",
    # What the holder of an invitation's link may read.
    """
    CREATE OR REPLACE FUNCTION open_invitation(p_hash text)
    RETURNS TABLE (organisation varchar, name varchar, email varchar)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT o.name, i.name, i.email FROM tenants_invitation i JOIN tenants_organisation o ON o.id = i.organisation_id
      WHERE i.token_hash = p_hash AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL
        AND i.expires_at > clock_timestamp() AND o.is_active
    $$
    """,
    "REVOKE ALL ON FUNCTION open_invitation(text) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION open_invitation(text) TO brokerage_login",
    # Joining: the link must be open and the person's own e-mail address the invited one.
    """
    CREATE OR REPLACE FUNCTION accept_invitation(p_hash text, p_user uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE i tenants_invitation%ROWTYPE; joined text;
    BEGIN
      UPDATE tenants_invitation SET accepted_at = clock_timestamp()
        WHERE token_hash = p_hash AND accepted_at IS NULL AND withdrawn_at IS NULL AND expires_at > clock_timestamp()
          AND lower(email) = (SELECT lower(u.email) FROM accounts_user u WHERE u.id = p_user AND u.is_active)
        RETURNING * INTO i;
      IF NOT FOUND THEN RETURN NULL; END IF;
      UPDATE tenants_membership SET roles = i.roles, weekly_limit = i.weekly_limit, is_active = true
        WHERE user_id = p_user AND organisation_id = i.organisation_id;
      IF NOT FOUND THEN
        INSERT INTO tenants_membership (id, user_id, organisation_id, roles, weekly_limit, job_title, is_active,
          created_at)
        VALUES (gen_random_uuid(), p_user, i.organisation_id, i.roles, i.weekly_limit, '', true, clock_timestamp());
      END IF;
      SELECT o.slug INTO joined FROM tenants_organisation o WHERE o.id = i.organisation_id;
      RETURN joined;
    END $$
    """,
    "REVOKE ALL ON FUNCTION accept_invitation(text, uuid) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION accept_invitation(text, uuid) TO brokerage_login",
]
