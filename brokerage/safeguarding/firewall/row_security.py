"""Row security of the firewall: each authority its own findings and runs. A central team is told counts alone.

Runs write in each authority's own role as the system (no user); people only answer what is open.
"""

from brokerage.core.notifications.channels import tell_members
from brokerage.core.tenants.permissions import PERMISSIONS
from brokerage.core.tenants.rowsecurity import (
    AUTHORITY,
    CATEGORIES,
    CENTRAL,
    DEFINER,
    LOADER,
    MIGRATOR,
    ORGANISATION,
    REGIONS,
    TODAY,
    USER,
    WORKER,
    Allow,
    Table,
)

_ours = f"authority_id = {ORGANISATION}"
#: A delegation for some kinds of referral shows no findings about others.
_covered = f"{_ours} AND ({CATEGORIES} IS NULL OR category = ANY ({CATEGORIES}))"
#: What failed and passed again is history.
_live = f"{_covered} AND state IN ('open', 'acknowledged')"
_system = f"{_ours} AND {USER} IS NULL"
#: The roles whose people are told; written into the function, so that nobody has other people told.
_ROLES = ", ".join(f"'{role}'" for role, granted in sorted(PERMISSIONS.items()) if "firewall.view" in granted)
#: More findings of one run than this are told as one message with a link to the list.
MOST_MESSAGES = 10

TABLES = [
    Table(
        "firewall_check",
        "tenant",
        (
            Allow(AUTHORITY, "SELECT", _ours),
            Allow(AUTHORITY, "INSERT, UPDATE, DELETE", _system),
            # Which authorities have been looked at today.
            Allow(WORKER, "SELECT"),
        ),
    ),
    Table(
        "firewall_finding",
        "tenant",
        (
            Allow(AUTHORITY, "SELECT", _covered),
            Allow(AUTHORITY, "INSERT", _system),
            Allow(AUTHORITY, "UPDATE", _live, (), f"{_covered} AND ({USER} IS NULL OR state = 'acknowledged')"),
            Allow(DEFINER, "SELECT"),
        ),
    ),
]

_MESSAGES = tell_members(
    organisations=f"""(
        SELECT 'firewall.' || f.told_as AS template, f.reference, f.reference || '/' AS page FROM firewall_finding f
        WHERE f.authority_id = {ORGANISATION} AND f.told_in = p_check AND told <= {MOST_MESSAGES}
        UNION ALL
        SELECT 'firewall.many', told::text, '?state=open' WHERE told > {MOST_MESSAGES}
      ) t
      JOIN tenants_organisation o ON o.id = {ORGANISATION}""",
    who=f"m.roles && ARRAY[{_ROLES}]::varchar[]",
    event="p_check",
    template="t.template",
    reference="t.reference",
    page="'/firewall/' || t.page",
)

FUNCTIONS = [
    # Writes the messages of what a run tells, in the run's transaction: one for each finding, or one for all of many.
    # Doing it again tells nobody twice.
    f"""
    CREATE OR REPLACE FUNCTION firewall_tell(p_check uuid)
    RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE told integer;
    BEGIN
      SELECT count(*) INTO told FROM firewall_finding f WHERE f.authority_id = {ORGANISATION} AND f.told_in = p_check;
      {_MESSAGES};
      RETURN told;
    END $$
    """,
    "REVOKE ALL ON FUNCTION firewall_tell(uuid) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION firewall_tell(uuid) TO {AUTHORITY}",
    # Which authorities have somebody in these homes, or invite, or wait for a signature: for the worker alone, which
    # then looks in each authority's own role.
    """
    CREATE OR REPLACE FUNCTION firewall_authorities(p_homes uuid[])
    RETURNS TABLE (authority_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT p.authority_id FROM placements_placement p
        WHERE p.establishment_id = ANY (p_homes) AND p.status IN ('planned', 'active')
      UNION
      SELECT i.authority_id FROM placements_invitation i
        WHERE i.establishment_id = ANY (p_homes) AND i.status IN ('open', 'offered')
      UNION
      SELECT f.authority_id FROM firewall_finding f
        WHERE f.establishment_id = ANY (p_homes) AND f.state IN ('open', 'acknowledged')
    $$
    """,
    "REVOKE ALL ON FUNCTION firewall_authorities(uuid[]) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION firewall_authorities(uuid[]) TO {WORKER}",
    # The homes that fail, and how many placements of how many authorities are affected: for a central team, of the
    # authorities of its region; where other regions' people live is not its to know. Never whose, and no placement.
    f"""
    CREATE OR REPLACE FUNCTION firewall_failing()
    RETURNS TABLE (establishment_id uuid, provider_id uuid, home varchar, codes varchar[], placements bigint,
      authorities bigint, unanswered bigint, since timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT f.establishment_id, (array_agg(f.provider_id))[1], max(f.home),
        ARRAY(SELECT DISTINCT code FROM unnest(string_to_array(string_agg(array_to_string(f.codes, ' '), ' '), ' '))
          AS code ORDER BY code)::varchar[],
        count(*), count(DISTINCT f.authority_id), count(*) FILTER (WHERE f.state = 'open'), min(f.found_at)
      FROM firewall_finding f
      WHERE f.state IN ('open', 'acknowledged') AND f.establishment_id IS NOT NULL
        AND EXISTS (SELECT FROM tenants_organisation o WHERE o.id = {ORGANISATION} AND o.kind = 'central')
        AND f.authority_id IN (SELECT m.organisation_id FROM tenants_regionmember m WHERE m.region_id = {REGIONS}
          AND m.starts_on <= {TODAY} AND (m.ends_on IS NULL OR m.ends_on >= {TODAY}))
      GROUP BY f.establishment_id
    $$
    """,
    "REVOKE ALL ON FUNCTION firewall_failing() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION firewall_failing() TO {CENTRAL}",
    # A person answers what is open, once, and changes nothing else of what a run found.
    f"""
    CREATE OR REPLACE FUNCTION finding_moves() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    DECLARE answer text[] := ARRAY['state', 'plan', 'acknowledged_at', 'acknowledged_by_name'];
    BEGIN
      IF current_user IN ('{LOADER}', '{MIGRATOR}') OR {USER} IS NULL THEN RETURN NEW; END IF;
      IF OLD.state <> 'open' OR NEW.state <> 'acknowledged' OR to_jsonb(OLD) - answer <> to_jsonb(NEW) - answer
          OR NEW.acknowledged_at NOT BETWEEN clock_timestamp() - interval '5 minutes' AND clock_timestamp() THEN
        RAISE EXCEPTION 'a finding does not move so' USING ERRCODE = 'insufficient_privilege';
      END IF;
      RETURN NEW;
    END $$
    """,
    "REVOKE ALL ON FUNCTION finding_moves() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION finding_moves() TO {MIGRATOR}",
]

TRIGGERS = [
    "DROP TRIGGER IF EXISTS firewall_finding_moves ON firewall_finding",
    """
    CREATE TRIGGER firewall_finding_moves BEFORE UPDATE ON firewall_finding
    FOR EACH ROW EXECUTE FUNCTION finding_moves()
    """,
]
