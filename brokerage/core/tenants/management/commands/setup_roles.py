"""Create the database roles and the database, as a superuser, once per cluster; can be run again.

Reads SUPERUSER_DATABASE_URL, DATABASE_URL (login) and OWNER_DATABASE_URL (migrator) and takes names and passwords
from them.
"""

from __future__ import annotations

import os
from typing import Any

import psycopg2
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from psycopg2 import sql

from brokerage.core.tenants.rowsecurity import (
    ACTORS,
    BACKUP,
    DEFINER,
    LOADER,
    LOGIN,
    MIGRATOR,
    PUBLIC,
    WORKER,
)


class Command(BaseCommand):
    help = "Create roles and database (needs SUPERUSER_DATABASE_URL)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        url = os.environ.get("SUPERUSER_DATABASE_URL")
        if not url:
            raise CommandError("Set SUPERUSER_DATABASE_URL to a superuser's connection to create the roles.")
        login, owner = settings.DATABASES["default"], settings.DATABASES["owner"]
        if login["USER"] != LOGIN or owner["USER"] != MIGRATOR:
            raise CommandError(f"DATABASE_URL must sign in as {LOGIN} and OWNER_DATABASE_URL as {MIGRATOR}.")
        create_roles(url, login_password=login["PASSWORD"], owner_password=owner["PASSWORD"])
        create_database(url, login["NAME"])
        self.stdout.write(f"Roles and database {login['NAME']} are in place.")


def create_roles(superuser_url: str, *, login_password: str, owner_password: str) -> None:
    """Create or bring up to date every role. Roles are cluster-wide, so one advisory lock guards them."""
    connection = psycopg2.connect(superuser_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('brokerage roles', 0))")
            cursor.execute("SELECT rolname FROM pg_roles")
            existing = {row[0] for row in cursor.fetchall()}
            plain = (*ACTORS, PUBLIC, WORKER, DEFINER)
            for role in (*plain, LOADER, BACKUP, LOGIN, MIGRATOR):
                if role not in existing:
                    cursor.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
            restricted = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION"
            for role in plain:
                cursor.execute(f"ALTER ROLE {role} NOLOGIN NOINHERIT NOBYPASSRLS {restricted}")
            for role in (LOADER, BACKUP):
                cursor.execute(f"ALTER ROLE {role} NOLOGIN BYPASSRLS {restricted}")
            for role, password in ((LOGIN, login_password), (MIGRATOR, owner_password)):
                cursor.execute(f"ALTER ROLE {role} LOGIN NOBYPASSRLS {restricted} PASSWORD %s", [password])
            for role in (*ACTORS, PUBLIC, WORKER):
                cursor.execute(f"GRANT {role} TO {LOGIN} WITH INHERIT FALSE, SET TRUE")
            # The migrator owns the tables; loaders of reference and demo data act through it.
            for role in (*ACTORS, WORKER, DEFINER, LOADER, BACKUP):
                cursor.execute(f"GRANT {role} TO {MIGRATOR} WITH INHERIT FALSE, SET TRUE")
    finally:
        connection.close()


def create_database(superuser_url: str, name: str) -> None:
    """Create the database, owned by the migrator, unless it is there."""
    connection = psycopg2.connect(superuser_url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(
                        sql.Identifier(name), sql.Identifier(MIGRATOR)
                    )
                )
            cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
            cursor.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(
                    sql.Identifier(name), sql.Identifier(LOGIN), sql.Identifier(MIGRATOR)
                )
            )
    finally:
        connection.close()
