"""A world in which everything has grown: each row of each table copied together with what belongs to it.

Where there may be only one of a row (one release of a referral to a provider), half of its copies belong to copies of
the one and half to copies of the other: both sides' lists grow, and no unique index is broken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import psycopg2

from tests.api.crowds import KEYS, superuser

#: Numbers of the copies added of each row, so that there are 1, 10 and 110 of it.
GROWTH = (range(1, 10), range(10, 101, 10))
#: Does not grow with what people do: Django's and allauth's own, heads of chains, sums, the country's map.
STANDING = re.compile(
    r"account_|allauth_|auth_|django_|mfa_|socialaccount_|usersessions_|accounts_mobile"
    r"|api_apiclient|api_keptanswer|audit_head|reports_tally|webhooks_feed"
    r"|tenants_(adjacency|authorityprofile|outwardcode|postcode)"
)
#: Of these some rows are copied.
ONLY = {"tenants_organisation": "id IN (SELECT organisation_id FROM tenants_membership)"}
#: By which columns of a unique index copies differ, where that is not what the row belongs to; what goes with one.
VARIED: dict[str, tuple[str, ...]] = {
    "closures_closure": ("provider_id",),
    "concerns_suggestion": ("provider_id",),
    "closures_closurerecipient": ("closure_id", "organisation_id"),
    "closures_closureresident": ("placement_id",),
    # The placement's own agreement stays its newest: of several made at one moment any would be found.
    "contracts_agreement": ("award_id created_at", "reference created_at"),
    "dpv_ceiling": ("admission_id", "valid_from"),
    "dpv_lot": ("code",),
    "dpv_menuitem": ("provider_id", "valid_from"),
    "firewall_finding": ("reference", "placement_id"),
    "notifications_message": ("event_id",),
    "placements_offer": ("referral_id", "establishment_id"),
    "placements_release": ("referral_id reference", "provider_id"),
    "providers_insurance": ("provider_id", "starts_on"),
    "safeguarding_alertrecipient": ("alert_id", "organisation_id"),
    "safeguarding_welfarecheck": ("placement_id",),
    "tenants_membership": ("user_id", "organisation_id"),
    "tenants_regionmember": ("organisation_id",),
    "webhooks_change": ("number", "event_id"),
}
COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, NULL), CASE WHEN a.atttypmod > 4 THEN a.atttypmod - 4 ELSE 200 END
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
  AND a.attgenerated = ''
"""
REFERENCES = """
SELECT conrelid::regclass::text, a.attname, confrelid::regclass::text
FROM pg_constraint JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = conkey[1]
WHERE contype = 'f' AND cardinality(conkey) = 1 AND connamespace = 'public'::regnamespace
"""
UNIQUE = """
SELECT x.indrelid::regclass::text, array_agg(a.attname::text ORDER BY array_position(x.indkey::int2[], a.attnum))
FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid
JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = ANY (x.indkey::int2[])
WHERE x.indisunique AND NOT x.indisprimary AND c.relnamespace = 'public'::regnamespace
GROUP BY x.indexrelid, x.indrelid
"""
EXCLUSIONS = "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'x'"


@dataclass
class Schema:
    """By table: its columns (type, longest text), what its keys refer to, the columns of its unique indexes."""

    columns: dict[str, dict[str, tuple[str, int]]] = field(default_factory=dict)
    refers: dict[str, dict[str, str]] = field(default_factory=dict)
    unique: dict[str, list[list[str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, cursor: psycopg2.extensions.cursor) -> Schema:
        """As the database has it."""
        found = cls()
        cursor.execute(COLUMNS)
        for table, column, kind, longest in cursor.fetchall():
            found.columns.setdefault(table, {})[column] = (kind, longest)
        cursor.execute(REFERENCES)
        for table, column, other in cursor.fetchall():
            found.refers.setdefault(table, {})[column] = other
        cursor.execute(UNIQUE)
        for table, columns in cursor.fetchall():
            found.unique.setdefault(table, []).append(columns)
        return found

    @property
    def growing(self) -> list[str]:
        return sorted(table for table in self.columns if not STANDING.match(table))

    def differing(self, table: str, index: list[str]) -> list[str]:
        """The columns by which a copy may differ in this index, each in its turn."""
        if KEYS.get(table, "id") in index:
            return []
        if said := [choice for choice in VARIED.get(table, ()) if choice.split()[0] in index]:
            return said
        refers = self.refers.get(table, {})
        keys = [column for column in index if refers.get(column, "") in self.growing and column != "authority_id"]
        if keys:
            return [column for column in keys if column != "organisation_id"] or keys
        plain = [column for column in index if self.columns[table][column][0] not in ("uuid", "boolean")]
        return plain[-1:]

    def copied(self, table: str, turn: int) -> list[str]:
        """What the columns of copy `n` of row `t` hold, in their order."""
        differing = [self.differing(table, index) for index in self.unique.get(table, ())]
        other = {KEYS.get(table, "id")}
        for choices in filter(None, differing):
            other |= set(choices[turn % len(choices)].split())
        return [self._other(table, column) if column in other else f't."{column}"' for column in self.columns[table]]

    def _other(self, table: str, column: str) -> str:
        kind, longest = self.columns[table][column]
        now = f't."{column}"'
        if kind == "uuid":
            return f"md5({now}::text || n)::uuid"
        if kind == "bigint":
            return f"{now} + n * 1000000"
        if kind in ("integer", "smallint"):
            return f"{now} + n * 100"
        if kind == "date" or kind.startswith("timestamp"):
            return f"{now} - n * interval '1 day'"
        return (
            f"CASE WHEN length({now} || n) < {longest} THEN {now} || 'x' || n ELSE left(md5({now} || n), {longest}) END"
        )


def grow(name: str, numbers: range) -> None:
    """Add copies with these numbers of each row of every table that grows. Done again, numbers must not add up to the
    same: 1 to 9, then 10, 20 and so on to 100."""
    with superuser(name) as cursor:
        schema = Schema.of(cursor)
        cursor.execute(EXCLUSIONS)
        for table, constraint in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
        for table in schema.growing:
            which = f"generate_series({numbers.start}, {numbers.stop - 1}, {numbers.step}) n"
            whose = ONLY.get(table, "tableoid IS NOT NULL")
            halves = " UNION ALL ".join(
                f"SELECT {', '.join(schema.copied(table, turn))} FROM {table} t, {which}"
                f" WHERE n / {numbers.step} % 2 = {turn} AND t.{whose}"
                for turn in (0, 1)
            )
            names = ", ".join(f'"{column}"' for column in schema.columns[table])
            cursor.execute(f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE {halves}")
        cursor.execute("ANALYZE")
