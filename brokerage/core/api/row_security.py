"""Row security of API clients: each organisation's own; the login role only asks whose a token is."""

from brokerage.core.tenants.rowsecurity import ACTORS, DEFINER, LOGIN, ORGANISATION, WORKER, Allow, Table

_own = f"organisation_id = {ORGANISATION}"

TABLES = [
    Table(
        "api_apiclient",
        "identity",
        (
            *(Allow(role, "SELECT, INSERT", _own) for role in ACTORS),
            *(
                Allow(
                    role,
                    "UPDATE",
                    _own,
                    ("name", "owner_id", "weekly_limit", "secret_by_id", "rotated_at", "revoked_at"),
                )
                for role in ACTORS
            ),
            Allow(WORKER, "SELECT"),
            Allow(DEFINER, "SELECT"),
            Allow(DEFINER, "UPDATE", columns=("last_used_at",)),
        ),
    ),
    Table(
        "api_keptanswer",
        "system",
        (
            *(Allow(role, "SELECT, INSERT", _own) for role in ACTORS),
            Allow(WORKER, "SELECT, DELETE"),
        ),
    ),
]

FUNCTIONS = [
    # Whose an access token is: nothing, unless token, client, organisation, owner and membership all stand.
    "DROP FUNCTION IF EXISTS api_client_of_token(text)",
    """
    CREATE OR REPLACE FUNCTION api_client_of_token(p_hash text)
    RETURNS TABLE (client_id uuid, client_name varchar, weekly_limit numeric, scopes text, last_used_at timestamptz,
      secret_by_id uuid, user_id uuid, user_name varchar, organisation_id uuid, organisation_name varchar,
      kind varchar, slug varchar, colour varchar)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT c.id, c.name, c.weekly_limit, t.scopes, c.last_used_at, c.secret_by_id, u.id, u.name, o.id, o.name,
        o.kind, o.slug, o.colour
      FROM allauth_idp_oidc_token t
      JOIN api_apiclient c ON c.oauth_id = t.client_id
      JOIN tenants_organisation o ON o.id = c.organisation_id
      JOIN accounts_user u ON u.id = c.owner_id
      JOIN tenants_membership m ON m.organisation_id = o.id AND m.user_id = u.id
      WHERE t.type = 'at' AND t.hash = p_hash AND t.expires_at > clock_timestamp()
        AND c.revoked_at IS NULL AND o.is_active AND u.is_active AND m.is_active
    $$
    """,
    "REVOKE ALL ON FUNCTION api_client_of_token(text) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION api_client_of_token(text) TO {LOGIN}",
    """
    CREATE OR REPLACE FUNCTION api_client_used(p_client uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
      UPDATE api_apiclient SET last_used_at = clock_timestamp() WHERE id = p_client
    $$
    """,
    "REVOKE ALL ON FUNCTION api_client_used(uuid) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION api_client_used(uuid) TO {LOGIN}",
]
