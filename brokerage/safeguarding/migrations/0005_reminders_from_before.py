"""Reminders that used to end go on, and households of closures that are over are retired, for what is older than this.

Each statement may run again: nothing is queued where such a reminder waits, and nobody is retired twice.
"""

from django.db import migrations

#: Adds one item for each row of `wanted`: (organisation, queue, kind, payload without its step, the last step known to
#: have been done, when). It goes on after the last step that the outbox still knows.
_QUEUE = """
INSERT INTO audit_outboxitem (id, organisation_id, queue, kind, payload, entry_id, created_at, available_at, attempts,
  last_error)
SELECT gen_random_uuid(), w.organisation_id, w.queue, w.kind,
  w.payload || jsonb_build_object('step', greatest(w.step, coalesce(last.step, 0)) + 1),
  coalesce(last.entry_id, gen_random_uuid()), clock_timestamp(), greatest(w.at, clock_timestamp()), 0, ''
FROM ({wanted}) AS w (organisation_id, queue, kind, payload, step, at)
LEFT JOIN (
  SELECT i.kind, i.payload - 'step' AS payload, max((i.payload ->> 'step')::int) AS step,
    (array_agg(i.entry_id ORDER BY (i.payload ->> 'step')::int DESC))[1] AS entry_id,
    bool_or(i.done_at IS NULL AND i.failed_at IS NULL) AS waits
  FROM audit_outboxitem i
  WHERE i.kind IN ('alert_reminder', 'alert_confirm_reminder', 'measure_reminder', 'check_reminder',
    'incident_reminder')
  GROUP BY i.kind, i.payload - 'step'
) last ON last.kind = w.kind AND last.payload = w.payload
WHERE last.waits IS NOT TRUE
"""
_NINE = "((({day})::timestamp + interval '9 hours') AT TIME ZONE 'Europe/London')"
#: The next weekday: of what is not high nobody is woken.
_NEXT_WEEKDAY = _NINE.format(
    day="(now() AT TIME ZONE 'Europe/London')::date"
    " + CASE extract(isodow FROM now() AT TIME ZONE 'Europe/London') WHEN 5 THEN 3 WHEN 6 THEN 2 ELSE 1 END"
)

ALERTS = _QUEUE.format(
    wanted=f"""
    SELECT a.raised_by_id, 'alerts', 'alert_reminder', jsonb_build_object('alert', a.id::text),
      (SELECT max(r.reminded) FROM safeguarding_alertrecipient r WHERE r.alert_id = a.id)::int,
      CASE a.severity WHEN 'high' THEN now() ELSE {_NEXT_WEEKDAY} END
    FROM safeguarding_alert a WHERE a.status = 'live' AND EXISTS (SELECT FROM safeguarding_alertrecipient r
      WHERE r.alert_id = a.id AND r.acknowledged_at IS NULL AND r.closed_at IS NULL)"""
)
CONFIRMATIONS = _QUEUE.format(
    wanted="""
    SELECT a.raised_by_id, 'alerts', 'alert_confirm_reminder', jsonb_build_object('alert', a.id::text), 0,
      a.raised_at + interval '30 minutes'
    FROM safeguarding_alert a WHERE a.status = 'awaiting_confirmation'"""
)
#: A review is reminded of each week up to sixty times: what has had them all is not begun again.
MEASURES = _QUEUE.format(
    wanted=f"""
    SELECT g.central_team_id, due.queue, 'measure_reminder', due.payload, due.step, due.at
    FROM dpv_measure m JOIN tenants_region g ON g.id = m.region_id
    CROSS JOIN LATERAL (
      SELECT CASE what.word WHEN 'confirm' THEN 'alerts' ELSE 'default' END AS queue,
        jsonb_build_object('measure', m.reference, 'what', what.word, 'day', what.day::text) AS payload,
        coalesce((SELECT max((e.data ->> 'step')::int) FROM audit_entry e
          WHERE e.organisation_id = g.central_team_id AND e.subject_id = m.id::text AND e.kind = 'measure.reminded'
            AND e.data ->> 'what' = what.word AND e.data ->> 'day' = what.day::text), 0) AS step,
        {_NINE.format(day="what.day")} AS at
      FROM (VALUES ('confirm', m.confirm_by, m.status = 'unconfirmed'),
        ('review', m.review_on, m.status IN ('unconfirmed', 'in_force', 'lift_proposed'))) AS what (word, day, is_due)
      WHERE what.is_due AND what.day IS NOT NULL
    ) due
    WHERE g.central_team_id IS NOT NULL AND due.step < 60"""
)
CHECKS = _QUEUE.format(
    wanted=f"""
    SELECT c.authority_id, 'alerts', 'check_reminder', jsonb_build_object('recipient', c.recipient_id::text),
      coalesce((SELECT max((e.data ->> 'step')::int) FROM audit_entry e WHERE e.organisation_id = c.authority_id
        AND e.subject_id = c.recipient_id::text AND e.kind = 'alert.checks_late'), 0),
      {_NINE.format(day="min(c.due_on) + 1")}
    FROM safeguarding_welfarecheck c WHERE c.done_on IS NULL AND c.due_on IS NOT NULL
    GROUP BY c.authority_id, c.recipient_id"""
)
INCIDENTS = _QUEUE.format(
    wanted="""
    SELECT i.authority_id, 'alerts', 'incident_reminder',
      jsonb_build_object('incident', i.id::text, 'about', 'acknowledge'), 0, now()
    FROM incidents_incident i WHERE i.acknowledged_at IS NULL AND i.status IN ('missing', 'reported')
    UNION ALL
    SELECT i.authority_id, 'alerts', 'incident_reminder',
      jsonb_build_object('incident', i.id::text, 'about', 'interview'), 0, i.interview_due_at - interval '24 hours'
    FROM incidents_incident i WHERE i.needs_interview AND i.status IN ('returned', 'interview_offered')
      AND i.interview_due_at IS NOT NULL"""
)
#: Approved anew since, a household fosters again. Whoever lives with one that does not is looked at at once.
HOUSEHOLDS = """
WITH retired AS (
  UPDATE providers_carerhousehold h SET retired_on = c.closed_on, is_on_hold = true
  FROM (SELECT household_id, min(closed_on) AS closed_on FROM closures_closure
    WHERE household_id IS NOT NULL AND status IN ('closed', 'completed') GROUP BY household_id) c
  WHERE h.id = c.household_id AND h.retired_on IS NULL AND h.approved_on <= c.closed_on
  RETURNING h.id, h.agency_id
)
INSERT INTO audit_outboxitem (id, organisation_id, queue, kind, payload, created_at, available_at, attempts, last_error)
SELECT gen_random_uuid(), c.announced_by_id, 'default', 'firewall_homes',
  jsonb_build_object('homes', jsonb_build_array(r.agency_id::text)), clock_timestamp(), clock_timestamp(), 0, ''
FROM (SELECT DISTINCT ON (agency_id) id, agency_id FROM retired ORDER BY agency_id, id) r
CROSS JOIN LATERAL (SELECT announced_by_id FROM closures_closure WHERE household_id = r.id LIMIT 1) c
"""
STATEMENTS = [ALERTS, CONFIRMATIONS, MEASURES, CHECKS, INCIDENTS, HOUSEHOLDS]


class Migration(migrations.Migration):
    dependencies = [
        ("safeguarding", "0004_alert_secret_by"),
        ("incidents", "0003_without_agreement"),
        ("closures", "0001_closures"),
        ("dpv", "0003_measures"),
        ("providers", "0006_household_retired"),
        ("audit", "0003_alerts_of_entry"),
    ]

    operations = [migrations.RunSQL(STATEMENTS, migrations.RunSQL.noop)]
