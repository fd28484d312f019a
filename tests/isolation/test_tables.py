"""Every table in the database is declared, and its row security is what the code declares."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import connection

from brokerage.core.tenants.rowsecurity import declared_tables, policies

pytestmark = pytest.mark.django_db

#: Django's own bookkeeping of migrations: no role of the application may read or write it.
UNDECLARED = {"django_migrations"}


def _rows(statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def test_every_table_is_declared_once() -> None:
    found = {row[0] for row in _rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    declared = [table.name for table in declared_tables()]
    assert len(declared) == len(set(declared))
    assert found - UNDECLARED == set(declared)


def test_every_model_has_a_declared_table() -> None:
    declared = {table.name for table in declared_tables()}
    assert {model._meta.db_table for model in apps.get_models()} <= declared


def test_row_security_is_enabled_and_forced_everywhere() -> None:
    state = {
        row[0]: (row[1], row[2])
        for row in _rows(
            "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND relkind = 'r'"
        )
    }
    for table in declared_tables():
        assert state[table.name] == (True, True), table.name


def test_policies_are_those_declared_and_never_two_for_one_role_and_command() -> None:
    found = {(row[0], row[1]) for row in _rows("SELECT tablename, policyname FROM pg_policies")}
    expected = {(table.name, name) for table in declared_tables() for name, _statement in policies(table)}
    expected |= {(table.name, "migrator_all") for table in declared_tables()}
    assert found == expected
    doubled = _rows(
        "SELECT tablename, roles, cmd, count(*) FROM pg_policies WHERE policyname <> 'migrator_all'"
        " GROUP BY 1, 2, 3 HAVING count(*) > 1"
    )
    assert doubled == []


def test_nobody_holds_a_right_that_is_not_declared() -> None:
    granted = {
        (row[0], row[1], row[2])
        for row in _rows(
            "SELECT table_name, grantee, privilege_type FROM information_schema.table_privileges"
            " WHERE table_schema = 'public' AND grantee LIKE 'brokerage%'"
            " AND grantee NOT IN ('brokerage_migrator', 'brokerage_loader', 'brokerage_backup')"
        )
    }
    declared = {
        (table.name, allow.role, command)
        for table in declared_tables()
        for allow in table.allow
        for command in allow.command_list()
    }
    assert granted <= declared


def test_personal_tables_are_out_of_reach_of_everyone_but_their_authority() -> None:
    personal = {"placements_person", "placements_referral", "placements_referraldocument", "placements_placement"}
    for table in declared_tables():
        if table.name in personal:
            others = {(allow.role, allow.commands) for allow in table.allow if allow.role != "brokerage_authority"}
            # Who lives where, for the function that finds who must know of an alert: it tells nobody where. What kind
            # of home, how soon and when, for the sums of reports: no column that says for whom.
            read = {allow.columns for allow in table.allow if allow.role == "brokerage_definer"}
            told = {
                "placements_placement": {()},
                "placements_referral": {("id", "authority_id", "category", "urgency", "published_at")},
            }
            assert read == told.get(table.name, set()), table.name
            assert others == ({("brokerage_definer", "SELECT")} if read else set()), table.name


def test_the_application_role_is_powerless() -> None:
    row = _rows(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolinherit FROM pg_roles"
        " WHERE rolname = session_user"
    )[0]
    assert row[:4] == (False, False, False, False)
    assert _rows("SELECT session_user")[0] == ("brokerage_login",)
    assert run_checks(databases=["default"], tags=["database"]) == []


def test_definer_functions_are_not_open_to_everybody() -> None:
    functions = _rows(
        "SELECT p.proname, p.proconfig, has_function_privilege('brokerage_operator', p.oid, 'EXECUTE')"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = 'public' AND p.prosecdef"
    )
    assert functions
    for name, config, open_to_all in functions:
        assert any(setting.startswith("search_path=") for setting in config or []), name
        assert not open_to_all, name


def test_nobody_but_the_login_role_reads_a_password() -> None:
    readers = _rows(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'brokerage%' AND has_column_privilege(rolname,"
        " 'accounts_user', 'password', 'SELECT')"
    )
    assert {row[0] for row in readers} == {
        *("brokerage_login", "brokerage_migrator", "brokerage_loader", "brokerage_backup")
    }


def test_the_day_is_the_services_own_in_every_function_and_policy() -> None:
    """`current_date` is the session's, which is UTC: for an hour of each summer night that is yesterday."""
    found = _rows(
        "SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'public'"
        " WHERE p.prosrc ~* 'current_date|now\\(\\)::date|timestamp\\(\\)::date'"
        " UNION SELECT policyname FROM pg_policies WHERE concat(qual, with_check) ~* 'current_date'"
    )
    assert found == []
