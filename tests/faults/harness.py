"""Real processes for the tests of bad days: Celery workers, its scheduler, a Valkey, a mail server and a gateway of
texts of their own.

Their ids are known, so that a test can kill exactly one. Waiting is polling with a deadline, never a fixed sleep.
Everything is ended by `Site.end`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg2
import redis
from django.conf import settings

from brokerage.embedded.keys import write_private
from brokerage.embedded.places import make_private_directory, process_is_dead
from brokerage.embedded.valkey import EmbeddedValkey
from tests import databases
from tests.conftest import connect_to
from tests.databases import ROOT
from tests.faults.mail_sink import MailSink
from tests.faults.ports import held_port, is_refused
from tests.faults.text_sink import TextSink
from tests.plugin import database_url

CELERY = [sys.executable, "-m", "celery", "--app", "brokerage.celery"]
QUEUES = "alerts,texts,events,messages,documents,webhooks,default"
#: Seconds for anything to happen on a loaded machine; a test that has to wait so long has failed.
PATIENCE = 180.0
#: Work of the outbox that comes to an end. A reminder in steps does not: it goes on until somebody answers, each step
#: long after the last, so that its time is not made to pass and nobody waits for it.
ENDS = "NOT (payload ? 'step' AND right(kind, 9) = '_reminder')"
#: What each process calls itself in `Site.processes`.
WORKER, BEAT = "worker", "beat"


class Site:
    """One installation: `database` is a clone that really commits, everything else lives in `directory`."""

    #: How Celery's processes are started.
    celery = CELERY

    def __init__(self, database: str, directory: Path) -> None:
        self.database, self.directory = database, directory
        self.valkey = EmbeddedValkey(directory, password="only-for-faults", for_tests=True)
        self.valkey_place, self.valkey_port = held_port()
        make_private_directory(self.valkey.data)
        write_private(self.valkey.configuration, f"port {self.valkey_port}\n")
        self.valkey.start()
        self.mail = MailSink()
        self.texts = TextSink()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.earlier: set[str] = set()
        self.superuser = psycopg2.connect(database_url(database))
        self.superuser.autocommit = True

    # -- processes ------------------------------------------------------------------------------------------

    def start_worker(self) -> None:
        """One worker for all queues, with one child."""
        words = ["worker", "--queues", QUEUES, "--concurrency", "1", "--without-gossip", "--without-mingle"]
        before = self.log_of(WORKER).count(" ready.")
        self._start(WORKER, [*self.celery, *words, "--loglevel", "INFO"])

        def answered() -> bool:
            assert self.is_alive(WORKER), f"The worker does not start:\n{self.log_of(WORKER)[-3000:]}"
            return self.log_of(WORKER).count(" ready.") > before

        until(answered, "the worker is ready")

    def start_beat(self) -> None:
        """The scheduler, on the schedule file of its predecessor."""
        schedule = str(self.directory / "beat-schedule")
        self._start(BEAT, [*self.celery, "beat", "--schedule", schedule, "--pidfile=", "--loglevel", "INFO"])

    def log_of(self, name: str) -> str:
        """Everything that processes of that name have written."""
        path = self.directory / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def child_of_worker(self) -> int:
        """The id of the process that does the worker's work."""
        parent = self.processes[WORKER].pid

        def found() -> int | None:
            words = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
            return next((int(word) for word in words if not process_is_dead(int(word))), None)

        return int(until(found, "the worker has a child"))

    @contextmanager
    def working_child_stopped(self) -> Iterator[Callable[[], None]]:
        """The process that does the worker's work stands still, until what is yielded is called or the end."""
        child = self.child_of_worker()

        def goes_on() -> None:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGCONT)

        os.kill(child, signal.SIGSTOP)
        try:
            yield goes_on
        finally:
            goes_on()

    def is_alive(self, name: str) -> bool:
        """Has the process not ended?"""
        return name in self.processes and self.processes[name].poll() is None

    def kill(self, name: str) -> None:
        """kill -9 for the process and its children, all at once, as when the machine fails."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def in_order(self) -> None:
        """Bring back whatever an earlier test took away, finish what is left, and forget what was sent."""
        self.mail.listen()
        self.texts.listen()
        self.valkey.start()
        if not self.is_alive(WORKER):
            self.start_worker()
        if not self.is_alive(BEAT):
            self.start_beat()
        self.due_now()
        until(self.is_idle, "no work is left from earlier", otherwise=self.trouble)
        self.mail.forget()
        self.texts.forget()
        self.earlier = set(self.emails())

    def end(self) -> None:
        """End every process and connection."""
        for name in list(self.processes):
            self.kill(name)
        self.mail.end()
        self.texts.end()
        self.valkey.stop()
        self.valkey_place.close()
        self.superuser.close()

    def _start(self, name: str, command: list[str]) -> None:
        with (self.directory / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _environment(self) -> dict[str, str]:
        login = database_url(self.database, "brokerage_login")
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "SUPERUSER"))},
            "DJANGO_SETTINGS_MODULE": "brokerage.settings",
            "DATABASE_URL": login,
            "OWNER_DATABASE_URL": login,
            "REDIS_URL": self.valkey.url(),
            "VAR_DIR": str(self.directory / "var"),
            "FILE_STORE": str(self.directory / "files"),
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(self.mail.port),
            "EMAIL_TIMEOUT": "3",
            **self.texts.environment(),
            "PYTHONUNBUFFERED": "1",
        }

    # -- the broker -----------------------------------------------------------------------------------------

    def kill_redis(self) -> None:
        """kill -9; it keeps nothing, so that its next start is empty."""
        pid = self.valkey.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        until(lambda: self.valkey.pid() is None and is_refused(self.valkey_port), "Redis is gone")

    def ticks_waiting(self) -> int:
        """How many ticks lie in the broker."""
        with redis.Redis.from_url(self.valkey.url()) as client:
            return sum(client.llen(queue) for queue in QUEUES.split(","))

    # -- the database ---------------------------------------------------------------------------------------

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of a statement, as the superuser, committed at once."""
        with self.superuser.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def number(self, statement: str, *values: Any) -> int:
        """The first value of the first row."""
        return int(self.ask(statement, *values)[0][0])

    def is_idle(self) -> bool:
        """Is everything done and sent that comes to an end (`ENDS`)?"""
        return not self.number(
            f"SELECT (SELECT count(*) FROM audit_outboxitem WHERE done_at IS NULL AND {ENDS})"
            " + (SELECT count(*) FROM notifications_message WHERE channel <> 'in_app' AND sent_at IS NULL)"
        )

    def due_now(self) -> None:
        """Time passes: every wait (but for `ENDS`) and every lease of the dead runs out."""
        self.ask(
            "UPDATE audit_outboxitem SET available_at = now(), leased_until = NULL"
            f" WHERE done_at IS NULL AND {ENDS} AND (available_at > now() OR leased_until IS NOT NULL)"
        )
        self.ask(
            "UPDATE notifications_message SET available_at = now(), leased_until = NULL"
            " WHERE sent_at IS NULL AND (available_at > now() OR leased_until IS NOT NULL)"
        )

    def everything_arrives(self) -> None:
        """Wait until nothing is left to do; waiting times are skipped, the leases of the living are kept."""

        def done() -> bool:
            self.ask(f"UPDATE audit_outboxitem SET available_at = now() WHERE available_at > now() AND {ENDS}")
            self.ask("UPDATE notifications_message SET available_at = now() WHERE available_at > now()")
            return self.is_idle()

        until(done, "everything arrives", otherwise=self.trouble)

    def emails(self) -> dict[str, tuple[bool, int]]:
        """Each e-mail's id with whether it is marked sent and how often it was tried."""
        rows = self.ask(
            "SELECT id::text, sent_at IS NOT NULL, attempts FROM notifications_message WHERE channel = 'email'"
        )
        return {row[0]: (row[1], row[2]) for row in rows}

    def cut_connections(self) -> int:
        """Cut everybody's connection to the database but the tests' own."""
        return self.number(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = %s AND usename = 'brokerage_login' AND client_port IS NOT NULL"
            " AND pid <> ALL (%s)",
            self.database,
            [pid for pid in (pg_backend(alias) for alias in ("default",)) if pid],
        )

    def trouble(self) -> str:
        """What a person would look at when something does not arrive."""
        items = self.ask(
            "SELECT queue, kind, attempts, last_error, leased_until > now() FROM audit_outboxitem WHERE done_at IS NULL"
        )
        emails = self.ask(
            "SELECT template, attempts, last_error, leased_until > now() FROM notifications_message"
            " WHERE channel <> 'in_app' AND sent_at IS NULL"
        )
        logs = "\n".join(f"--- {name}\n{self.log_of(name)[-3000:]}" for name in (WORKER, BEAT))
        return f"items {items}\ne-mails {emails}\n{logs}"


@contextmanager
def running_site(blocker: Any, directory: Path) -> Iterator[Site]:
    """A site with everything running on a database of its own, which the tests' connections use too."""
    before, name = settings.DATABASES["default"]["NAME"], database_name()
    databases.clone(name)
    with blocker.unblock():
        connect_to(name)
        site = Site(name, directory)
        try:
            site.start_worker()
            site.start_beat()
            yield site
        finally:
            site.end()
            connect_to(before)
            databases.drop(name)


def pg_backend(alias: str) -> int | None:
    """The server process of this process's own connection."""
    from django.db import connections

    connection = connections[alias].connection
    return connection.get_backend_pid() if connection is not None and not connection.closed else None


def until(found: Callable[[], Any], what: str, *, seconds: float = PATIENCE, otherwise: Callable[[], str] = str) -> Any:
    """Poll until `found` answers something true, and return it; fails with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        answer = found()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"Not within {seconds:.0f} s: {what}. {otherwise()}")
        time.sleep(0.05)


def database_name() -> str:
    """A name for the site's own database, beside this process's."""
    return f"{settings.DATABASES['default']['NAME']}_site"
