"""Row security of alerts. Whoever raised one reads it; everybody told reads their own row, which `alert_tell` writes.

The function works out who must know across all authorities; it tells nobody who that is but the raiser and the
region's central team (`alert_roster`).
"""

from brokerage.core.clock import HERE
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

_raised = f"raised_by_id = {ORGANISATION}"
_told = f"organisation_id = {ORGANISATION}"
#: An answer is given once, and to an alert that is live.
_waits = f"{_told} AND acknowledged_at IS NULL AND closed_at IS NULL"
_checked_by = f"authority_id = {ORGANISATION}"


def _alerts_told(*reasons: str) -> str:
    """The alerts of which the organisation acted for was told for one of these reasons."""
    listed = ", ".join(f"'{reason}'" for reason in reasons)
    return (
        f"SELECT r.alert_id FROM safeguarding_alertrecipient r WHERE r.organisation_id = {ORGANISATION}"
        f" AND r.reasons && ARRAY[{listed}]::varchar[]"
    )


def _of_alert(*reasons: str) -> str:
    return f"alert_id IN ({_alerts_told(*reasons)})"


#: Files are read by those who read what happened, and before it is sent by whoever raised it.
_files = (
    f"alert_id IN ({_alerts_told('raised', 'resident', 'starting', 'searching', 'central')}"
    f" UNION ALL SELECT a.id FROM safeguarding_alert a WHERE a.raised_by_id = {ORGANISATION})"
)
RAISERS = (AUTHORITY, CENTRAL)
#: Whoever hears of an alert: associates and the operator have nobody anywhere.
READERS = (AUTHORITY, CENTRAL, PROVIDER)
#: The roles whose people are told; written into the function, so that nobody has other people told.
_ROLES = ", ".join(f"'{role}'" for role, granted in sorted(PERMISSIONS.items()) if "alert.view" in granted)
_CHANGED = (
    *("status", "decided_by_name", "decided_at", "decision_note", "sent_at"),
    *("closed_by_name", "closed_at", "outcome"),
)
_ANSWER = ("acknowledged_at", "acknowledged_by_name", "response")

TABLES = [
    Table(
        "safeguarding_alert",
        "tenant",
        (
            *(Allow(role, "SELECT, INSERT", _raised) for role in (AUTHORITY, CENTRAL)),
            *(Allow(role, "UPDATE", _raised, _CHANGED) for role in (AUTHORITY, CENTRAL)),
            Allow(DEFINER, "SELECT"),
            Allow(WORKER, "SELECT"),
        ),
    ),
    Table(
        "safeguarding_alertrecipient",
        "two-party",
        (
            *(Allow(role, "SELECT", _told) for role in READERS),
            *(Allow(role, "UPDATE", _waits, _ANSWER, f"{_told} AND acknowledged_at IS NOT NULL") for role in READERS),
            Allow(DEFINER, "SELECT, INSERT, UPDATE"),
            Allow(WORKER, "SELECT"),
            Allow(WORKER, "UPDATE", "true", ("reminded", "reminded_at")),
        ),
    ),
    Table(
        "safeguarding_welfarecheck",
        "tenant",
        (
            Allow(AUTHORITY, "SELECT", _checked_by),
            # Of an alert that it was told of itself.
            Allow(
                AUTHORITY,
                "INSERT",
                f"{_checked_by} AND done_on IS NULL AND recipient_id IN (SELECT r.id FROM safeguarding_alertrecipient r"
                f" WHERE r.organisation_id = {ORGANISATION})",
            ),
            Allow(
                AUTHORITY,
                "UPDATE",
                f"{_checked_by} AND done_on IS NULL",
                ("found", "is_safe", "done_on", "done_by_name"),
                f"{_checked_by} AND done_on IS NOT NULL",
            ),
            # To count them, for `alert_checks`.
            Allow(DEFINER, "SELECT"),
        ),
    ),
    Table(
        "safeguarding_strategymeeting",
        "two-party",
        (
            *(Allow(role, "SELECT", _of_alert("raised", "resident", "starting", "central")) for role in RAISERS),
            *(
                Allow(role, "INSERT", f"held_by_id = {ORGANISATION} AND {_of_alert('raised', 'central')}")
                for role in RAISERS
            ),
        ),
    ),
    Table(
        "safeguarding_alertproof",
        "tenant",
        (
            *(Allow(role, "SELECT", _told) for role in RAISERS),
            *(Allow(role, "INSERT", f"{_told} AND {_of_alert('raised', 'central')}") for role in RAISERS),
            *(
                Allow(
                    role,
                    "UPDATE",
                    f"{_told} AND made_at IS NULL",
                    ("made_at", "stored_name", "size", "sha256"),
                    f"{_told} AND made_at IS NOT NULL",
                )
                for role in RAISERS
            ),
        ),
    ),
    Table(
        "safeguarding_alertfile",
        "two-party",
        (
            *(Allow(role, "SELECT", _files) for role in RAISERS),
            *(
                Allow(
                    role,
                    "INSERT",
                    f"{_raised} AND alert_id IN (SELECT a.id FROM safeguarding_alert a"
                    f" WHERE a.raised_by_id = {ORGANISATION} AND a.status IN ('awaiting_confirmation', 'live'))",
                )
                for role in RAISERS
            ),
        ),
    ),
]

#: Who must know of an alert, each with every reason, worked out now.
_WHO = f"""
  SELECT who.organisation_id, array_agg(DISTINCT who.reason) AS reasons, max(who.people) AS people FROM (
    SELECT a.raised_by_id AS organisation_id, 'raised'::varchar AS reason, 0 AS people
    UNION ALL
    SELECT p.authority_id, CASE WHEN p.status = 'active' THEN 'resident' ELSE 'starting' END,
      (count(*) OVER (PARTITION BY p.authority_id))::int
    FROM placements_placement p
    WHERE p.status IN ('planned', 'active') AND p.provider_id = a.provider_id
      AND (a.establishment_id IS NULL OR p.establishment_id = a.establishment_id)
      AND (a.household_id IS NULL OR p.household_id = a.household_id)
    UNION ALL
    SELECT i.authority_id, 'searching', 0 FROM placements_invitation i
    JOIN placements_release r ON r.id = i.release_id AND r.state IN ('open', 'waiting')
    WHERE i.status IN ('open', 'offered') AND i.provider_id = a.provider_id
      AND (a.establishment_id IS NULL OR i.establishment_id = a.establishment_id)
    UNION ALL
    SELECT m.organisation_id, CASE WHEN o.kind = 'central' THEN 'central' ELSE 'region' END, 0
    FROM tenants_regionmember mine
    JOIN tenants_regionmember m ON m.region_id = mine.region_id
    JOIN tenants_organisation o ON o.id = m.organisation_id AND o.is_active AND o.kind IN ('authority', 'central')
    WHERE mine.organisation_id = a.raised_by_id
      AND mine.starts_on <= {TODAY} AND (mine.ends_on IS NULL OR mine.ends_on >= {TODAY})
      AND m.starts_on <= {TODAY} AND (m.ends_on IS NULL OR m.ends_on >= {TODAY})
    UNION ALL
    SELECT m.organisation_id, 'other_region', 0 FROM tenants_regionmember m
    JOIN tenants_organisation o ON o.id = m.organisation_id AND o.is_active AND o.kind IN ('authority', 'central')
    WHERE m.region_id IN (SELECT ad.region_id FROM dpv_admission ad
                          WHERE ad.provider_id = a.provider_id AND ad.status IN ('admitted', 'suspended'))
      AND m.region_id NOT IN (SELECT r.region_id FROM tenants_regionmember r WHERE r.organisation_id = a.raised_by_id)
      AND m.starts_on <= {TODAY} AND (m.ends_on IS NULL OR m.ends_on >= {TODAY})
    UNION ALL
    SELECT a.provider_id, 'provider', 0 WHERE a.told_provider <> ''
  ) who GROUP BY who.organisation_id
"""

#: One for each reader of everybody told, but whoever did it.
_MESSAGES = tell_members(
    organisations="safeguarding_alertrecipient r JOIN tenants_organisation o ON o.id = r.organisation_id",
    who=f"m.roles && ARRAY[{_ROLES}]::varchar[]",
    event="md5(a.id::text || a.status)::uuid",
    template="CASE a.status WHEN 'live' THEN 'safeguarding.alert' ELSE 'safeguarding.closed' END",
    reference="a.reference",
    page="'/alerts/' || a.reference || '/'",
    # When nobody acts (somebody looks there later), a live alert is a message to whoever was told just now alone.
    narrowed=f"""r.alert_id = a.id AND m.user_id IS DISTINCT FROM {USER}
        AND (a.status <> 'live' OR {USER} IS NOT NULL OR r.told_at >= began)""",
)

FUNCTIONS = [
    # Tells everybody who must know, rows and messages, in the transaction of the act. Returns how many organisations.
    # What is told, under which name and to whom, follows from the alert: doing it again tells nobody twice.
    f"""
    CREATE OR REPLACE FUNCTION alert_tell(p_alert uuid)
    RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE a safeguarding_alert; told integer; began timestamptz := clock_timestamp();
    BEGIN
      SELECT * INTO a FROM safeguarding_alert
        WHERE id = p_alert AND raised_by_id = {ORGANISATION} AND status IN ('live', 'closed');
      IF a.id IS NULL THEN RAISE EXCEPTION 'not yours to send' USING ERRCODE = 'insufficient_privilege'; END IF;
      INSERT INTO safeguarding_alertrecipient AS r (id, alert_id, organisation_id, reference, reasons, content,
        provider_id, establishment_id, household_id, severity, people, told_at, closed_at, acknowledged_by_name,
        response, reminded)
      SELECT gen_random_uuid(), a.id, w.organisation_id, a.reference, w.reasons,
        CASE WHEN w.reasons = ARRAY['provider']::varchar[]
          THEN jsonb_build_object('about', a.about, 'kind', a.kind, 'text', a.told_provider)
        ELSE jsonb_build_object('about', a.about, 'kind', a.kind, 'raised_by', o.name,
            'is_immediate_danger', a.is_immediate_danger, 'outcome', a.outcome)
          || CASE WHEN w.reasons && ARRAY['raised', 'resident', 'starting', 'searching', 'central']::varchar[]
             THEN jsonb_build_object('what_happened', a.what_happened, 'action_taken', a.action_taken,
               'regulator_reference', a.regulator_reference, 'regulator_told_on', a.regulator_told_on,
               'police_reference', a.police_reference, 'police_told_on', a.police_told_on,
               'lado_reference', a.lado_reference, 'lado_told_on', a.lado_told_on)
             ELSE '{{}}'::jsonb END
        END,
        a.provider_id, a.establishment_id, a.household_id, a.severity, w.people, clock_timestamp(),
        a.closed_at, '', '', 0
      FROM ({_WHO}) w, tenants_organisation o WHERE o.id = a.raised_by_id
      -- Nobody is told less than before, and a reason that came since stands beside the earlier ones.
      ON CONFLICT (alert_id, organisation_id) DO UPDATE SET content = r.content || excluded.content,
        reasons = ARRAY(SELECT DISTINCT unnest(r.reasons || excluded.reasons)), closed_at = excluded.closed_at,
        people = greatest(r.people, excluded.people);
      -- Those told before hear of it too, though nobody of theirs may live there any more.
      UPDATE safeguarding_alertrecipient r SET closed_at = a.closed_at,
        content = CASE WHEN r.content ? 'outcome' THEN r.content || jsonb_build_object('outcome', a.outcome)
          ELSE r.content END
        WHERE r.alert_id = a.id AND r.closed_at IS DISTINCT FROM a.closed_at;
      SELECT count(*) INTO told FROM safeguarding_alertrecipient r WHERE r.alert_id = a.id;
      {_MESSAGES};
      RETURN told;
    END $$
    """,
    "REVOKE ALL ON FUNCTION alert_tell(uuid) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION alert_tell(uuid) TO {AUTHORITY}, {CENTRAL}",
    # An alert moves as `states.ALERT` says and no other way; a second person sends or dismisses what waits for one.
    f"""
    CREATE OR REPLACE FUNCTION alert_moves() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    BEGIN
      IF current_user IN ('{LOADER}', '{MIGRATOR}') THEN RETURN NEW; END IF;
      IF TG_OP = 'INSERT' THEN
        IF NEW.raised_by_user_id IS DISTINCT FROM {USER} OR NOT (NEW.status = 'awaiting_confirmation'
            OR NEW.status = 'live' AND (NEW.severity <> 'high' OR NEW.is_immediate_danger)) THEN
          RAISE EXCEPTION 'no alert begins so' USING ERRCODE = 'insufficient_privilege';
        END IF;
      ELSIF (OLD.status, NEW.status) NOT IN (('awaiting_confirmation', 'live'), ('awaiting_confirmation', 'dismissed'),
          ('live', 'closed')) THEN
        RAISE EXCEPTION 'an alert does not move so' USING ERRCODE = 'insufficient_privilege';
      ELSIF OLD.status = 'awaiting_confirmation' AND OLD.raised_by_user_id IS NOT DISTINCT FROM {USER} THEN
        RAISE EXCEPTION 'a second person decides' USING ERRCODE = 'insufficient_privilege';
      END IF;
      RETURN NEW;
    END $$
    """,
    "REVOKE ALL ON FUNCTION alert_moves() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION alert_moves() TO {MIGRATOR}",
    # Who was told, why, when they read and answered it: for whoever raised it and the central teams that were told.
    "DROP FUNCTION IF EXISTS alert_roster(varchar)",
    f"""
    CREATE OR REPLACE FUNCTION alert_roster(p_reference varchar)
    RETURNS TABLE (organisation_id uuid, organisation_name varchar, kind varchar, reasons varchar[], people integer,
      told_at timestamptz, people_told bigint, e_mails_sent bigint, people_texted bigint, texted_at timestamptz,
      seen_at timestamptz, acknowledged_at timestamptz,
      acknowledged_by_name varchar, response text, reminded smallint, reminded_at timestamptz,
      people_without_plan bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT r.organisation_id, o.name, o.kind, r.reasons, r.people, r.told_at,
        coalesce(sent.people, 0), coalesce(sent.e_mails, 0), coalesce(sent.texted, 0), sent.texted_at,
        sent.seen_at, r.acknowledged_at, r.acknowledged_by_name, r.response, r.reminded, r.reminded_at,
        coalesce(later.people, 0)
      FROM safeguarding_alertrecipient r
      JOIN tenants_organisation o ON o.id = r.organisation_id
      LEFT JOIN LATERAL (SELECT count(DISTINCT m.user_id) AS people,
          count(m.sent_at) FILTER (WHERE m.channel = 'email') AS e_mails,
          count(DISTINCT m.user_id) FILTER (WHERE m.channel = 'sms' AND m.sent_at IS NOT NULL) AS texted,
          min(m.sent_at) FILTER (WHERE m.channel = 'sms') AS texted_at, min(m.seen_at) AS seen_at
        FROM notifications_message m WHERE m.organisation_id = r.organisation_id AND m.reference = r.reference
          -- To be asked as the second person, or to hear who does not answer, is not to be told of it.
          AND m.is_urgent AND m.template IN ('safeguarding.alert', 'safeguarding.reminder', 'safeguarding.closed')
        ) sent ON true
      -- Who came to live there after the answer, and whom no plan is for: numbers alone.
      LEFT JOIN (SELECT t.id, count(*) AS people FROM safeguarding_alertrecipient t
        JOIN placements_placement p ON p.authority_id = t.organisation_id AND p.provider_id = t.provider_id
          AND p.status IN ('planned', 'active')
          AND (t.establishment_id IS NULL OR p.establishment_id = t.establishment_id)
          AND (t.household_id IS NULL OR p.household_id = t.household_id)
        WHERE t.reference = p_reference AND t.acknowledged_at IS NOT NULL AND t.closed_at IS NULL
          AND NOT EXISTS (SELECT FROM safeguarding_welfarecheck c
            WHERE c.recipient_id = t.id AND c.placement_id = p.id)
        GROUP BY t.id) later ON later.id = r.id
      WHERE r.reference = p_reference AND EXISTS (SELECT FROM safeguarding_alertrecipient mine
        WHERE mine.alert_id = r.alert_id AND mine.organisation_id = {ORGANISATION}
          AND mine.reasons && ARRAY['raised', 'central']::varchar[])
      ORDER BY r.acknowledged_at IS NOT NULL, coalesce(later.people, 0) DESC, r.people DESC, o.name
    $$
    """,
    "REVOKE ALL ON FUNCTION alert_roster(varchar) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION alert_roster(varchar) TO {AUTHORITY}, {CENTRAL}",
    # How far the welfare checks of each authority are: numbers, for whoever raised it and the central teams told.
    f"""
    CREATE OR REPLACE FUNCTION alert_checks(p_reference varchar)
    RETURNS TABLE (organisation_id uuid, organisation_name varchar, planned bigint, done bigint, safe bigint,
      unsafe bigint, late bigint, first_planned_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT r.organisation_id, o.name, count(*), count(c.done_on), count(*) FILTER (WHERE c.is_safe),
        count(*) FILTER (WHERE NOT c.is_safe),
        count(*) FILTER (WHERE c.done_on IS NULL AND c.due_on < (now() {HERE})::date),
        min(c.planned_at)
      FROM safeguarding_alertrecipient r
      JOIN tenants_organisation o ON o.id = r.organisation_id
      JOIN safeguarding_welfarecheck c ON c.recipient_id = r.id
      WHERE r.reference = p_reference AND EXISTS (SELECT FROM safeguarding_alertrecipient mine
        WHERE mine.alert_id = r.alert_id AND mine.organisation_id = {ORGANISATION}
          AND mine.reasons && ARRAY['raised', 'central']::varchar[])
      GROUP BY r.organisation_id, o.name
      ORDER BY count(*) FILTER (WHERE NOT c.is_safe) DESC, count(*) - count(c.done_on) DESC, o.name
    $$
    """,
    "REVOKE ALL ON FUNCTION alert_checks(varchar) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION alert_checks(varchar) TO {AUTHORITY}, {CENTRAL}",
]

TRIGGERS = [
    "DROP TRIGGER IF EXISTS safeguarding_alert_moves ON safeguarding_alert",
    """
    CREATE TRIGGER safeguarding_alert_moves BEFORE INSERT OR UPDATE ON safeguarding_alert
    FOR EACH ROW EXECUTE FUNCTION alert_moves()
    """,
]
