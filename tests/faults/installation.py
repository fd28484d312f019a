"""A whole installation for proofs: as `harness.Site`, with web processes, and servers that may be killed.

The PostgreSQL that is killed is one of the proofs' own: tests share theirs.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg2
import redis
from django.conf import settings
from django.db import connections

from brokerage.embedded.postgres import EmbeddedPostgres
from brokerage.embedded.servers import EmbeddedServers
from tests import databases
from tests.conftest import connect_to
from tests.faults.harness import PATIENCE, Site, until
from tests.faults.ports import held_port
from tests.plugin import database_url
from tests.proofs.own_place import file_settings

WEB = "web"


class Installation(Site):
    """A site with two web processes of eight threads."""

    celery = [sys.executable, "-m", "celery", "--app", "tests.faults.dying_worker"]

    def __init__(self, database: str, directory: Path) -> None:
        super().__init__(database, directory)
        self.web_place, self.web_port = held_port()
        self.die_at = directory / "die-at"
        self.postgres = _own_postgres()
        #: More of the environment for processes that are started from here on.
        self.more: dict[str, str] = {}

    @property
    def address(self) -> str:
        return f"http://localhost:{self.web_port}"

    def start_web(self) -> None:
        """Two web processes, as in production but for the points at which they may die."""
        words = ["--bind", f"127.0.0.1:{self.web_port}", "--workers", "2", "--worker-class", "gthread"]
        words += ["--threads", "8", "--timeout", "60", "--graceful-timeout", "5", "--no-control-socket"]
        self._start(WEB, [sys.executable, "-m", "gunicorn", "tests.faults.dying_web:application", *words])
        # Every view is loaded before the first answer: on a loaded machine that takes a while.
        until(self._is_up, "the web answers", seconds=3 * PATIENCE, otherwise=lambda: self.log_of(WEB)[-3000:])

    def _is_up(self) -> bool:
        try:
            return httpx.get(f"{self.address}/health/live", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def die_when(self, point: str) -> None:
        """The next process that comes by the point (`dying`) is killed there."""
        self.die_at.write_text(point)

    def somebody_died(self) -> bool:
        """Has a process come by the point and died?"""
        return not self.die_at.exists()

    def end(self) -> None:
        super().end()
        self.web_place.close()

    def _environment(self) -> dict[str, str]:
        return {**super()._environment(), "DIE_AT": str(self.die_at), "API_RATE": "1000000", **self.more}

    # -- servers --------------------------------------------------------------------------------------------

    def fill_redis(self) -> None:
        """It refuses everything that needs room."""
        with redis.Redis.from_url(self.valkey.url()) as client:
            client.config_set("maxmemory", "1")
            try:
                client.set("room", "none")
            except redis.exceptions.ResponseError:
                return
        raise AssertionError("Redis takes what it has no room for.")

    def empty_redis(self) -> None:
        """It has room again."""
        with redis.Redis.from_url(self.valkey.url()) as client:
            client.config_set("maxmemory", "0")

    def kill_postgres(self) -> str:
        """kill -9 and start anew; where the server is not the proofs' own, every connection is cut instead. Answers
        which of both was done."""
        pid = self.postgres.pid() if self.postgres else None
        if self.postgres is None or pid is None:
            self.cut_connections()
            return "PostgreSQL cut off"
        connections.close_all()
        self.superuser.close()
        os.kill(pid, signal.SIGKILL)
        until(lambda: self.postgres and self.postgres.pid() is None, "PostgreSQL is gone")
        self.postgres.start()
        return "PostgreSQL killed"

    def cut_at_work(self, delay: float, *, within: float = 10.0) -> int:
        """Wait for a statement or a transaction of somebody's, and so many seconds more; cut every connection. Answers
        how many of those were at work."""
        theirs = "FROM pg_stat_activity WHERE datname = %s AND usename = 'brokerage_login' AND client_port IS NOT NULL"
        own = connections["default"].connection
        theirs += f" AND pid <> {own.get_backend_pid() if own is not None and not own.closed else 0}"
        deadline = time.monotonic() + within
        while not self.number(f"SELECT count(*) {theirs} AND state <> 'idle'", self.database):
            if time.monotonic() > deadline:
                return 0
            time.sleep(0.002)
        time.sleep(delay)
        return self.number(
            f"SELECT count(*) FILTER (WHERE cut AND state <> 'idle') FROM (SELECT state, pg_terminate_backend(pid) cut"
            f" {theirs}) gone",
            self.database,
        )

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """As `Site.ask`, with another connection where the server was killed under this one."""
        if self.superuser.closed:
            self.superuser = psycopg2.connect(database_url(self.database))
            self.superuser.autocommit = True
        return super().ask(statement, *values)


def _own_postgres() -> EmbeddedPostgres | None:
    """The embedded server that only proofs use, when this process runs on it; it keeps what it acknowledged."""
    directory = Path(os.environ.get("TEST_SERVERS", ""))
    if not directory.name.endswith("-proofs"):
        return None
    postgres = EmbeddedServers(directory).postgres
    if postgres.pid() is None or postgres.url() != os.environ["SUPERUSER_DATABASE_URL"]:
        return None
    connection = psycopg2.connect(postgres.url())
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("ALTER SYSTEM SET synchronous_commit = 'on'")
            cursor.execute("SELECT pg_reload_conf()")
    finally:
        connection.close()
    return postgres


@contextmanager
def installation(directory: Path, *, web: bool = False, workers: bool = True) -> Iterator[Installation]:
    """Everything running on a database of its own, which this process's connections use too."""
    before = settings.DATABASES["default"]["NAME"]
    name = f"{before}_site"
    databases.clone(name)
    from django.test import override_settings

    with override_settings(**{**file_settings(directory), "VAR_DIR": directory / "var"}):
        connect_to(name)
        site = Installation(name, directory)
        try:
            if workers:
                site.start_worker()
                site.start_beat()
            if web:
                site.start_web()
            yield site
        finally:
            site.end()
            connect_to(before)
            databases.drop(name)


def sent(
    site: Installation, token: str, path: str, body: Any, key: str, *, seconds: float = PATIENCE
) -> httpx.Response:
    """POST until there is an answer: lost connections and 503 are tried again with the same key, as clients do."""
    deadline = time.monotonic() + seconds
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    while True:
        try:
            answer = httpx.post(f"{site.address}/api/v1{path}", json=body, headers=headers, timeout=30)
            if answer.status_code != 503 or time.monotonic() > deadline:
                return answer
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)
