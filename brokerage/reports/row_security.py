"""Row security of the reports' book: an authority reads its own figures, and nobody writes one but the triggers."""

from brokerage.core.tenants.rowsecurity import (
    AUTHORITY,
    CATEGORIES,
    DEFINER,
    MIGRATOR,
    ORGANISATION,
    Allow,
    Table,
)
from brokerage.reports.tallies import BEGUN, COLUMNS, OVER, closed, declined, fill, moved, published, stays

TABLES = [
    Table(
        "reports_tally",
        "tenant",
        (
            # What a sealed referral came to is told when its offers are open: not a row sooner.
            Allow(
                AUTHORITY,
                "SELECT",
                f"authority_id = {ORGANISATION} AND counts_from <= now()"
                f" AND ({CATEGORIES} IS NULL OR category = ANY ({CATEGORIES}))",
            ),
            Allow(DEFINER, "SELECT, INSERT, DELETE"),
        ),
    ),
]

#: Rows that are loaded (no organisation acts) enter the book by `recount_tallies --mend`, as a set.
_LOADED = f"{ORGANISATION} IS NULL"
_ADD = f"INSERT INTO reports_tally (id, {COLUMNS})"


def _signed(rows: str, sign: str) -> str:
    """Those rows, added or taken away."""
    return f"""{_ADD} SELECT gen_random_uuid(), t.authority_id, t.kind, t.month, t.category, t.key, t.number,
          {sign} * t.times, {sign} * t.amount, t.counts_from FROM ({rows}) t ({COLUMNS})"""


def _function(name: str, declares: str, body: str) -> list[str]:
    return [
        f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        {declares}
        BEGIN
          IF {_LOADED} THEN RETURN NULL; END IF;
          {body}
          RETURN NULL;
        END $$
        """,
        f"REVOKE ALL ON FUNCTION {name}() FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {name}() TO {MIGRATOR}",
    ]


_REFERRAL = "id, authority_id, category, urgency, published_at"

FUNCTIONS = [
    *_function(
        "tally_placement",
        "DECLARE r record;",
        f"""
          IF TG_OP <> 'INSERT' THEN
            {_signed(stays("OLD"), "-1")};
            IF OLD.status IN {BEGUN} AND OLD.source = 'call_off' THEN
              SELECT {_REFERRAL} INTO r FROM placements_referral WHERE id = OLD.referral_id;
              IF FOUND THEN {_signed(moved("OLD", "r"), "-1")}; END IF;
            END IF;
          END IF;
          IF TG_OP <> 'DELETE' THEN
            {_signed(stays("NEW"), "1")};
            IF NEW.status IN {BEGUN} AND NEW.source = 'call_off' THEN
              SELECT {_REFERRAL} INTO r FROM placements_referral WHERE id = NEW.referral_id;
              IF FOUND THEN {_signed(moved("NEW", "r"), "1")}; END IF;
            END IF;
          END IF;""",
    ),
    *_function(
        "tally_referral",
        "DECLARE p record;",
        f"""
          IF TG_OP <> 'INSERT' THEN
            {_signed(published("OLD"), "-1")};
            {_signed(closed("OLD"), "-1")};
          END IF;
          IF TG_OP <> 'DELETE' THEN
            {_signed(published("NEW"), "1")};
            {_signed(closed("NEW"), "1")};
          END IF;
          IF TG_OP = 'UPDATE' AND (NEW.published_at, NEW.category, NEW.urgency)
              IS DISTINCT FROM (OLD.published_at, OLD.category, OLD.urgency) THEN
            FOR p IN SELECT status, source, started_on FROM placements_placement WHERE referral_id = NEW.id LOOP
              {_signed(moved("p", "OLD"), "-1")};
              {_signed(moved("p", "NEW"), "1")};
            END LOOP;
          END IF;""",
    ),
    *_function(
        "tally_decline",
        "DECLARE kind_of_home varchar;",
        f"""
          SELECT r.category INTO kind_of_home FROM placements_release r
            WHERE (r.referral_id, r.provider_id) = (coalesce(NEW.referral_id, OLD.referral_id),
              coalesce(NEW.provider_id, OLD.provider_id));
          IF TG_OP <> 'INSERT' THEN
            {_signed(declined("OLD", "kind_of_home"), "-1")};
          END IF;
          IF TG_OP <> 'DELETE' THEN
            {_signed(declined("NEW", "kind_of_home"), "1")};
          END IF;""",
    ),
    # Whoever is taken away in this statement is put back by it: a reader sees all before or all after, and of two who
    # fold at once the second finds the rows gone. Rows that do not count yet are left alone.
    f"""
    CREATE OR REPLACE FUNCTION fold_tallies() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
      WITH gone AS (
        DELETE FROM reports_tally t USING (
          SELECT kind, month, category, key, number FROM reports_tally
          WHERE authority_id = {ORGANISATION} AND counts_from <= now()
          GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1
        ) many
        WHERE t.authority_id = {ORGANISATION} AND t.counts_from <= now()
          AND (t.kind, t.month, t.category, t.key) = (many.kind, many.month, many.category, many.key)
          AND t.number IS NOT DISTINCT FROM many.number
        RETURNING t.*
      ), kept AS (
        {_ADD} SELECT gen_random_uuid(), authority_id, kind, month, category, key, number, sum(times), sum(amount),
          max(counts_from) FROM gone GROUP BY 2, 3, 4, 5, 6, 7 HAVING sum(times) <> 0 OR sum(amount) <> 0
        RETURNING 1
      )
      SELECT (SELECT count(*) FROM gone) - (SELECT count(*) FROM kept)
    $$
    """,
    "REVOKE ALL ON FUNCTION fold_tallies() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION fold_tallies() TO {AUTHORITY}",
]

#: noun -> the columns that its figures are made of; when a row is in one; what else of an update may move one.
_WATCHED = {
    "placement": (
        "authority_id, referral_id, status, category, source, started_on, ended_on, weekly_total",
        f"{{row}}.status IN {BEGUN}",
        "false",
    ),
    "referral": (
        "authority_id, status, category, urgency, published_at, awarded_at, closes_at",
        f"({{row}}.published_at IS NOT NULL AND {{row}}.status IN {OVER})",
        "(OLD.published_at IS NOT NULL"
        " AND (OLD.published_at, OLD.urgency) IS DISTINCT FROM (NEW.published_at, NEW.urgency))",
    ),
    "decline": ("authority_id, referral_id, reason, declined_at, withdrawn_at", "{row}.withdrawn_at IS NULL", "false"),
}


def _triggers(noun: str, columns: str, matters: str, moves: str) -> list[str]:
    """After each write that may change a figure; a row that is in none before and after costs nothing."""
    table = f"placements_{noun}"
    old, new = (f"({', '.join(f'{row}.{column}' for column in columns.split(', '))})" for row in ("OLD", "NEW"))
    either = f"({matters.format(row='OLD')} OR {matters.format(row='NEW')} OR {moves})"
    found = []
    for when, condition in (
        ("insert", matters.format(row="NEW")),
        ("delete", matters.format(row="OLD")),
        ("update", f"{either} AND {old} IS DISTINCT FROM {new}"),
    ):
        name = f"{table}_tally_{when}"
        event = f"UPDATE OF {columns}" if when == "update" else when.upper()
        found += [
            f"DROP TRIGGER IF EXISTS {name} ON {table}",
            f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW WHEN ({condition})"
            f" EXECUTE FUNCTION tally_{noun}()",
        ]
    return found


TRIGGERS = [text for noun, watched in _WATCHED.items() for text in _triggers(noun, *watched)]

# A book that was never begun is counted from the rows in the transaction that brings the triggers: whoever writes to
# those tables waits for it, so that no act falls between the two, and a country that grows later has begun its book.
TRIGGERS.append(f"{fill()} WHERE NOT EXISTS (SELECT FROM reports_tally)")
