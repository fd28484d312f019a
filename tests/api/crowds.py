"""A world with many rows of everything that an operation shows: copied inside the database, as they stand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2 import sql

from tests.plugin import database_url

#: Tables whose key is another column than `id`.
KEYS = {"providers_provider": "organisation_id", "audit_link": "entry_id"}
UNIQUE = """
SELECT i.relname, c.conname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
LEFT JOIN pg_constraint c ON c.conindid = x.indexrelid AND c.conrelid = x.indrelid
WHERE x.indrelid = %s::regclass AND (x.indisunique OR x.indisexclusion) AND NOT x.indisprimary
"""
COLUMNS = """
SELECT column_name, data_type FROM information_schema.columns
WHERE table_name = %s AND table_schema = 'public' AND is_generated = 'NEVER'
"""


@contextmanager
def superuser(name: str) -> Iterator[psycopg2.extensions.cursor]:
    """A superuser's cursor in the database, without triggers."""
    connection = psycopg2.connect(database_url(name, superuser_url=os.environ["SUPERUSER_DATABASE_URL"]))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            yield cursor
    finally:
        connection.close()


def clone_of(source: str, name: str) -> None:
    """Copy a database that nobody is connected to."""
    with superuser("postgres") as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        cursor.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER brokerage_migrator STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(source)
            )
        )


def multiply(name: str, table: str, times: int, *, first: int = 1) -> None:
    """Add `times` copies of each of the table's rows; its unique indexes go. To do it again, count on from `first`."""
    key = KEYS.get(table, "id")
    with superuser(name) as cursor:
        cursor.execute(UNIQUE, [table])
        for index, constraint in cursor.fetchall():
            if constraint:
                drop = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {} CASCADE")
                cursor.execute(drop.format(sql.Identifier(table), sql.Identifier(constraint)))
            else:
                cursor.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(index)))
        cursor.execute(COLUMNS, [table])
        columns = dict(cursor.fetchall())
        fresh = "md5(t.{0}::text || n)::uuid" if columns[key] == "uuid" else "t.{0} + n * 1000000"
        said = [sql.SQL("t.{}").format(sql.Identifier(column)) for column in columns if column != key]
        cursor.execute(
            sql.SQL("INSERT INTO {table} ({key}, {names}) SELECT {fresh}, {said} FROM {table} t, {numbers}").format(
                table=sql.Identifier(table),
                key=sql.Identifier(key),
                names=sql.SQL(", ").join(sql.Identifier(column) for column in columns if column != key),
                fresh=sql.SQL(fresh).format(sql.Identifier(key)),
                said=sql.SQL(", ").join(said),
                numbers=sql.SQL("generate_series({}, {}) n").format(sql.Literal(first), sql.Literal(first + times - 1)),
            )
        )
        cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
