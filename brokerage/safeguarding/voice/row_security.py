"""Row security of people's own words. The public writes and reads through four functions that say nothing about
homes; a message is read by the organisations in `reader_ids`, which `voice_route` works out; a provider by none.

Who reads it: the council in whose area the home stands (its designated officer looks into what staff are said to have
done) and the central teams of the regions that admit the home. Of a message that names no known code: every central
team, until one of them says which home it is about.
"""

from brokerage.core.notifications.channels import tell_members
from brokerage.core.tenants.permissions import PERMISSIONS
from brokerage.core.tenants.rowsecurity import (
    AUTHORITY,
    CENTRAL,
    DEFINER,
    ORGANISATION,
    PUBLIC,
    REGIONS,
    WORKER,
    Allow,
    Table,
)

_ours = f"organisation_id = {ORGANISATION}"
_read = f"reader_ids @> ARRAY[{ORGANISATION}]"
_of_read = f"message_id IN (SELECT m.id FROM voice_message m WHERE m.{_read})"
_written = f"{_of_read} AND {_ours} AND kind IN ('answer', 'note')"
#: A council makes codes for the homes in its area, a central team for those that its region admits.
_in_area = (
    "establishment_id IN (SELECT e.id FROM providers_establishment e JOIN tenants_authorityprofile p"
    f" ON p.gss_code = e.gss_code WHERE p.organisation_id = {ORGANISATION})"
)
_admitted = (
    f"establishment_id IN (SELECT a.establishment_id FROM dpv_admission a WHERE a.region_id = {REGIONS}"
    " AND a.status IN ('admitted', 'suspended'))"
)
_LIFE = ("status", "read_at", "read_by_name", "closed_at", "closed_by_name", "outcome", "became")
_OF_CODE = ("printed_at", "printed_by_name", "replaced_at", "replaced_by_name", "reason")
_ROLES = ", ".join(f"'{role}'" for role, granted in sorted(PERMISSIONS.items()) if "voice.view" in granted)
READERS = (AUTHORITY, CENTRAL)

TABLES = [
    Table(
        "voice_code",
        "tenant",
        (
            *(Allow(role, "SELECT", _ours) for role in READERS),
            Allow(AUTHORITY, "INSERT", f"{_ours} AND {_in_area}"),
            Allow(CENTRAL, "INSERT", f"{_ours} AND {_admitted}"),
            *(Allow(role, "UPDATE", _ours, _OF_CODE) for role in READERS),
            Allow(DEFINER, "SELECT"),
        ),
    ),
    Table(
        "voice_message",
        "two-party",
        (
            *(Allow(role, "SELECT", _read) for role in READERS),
            *(Allow(role, "UPDATE", _read, _LIFE) for role in READERS),
            Allow(DEFINER, "SELECT, INSERT, UPDATE, DELETE"),
        ),
    ),
    Table(
        "voice_entry",
        "two-party",
        (
            *(Allow(role, "SELECT", _of_read) for role in READERS),
            *(Allow(role, "INSERT", _written) for role in READERS),
            Allow(DEFINER, "SELECT, INSERT, DELETE"),
        ),
    ),
]


def _function(text: str, *to: str) -> list[str]:
    """The statements that make a function and open it to these roles alone."""
    signature = text.split("CREATE OR REPLACE FUNCTION ", 1)[1].split("RETURNS", 1)[0].strip()
    name, _bracket, arguments = signature.partition("(")
    types = ", ".join(part.split()[-1] for part in arguments.rstrip(")").split(",") if part.strip())
    granted = [f"GRANT EXECUTE ON FUNCTION {name}({types}) TO {', '.join(to)}"] if to else []
    return [text, f"REVOKE ALL ON FUNCTION {name}({types}) FROM PUBLIC", *granted]


_DEFINER = "SECURITY DEFINER SET search_path = public, pg_temp"
#: Whoever has somebody that reads messages.
_HAS_LEAD = f"""EXISTS (SELECT FROM tenants_membership m JOIN accounts_user u ON u.id = m.user_id AND u.is_active
    WHERE m.organisation_id = o.id AND m.is_active AND m.roles && ARRAY[{_ROLES}]::varchar[])"""

#: Whether this reader is texted now about message v: nothing said by others was, ten minutes back.
_IS_TEXTED = """(v.is_in_danger OR NOT EXISTS (SELECT FROM notifications_message earlier
          WHERE earlier.organisation_id = o.id AND earlier.user_id = m.user_id AND earlier.channel = 'sms'
            AND earlier.template LIKE 'voice.%' AND earlier.created_at > clock_timestamp() - interval '10 minutes'))"""

_MESSAGES = tell_members(
    organisations="voice_message v CROSS JOIN (SELECT gen_random_uuid() AS id) e"
    " JOIN tenants_organisation o ON o.id = ANY (p_readers)",
    who=f"m.roles && ARRAY[{_ROLES}]::varchar[]",
    event="e.id",
    template="p_template",
    reference="v.reference",
    page="'/voice/' || v.reference || '/'",
    narrowed="v.id = p_message",
    is_texted=_IS_TEXTED,
)

FUNCTIONS = [
    # One INSERT, whatever the code: nobody learns from the answer, or from how long it takes, whether a code is known.
    # Sent twice it is one message.
    *_function(
        f"""
    CREATE OR REPLACE FUNCTION voice_say(p_reference text, p_code text, p_who text, p_text text, p_where text,
      p_contact text, p_danger boolean, p_language text, p_receipt text)
    RETURNS void LANGUAGE plpgsql {_DEFINER} AS $$
    BEGIN
      IF char_length(p_text) NOT BETWEEN 1 AND 10000 OR p_receipt !~ '^[0-9a-f]{{64}}$'
          OR p_who NOT IN ('lives', 'works', 'knows') THEN
        RAISE EXCEPTION 'not a message' USING ERRCODE = 'check_violation';
      END IF;
      INSERT INTO voice_message (id, reference, code, reader_ids, who, text, "where", contact, is_in_danger, language,
        receipt_hash, status, received_at, waiting_since, read_by_name, closed_by_name, outcome, became)
      VALUES (gen_random_uuid(), p_reference, left(p_code, 8), '{{}}', p_who, p_text, left(p_where, 200),
        left(p_contact, 200), p_danger, left(p_language, 2), p_receipt, 'new', clock_timestamp(), clock_timestamp(),
        '', '', '', '')
      ON CONFLICT (receipt_hash) DO NOTHING;
    END $$
    """,
        PUBLIC,
    ),
    # What the holder of a receipt reads: their own words and the answers. No name, no home, no note.
    *_function(
        f"""
    CREATE OR REPLACE FUNCTION voice_read(p_receipt text)
    RETURNS TABLE (kind varchar, text text, at timestamptz, is_closed boolean)
    LANGUAGE sql STABLE {_DEFINER} AS $$
      SELECT 'writer', m.text, m.received_at, m.status = 'closed' FROM voice_message m WHERE m.receipt_hash = p_receipt
      UNION ALL
      SELECT e.kind, e.text, e.at, m.status = 'closed' FROM voice_message m JOIN voice_entry e ON e.message_id = m.id
      WHERE m.receipt_hash = p_receipt AND e.kind IN ('writer', 'answer')
      ORDER BY 3
    $$
    """,
        PUBLIC,
    ),
    # The holder of a receipt says more: it is unread again, and open. The same words twice within ten minutes are one.
    *_function(
        f"""
    CREATE OR REPLACE FUNCTION voice_add(p_receipt text, p_text text)
    RETURNS boolean LANGUAGE plpgsql {_DEFINER} AS $$
    DECLARE m uuid;
    BEGIN
      IF char_length(p_text) NOT BETWEEN 1 AND 10000 THEN
        RAISE EXCEPTION 'not a message' USING ERRCODE = 'check_violation';
      END IF;
      SELECT id INTO m FROM voice_message WHERE receipt_hash = p_receipt FOR UPDATE;
      IF m IS NULL THEN RETURN false; END IF;
      IF EXISTS (SELECT FROM voice_entry e WHERE e.message_id = m AND e.kind = 'writer' AND e.text = p_text
          AND e.at > clock_timestamp() - interval '10 minutes') THEN RETURN true; END IF;
      INSERT INTO voice_entry (id, message_id, kind, text, by_name, at)
      VALUES (gen_random_uuid(), m, 'writer', p_text, '', clock_timestamp());
      UPDATE voice_message SET status = 'new', waiting_since = clock_timestamp(), told_at = NULL, reminded_at = NULL,
        closed_at = NULL, closed_by_name = '' WHERE id = m;
      RETURN true;
    END $$
    """,
        PUBLIC,
    ),
    # Who reads what is said about a home: nobody whom nobody could answer for.
    *_function(
        f"""
    CREATE OR REPLACE FUNCTION voice_readers(p_home uuid)
    RETURNS uuid[] LANGUAGE sql STABLE {_DEFINER} AS $$
      SELECT coalesce(array_agg(o.id), '{{}}') FROM tenants_organisation o
      WHERE o.is_active AND o.kind IN ('authority', 'central') AND {_HAS_LEAD} AND CASE
        WHEN p_home IS NULL THEN o.kind = 'central'
        ELSE o.id IN (
          SELECT p.organisation_id FROM providers_establishment e
          JOIN tenants_authorityprofile p ON p.gss_code = e.gss_code WHERE e.id = p_home
          UNION ALL
          SELECT r.central_team_id FROM dpv_admission a JOIN tenants_region r ON r.id = a.region_id
          WHERE a.establishment_id = p_home AND a.status IN ('admitted', 'suspended')
          UNION ALL
          SELECT c.organisation_id FROM voice_code c WHERE c.establishment_id = p_home) END
    $$
    """,
    ),
    # A message for each person who reads them: a reference and a link. Anybody can write, without signing in, so that
    # no reader is texted more than once in ten minutes, but for danger; the screen and e-mail hold them all.
    *_function(
        f"""
    CREATE OR REPLACE FUNCTION voice_tell(p_message uuid, p_readers uuid[], p_template text)
    RETURNS void LANGUAGE sql {_DEFINER} AS $$
      {_MESSAGES}
    $$
    """,
    ),
    # What came since the last time: its home by its code, its readers, their messages. Where nobody would read what is
    # said about a home, every central team does.
    *_function(
        f"""
    CREATE OR REPLACE FUNCTION voice_route(p_most integer)
    RETURNS integer LANGUAGE plpgsql {_DEFINER} AS $$
    DECLARE v record; home uuid; readers uuid[]; told integer := 0;
    BEGIN
      FOR v IN SELECT * FROM voice_message WHERE told_at IS NULL ORDER BY received_at LIMIT p_most
          FOR UPDATE SKIP LOCKED LOOP
        home := coalesce(v.establishment_id, (SELECT c.establishment_id FROM voice_code c WHERE c.code = v.code));
        readers := voice_readers(home);
        IF readers = '{{}}' THEN readers := voice_readers(NULL); END IF;
        -- Whoever reads it goes on reading it: a council that it was passed on to too, wherever the home is.
        readers := ARRAY(SELECT DISTINCT unnest(v.reader_ids || readers));
        CONTINUE WHEN readers = '{{}}';
        UPDATE voice_message SET establishment_id = home, reader_ids = readers, told_at = clock_timestamp()
          WHERE id = v.id;
        PERFORM voice_tell(v.id, readers, 'voice.received');
        told := told + 1;
      END LOOP;
      RETURN told;
    END $$
    """,
        WORKER,
    ),
    # Whoever has not read it is reminded, once for each working day that the caller counts; of danger, at any hour.
    *_function(
        f"""
    CREATE OR REPLACE FUNCTION voice_remind(p_before timestamptz, p_danger timestamptz)
    RETURNS integer LANGUAGE plpgsql {_DEFINER} AS $$
    DECLARE v record; told integer := 0;
    BEGIN
      FOR v IN SELECT id, reader_ids FROM voice_message WHERE status = 'new' AND told_at IS NOT NULL
          AND greatest(waiting_since, reminded_at) < CASE WHEN is_in_danger THEN p_danger ELSE p_before END
          FOR UPDATE SKIP LOCKED LOOP
        UPDATE voice_message SET reminded_at = clock_timestamp() WHERE id = v.id;
        PERFORM voice_tell(v.id, v.reader_ids, 'voice.reminder');
        told := told + 1;
      END LOOP;
      RETURN told;
    END $$
    """,
        WORKER,
    ),
    # What was closed so many days ago goes, with everything that was said.
    *_function(
        f"""
    CREATE OR REPLACE FUNCTION voice_purge(p_days integer, p_most integer)
    RETURNS integer LANGUAGE plpgsql {_DEFINER} AS $$
    DECLARE gone uuid[];
    BEGIN
      IF p_days < 30 THEN RAISE EXCEPTION 'too soon' USING ERRCODE = 'check_violation'; END IF;
      gone := ARRAY(SELECT id FROM voice_message WHERE status = 'closed'
        AND closed_at < clock_timestamp() - make_interval(days => p_days) LIMIT p_most FOR UPDATE SKIP LOCKED);
      DELETE FROM notifications_message n USING voice_message m WHERE m.id = ANY (gone)
        AND n.organisation_id IN (SELECT o.id FROM tenants_organisation o
          WHERE o.kind = 'central' OR o.id = ANY (m.reader_ids))
        AND n.reference = m.reference AND n.template LIKE 'voice.%';
      DELETE FROM voice_entry WHERE message_id = ANY (gone);
      DELETE FROM voice_message WHERE id = ANY (gone);
      RETURN cardinality(gone);
    END $$
    """,
        WORKER,
    ),
    # A lead passes a message on to one council, which then reads it too.
    *_function(
        f"""
    CREATE OR REPLACE FUNCTION voice_pass_on(p_message uuid, p_to uuid, p_reason text, p_name text)
    RETURNS void LANGUAGE plpgsql {_DEFINER} AS $$
    BEGIN
      UPDATE voice_message SET reader_ids = reader_ids || p_to
        WHERE id = p_message AND {_read} AND NOT reader_ids @> ARRAY[p_to]
          AND EXISTS (SELECT FROM tenants_organisation o WHERE o.id = p_to AND o.kind = 'authority' AND o.is_active
            AND {_HAS_LEAD});
      IF NOT FOUND THEN RAISE EXCEPTION 'not passed on' USING ERRCODE = 'insufficient_privilege'; END IF;
      INSERT INTO voice_entry (id, message_id, kind, text, organisation_id, by_name, at)
      VALUES (gen_random_uuid(), p_message, 'passed', p_reason, p_to, left(p_name, 120), clock_timestamp());
      PERFORM voice_tell(p_message, ARRAY[p_to], 'voice.received');
    END $$
    """,
        *READERS,
    ),
    # A central team says which home a message without a known code is about; from then on its readers read it.
    *_function(
        f"""
    CREATE OR REPLACE FUNCTION voice_place(p_message uuid, p_home uuid, p_name text)
    RETURNS void LANGUAGE plpgsql {_DEFINER} AS $$
    DECLARE readers uuid[] := voice_readers(p_home);
    BEGIN
      IF readers = '{{}}' THEN RAISE EXCEPTION 'nobody reads' USING ERRCODE = 'insufficient_privilege'; END IF;
      -- A council that it was passed on to was asked to read it, and goes on reading it.
      readers := ARRAY(SELECT DISTINCT unnest(readers || ARRAY(SELECT e.organisation_id FROM voice_entry e
        WHERE e.message_id = p_message AND e.kind = 'passed')));
      UPDATE voice_message SET establishment_id = p_home, reader_ids = readers, told_at = clock_timestamp(),
          status = 'new', waiting_since = clock_timestamp(), closed_at = NULL, closed_by_name = ''
        WHERE id = p_message AND {_read} AND establishment_id IS NULL;
      IF NOT FOUND THEN RAISE EXCEPTION 'not placed' USING ERRCODE = 'insufficient_privilege'; END IF;
      INSERT INTO voice_entry (id, message_id, kind, text, organisation_id, by_name, at)
      VALUES (gen_random_uuid(), p_message, 'placed', '', {ORGANISATION}, left(p_name, 120), clock_timestamp());
      PERFORM voice_tell(p_message, readers, 'voice.received');
    END $$
    """,
        CENTRAL,
    ),
]
