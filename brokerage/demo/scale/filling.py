"""How a table is filled in one statement, and how its secondary indexes and foreign keys are checked as a set.

Foreign keys and plain indexes are dropped and made again within the same transaction: PostgreSQL then checks every row
by one join instead of one query a row. Nothing is left out: a row that breaks a key ends the step and undoes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

#: Tables that hold rows for every referral.
LARGE = (
    "placements_person",
    "placements_referral",
    "placements_referrallot",
    "placements_release",
    "placements_invitation",
    "placements_invitedhousehold",
    "placements_offer",
    "placements_decline",
    "placements_award",
    "placements_approval",
    "placements_placement",
    "contracts_agreement",
    "contracts_signature",
    "audit_entry",
    "audit_link",
    "notifications_message",
)

#: Tables whose rows are summed for reports when somebody acts: here all are summed at once (`figures`).
SUMMED = ("placements_referral", "placements_decline", "placements_placement")

#: What a column holds that a step does not name and that may not be null, by the beginning of its type.
NEUTRAL = {
    "character": "''",
    "text": "''",
    "boolean": "false",
    "integer": "0",
    "smallint": "0",
    "bigint": "0",
    "numeric": "0",
    "jsonb": "'{}'",
    "timestamp": "scale.moment()",
    "date": "scale.day()",
}


@dataclass(frozen=True)
class Fill:
    """Rows of one table: an expression for each column that matters, and where they are taken from."""

    table: str
    values: Mapping[str, str]
    source: str

    def sql(self, cursor: Any) -> str:
        """The statement, with a neutral value for every other column that must have one."""
        cursor.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass"
            " AND attnum > 0 AND NOT attisdropped AND attnotnull AND NOT atthasdef AND attidentity = ''",
            [self.table],
        )
        values = dict(self.values)
        for column, kind in cursor.fetchall():
            if column not in values:
                values[column] = "'{}'" if kind.endswith("[]") else NEUTRAL[kind.split()[0].split("(")[0]]
        return f"INSERT INTO {self.table} ({', '.join(values)}) SELECT {', '.join(values.values())} {self.source}"


@dataclass(frozen=True)
class Step:
    """One transaction: what it is called, its statements (SQL, or a table to fill), done as the loader."""

    title: str
    does: tuple[Fill | str, ...]
    #: Triggers whose work the step does itself: (table, trigger).
    instead_of: tuple[tuple[str, str], ...] = field(default=())

    def tables(self) -> list[str]:
        return [part.table for part in self.does if isinstance(part, Fill)]


def lift(cursor: Any, tables: Iterable[str]) -> list[str]:
    """Drop the tables' foreign keys and plain indexes; returns the statements that make them again."""
    again: list[str] = []
    for table in dict.fromkeys(tables):
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass"
            " AND contype = 'f' ORDER BY conname",
            [table],
        )
        keys = [
            (
                f'ALTER TABLE {table} DROP CONSTRAINT "{name}"',
                f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}',
            )
            for name, definition in cursor.fetchall()
        ]
        cursor.execute(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
            " WHERE i.indrelid = %s::regclass AND NOT i.indisunique AND i.indpred IS NULL"
            " AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid) ORDER BY 1",
            [table],
        )
        indexes = [(f"DROP INDEX {name}", definition) for name, definition in cursor.fetchall()]
        for drop, _make in (*keys, *indexes):
            cursor.execute(drop)
        again += [make for _drop, make in (*indexes, *keys)]
    return again


def run_step(cursor: Any, step: Step) -> int:
    """Run one step as the owner's connection, in the transaction that is open. Returns how many rows it wrote."""
    for setting, value in (("work_mem", "256MB"), ("maintenance_work_mem", "512MB"), ("statement_timeout", "0")):
        cursor.execute(f"SET LOCAL {setting} = '{value}'")
    again = lift(cursor, step.tables())
    instead_of = [*step.instead_of]
    instead_of += [(table, f"{table}_tally_insert") for table in step.tables() if table in SUMMED]
    for table, trigger in instead_of:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    cursor.execute("SET LOCAL ROLE brokerage_loader")
    written = 0
    for part in step.does:
        cursor.execute(part if isinstance(part, str) else part.sql(cursor))
        written += max(cursor.rowcount, 0) if isinstance(part, Fill) else 0
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute("RESET ROLE")
    for table, trigger in instead_of:
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
    for statement in again:
        cursor.execute(statement)
    return written
