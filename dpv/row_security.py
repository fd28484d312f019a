"""Row security of the vehicles: the region's central team keeps them, members read them, a provider reads the
vehicles and lots but only its own admissions, ceilings, menu and suspensions.

Of measures, members and the provider read those that were in force; the provider not who said what about it.
"""

from brokerage.core.tenants.rowsecurity import (
    ACTORS,
    ASSOCIATE,
    AUTHORITY,
    CENTRAL,
    DEFINER,
    LOADER,
    MIGRATOR,
    ORGANISATION,
    PROVIDER,
    REGIONS,
    USER,
    WORKER,
    Allow,
    Table,
    regional,
)
from dpv.eligibility import PROBLEMS_FUNCTION, PROBLEMS_OF

_own = f"provider_id = {ORGANISATION}"
_ours = f"region_id = {REGIONS}"
_known = "in_force_at IS NOT NULL"
#: Of a measure that the reader may read.
_of_known = "measure_id IN (SELECT m.id FROM dpv_measure m)"
_MOVED = (
    *("status", "in_force_at", "decided_by_user_id", "decided_at", "confirm_by", "review_on", "conditions"),
    *("lift_proposed_by_user_id", "lift_secret_by_id", "lifted_at", "lift_conditions"),
)
_PROBLEMS = PROBLEMS_OF % {
    name: f"p_{name}"
    for name in (
        *("admissions", "households", "on", "age", "age_at_start"),
        *("verified_since", "no_growth_from", "approval_from"),
    )
}
_FOR_EACH_ROLE = "\n".join(f"WHEN '{role}' THEN RETURN QUERY {_PROBLEMS};" for role in ACTORS)
_PROBLEMS_FUNCTION = f"{PROBLEMS_FUNCTION}(uuid[], uuid[], date, integer, integer, date, date, date)"
_ANSWER = ("outcome", "answer", "answered_by_user_id", "answered_by_name", "answered_at")

#: What a provider's role reads of a measure and of its own appeal: who decided what, by id, and the alert behind it are
#: not among them (`Measure.NOT_FOR_PROVIDERS`).
_MEASURE_TOLD = (
    *("id", "region_id", "reference", "kind", "level", "provider_id", "establishment_id", "lot_id", "about", "status"),
    *("told_provider", "conditions", "review_on", "is_urgent", "confirm_by", "proposed_at", "decided_at"),
    *("in_force_at", "lift_conditions", "lifted_at"),
)
_APPEAL_TOLD = (
    *("id", "region_id", "provider_id", "measure_id", "text", "by_user_id", "by_name", "at", "outcome", "answer"),
    *("answered_by_name", "answered_at"),
)
_SUSPENSION_TOLD = (
    *("id", "region_id", "provider_id", "admission_id", "reason", "suspended_at", "suspended_by_name", "review_on"),
    *("lifted_at", "lifted_by_name", "lift_reason"),
)

TABLES = [
    regional("dpv_vehicle"),
    regional("dpv_ruleversion"),
    regional("dpv_lot"),
    regional("dpv_accessagreement", provider_rows="false"),
    regional("dpv_admission", provider_rows=_own, extra=(Allow(DEFINER, "SELECT"),)),
    regional("dpv_ceiling", provider_rows=_own),
    Table(
        "dpv_suspension",
        "regional",
        (
            Allow(CENTRAL, "SELECT, INSERT, UPDATE", _ours),
            Allow(AUTHORITY, "SELECT", _ours),
            Allow(ASSOCIATE, "SELECT", _ours),
            Allow(PROVIDER, "SELECT", _own, _SUSPENSION_TOLD),
        ),
    ),
    regional("dpv_menuitem", provider_rows=_own),
    Table(
        "dpv_measure",
        "regional",
        (
            Allow(CENTRAL, "SELECT, INSERT", _ours),
            Allow(CENTRAL, "UPDATE", _ours, _MOVED),
            Allow(AUTHORITY, "SELECT", f"{_ours} AND {_known}"),
            Allow(PROVIDER, "SELECT", f"{_own} AND {_known}", _MEASURE_TOLD),
        ),
    ),
    # What was said and by whom at each step: added, never edited, and not the provider's to read.
    Table(
        "dpv_measurestep",
        "regional",
        (
            Allow(CENTRAL, "SELECT, INSERT", _ours),
            Allow(AUTHORITY, "SELECT", f"{_ours} AND {_of_known}"),
            Allow(PROVIDER, "SELECT", "false"),
        ),
    ),
    Table(
        "dpv_measureappeal",
        "regional",
        (
            Allow(CENTRAL, "SELECT", _ours),
            Allow(
                CENTRAL, "UPDATE", f"{_ours} AND answered_at IS NULL", _ANSWER, f"{_ours} AND answered_at IS NOT NULL"
            ),
            Allow(AUTHORITY, "SELECT", f"{_ours} AND {_of_known}"),
            Allow(PROVIDER, "SELECT", _own, _APPEAL_TOLD),
            Allow(PROVIDER, "INSERT", f"{_own} AND answered_at IS NULL AND {_of_known}"),
        ),
    ),
]

FUNCTIONS = [
    # A measure moves as `states.MEASURE` says and no other way; two people put it in force and two lift it.
    f"""
    CREATE OR REPLACE FUNCTION measure_moves() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    BEGIN
      IF current_user IN ('{LOADER}', '{MIGRATOR}') THEN RETURN NEW; END IF;
      IF TG_OP = 'INSERT' THEN
        IF NEW.proposed_by_user_id IS DISTINCT FROM {USER} OR NOT (NEW.status = 'proposed'
            OR NEW.status = 'unconfirmed' AND NEW.kind = 'suspend' AND NEW.is_urgent) THEN
          RAISE EXCEPTION 'no measure begins so' USING ERRCODE = 'insufficient_privilege';
        END IF;
      ELSIF OLD.status = NEW.status THEN
        -- A review: only of what holds.
        IF OLD.status NOT IN ('unconfirmed', 'in_force', 'lift_proposed') THEN
          RAISE EXCEPTION 'this measure does not change any more' USING ERRCODE = 'insufficient_privilege';
        END IF;
        -- Who decided what stays: nobody makes room for their own second opinion.
        IF (OLD.decided_by_user_id, OLD.decided_at, OLD.lift_proposed_by_user_id, OLD.lift_secret_by_id,
              OLD.in_force_at, OLD.lifted_at)
            IS DISTINCT FROM (NEW.decided_by_user_id, NEW.decided_at, NEW.lift_proposed_by_user_id,
              NEW.lift_secret_by_id, NEW.in_force_at, NEW.lifted_at) THEN
          RAISE EXCEPTION 'what was decided stays' USING ERRCODE = 'insufficient_privilege';
        END IF;
      ELSIF (OLD.status, NEW.status) NOT IN (('proposed', 'in_force'), ('proposed', 'refused'),
          ('proposed', 'withdrawn'), ('unconfirmed', 'in_force'), ('unconfirmed', 'refused'),
          ('in_force', 'lift_proposed'), ('lift_proposed', 'in_force'), ('lift_proposed', 'lifted')) THEN
        RAISE EXCEPTION 'a measure does not move so' USING ERRCODE = 'insufficient_privilege';
      ELSIF OLD.status IN ('proposed', 'unconfirmed') AND NEW.status <> 'withdrawn' AND
          (OLD.proposed_by_user_id IS NOT DISTINCT FROM {USER} OR NEW.decided_by_user_id IS DISTINCT FROM {USER}) THEN
        RAISE EXCEPTION 'a second person decides' USING ERRCODE = 'insufficient_privilege';
      ELSIF NEW.status = 'lift_proposed' AND NEW.lift_proposed_by_user_id IS DISTINCT FROM {USER} THEN
        RAISE EXCEPTION 'whoever proposes it is written down' USING ERRCODE = 'insufficient_privilege';
      ELSIF NEW.status = 'lifted' AND OLD.lift_proposed_by_user_id IS NOT DISTINCT FROM {USER} THEN
        RAISE EXCEPTION 'a second person lifts it' USING ERRCODE = 'insufficient_privilege';
      END IF;
      RETURN NEW;
    END $$
    """,
    "REVOKE ALL ON FUNCTION measure_moves() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION measure_moves() TO {MIGRATOR}",
    # One person suspends an admission; another lifts it, or bars or ends what is suspended.
    f"""
    CREATE OR REPLACE FUNCTION suspension_moves() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
    BEGIN
      IF current_user IN ('{LOADER}', '{MIGRATOR}') THEN RETURN NEW; END IF;
      IF TG_OP = 'INSERT' THEN
        IF NEW.suspended_by_user_id IS DISTINCT FROM {USER} OR NEW.lifted_at IS NOT NULL THEN
          RAISE EXCEPTION 'whoever suspends is written down' USING ERRCODE = 'insufficient_privilege';
        END IF;
      ELSIF OLD.lifted_at IS NOT NULL OR
          (OLD.admission_id, OLD.suspended_by_user_id, OLD.suspended_secret_by_id, OLD.suspended_at) IS DISTINCT FROM
          (NEW.admission_id, NEW.suspended_by_user_id, NEW.suspended_secret_by_id, NEW.suspended_at) THEN
        RAISE EXCEPTION 'what was decided stays' USING ERRCODE = 'insufficient_privilege';
      ELSIF NEW.lifted_at IS NOT NULL AND
          (OLD.suspended_by_user_id IS NOT DISTINCT FROM {USER} OR NEW.lifted_by_user_id IS DISTINCT FROM {USER}) THEN
        RAISE EXCEPTION 'a second person decides' USING ERRCODE = 'insufficient_privilege';
      END IF;
      RETURN NEW;
    END $$
    """,
    "REVOKE ALL ON FUNCTION suspension_moves() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION suspension_moves() TO {MIGRATOR}",
    # What a measure stops, as numbers and nothing else, for the central team of that region.
    f"""
    CREATE OR REPLACE FUNCTION measure_reach(p_region uuid, p_provider uuid, p_establishment uuid, p_lot uuid)
    RETURNS TABLE (admissions bigint, invitations bigint, offers bigint, unsigned bigint, people bigint,
      authorities bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      IF p_region IS NULL OR NOT p_region = {REGIONS} THEN
        RAISE EXCEPTION 'not your region' USING ERRCODE = 'insufficient_privilege';
      END IF;
      RETURN QUERY
      WITH covered AS (
        SELECT a.id FROM dpv_admission a WHERE a.region_id = p_region AND a.provider_id = p_provider
          AND a.status IN ('admitted', 'suspended')
          AND (p_establishment IS NULL OR a.establishment_id = p_establishment) AND (p_lot IS NULL OR a.lot_id = p_lot)
      ), asked AS (
        SELECT i.status FROM placements_invitation i
        JOIN placements_release r ON r.id = i.release_id AND r.state IN ('open', 'waiting')
        WHERE i.admission_id IN (SELECT c.id FROM covered c)
      ), living AS (
        SELECT p.id, p.authority_id FROM placements_placement p
        WHERE p.status IN ('planned', 'active') AND p.provider_id = p_provider
          AND (p_establishment IS NULL OR p.establishment_id = p_establishment) AND (p_lot IS NULL OR p.lot_id = p_lot)
          -- Of the region alone: where other regions' people live is not its to know.
          AND p.authority_id IN (SELECT m.organisation_id FROM tenants_regionmember m WHERE m.region_id = p_region)
      )
      SELECT (SELECT count(*) FROM covered), (SELECT count(*) FROM asked WHERE asked.status = 'open'),
        (SELECT count(*) FROM asked WHERE asked.status = 'offered'),
        (SELECT count(*) FROM contracts_agreement g JOIN living v ON v.id = g.placement_id
          WHERE g.status IN ('drawn_up', 'awaiting_signatures', 'part_signed')),
        (SELECT count(*) FROM living), (SELECT count(DISTINCT living.authority_id) FROM living);
    END $$
    """,
    "REVOKE ALL ON FUNCTION measure_reach(uuid, uuid, uuid, uuid) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION measure_reach(uuid, uuid, uuid, uuid) TO {CENTRAL}",
    # What keeps admissions from being used, as whoever asks may read it. One statement for each role: a statement's
    # plan is kept, and made anew when another role asks.
    f"""
    CREATE OR REPLACE FUNCTION {PROBLEMS_FUNCTION}(p_admissions uuid[], p_households uuid[], p_on date,
      p_age integer, p_age_at_start integer, p_verified_since date, p_no_growth_from date, p_approval_from date)
    RETURNS TABLE (o_admission uuid, o_problems text[])
    LANGUAGE plpgsql STABLE SECURITY INVOKER AS $$
    #variable_conflict use_column
    BEGIN
      CASE current_user
      {_FOR_EACH_ROLE}
      ELSE RETURN QUERY {_PROBLEMS};
      END CASE;
    END $$
    """,
    f"REVOKE ALL ON FUNCTION {_PROBLEMS_FUNCTION} FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION {_PROBLEMS_FUNCTION} TO {', '.join((*ACTORS, WORKER, LOADER))}",
]

TRIGGERS = [
    "DROP TRIGGER IF EXISTS dpv_measure_moves ON dpv_measure",
    """
    CREATE TRIGGER dpv_measure_moves BEFORE INSERT OR UPDATE ON dpv_measure
    FOR EACH ROW EXECUTE FUNCTION measure_moves()
    """,
    "DROP TRIGGER IF EXISTS dpv_suspension_moves ON dpv_suspension",
    """
    CREATE TRIGGER dpv_suspension_moves BEFORE INSERT OR UPDATE ON dpv_suspension
    FOR EACH ROW EXECUTE FUNCTION suspension_moves()
    """,
]
