"""Row security of incidents: the two parties of the stay, and of an internal entry the authority alone.

A provider never reads a placement: `incident_residents` tells it who lives with it now or left within thirty days, by
agreement or, without one here, by letters that stand for the stay; a trigger holds each report to that.
"""

from brokerage.core.tenants.rowsecurity import (
    AUTHORITY,
    CATEGORIES,
    MIGRATOR,
    ORGANISATION,
    PROVIDER,
    TODAY,
    USER,
    WORKER,
    Allow,
    Table,
    moves_of,
)
from brokerage.safeguarding.incidents.states import EPISODE, EVENT

_ours = f"authority_id = {ORGANISATION}"
_mine = f"provider_id = {ORGANISATION}"
#: A delegation for some kinds of referral shows no other people's incidents.
_covered = f"{_ours} AND ({CATEGORIES} IS NULL OR placement_id IN (SELECT p.id FROM placements_placement p))"
_of_covered = f"{_ours} AND incident_id IN (SELECT i.id FROM incidents_incident i)"
_open = "status NOT IN ('closed', 'withdrawn')"
#: An entry of the very act that ends it is written before the end.
_open_incident = "incident_id IN (SELECT i.id FROM incidents_incident i WHERE i.closed_at IS NULL)"
_RETURN = ("status", "returned_at", "returned_how", "was_harmed", "harm", "interview_due_at")
_END = ("closed_at", "closed_by_name", "outcome")
_ANSWER = (
    *("acknowledged_at", "acknowledged_by_name", "interview_offered_at", "interview_by"),
    *("interview_outcome", "interview_on"),
)
#: For so many days after somebody left, their last home still reports of them.
DAYS_AFTER_END = 30
_lives_there = f"(p.status = 'active' OR p.status = 'ended' AND p.ended_on >= {TODAY} - {DAYS_AFTER_END})"


#: An agreement that stands between the two about this placement.
_agreed = (
    "a.placement_id = p.id AND a.authority_id = p.authority_id AND a.provider_id = p.provider_id"
    " AND a.status <> 'cancelled'"
)
_letters = "upper(md5('stay:' || p.id))"
#: What a stay without an agreement is called.
_stay = f"'N-' || left({_letters}, 5) || '-' || substr({_letters}, 6, 5)"


TABLES = [
    Table(
        "incidents_incident",
        "two-party",
        (
            Allow(AUTHORITY, "SELECT", _covered),
            Allow(AUTHORITY, "UPDATE", f"{_covered} AND {_open}", (*_RETURN, *_ANSWER, *_END), _covered),
            Allow(PROVIDER, "SELECT, INSERT", _mine),
            Allow(
                PROVIDER,
                "UPDATE",
                f"{_mine} AND status IN ('missing', 'reported')",
                (*_RETURN, *_END),
                f"{_mine} AND status IN ('returned', 'withdrawn')",
            ),
            Allow(WORKER, "SELECT"),
            Allow(WORKER, "UPDATE", "true", ("reminded", "reminded_at")),
        ),
    ),
    Table(
        "incidents_incidententry",
        "two-party",
        (
            Allow(AUTHORITY, "SELECT", _of_covered),
            Allow(AUTHORITY, "INSERT", f"{_ours} AND side = 'authority' AND {_open_incident}"),
            Allow(PROVIDER, "SELECT", f"{_mine} AND NOT is_internal"),
            Allow(PROVIDER, "INSERT", f"{_mine} AND side = 'provider' AND {_open_incident}"),
        ),
    ),
]

FUNCTIONS = [
    # The provider's own residents: each of its placements that runs, or ended lately, by its newest agreement. It tells
    # no more of the placement than whether and since when somebody lives where; never the reference that the authority
    # gave it, which may be anything.
    f"""
    CREATE OR REPLACE FUNCTION incident_residents()
    RETURNS TABLE (agreement_id uuid, agreement_reference varchar, authority_id uuid, authority_name varchar,
      authority_slug varchar, placement_id uuid, establishment_id uuid, household_id uuid, is_adult boolean,
      started_on date, ended_on date)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT DISTINCT ON (p.id) a.id, coalesce(a.reference, {_stay}), p.authority_id, o.name, o.slug, p.id,
        p.establishment_id, p.household_id, p.category = 'adult_residential', p.started_on,
        CASE WHEN p.status = 'ended' THEN p.ended_on END
      FROM placements_placement p
      LEFT JOIN contracts_agreement a ON {_agreed}
      JOIN tenants_organisation o ON o.id = p.authority_id
      WHERE p.provider_id = {ORGANISATION} AND {_lives_there}
      ORDER BY p.id, a.version DESC, a.created_at DESC
    $$
    """,
    "REVOKE ALL ON FUNCTION incident_residents() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION incident_residents() TO {PROVIDER}",
    # A report is about somebody who lives there, at the home where they live, to the authority that placed them; it
    # begins at the beginning and moves as `states` says. Rows that are loaded or reminded of (nobody acts) pass.
    f"""
    CREATE OR REPLACE FUNCTION incident_moves() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE is_episode boolean := NEW.kind IN ('missing', 'away');
    BEGIN
      IF {ORGANISATION} IS NULL THEN RETURN NEW; END IF;
      IF TG_OP = 'INSERT' THEN
        IF NEW.status <> (CASE WHEN is_episode THEN '{EPISODE.initial}' ELSE '{EVENT.initial}' END)
            OR NEW.reported_by_user_id IS DISTINCT FROM {USER} OR NEW.acknowledged_at IS NOT NULL
            OR NEW.returned_at IS NOT NULL OR NEW.interview_outcome <> '' THEN
          RAISE EXCEPTION 'no report begins so' USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF NOT EXISTS (SELECT FROM placements_placement p LEFT JOIN contracts_agreement a ON {_agreed}
            WHERE a.id IS NOT DISTINCT FROM NEW.agreement_id
              AND NEW.agreement_reference = coalesce(a.reference, {_stay})
              AND p.authority_id = NEW.authority_id AND p.provider_id = NEW.provider_id
              AND p.provider_id = {ORGANISATION} AND p.id = NEW.placement_id
              AND (p.establishment_id, p.household_id)
                IS NOT DISTINCT FROM (NEW.establishment_id, NEW.household_id)
              AND NEW.needs_interview = (NEW.kind = 'missing' AND p.category <> 'adult_residential')
              AND {_lives_there}) THEN
          RAISE EXCEPTION 'nobody of yours' USING ERRCODE = 'insufficient_privilege';
        END IF;
      ELSIF NEW.status <> OLD.status THEN
        IF is_episode AND (OLD.status, NEW.status) NOT IN ({moves_of(EPISODE)})
            OR NOT is_episode AND (OLD.status, NEW.status) NOT IN ({moves_of(EVENT)})
            OR (NEW.status = 'withdrawn') AND OLD.provider_id <> {ORGANISATION} THEN
          RAISE EXCEPTION 'an incident does not move so' USING ERRCODE = 'insufficient_privilege';
        END IF;
      ELSIF (OLD.returned_at, OLD.interview_outcome) IS DISTINCT FROM (NEW.returned_at, NEW.interview_outcome)
          OR OLD.acknowledged_at IS NOT NULL AND OLD.acknowledged_at IS DISTINCT FROM NEW.acknowledged_at THEN
        RAISE EXCEPTION 'what is recorded stays' USING ERRCODE = 'insufficient_privilege';
      END IF;
      RETURN NEW;
    END $$
    """,
    "REVOKE ALL ON FUNCTION incident_moves() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION incident_moves() TO {MIGRATOR}",
]

TRIGGERS = [
    "DROP TRIGGER IF EXISTS incidents_incident_moves ON incidents_incident",
    """
    CREATE TRIGGER incidents_incident_moves BEFORE INSERT OR UPDATE ON incidents_incident
    FOR EACH ROW EXECUTE FUNCTION incident_moves()
    """,
]
