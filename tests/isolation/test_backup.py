"""The backup role reads everything a dump needs, and changes nothing (docs/operator.md)."""

from __future__ import annotations

import pytest
from django.db import connections, transaction

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


def relations_where(question: str) -> list[str]:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            f" WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'S') AND {question} ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]


def test_backup_reads_every_table_and_every_sequence() -> None:
    assert relations_where("c.relkind = 'S'"), "there are sequences, or this proves nothing"
    unread = relations_where("NOT has_table_privilege('brokerage_backup', c.oid, 'SELECT')")
    assert unread == []


def test_backup_writes_nothing() -> None:
    written = relations_where(
        "c.relkind <> 'S' AND has_table_privilege('brokerage_backup', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')"
    )
    assert written == []


def test_backup_sees_past_row_security_and_the_login_may_not_become_it() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT rolbypassrls, rolcanlogin, pg_has_role('brokerage_login', oid, 'SET')"
            " FROM pg_roles WHERE rolname = 'brokerage_backup'"
        )
        assert cursor.fetchone() == (True, False, False)
