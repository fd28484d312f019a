"""`python -m tests.benchmarks [name ...]`: measures on a durable PostgreSQL of its own; `script/bench` calls this."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import sys
import tempfile
import time
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any

from brokerage.embedded.places import make_private_directory, var_directory
from brokerage.embedded.servers import EmbeddedServers

ROOT = Path(__file__).resolve().parent.parent.parent
#: What is asked for by a name alone, in the order in which it is measured.
NAMES = (
    "api_list",
    "pages",
    "growth",
    "row_security",
    "cycle",
    "alert",
    "outbox",
    "ipa",
    "matching",
    "audit",
    "scans",
)
FULL, USUAL = "10000,100000,1000000", "10000,100000"


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench", description="Measures the product against its references.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"one of: {', '.join(NAMES)} (all, without any)")
    parser.add_argument("--sizes", default="", help=f"referrals of the seeded countries ({USUAL})")
    parser.add_argument("--full", action="store_true", help=f"sizes {FULL}: takes an hour and 30 GB of disk")
    parser.add_argument("--effort", type=float, default=1.0, help="a part of the usual rounds, for a quick look (1)")
    parser.add_argument("--keep", action="store_true", help="leave the seeded countries for another run today")
    parser.add_argument("--write", action="store_true", help="write docs/figures.md and docs/figures.json")
    chosen = parser.parse_args(words)
    unknown = [name for name in chosen.names if name not in NAMES]
    if unknown:
        parser.error(f"There is no benchmark called {unknown[0]}.")
    try:
        chosen.sizes = tuple(
            sorted({int(size) for size in (chosen.sizes or (FULL if chosen.full else USUAL)).split(",")})
        )
    except ValueError:
        parser.error("--sizes takes numbers with commas between.")
    if chosen.sizes[0] < 1000 or chosen.effort <= 0:
        parser.error("At least 1000 referrals, and some effort.")
    # Everything was asked for: that is the record.
    chosen.write = chosen.write or not chosen.names
    return chosen


def start_servers() -> EmbeddedServers:
    """A PostgreSQL that loses nothing it acknowledged, and a Redis, of this run's own."""
    directory = make_private_directory(Path(os.environ.get("BENCH_SERVERS") or var_directory() / "bench-servers"))
    servers = EmbeddedServers(directory, for_tests=False)
    servers.start()
    os.environ.update(
        SUPERUSER_DATABASE_URL=servers.postgres.url(),
        REDIS_URL=servers.valkey.url(),
        DJANGO_SETTINGS_MODULE="brokerage.settings",
        API_RATE="100000000",
    )
    return servers


def own_settings(files: Path) -> dict[str, Any]:
    """Files in a place of the run's own, quick passwords, and nobody is asked for a second factor."""
    return {
        "STORAGES": {
            "default": {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": files / "files"},
            },
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
        "FILE_STORE": files / "files",
        "MEDIA_ROOT": files / "files",
        "VAR_DIR": files / "var",
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
        "SECOND_FACTOR_REQUIRED": False,
    }


def machine() -> str:
    """The machine in a few words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB of memory"


def versions() -> dict[str, str]:
    """What was measured, and with what."""
    import psycopg2
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("SHOW server_version")
        postgres = cursor.fetchone()[0]
    return {
        "Python": platform.python_version(),
        "Django": version("Django"),
        "PostgreSQL": str(postgres),
        "psycopg2": psycopg2.__version__.split()[0],
    }


def main(words: list[str]) -> int:
    """Run what is named; 1 when a benchmark broke (a goal that is not met is a finding, not a failure)."""
    chosen = parsed(words)
    servers = start_servers()
    broken = []
    stack = ExitStack()
    try:
        import tests.plugin  # names this process's database on the servers above

        assert tests.plugin
        import django

        django.setup()
        from importlib import import_module

        from django.test import override_settings

        from tests import databases
        from tests.benchmarks.harness import Bench, own_database, say

        databases.ensure_template()
        files = stack.enter_context(tempfile.TemporaryDirectory())
        stack.enter_context(override_settings(**own_settings(Path(files))))
        bench = Bench(sizes=chosen.sizes, effort=chosen.effort, is_kept=chosen.keep)
        try:
            for name in chosen.names or NAMES:
                say(f"{name}:")
                began = time.monotonic()
                try:
                    import_module(f"tests.benchmarks.{name}").measure(bench)
                except Exception as problem:
                    if chosen.names:
                        raise
                    broken.append(name)
                    bench.leave_out(f"{name} broke: {type(problem).__name__}: {str(problem).splitlines()[0]}")
                say(f"  ({time.monotonic() - began:.0f} s)")
        finally:
            bench.tidy()
        with own_database("versions"):
            told = {"machine": machine(), "versions": versions(), "date": dt.date.today().isoformat()}
        from tests.benchmarks.rows import to_json, to_markdown

        if chosen.write:
            command = " ".join(["script/bench", *words])
            page = to_markdown(bench.rows, **told, command=command, left_out=bench.left_out)
            (ROOT / "docs" / "figures.md").write_text(page, encoding="utf-8")
            (ROOT / "docs" / "figures.json").write_text(to_json(bench.rows, **told), encoding="utf-8")
        short = [row.name for row in bench.rows if not row.met]
        missed = f"; not: {', '.join(short)}" if short else "."
        say(f"{len(bench.rows)} figures, {len(bench.rows) - len(short)} meet their goal{missed}")
    finally:
        stack.close()
        servers.stop()
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
