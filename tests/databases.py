"""Databases for tests: one template with schema, row security and the cast, cloned in a fraction of a second."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from psycopg2 import sql

from brokerage.core.tenants.management.commands.setup_roles import create_roles
from tests.plugin import PASSWORD, database_url

ROOT = Path(__file__).resolve().parent.parent


def _fingerprint() -> str:
    """Changes whenever the schema, row security, reference data or the cast may have changed."""
    # The cast's dates are counted from the day of the run: yesterday's template is another day's. What the database
    # says of days stands in it by the zone.
    digest = hashlib.sha256(f"{os.environ['TESTS_DAY']} {os.environ.get('TIME_ZONE', '')}".encode())
    patterns = (
        "*/migrations/*.py",
        "*/row_security.py",
        "brokerage/*/migrations/*.py",
        "brokerage/*/row_security.py",
        "brokerage/core/tenants/permissions.py",
        "dpv/eligibility.py",
        "dpv/states.py",
        "brokerage/core/vocabulary.py",
        "brokerage/reports/tallies.py",
        "brokerage/core/*/migrations/*.py",
        "brokerage/core/*/row_security.py",
        "brokerage/safeguarding/*/migrations/*.py",
        "brokerage/safeguarding/*/row_security.py",
        "brokerage/core/tenants/rowsecurity.py",
        "brokerage/core/clock.py",
        "brokerage/core/tenants/reference.py",
        "brokerage/core/tenants/data/*.csv",
        "brokerage/core/tenants/management/commands/setup_roles.py",
        "brokerage/core/tenants/management/commands/migrate.py",
        "tests/cast.py",
        "tests/build_template.py",
    )
    paths = [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]
    for path in [*paths, *_with_kept_plans()]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _with_kept_plans() -> list[Path]:
    """Where queries stand that are functions in the database (`kept_plans`)."""
    packages = ("brokerage", "providers", "dpv", "placements", "contracts")
    sources = (path for package in packages for path in sorted((ROOT / package).rglob("*.py")))
    return [path for path in sources if b"KeptPlan" in path.read_bytes()]


@contextmanager
def _superuser() -> Iterator[psycopg2.extensions.cursor]:
    connection = psycopg2.connect(os.environ["SUPERUSER_DATABASE_URL"])
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def ensure_template() -> str:
    """The template's name; built by the first process that asks, under a lock of this machine."""
    name = f"template_{_fingerprint()}"
    lock = ROOT / "var" / "test-template.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with _superuser() as cursor:
            cursor.execute("SELECT datname, datistemplate FROM pg_database WHERE datname LIKE 'template\\_%%'")
            found = dict(cursor.fetchall())
            if found.get(name):
                return name
            create_roles(os.environ["SUPERUSER_DATABASE_URL"], login_password=PASSWORD, owner_password=PASSWORD)
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            cursor.execute(
                sql.SQL("CREATE DATABASE {} OWNER brokerage_migrator TEMPLATE template0").format(sql.Identifier(name))
            )
        _build(name)
        with _superuser() as cursor:
            cursor.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(sql.Identifier(name)))
    return name


def _build(name: str) -> None:
    owner = database_url(name, "brokerage_migrator")
    # The loader of the cast is the owner, so both addresses are the owner's here.
    environment = {**os.environ, "DATABASE_URL": owner, "OWNER_DATABASE_URL": owner}
    environment.pop("PYTEST_XDIST_WORKER", None)
    done = subprocess.run(
        [sys.executable, "-m", "tests.build_template"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"The template database could not be built:\n{done.stdout}\n{done.stderr}")


def clone(name: str) -> None:
    """Make the database `name` afresh from the template."""
    template = ensure_template()
    with _superuser() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        cursor.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER brokerage_migrator STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )


def drop(name: str) -> None:
    """Remove a database, whoever is connected."""
    with _superuser() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
