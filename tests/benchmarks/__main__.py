"""`python -m tests.benchmarks [name ...]`: measures on a durable PostgreSQL of its own; `script/bench` calls this."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import os
import platform
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from brokerage.embedded.places import make_private_directory, var_directory
from brokerage.embedded.servers import EmbeddedServers
from tests.benchmarks.records import ROOT, Found, Progress, Record, Run, commit, is_less, read_record, recorded
from tests.benchmarks.rows import to_markdown

if TYPE_CHECKING:
    from tests.benchmarks.harness import Bench

FIGURES = ROOT / "docs" / "figures.json"
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
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
    how_many = parser.add_mutually_exclusive_group()
    how_many.add_argument("--sizes", default="", help=f"referrals of the seeded countries ({USUAL})")
    how_many.add_argument("--full", action="store_true", help=f"sizes {FULL}: takes an hour and 30 GB of disk")
    parser.add_argument("--effort", type=float, default=1.0, help="a part of the usual rounds, for a quick look (1)")
    parser.add_argument("--keep", action="store_true", help="leave the seeded countries for another run today")
    parser.add_argument("--resume", action="store_true", help="go on with a run that was stopped: same code and words")
    parser.add_argument(
        "--write",
        action="store_true",
        help="write docs/figures.md and docs/figures.json: what was run replaces its own rows. Without names that goes"
        " without saying, unless the record was made of larger sizes or more effort",
    )
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
    if chosen.sizes[0] < 1000 or not 0 < chosen.effort < math.inf:
        parser.error("At least 1000 referrals, and some effort.")
    if "growth" in chosen.names and len(chosen.sizes) < 2:
        parser.error(f"growth needs two sizes: --sizes {USUAL}")
    chosen.everything = not chosen.names
    chosen.names = chosen.names or list(NAMES)
    return chosen


def start_servers() -> EmbeddedServers:
    """A PostgreSQL that loses nothing it acknowledged, and a Redis, of this run's own."""
    directory = make_private_directory(Path(os.environ.get("BENCH_SERVERS") or var_directory() / "bench-servers"))
    servers = EmbeddedServers(directory, for_tests=False)
    try:
        servers.start()
    except BaseException:
        servers.stop()
        raise
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
    """What was measured, and with what; of a peer that is not installed, nothing."""
    import psycopg2
    import redis
    from django.conf import settings
    from django.db import connections

    from tests.benchmarks.pretix import PRETIX
    from tests.benchmarks.tryton import TRYTON

    with connections["owner"].cursor() as cursor:
        cursor.execute("SHOW server_version")
        postgres = cursor.fetchone()[0]
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        told = client.info("server")
    found = {
        "Python": platform.python_version(),
        "Django": version("Django"),
        "PostgreSQL": str(postgres),
        "psycopg2": psycopg2.__version__.split()[0],
        "Celery": version("celery"),
        "Valkey" if "valkey_version" in told else "Redis": str(told.get("valkey_version") or told["redis_version"]),
        "WeasyPrint": version("weasyprint"),
        "Tryton": TRYTON.version("trytond"),
        "pretix": PRETIX.version("pretix"),
    }
    return {name: number for name, number in found.items() if number}


def stop_when_told() -> None:
    """The first signal to end unwinds all that is under way, so that nothing is left behind; it is heard once."""

    def stopped(number: int, _frame: FrameType | None) -> None:
        for each in ENDING:
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(128 + number)

    for number in ENDING:
        signal.signal(number, stopped)


def main(words: list[str]) -> int:
    """Run what is named; 1 when a benchmark broke or a large table is read from end to end (another goal that is not
    met is a finding, not a failure)."""
    chosen = parsed(words)
    run = Run(
        command=" ".join(["script/bench", *(word for word in words if word != "--resume")]),
        commit=commit(),
        date=dt.date.today().isoformat(),
        sizes=chosen.sizes,
        effort=chosen.effort,
    )
    stop_when_told()
    with ExitStack() as stack:
        servers = start_servers()
        stack.callback(servers.stop)
        import tests.plugin  # names this process's database on the servers above

        assert tests.plugin
        import django

        django.setup()
        from django.test import override_settings

        from tests import databases
        from tests.benchmarks.harness import Bench, drop_left, own_database, say

        databases.ensure_template()
        drop_left()
        files = stack.enter_context(tempfile.TemporaryDirectory())
        stack.enter_context(override_settings(**own_settings(Path(files))))
        bench = Bench(sizes=chosen.sizes, effort=chosen.effort, is_kept=chosen.keep)
        stack.callback(bench.tidy)
        progress = Progress(var_directory() / "bench-progress.json", run)
        found = {name: one for name, one in progress.read().items() if name in chosen.names} if chosen.resume else {}
        kept = read_record(FIGURES)
        writes = chosen.write or (chosen.everything and not is_less(run, kept))
        if chosen.everything and not writes:
            say("The record was made of larger sizes or more effort: it stays as it is (--write replaces it).")
        broken = measure(chosen.names, bench, found, progress)
        with own_database("versions"):
            told = versions()
        if writes:
            # What broke or found no figure has nothing that could stand for what was found before.
            sound = {name: one for name, one in found.items() if name not in broken and one.rows}
            write(recorded(kept, sound, run, order=NAMES, machine=machine(), versions=told))
        rows = [row for one in found.values() for row in one.rows]
        short = [row.name for row in rows if row.met is False]
        missed = f"; not: {', '.join(short)}" if short else "."
        say(f"{len(rows)} figures, {len(rows) - len(short)} meet their goal{missed}")
    # A slow figure is a finding; a statement that reads a large table from end to end is a fault.
    scanned = "scans" in found and any(row.met is False for row in found["scans"].rows)
    return 1 if broken or scanned else 0


def measure(names: Sequence[str], bench: Bench, found: dict[str, Found], progress: Progress) -> list[str]:
    """Each in turn, put into `found` and kept as soon as it is done; the names of those that broke."""
    from tests.benchmarks.harness import say

    broken = []
    for name in names:
        if name in found:
            say(f"{name}: measured before ({len(found[name].rows)} figures)")
            continue
        say(f"{name}:")
        began = time.monotonic()
        bench.found = Found()
        try:
            import_module(f"tests.benchmarks.{name}").measure(bench)
        except Exception as problem:
            traceback.print_exc()
            broken.append(name)
            first = (str(problem).splitlines() or [""])[0]
            bench.leave_out(f"{name} broke: {type(problem).__name__}: {first}")
            found[name] = bench.found
        else:
            found[name] = bench.found
            progress.write({each: one for each, one in found.items() if each not in broken})
        say(f"  ({time.monotonic() - began:.0f} s)")
    return broken


def write(record: Record) -> None:
    """Both files of the record."""
    FIGURES.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    FIGURES.with_suffix(".md").write_text(to_markdown(record), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
