"""Row security of sign-in: read by the login role before it knows for whom, by nobody else beyond names."""

from brokerage.core.accounts.sessions import LOADED
from brokerage.core.tenants.permissions import PERMISSIONS
from brokerage.core.tenants.rowsecurity import (
    ACTORS,
    ALL,
    ASSOCIATE,
    AUTHORITY,
    CENTRAL,
    DEFINER,
    ORGANISATION,
    PROVIDER,
    USER,
    WORKER,
    Allow,
    identity,
)

_colleagues = f"id = ANY (ARRAY(SELECT m.user_id FROM tenants_membership m WHERE m.organisation_id = {ORGANISATION}))"
_KNOWN = ("id", "name", "email", "language", "is_active")
#: The roles that may know which of their people have a mobile number for alerts.
_COUNTERS = ", ".join(
    f"'{role}'" for role, granted in sorted(PERMISSIONS.items()) if granted & {"people.manage", "alert.confirm"}
)
_own_client = f"starts_with({{}}, {ORGANISATION}::text || '.')"

TABLES = [
    # First, as every page reads its session first: whoever waits for `migrate` there holds no other table yet.
    identity("django_session"),
    # An organisation's administrator sets its identity provider through the functions below.
    identity("socialaccount_socialapp", (Allow(DEFINER, ALL),)),
    identity("socialaccount_socialaccount", (Allow(DEFINER, "SELECT, DELETE"),)),
    identity(
        "accounts_user",
        (
            # Never the password's hash.
            *(Allow(role, "SELECT", _colleagues, _KNOWN) for role in ACTORS),
            Allow(WORKER, "SELECT", "true", _KNOWN),
            Allow(DEFINER, "SELECT", "true", _KNOWN),
        ),
    ),
    # A number is read where its owner changes it and where it is texted to; that there is one, by whoever fans out.
    identity(
        "accounts_mobilenumber",
        (
            Allow(WORKER, "SELECT", "true", ("user_id", "number", "confirmed_at")),
            Allow(DEFINER, "SELECT", "true", ("user_id", "confirmed_at")),
        ),
    ),
    # An API client's identifier begins with its organisation's: an administrator keeps its own, by the actions alone.
    identity(
        "allauth_idp_oidc_client",
        (
            *(Allow(role, "SELECT, INSERT", _own_client.format("id")) for role in ACTORS),
            *(
                Allow(
                    role,
                    "UPDATE",
                    _own_client.format("id"),
                    ("name", "secret", "scopes", "default_scopes", "grant_types"),
                )
                for role in ACTORS
            ),
            # Which changes a client's webhooks are told of.
            Allow(WORKER, "SELECT", "true", ("id", "scopes")),
        ),
    ),
    identity(
        "allauth_idp_oidc_token",
        (
            *(Allow(role, "SELECT, DELETE", _own_client.format("client_id")) for role in ACTORS),
            Allow(DEFINER, "SELECT"),
        ),
    ),
    *(
        identity(name)
        for name in (
            "account_emailaddress",
            "account_emailconfirmation",
            "mfa_authenticator",
            "socialaccount_socialtoken",
            "usersessions_usersession",
            "django_content_type",
            "auth_permission",
            "auth_group",
            "auth_group_permissions",
        )
    ),
]

_administrators = f"{AUTHORITY}, {ASSOCIATE}, {CENTRAL}"

FUNCTIONS = [
    *LOADED.statements(),
    # Which members have a confirmed mobile number, never what it is: for whoever manages the people or leads on
    # safeguarding.
    f"""
    CREATE OR REPLACE FUNCTION members_with_texts() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT m.user_id FROM tenants_membership m JOIN accounts_mobilenumber n ON n.user_id = m.user_id
      WHERE m.organisation_id = {ORGANISATION} AND m.is_active AND n.confirmed_at IS NOT NULL
        AND EXISTS (SELECT FROM tenants_membership own WHERE own.organisation_id = {ORGANISATION}
          AND own.user_id = {USER} AND own.is_active AND own.roles && ARRAY[{_COUNTERS}]::varchar[])
    $$
    """,
    "REVOKE ALL ON FUNCTION members_with_texts() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION members_with_texts() TO {_administrators}, {PROVIDER}",
    # The organisation acted for, if the person acting is its administrator; nothing else may touch its provider.
    f"""
    CREATE OR REPLACE FUNCTION administered_organisation() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT o.slug::text FROM tenants_organisation o JOIN tenants_membership m ON m.organisation_id = o.id
      WHERE o.id = {ORGANISATION} AND o.is_active AND o.kind IN ('authority', 'associate', 'central')
        AND m.user_id = {USER} AND m.is_active
        AND m.roles && ARRAY['authority_administrator', 'central_administrator']::varchar[]
    $$
    """,
    "REVOKE ALL ON FUNCTION administered_organisation() FROM PUBLIC",
    # Everything about the provider but its secret.
    """
    CREATE OR REPLACE FUNCTION own_identity_provider()
    RETURNS TABLE (name varchar, client_id varchar, settings jsonb, people bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT a.name, a.client_id, a.settings - 'sealed_secret',
        (SELECT count(*) FROM socialaccount_socialaccount s WHERE s.provider = a.provider_id)
      FROM socialaccount_socialapp a
      WHERE a.provider = 'openid_connect' AND a.provider_id = administered_organisation()
    $$
    """,
    "REVOKE ALL ON FUNCTION own_identity_provider() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION own_identity_provider() TO {_administrators}",
    """
    CREATE OR REPLACE FUNCTION set_own_identity_provider(p_name varchar, p_client varchar, p_settings jsonb)
    RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE own text := administered_organisation(); before jsonb; wanted jsonb;
    BEGIN
      IF own IS NULL THEN RAISE EXCEPTION 'not an administrator' USING ERRCODE = 'insufficient_privilege'; END IF;
      PERFORM pg_advisory_xact_lock(hashtext('identity providers'));
      IF EXISTS (SELECT 1 FROM socialaccount_socialapp a, jsonb_array_elements_text(p_settings -> 'domains') d
                 WHERE a.provider_id <> own AND a.settings -> 'domains' @> to_jsonb(d)) THEN
        RETURN 'domain_taken';
      END IF;
      SELECT a.settings INTO before FROM socialaccount_socialapp a
        WHERE a.provider = 'openid_connect' AND a.provider_id = own;
      wanted := coalesce(jsonb_build_object('sealed_secret', before -> 'sealed_secret'), '{}') || p_settings
        || jsonb_build_object('organisation', own);
      IF before IS NULL THEN
        INSERT INTO socialaccount_socialapp (provider, provider_id, name, client_id, secret, key, settings)
        VALUES ('openid_connect', own, p_name, p_client, '', '', wanted);
      ELSE
        UPDATE socialaccount_socialapp SET name = p_name, client_id = p_client, settings = wanted
          WHERE provider = 'openid_connect' AND provider_id = own;
        -- Another server's names for people mean nothing here.
        IF before ->> 'server_url' IS DISTINCT FROM wanted ->> 'server_url' THEN
          DELETE FROM socialaccount_socialaccount WHERE provider = own;
        END IF;
      END IF;
      RETURN 'set';
    END $$
    """,
    "REVOKE ALL ON FUNCTION set_own_identity_provider(varchar, varchar, jsonb) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION set_own_identity_provider(varchar, varchar, jsonb) TO {_administrators}",
    """
    CREATE OR REPLACE FUNCTION remove_own_identity_provider() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE own text := administered_organisation();
    BEGIN
      IF own IS NULL THEN RAISE EXCEPTION 'not an administrator' USING ERRCODE = 'insufficient_privilege'; END IF;
      DELETE FROM socialaccount_socialaccount WHERE provider = own;
      DELETE FROM socialaccount_socialapp WHERE provider = 'openid_connect' AND provider_id = own;
    END $$
    """,
    "REVOKE ALL ON FUNCTION remove_own_identity_provider() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION remove_own_identity_provider() TO {_administrators}",
]
