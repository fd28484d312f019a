"""Row security of concerns, suggestions and complaints.

A concern is its writer's and, if shared, the region's central team's; no other authority and no provider reads it.
What adds up over authorities is counted by `patterns_now` alone. A complaint is its two parties', and the mediator's
once one of them asked for mediation.
"""

from collections.abc import Iterable

from brokerage.core.clock import HERE
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
    Allow,
    Table,
    moves_of,
)
from brokerage.safeguarding.concerns.patterns import (
    ACKNOWLEDGE_DAYS,
    CONCERNS,
    DAYS,
    NOTICE_REASONS,
    NOTICES,
    RANKS,
    UNPLANNED_ENDS,
    UNPLANNED_REASONS,
)
from brokerage.safeguarding.concerns.states import COMPLAINT, COMPLAINT_LIVE, CONCERN, SUGGESTION

_own = f"organisation_id = {ORGANISATION}"
_region_run = f"(SELECT r.id FROM tenants_region r WHERE r.central_team_id = {ORGANISATION})"
_member_of = f"(SELECT m.region_id FROM tenants_regionmember m WHERE m.organisation_id = {ORGANISATION})"
_concern_decided = ("status", "decided_by_name", "decided_by_organisation", "decided_at", "decision_reason")
_suggestion_changes = (*("count", "latest_on", "known", "status", "decided_by_name", "decided_at", "decision_reason"),)
_authority = f"authority_id = {ORGANISATION}"
_provider = f"provider_id = {ORGANISATION}"
_mediated = f"mediator_id = {ORGANISATION}"
_of_mediated = f"complaint_id IN (SELECT c.id FROM concerns_complaint c WHERE c.mediator_id = {ORGANISATION})"
#: An agreement that is named is one of the two parties'.
_agreed = (
    "(agreement_id IS NULL OR agreement_id IN (SELECT a.id FROM contracts_agreement a"
    " WHERE a.authority_id = concerns_complaint.authority_id AND a.provider_id = concerns_complaint.provider_id))"
)
_complaint_life = (
    *("status", "acknowledged_at", "acknowledged_by_name", "was_late", "answered_at", "mediator_id"),
    *("mediation_asked_at", "closed_at"),
)

TABLES = [
    Table(
        "concerns_concern",
        "tenant",
        (
            Allow(AUTHORITY, "SELECT", _own),
            Allow(AUTHORITY, "INSERT", f"{_own} AND (region_id IS NULL OR region_id IN {_member_of})"),
            Allow(AUTHORITY, "UPDATE", _own, _concern_decided),
            Allow(CENTRAL, "SELECT", f"region_id = {_region_run}"),
            Allow(CENTRAL, "INSERT", f"{_own} AND region_id = {_region_run}"),
            Allow(CENTRAL, "UPDATE", f"region_id = {_region_run}", _concern_decided),
            Allow(DEFINER, "SELECT"),
        ),
    ),
    # The regulators publish their ratings; when one changed here is no secret among those who buy.
    Table(
        "concerns_ratingchange",
        "provider",
        (Allow(AUTHORITY, "SELECT"), Allow(CENTRAL, "SELECT"), Allow(DEFINER, "SELECT, INSERT")),
    ),
    Table(
        "concerns_suggestion",
        "tenant",
        tuple(
            allow
            for role in (AUTHORITY, CENTRAL)
            for allow in (
                Allow(role, "SELECT", _own),
                Allow(role, "INSERT", f"{_own} AND status = 'open'"),
                Allow(role, "UPDATE", _own, _suggestion_changes),
            )
        ),
    ),
    Table(
        "concerns_complaint",
        "two-party",
        (
            Allow(AUTHORITY, "SELECT", _authority),
            Allow(AUTHORITY, "INSERT", f"{_authority} AND made_by = 'authority' AND {_agreed}"),
            Allow(AUTHORITY, "UPDATE", _authority, _complaint_life),
            Allow(PROVIDER, "SELECT", _provider),
            Allow(PROVIDER, "INSERT", f"{_provider} AND made_by = 'provider' AND {_agreed}"),
            Allow(PROVIDER, "UPDATE", _provider, _complaint_life),
            Allow(CENTRAL, "SELECT", _mediated),
            Allow(CENTRAL, "UPDATE", _mediated, ("status", "mediated_at")),
            Allow(DEFINER, "SELECT"),
        ),
    ),
    Table(
        "concerns_complaintentry",
        "two-party",
        (
            Allow(AUTHORITY, "SELECT", _authority),
            Allow(AUTHORITY, "INSERT", f"{_authority} AND {_own}"),
            Allow(PROVIDER, "SELECT", _provider),
            Allow(PROVIDER, "INSERT", f"{_provider} AND {_own}"),
            Allow(CENTRAL, "SELECT", _of_mediated),
            Allow(CENTRAL, "INSERT", f"{_own} AND {_of_mediated}"),
        ),
    ),
]


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


_RANKS = ", ".join(f"('{rating}', {rank})" for rating, rank in RANKS.items())
_DAY = f"{HERE})::date"
#: Authorities of the region that the central team `me` runs; an authority is alone.
_MEMBERS = f"""
  SELECT me.id FROM me WHERE NOT me.is_central
  UNION SELECT m.organisation_id FROM me JOIN tenants_region r ON r.central_team_id = me.id AND me.is_central
    JOIN tenants_regionmember m ON m.region_id = r.id AND m.starts_on <= {TODAY}
      AND (m.ends_on IS NULL OR m.ends_on >= {TODAY})
    JOIN tenants_organisation o ON o.id = m.organisation_id AND o.kind = 'authority'
"""

FUNCTIONS = [
    # What adds up within the time, for the caller: over all authorities of the region for its central team (concerns
    # shared with it, ends, ratings of homes it admitted), over its own rows for an authority. Counts and digests only.
    f"""
    CREATE OR REPLACE FUNCTION patterns_now(p_provider uuid)
    RETURNS TABLE (pattern text, provider_id uuid, establishment_id uuid, count integer, latest_on date, known text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      WITH me AS MATERIALIZED (SELECT o.id, o.kind = 'central' AS is_central FROM tenants_organisation o
          WHERE o.id = {ORGANISATION} AND o.kind IN ('authority', 'central')),
      members AS MATERIALIZED ({_MEMBERS}),
      noted AS MATERIALIZED (SELECT c.id, c.provider_id, c.establishment_id, c.seen_on
          FROM concerns_concern c, me
          WHERE c.seen_on > {TODAY} - {DAYS} AND (p_provider IS NULL OR c.provider_id = p_provider)
            AND CASE WHEN me.is_central
              THEN c.region_id = (SELECT r.id FROM tenants_region r WHERE r.central_team_id = me.id)
              ELSE c.organisation_id = me.id END),
      ended AS MATERIALIZED (SELECT p.id, p.provider_id, p.establishment_id, p.ended_on, p.end_reason
          FROM placements_placement p
          WHERE p.authority_id IN (SELECT m.id FROM members m) AND p.status = 'ended' AND p.provider_id IS NOT NULL
            AND (p_provider IS NULL OR p.provider_id = p_provider)
            AND p.ended_on > {TODAY} - {DAYS} AND p.end_reason IN ({_quoted(UNPLANNED_REASONS)})),
      happened AS (
        SELECT 'concerns' AS pattern, n.provider_id, n.establishment_id, NULL::uuid AS home, n.id, n.seen_on AS day
          FROM noted n WHERE n.establishment_id IS NOT NULL
        UNION ALL SELECT 'concerns', n.provider_id, NULL, coalesce(n.establishment_id, n.provider_id), n.id, n.seen_on
          FROM noted n
        UNION ALL SELECT 'unplanned_ends', e.provider_id, e.establishment_id, NULL, e.id, e.ended_on
          FROM ended e WHERE e.establishment_id IS NOT NULL
        UNION ALL SELECT 'notices', e.provider_id, NULL, NULL, e.id, e.ended_on
          FROM ended e WHERE e.end_reason IN ({_quoted(NOTICE_REASONS)})
        UNION ALL SELECT 'rating_fall', c.provider_id, c.establishment_id, NULL, c.id, (c.changed_at {_DAY}
          FROM concerns_ratingchange c, me
          WHERE me.is_central AND c.is_fall AND (c.changed_at {_DAY} > {TODAY} - {DAYS}
            AND (p_provider IS NULL OR c.provider_id = p_provider)
            AND NOT EXISTS (SELECT FROM concerns_ratingchange l WHERE l.establishment_id = c.establishment_id
              AND l.changed_at > c.changed_at AND NOT l.is_fall)
            AND EXISTS (SELECT FROM dpv_admission a JOIN tenants_region r ON r.id = a.region_id
              WHERE r.central_team_id = me.id AND a.establishment_id = c.establishment_id
                AND a.status IN ('admitted', 'suspended'))
      )
      SELECT h.pattern, h.provider_id, h.establishment_id, count(*)::integer, max(h.day),
        array_agg(md5(h.id::text || {ORGANISATION}::text) ORDER BY h.id)
      FROM happened h GROUP BY h.pattern, h.provider_id, h.establishment_id
      HAVING count(*) >= CASE h.pattern WHEN 'concerns' THEN {CONCERNS} WHEN 'unplanned_ends' THEN {UNPLANNED_ENDS}
          WHEN 'notices' THEN {NOTICES} ELSE 1 END
        -- Of a provider as a whole, where they are not all about one home of it.
        AND (h.pattern <> 'concerns' OR h.establishment_id IS NOT NULL OR count(DISTINCT h.home) > 1
          OR bool_and(h.home = h.provider_id))
    $$
    """,
    "REVOKE ALL ON FUNCTION patterns_now(uuid) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION patterns_now(uuid) TO {AUTHORITY}, {CENTRAL}",
    # How many complaints between this provider and authorities of the region wait for their end: the number alone.
    f"""
    CREATE OR REPLACE FUNCTION open_complaints(p_provider uuid) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      WITH me AS (SELECT o.id, true AS is_central FROM tenants_organisation o
          WHERE o.id = {ORGANISATION} AND o.kind = 'central')
      SELECT count(*)::integer FROM concerns_complaint c WHERE c.provider_id = p_provider
        AND c.status IN ({_quoted(COMPLAINT_LIVE)}) AND c.authority_id IN ({_MEMBERS})
    $$
    """,
    "REVOKE ALL ON FUNCTION open_complaints(uuid) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION open_complaints(uuid) TO {CENTRAL}",
    # A regulator's rating that changes in the register, whoever changes it.
    f"""
    CREATE OR REPLACE FUNCTION rating_changes() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      INSERT INTO concerns_ratingchange (id, provider_id, establishment_id, before, after, is_fall, changed_at)
      SELECT gen_random_uuid(), NEW.provider_id, NEW.id, OLD.rating, NEW.rating, coalesce(
          (SELECT r.rank FROM (VALUES {_RANKS}) r (rating, rank) WHERE r.rating = NEW.rating)
          < (SELECT r.rank FROM (VALUES {_RANKS}) r (rating, rank) WHERE r.rating = OLD.rating), false),
        clock_timestamp();
      RETURN NULL;
    END $$
    """,
    "REVOKE ALL ON FUNCTION rating_changes() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION rating_changes() TO {MIGRATOR}",
    # Concerns and suggestions move as `states` says and no other way.
    f"""
    CREATE OR REPLACE FUNCTION concern_moves() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    BEGIN
      IF current_user IN ('{LOADER}', '{MIGRATOR}') THEN RETURN NEW; END IF;
      IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'open' OR NEW.written_by_user_id IS DISTINCT FROM {USER} THEN
          RAISE EXCEPTION 'no concern begins so' USING ERRCODE = 'insufficient_privilege';
        END IF;
      ELSIF (OLD.status, NEW.status) NOT IN ({moves_of(CONCERN)}) THEN
        RAISE EXCEPTION 'a concern does not move so' USING ERRCODE = 'insufficient_privilege';
      END IF;
      RETURN NEW;
    END $$
    """,
    "REVOKE ALL ON FUNCTION concern_moves() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION concern_moves() TO {MIGRATOR}",
    f"""
    CREATE OR REPLACE FUNCTION suggestion_moves() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    BEGIN
      IF current_user IN ('{LOADER}', '{MIGRATOR}') THEN RETURN NEW; END IF;
      -- News of a live one are added to it; a decided one stays as it is.
      IF (OLD.status, NEW.status) NOT IN (('open', 'open'), ('looking', 'looking'), {moves_of(SUGGESTION)}) THEN
        RAISE EXCEPTION 'a suggestion does not move so' USING ERRCODE = 'insufficient_privilege';
      END IF;
      RETURN NEW;
    END $$
    """,
    "REVOKE ALL ON FUNCTION suggestion_moves() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION suggestion_moves() TO {MIGRATOR}",
    # A complaint: each move by whom it belongs to, times as the clock has them, lateness as it was.
    f"""
    CREATE OR REPLACE FUNCTION complaint_moves() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    DECLARE side text;
    BEGIN
      IF current_user IN ('{LOADER}', '{MIGRATOR}') THEN RETURN NEW; END IF;
      IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'made' OR NEW.acknowledged_at IS NOT NULL OR NEW.mediator_id IS NOT NULL
            OR NEW.closed_at IS NOT NULL OR NEW.was_late
            OR NEW.made_at NOT BETWEEN clock_timestamp() - interval '5 minutes' AND clock_timestamp()
            OR NEW.acknowledge_by <> (NEW.made_at {_DAY} + {ACKNOWLEDGE_DAYS} THEN
          RAISE EXCEPTION 'no complaint begins so' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
      END IF;
      side := CASE {ORGANISATION} WHEN NEW.authority_id THEN 'authority' WHEN NEW.provider_id THEN 'provider'
        ELSE 'mediator' END;
      IF (OLD.status, NEW.status) NOT IN ({moves_of(COMPLAINT)}) THEN
        RAISE EXCEPTION 'a complaint does not move so' USING ERRCODE = 'insufficient_privilege';
      ELSIF NEW.status IN ('acknowledged', 'answered') AND side IN (NEW.made_by, 'mediator')
          OR NEW.status IN ('settled', 'unresolved') AND side <> NEW.made_by
          OR NEW.status = 'mediation_asked' AND side = 'mediator' OR NEW.status = 'mediated' AND side <> 'mediator' THEN
        RAISE EXCEPTION 'somebody else does this' USING ERRCODE = 'insufficient_privilege';
      ELSIF NEW.status = 'acknowledged' AND (NEW.was_late <> ({TODAY} > OLD.acknowledge_by)
          OR NEW.acknowledged_at NOT BETWEEN clock_timestamp() - interval '5 minutes' AND clock_timestamp())
          OR NEW.status <> 'acknowledged' AND (NEW.was_late <> OLD.was_late
          OR NEW.acknowledged_at IS DISTINCT FROM OLD.acknowledged_at) THEN
        RAISE EXCEPTION 'when it was acknowledged is not so' USING ERRCODE = 'insufficient_privilege';
      ELSIF NEW.status = 'mediation_asked' AND (OLD.status = 'made' AND {TODAY} <= OLD.acknowledge_by
          OR NOT EXISTS (SELECT FROM tenants_region r JOIN tenants_regionmember m ON m.region_id = r.id
            WHERE r.central_team_id = NEW.mediator_id AND m.organisation_id = NEW.authority_id))
          OR NEW.status <> 'mediation_asked' AND NEW.mediator_id IS DISTINCT FROM OLD.mediator_id THEN
        RAISE EXCEPTION 'nobody mediates so' USING ERRCODE = 'insufficient_privilege';
      END IF;
      RETURN NEW;
    END $$
    """,
    "REVOKE ALL ON FUNCTION complaint_moves() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION complaint_moves() TO {MIGRATOR}",
]

TRIGGERS = [
    "DROP TRIGGER IF EXISTS concerns_rating_changes ON providers_establishment",
    """
    CREATE TRIGGER concerns_rating_changes AFTER UPDATE OF rating ON providers_establishment
    FOR EACH ROW WHEN (OLD.rating IS DISTINCT FROM NEW.rating) EXECUTE FUNCTION rating_changes()
    """,
    "DROP TRIGGER IF EXISTS concerns_concern_moves ON concerns_concern",
    """
    CREATE TRIGGER concerns_concern_moves BEFORE INSERT OR UPDATE ON concerns_concern
    FOR EACH ROW EXECUTE FUNCTION concern_moves()
    """,
    "DROP TRIGGER IF EXISTS concerns_suggestion_moves ON concerns_suggestion",
    """
    CREATE TRIGGER concerns_suggestion_moves BEFORE UPDATE ON concerns_suggestion
    FOR EACH ROW EXECUTE FUNCTION suggestion_moves()
    """,
    "DROP TRIGGER IF EXISTS concerns_complaint_moves ON concerns_complaint",
    """
    CREATE TRIGGER concerns_complaint_moves BEFORE INSERT OR UPDATE ON concerns_complaint
    FOR EACH ROW EXECUTE FUNCTION complaint_moves()
    """,
]
