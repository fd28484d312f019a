"""System checks: the application must not start with a database role that could see past row security, nor without the
functions that it calls."""

from __future__ import annotations

from typing import Any

from django.core.checks import Error, Tags, register
from django.db import connections

from brokerage.core.tenants.kept_plans import KEPT
from brokerage.core.tenants.rowsecurity import declared, declared_tables


@register(Tags.database)
def application_role_is_powerless(databases: Any = None, **kwargs: Any) -> list[Error]:
    """The login role is no superuser, bypasses nothing, owns nothing and inherits nothing."""
    if not databases or "default" not in databases:
        return []
    errors: list[Error] = []
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = session_user")
        name, is_superuser, bypasses = cursor.fetchone()
        if is_superuser or bypasses:
            errors.append(Error(f"The role {name} can see past row security.", id="tenants.E001"))
        cursor.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND pg_get_userbyid(c.relowner) = session_user"
        )
        if cursor.fetchone()[0]:
            errors.append(Error(f"The role {name} owns tables.", id="tenants.E002"))
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind = 'r' AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"
        )
        unforced = {row[0] for row in cursor.fetchall()} & {table.name for table in declared_tables()}
        errors.extend(
            Error(f"Row security is not forced on {table}; run migrate.", id="tenants.E003")
            for table in sorted(unforced)
        )
    return errors


@register(Tags.database)
def functions_are_as_the_code_says(databases: Any = None, **kwargs: Any) -> list[Error]:
    """Those that keep a query's plan, which every page asks, are there with the text that this version gives them."""
    if not databases or "default" not in databases:
        return []
    declared("FUNCTIONS")  # Whoever is asked for them has made those that keep plans.
    kept = {plan.signature: plan.body for plan in KEPT.values()}
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT k.signature FROM unnest(%s::text[], %s::text[]) k (signature, body) WHERE NOT EXISTS"
            " (SELECT FROM pg_proc p WHERE p.oid = to_regprocedure(k.signature) AND p.prosrc = k.body)",
            [list(kept), list(kept.values())],
        )
        return [
            Error(f"The function {row[0]} is missing or another; run migrate.", id="tenants.E004")
            for row in cursor.fetchall()
        ]
