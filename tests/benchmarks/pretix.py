"""pretix's list of orders, where it installs: a page of 25 from a Django program that many use."""

from __future__ import annotations

import tempfile

from tests.benchmarks.harness import superuser
from tests.benchmarks.peers import Peer, server

SERIES = "2026.8"
DATABASE = "bench_pretix"
PRETIX = Peer(name=f"pretix-{SERIES}", packages=(f"pretix=={SERIES}.*",), script="pretix_list.py", patience=20)


def list_times(rounds: int, orders: int) -> tuple[list[float], str]:
    """Seconds of each page of pretix's orders on this run's PostgreSQL, `orders` of them; or none, and why."""
    told = server()
    with superuser("postgres") as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        cursor.execute(f"CREATE DATABASE {DATABASE}")
    try:
        with tempfile.TemporaryDirectory() as files:
            return PRETIX.times(
                rounds,
                orders,
                environment={
                    "DJANGO_SETTINGS_MODULE": "pretix.settings",
                    "DATA_DIR": files,
                    "PRETIX_CONFIG_FILE": f"{files}/none.cfg",
                    "PRETIX_PRETIX_URL": "http://localhost",
                    "PRETIX_DATABASE_BACKEND": "postgresql",
                    "PRETIX_DATABASE_NAME": DATABASE,
                    "PRETIX_DATABASE_HOST": told["host"],
                    "PRETIX_DATABASE_PORT": told["port"],
                    "PRETIX_DATABASE_USER": told["user"],
                    "PRETIX_DATABASE_PASSWORD": told["password"],
                },
            )
    finally:
        with superuser("postgres") as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
