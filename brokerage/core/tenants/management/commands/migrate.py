"""Django's `migrate`, on the owner's connection, followed by bringing row security in line with the code."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.db import connections, transaction

from brokerage.core.tenants.rowsecurity import statements


class Command(migrate.Command):
    def add_arguments(self, parser: Any) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if options.get("app_label") or options.get("plan") or options.get("check_unapplied"):
            return
        apply_row_security(options["database"])
        if options["verbosity"]:
            self.stdout.write("Row security, grants and functions are in line with the code.")


def apply_row_security(alias: str = "owner") -> None:
    """Run every row-security statement in one transaction, one process at a time."""
    connection = connections[alias]
    with transaction.atomic(using=alias), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('brokerage row security', 0))")
        for statement in statements():
            cursor.execute(statement)
