"""Row security of closures. Everybody told reads the closure; an authority reads its own people's rows and nobody
else does: the central team counts them through `closure_counts`.

`closure_tell` works out across all authorities who must know and whose people must move; it says so to nobody.
"""

from brokerage.core.notifications.channels import tell_members
from brokerage.core.tenants.permissions import PERMISSIONS
from brokerage.core.tenants.rowsecurity import (
    AUTHORITY,
    CENTRAL,
    DEFINER,
    LOADER,
    MIGRATOR,
    ORGANISATION,
    PROVIDER,
    TODAY,
    USER,
    WORKER,
    Allow,
    Table,
)

READERS = (AUTHORITY, CENTRAL, PROVIDER)
_mine = f"organisation_id = {ORGANISATION}"
_told = f"id IN (SELECT t.closure_id FROM closures_closurerecipient t WHERE t.organisation_id = {ORGANISATION})"
_run = (
    f"id IN (SELECT t.closure_id FROM closures_closurerecipient t WHERE t.organisation_id = {ORGANISATION}"
    " AND t.reasons && ARRAY['central']::varchar[])"
)
_announced = f"announced_by_id = {ORGANISATION}"
_ours = f"authority_id = {ORGANISATION}"
#: The roles whose people are told; written into the functions, so that nobody has other people told.
_ROLES = ", ".join(f"'{role}'" for role, granted in sorted(PERMISSIONS.items()) if "closure.view" in granted)
#: Those who say where people go.
_TRACKERS = ", ".join(f"'{role}'" for role, granted in sorted(PERMISSIONS.items()) if "closure.track" in granted)
_CHANGED = (
    *("status", "closes_on", "changed_at", "changed_by_organisation", "change_note"),
    *("closed_on", "closed_at", "closed_by_organisation", "withdrawn_at", "withdrawn_by_organisation"),
)
_NEXT = (
    *("status", "referral_reference", "new_placement_reference", "note", "looking_at", "found_at"),
    *("ended_on", "ended_at", "changed_by_name", "changed_at"),
)
_OPEN = "status IN ('not_started', 'looking', 'found')"

TABLES = [
    Table(
        "closures_closure",
        "two-party",
        (
            *(Allow(role, "SELECT", _told) for role in READERS),
            Allow(CENTRAL, "INSERT", _announced),
            Allow(PROVIDER, "INSERT", f"{_announced} AND provider_id = {ORGANISATION}"),
            Allow(CENTRAL, "UPDATE", _run, _CHANGED),
            Allow(PROVIDER, "UPDATE", _announced, _CHANGED),
            Allow(DEFINER, "SELECT"),
            Allow(DEFINER, "UPDATE", "true", ("status", "completed_at")),
            Allow(WORKER, "SELECT"),
        ),
    ),
    Table(
        "closures_closurerecipient",
        "two-party",
        (
            *(Allow(role, "SELECT", _mine) for role in READERS),
            Allow(DEFINER, "SELECT, INSERT, UPDATE"),
            Allow(WORKER, "SELECT"),
        ),
    ),
    Table(
        "closures_closureresident",
        "tenant",
        (
            Allow(AUTHORITY, "SELECT", _ours),
            Allow(AUTHORITY, "UPDATE", f"{_ours} AND {_OPEN}", _NEXT, _ours),
            Allow(DEFINER, "SELECT, INSERT"),
        ),
    ),
]


def _messages(*, event: str, template: str, roles: str, narrowed: str) -> str:
    statement = tell_members(
        organisations="closures_closurerecipient r JOIN tenants_organisation o ON o.id = r.organisation_id",
        who=f"m.roles && ARRAY[{roles}]::varchar[]",
        event=event,
        template=template,
        reference="c.reference",
        page="'/closures/' || c.reference || '/'",
        narrowed=f"r.closure_id = c.id AND {narrowed}",
    )
    return f"{statement};"


_THERE = """p.status IN ('planned', 'active') AND p.provider_id = c.provider_id
      AND (c.establishment_id IS NULL OR p.establishment_id = c.establishment_id)
      AND (c.household_id IS NULL OR p.household_id = c.household_id)"""
#: Who must know of a closure, each with every reason, worked out now.
_WHO = f"""
  SELECT who.organisation_id, array_agg(DISTINCT who.reason) AS reasons FROM (
    SELECT c.announced_by_id AS organisation_id, 'announced'::varchar AS reason
    UNION ALL
    SELECT c.provider_id, 'provider'
    UNION ALL
    SELECT p.authority_id, CASE WHEN p.status = 'active' THEN 'resident' ELSE 'starting' END
    FROM placements_placement p WHERE {_THERE}
    UNION ALL
    SELECT central.organisation_id, 'central'
    FROM tenants_regionmember central
    JOIN tenants_organisation o ON o.id = central.organisation_id AND o.kind = 'central' AND o.is_active
    WHERE (central.ends_on IS NULL OR central.ends_on >= {TODAY}) AND central.starts_on <= {TODAY}
      AND (central.region_id IN (SELECT ad.region_id FROM dpv_admission ad
          WHERE ad.provider_id = c.provider_id AND ad.status IN ('admitted', 'suspended'))
        OR central.region_id IN (SELECT member.region_id FROM tenants_regionmember member
          WHERE (member.ends_on IS NULL OR member.ends_on >= {TODAY}) AND member.starts_on <= {TODAY}
            AND (member.organisation_id = c.announced_by_id OR member.organisation_id IN
              (SELECT p.authority_id FROM placements_placement p WHERE {_THERE}))))
  ) who GROUP BY who.organisation_id
"""

FUNCTIONS = [
    # Tells everybody who must know and gives each person there a row of their authority's, in the transaction of the
    # act, but whoever did it. Doing it again, as the system, finds whoever came since and tells no organisation told
    # before; each change of the day is told, also one back to an earlier day.
    f"""
    CREATE OR REPLACE FUNCTION closure_tell(p_closure uuid)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE c closures_closure; began timestamptz := clock_timestamp();
    BEGIN
      SELECT * INTO c FROM closures_closure WHERE id = p_closure AND (announced_by_id = {ORGANISATION}
        OR id IN (SELECT t.closure_id FROM closures_closurerecipient t WHERE t.organisation_id = {ORGANISATION}
          AND t.reasons && ARRAY['central']::varchar[]));
      IF c.id IS NULL THEN RAISE EXCEPTION 'not yours to announce' USING ERRCODE = 'insufficient_privilege'; END IF;
      IF c.status IN ('announced', 'closed') THEN
        INSERT INTO closures_closurerecipient AS r (id, closure_id, organisation_id, reference, reasons, told_at,
          reminded)
        SELECT gen_random_uuid(), c.id, w.organisation_id, c.reference, w.reasons, clock_timestamp(), 0
        FROM ({_WHO}) w
        ON CONFLICT (closure_id, organisation_id) DO UPDATE
          SET reasons = ARRAY(SELECT DISTINCT unnest(r.reasons || excluded.reasons));
        INSERT INTO closures_closureresident (id, authority_id, closure_id, placement_id, placement_reference, status,
          referral_reference, new_placement_reference, note, added_at, changed_by_name)
        SELECT gen_random_uuid(), p.authority_id, c.id, p.id, p.reference, 'not_started', '', '', '',
          clock_timestamp(), ''
        FROM placements_placement p WHERE {_THERE}
        ON CONFLICT DO NOTHING;
      END IF;
      {
        _messages(
            event="md5(c.id::text || c.status || c.closes_on"
            " || coalesce(extract(epoch FROM c.changed_at)::text, ''))::uuid",
            template="CASE WHEN c.status = 'announced' AND c.changed_at IS NOT NULL THEN 'closures.changed'"
            " ELSE 'closures.' || c.status END",
            roles=_ROLES,
            narrowed=f"CASE WHEN {USER} IS NULL THEN r.told_at >= began ELSE m.user_id <> {USER} END",
        )
    }
    END $$
    """,
    "REVOKE ALL ON FUNCTION closure_tell(uuid) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION closure_tell(uuid) TO {CENTRAL}, {PROVIDER}",
    # Completes a closure that has happened when nobody is left to move; whether it did. For whoever was told of it.
    f"""
    CREATE OR REPLACE FUNCTION closure_settle(p_closure uuid)
    RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE c closures_closure;
    BEGIN
      SELECT * INTO c FROM closures_closure WHERE id = p_closure AND id IN (SELECT t.closure_id
        FROM closures_closurerecipient t WHERE t.organisation_id = {ORGANISATION});
      IF c.id IS NULL THEN RAISE EXCEPTION 'not told of it' USING ERRCODE = 'insufficient_privilege'; END IF;
      UPDATE closures_closure SET status = 'completed', completed_at = clock_timestamp()
        WHERE id = c.id AND status = 'closed' AND NOT EXISTS (SELECT FROM closures_closureresident r
          WHERE r.closure_id = c.id AND r.{_OPEN});
      IF NOT FOUND THEN RETURN false; END IF;
      {
        _messages(
            event="md5(c.id::text || 'completed')::uuid",
            template="'closures.completed'",
            roles=_ROLES,
            narrowed="r.reasons && ARRAY['announced', 'central', 'provider']::varchar[]",
        )
    }
      RETURN true;
    END $$
    """,
    "REVOKE ALL ON FUNCTION closure_settle(uuid) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION closure_settle(uuid) TO {AUTHORITY}, {CENTRAL}",
    # How far each authority is: numbers, for the central teams that were told.
    f"""
    CREATE OR REPLACE FUNCTION closure_counts(p_reference varchar)
    RETURNS TABLE (organisation_id uuid, organisation_name varchar, people bigint, not_started bigint, looking bigint,
      found bigint, ended bigint, told_at timestamptz, seen_at timestamptz, last_change_at timestamptz,
      reminded smallint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT t.organisation_id, o.name, count(r.id), count(r.id) FILTER (WHERE r.status = 'not_started'),
        count(r.id) FILTER (WHERE r.status = 'looking'), count(r.id) FILTER (WHERE r.status = 'found'),
        count(r.id) FILTER (WHERE NOT r.{_OPEN}), t.told_at,
        (SELECT min(m.seen_at) FROM notifications_message m
          WHERE m.organisation_id = t.organisation_id AND m.reference = t.reference AND m.is_urgent),
        max(r.changed_at), t.reminded
      FROM closures_closurerecipient t
      JOIN tenants_organisation o ON o.id = t.organisation_id
      JOIN closures_closureresident r ON r.closure_id = t.closure_id AND r.authority_id = t.organisation_id
      WHERE t.reference = p_reference AND EXISTS (SELECT FROM closures_closurerecipient mine
        WHERE mine.closure_id = t.closure_id AND mine.organisation_id = {ORGANISATION}
          AND mine.reasons && ARRAY['central']::varchar[])
      GROUP BY t.id, t.organisation_id, o.name, t.told_at, t.reference, t.reminded
      ORDER BY count(r.id) FILTER (WHERE r.{_OPEN}) DESC, o.name
    $$
    """,
    "REVOKE ALL ON FUNCTION closure_counts(varchar) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION closure_counts(varchar) TO {CENTRAL}",
    # Reminds every authority that still has somebody to move: once for each step.
    f"""
    CREATE OR REPLACE FUNCTION closure_remind(p_closure uuid, p_event uuid, p_step integer)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE c closures_closure;
    BEGIN
      SELECT * INTO c FROM closures_closure WHERE id = p_closure AND status IN ('announced', 'closed');
      IF c.id IS NULL THEN RETURN; END IF;
      UPDATE closures_closurerecipient t SET reminded = p_step, reminded_at = clock_timestamp()
        WHERE t.closure_id = c.id AND t.reminded < p_step AND EXISTS (SELECT FROM closures_closureresident s
          WHERE s.closure_id = c.id AND s.authority_id = t.organisation_id AND s.{_OPEN});
      {
        _messages(
            event="p_event",
            template="'closures.reminder'",
            roles=_TRACKERS,
            narrowed="r.reminded = p_step AND o.kind = 'authority'",
        )
    }
    END $$
    """,
    "REVOKE ALL ON FUNCTION closure_remind(uuid, uuid, integer) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION closure_remind(uuid, uuid, integer) TO {WORKER}",
    # A closure moves as `states.CLOSURE` says and no other way; a provider neither closes nor completes it.
    f"""
    CREATE OR REPLACE FUNCTION closure_moves() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    BEGIN
      IF current_user IN ('{LOADER}', '{MIGRATOR}') THEN RETURN NEW; END IF;
      IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'announced' OR NEW.announced_by_user_id IS DISTINCT FROM {USER} THEN
          RAISE EXCEPTION 'no closure begins so' USING ERRCODE = 'insufficient_privilege';
        END IF;
      ELSIF NOT ((OLD.status, NEW.status) IN (('announced', 'announced'), ('announced', 'withdrawn'))
          OR (OLD.status, NEW.status) = ('announced', 'closed') AND current_user = '{CENTRAL}'
          OR (OLD.status, NEW.status) = ('closed', 'completed') AND current_user = '{DEFINER}') THEN
        RAISE EXCEPTION 'a closure does not move so' USING ERRCODE = 'insufficient_privilege';
      END IF;
      RETURN NEW;
    END $$
    """,
    "REVOKE ALL ON FUNCTION closure_moves() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION closure_moves() TO {MIGRATOR}",
]

TRIGGERS = [
    "DROP TRIGGER IF EXISTS closures_closure_moves ON closures_closure",
    """
    CREATE TRIGGER closures_closure_moves BEFORE INSERT OR UPDATE ON closures_closure
    FOR EACH ROW EXECUTE FUNCTION closure_moves()
    """,
]
