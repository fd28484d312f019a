"""Tryton's purchase quotations, where they install: an environment of their own, made once below `var/`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

SERIES = "8.2"
#: Minutes to install and to make the database.
PATIENCE = 4
PACKAGES = (
    f"trytond=={SERIES}.*",
    f"trytond_purchase_request_quotation=={SERIES}.*",
    f"trytond_purchase_requisition=={SERIES}.*",
    "proteus",
    "psycopg[binary,pool]",
)
DATABASE = "bench_tryton"
WORK = Path(__file__).resolve().with_name("tryton_cycle.py")


def cycle_times(rounds: int) -> tuple[list[float], str]:
    """Seconds of each cycle in Tryton on this run's PostgreSQL; or none, and why."""
    from brokerage.embedded.places import var_directory

    place = Path(os.environ.get("BENCH_PEERS") or var_directory() / "bench-peers") / f"tryton-{SERIES}"
    python = place / "bin" / "python"
    deadline = time.monotonic() + PATIENCE * 60
    try:
        if not (place / "ready").exists():
            _run([sys.executable, "-m", "venv", "--clear", str(place)], deadline)
            _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES], deadline)
            (place / "ready").touch()
        said = _run([str(python), str(WORK), str(rounds)], deadline, _server())
    except subprocess.TimeoutExpired:
        return [], f"not ready within {PATIENCE} minutes"
    except subprocess.CalledProcessError as problem:
        words = (problem.stderr or problem.stdout or "").strip().splitlines()
        return [], f"does not install or run here ({words[-1][:160] if words else problem})"
    times: list[float] = json.loads(said.strip().splitlines()[-1])
    return times, ""


def _server() -> dict[str, str]:
    """This run's PostgreSQL, by its socket, as libpq reads it."""
    from psycopg2.extensions import parse_dsn

    told = parse_dsn(os.environ["SUPERUSER_DATABASE_URL"])
    return {
        "TRYTOND_DATABASE_URI": "postgresql:///",
        "DB_NAME": DATABASE,
        "PGHOST": told["host"],
        "PGUSER": told["user"],
        "PGPASSWORD": told["password"],
        "PGDATABASE": "template1",
    }


def _run(command: list[str], deadline: float, more: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        env={**os.environ, **(more or {})},
        capture_output=True,
        text=True,
        check=True,
        timeout=max(1, deadline - time.monotonic()),
    )
    return done.stdout
