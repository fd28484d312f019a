"""Row security of the audit trail: actors add entries and read their own organisation's; nobody edits.

The chain is written by a deferred trigger that runs as the definer.
"""

from brokerage.core.tenants.rowsecurity import ACTORS, DEFINER, MIGRATOR, ORGANISATION, WORKER, Allow, Table

#: How a new link's hash is made: kept with each link, so that those of before are checked as they were made.
SCHEME = 2
#: What the first entry of a chain has for the hash before it, in SQL.
BEFORE_ALL = f"'\\x{'0' * 64}'::bytea"

_own = f"organisation_id = {ORGANISATION}"

TABLES = [
    Table(
        "audit_entry",
        "system",
        (
            *(Allow(role, "SELECT, INSERT", _own) for role in ACTORS),
            Allow(DEFINER, "SELECT"),
            Allow(WORKER, "INSERT"),
        ),
    ),
    Table(
        "audit_link",
        "system",
        (*(Allow(role, "SELECT", _own) for role in ACTORS), Allow(DEFINER, "SELECT, INSERT")),
    ),
    Table(
        "audit_head",
        "system",
        (*(Allow(role, "SELECT", _own) for role in ACTORS), Allow(DEFINER, "SELECT, INSERT, UPDATE")),
    ),
    Table(
        "audit_outboxitem",
        "system",
        (
            *(Allow(role, "INSERT", _own) for role in ACTORS),
            Allow(WORKER, "SELECT, INSERT, UPDATE, DELETE"),
        ),
    ),
]

FUNCTIONS = [
    # What a link's hash is over, by its scheme; verify_audit recomputes the same expression. Without a search path of
    # its own and no stricter than its parts, so that PostgreSQL writes it into the query and shares it among processes:
    # three times as fast over a long chain. It names nothing but built-in functions.
    # Scheme 2: numbers, ids and the moment as bytes, then texts, with the lengths of four before them. No two entries
    # have the same bytes, whatever the texts hold: a mark says whether an id follows, and after the name comes JSON,
    # which holds no control character. Scheme 1: everything as text, hashes in hexadecimal digits; a cast is there
    # where a NULL must leave an empty place. A scheme that nobody knows has no hash.
    f"""
    CREATE OR REPLACE FUNCTION audit_digest(e audit_entry, scheme smallint, n bigint, previous bytea) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
      SELECT CASE scheme WHEN {SCHEME} THEN
        sha256(previous || int8send(n) || uuid_send(e.id) || uuid_send(e.organisation_id)
          || coalesce('\\x01'::bytea || uuid_send(e.actor_user_id), '\\x00')
          || coalesce('\\x01'::bytea || uuid_send(e.on_behalf_of_id), '\\x00') || timestamptz_send(e.at)
          || convert_to(concat_ws(chr(31), octet_length(e.kind), octet_length(e.subject_type),
            octet_length(e.subject_id), octet_length(e.subject_reference), e.kind, e.subject_type, e.subject_id,
            e.subject_reference, e.actor_name, e.data), 'UTF8'))
      WHEN 1 THEN
        sha256(convert_to(concat_ws(chr(31), encode(previous, 'hex'), n, e.id, e.organisation_id,
          e.kind, e.subject_type, e.subject_id, e.subject_reference, coalesce(e.actor_user_id::text, ''), e.actor_name,
          coalesce(e.on_behalf_of_id::text, ''), (extract(epoch FROM e.at) * 1000000)::bigint, e.data), 'UTF8'))
      END
    $$
    """,
    "DROP FUNCTION IF EXISTS audit_words(audit_entry, bigint, text)",
    f"""
    CREATE OR REPLACE FUNCTION audit_chain() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      FOR attempt IN 1..2 LOOP
        -- One statement. A writer that waits here for another's commit goes on from the head as that one left it.
        WITH head AS (
          UPDATE audit_head h SET number = h.number + 1, previous_hash = h.hash,
            hash = audit_digest(NEW, {SCHEME}::smallint, h.number + 1, h.hash)
          WHERE h.organisation_id = NEW.organisation_id RETURNING h.number, h.previous_hash, h.hash
        )
        INSERT INTO audit_link (entry_id, organisation_id, number, scheme, previous_hash, hash)
          SELECT NEW.id, NEW.organisation_id, head.number, {SCHEME}, head.previous_hash, head.hash FROM head;
        IF FOUND THEN RETURN NULL; END IF;
        -- The organisation's first entry ever, perhaps of two writers at once.
        INSERT INTO audit_head (organisation_id, number, hash) VALUES (NEW.organisation_id, 0, {BEFORE_ALL})
          ON CONFLICT (organisation_id) DO NOTHING;
      END LOOP;
      RAISE EXCEPTION 'The audit chain has no head to go on from.';
    END $$
    """,
    "REVOKE ALL ON FUNCTION audit_chain() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION audit_chain() TO {MIGRATOR}",
]

TRIGGERS = [
    "DROP TRIGGER IF EXISTS audit_entry_chain ON audit_entry",
    """
    CREATE CONSTRAINT TRIGGER audit_entry_chain AFTER INSERT ON audit_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_chain()
    """,
]
