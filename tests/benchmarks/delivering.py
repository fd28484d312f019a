"""How fast an alert leaves the house: from its commit to its first and its last e-mail at a real mail server.

Beat and the two workers of one machine as `script/server` starts them, on a Valkey of their own, a mail server that
speaks SMTP. Rounds with nothing else to do, of a Celery worker that does nothing (ours are stopped meanwhile), and with
a backlog that the ordinary worker works on, in turn.
"""

from __future__ import annotations

import os
import re
import signal
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from brokerage.embedded.serve import worker_commands
from tests.benchmarks.harness import Bench, say, superuser
from tests.benchmarks.rows import Row, compared, middle_half
from tests.faults.harness import Site, until

MAILS, DOCUMENTS = 100_000, 200
#: Seconds that a delivery may take before the run gives up, and without an e-mail before it is told what happened.
PATIENCE, PAUSE = 1800.0, 3.0

#: So many ordinary e-mails that have waited for an hour.
ADD_MAILS = """
INSERT INTO notifications_message (id, event_id, organisation_id, user_id, channel, template, reference, path,
  created_at, available_at, attempts, last_error, is_urgent)
SELECT gen_random_uuid(), gen_random_uuid(), m.organisation_id, m.user_id, 'email', 'placements.invited', 'BACKLOG',
  '/', now() - interval '1 hour', now() - interval '1 hour', 0, '', false
FROM (SELECT * FROM tenants_membership WHERE user_id = %s LIMIT 1) m CROSS JOIN generate_series(1, %s)
"""
#: Agreements like the one that was drawn up, whose documents nobody has drawn.
COPY_AGREEMENT = """
INSERT INTO contracts_agreement SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(),
  'award_id', gen_random_uuid(), 'reference', 'BENCH-' || n))).* FROM contracts_agreement a, generate_series(1, %s) n
WHERE a.id = %s
"""
UNDRAW = """
UPDATE contracts_agreement SET status = 'drawn_up', unsealed_file = '', unsealed_sha256 = '', rendered_at = NULL
WHERE reference LIKE 'BENCH-%%' AND status <> 'drawn_up'
"""
ADD_DOCUMENTS = """
INSERT INTO audit_outboxitem (id, organisation_id, queue, kind, payload, created_at, available_at, attempts, last_error)
SELECT gen_random_uuid(), authority_id, 'documents', 'render_ipa', jsonb_build_object('agreement', id),
  now() - interval '1 hour', now() - interval '1 hour', 0, ''
FROM contracts_agreement WHERE reference LIKE 'BENCH-%%'
"""
#: E-mails and documents that nobody has begun.
WAITING = """
SELECT (SELECT count(*) FROM notifications_message WHERE reference = 'BACKLOG' AND sent_at IS NULL),
  (SELECT count(*) FROM audit_outboxitem WHERE kind = 'render_ipa' AND done_at IS NULL)
"""
LEASED = """
SELECT (SELECT count(*) FROM notifications_message WHERE leased_until > now() AND sent_at IS NULL)
  + (SELECT count(*) FROM audit_outboxitem WHERE leased_until > now() AND done_at IS NULL)
"""


@dataclass(frozen=True)
class Delivery:
    """One alert: its e-mails, the seconds from its commit to the first and to the last of them."""

    count: int
    first: float
    last: float
    #: E-mails and documents of the backlog that still waited at the end.
    left: tuple[int, int] = (0, 0)
    #: The most seconds without an e-mail.
    pause: float = 0.0


@dataclass(frozen=True)
class Backlog:
    """Ordinary e-mails and documents of agreements."""

    mails: int
    documents: int

    @classmethod
    def of(cls, bench: Bench, name: str) -> Backlog:
        """With its agreements, in a database that holds the cast only."""
        from contracts.models import Agreement
        from tests.scenarios import awarded

        wanted = cls(bench.part(MAILS, least=5000), bench.part(DOCUMENTS, least=20))
        _story, award = awarded("birch-house")
        with superuser(name) as cursor:
            # Each stands for an award of its own, which the document does not read.
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(f"SELECT id FROM {Agreement._meta.db_table} WHERE award_id = %s", [str(award.pk)])
            cursor.execute(COPY_AGREEMENT, [wanted.documents, cursor.fetchone()[0]])
            cursor.execute("DELETE FROM audit_outboxitem")
            cursor.execute("DELETE FROM notifications_message")
        return wanted

    def pile_up(self, site: House) -> None:
        """All of it waits, and the ordinary worker has begun both kinds."""
        from tests.cast import ident

        site.ask("SET session_replication_role = replica")
        site.ask(UNDRAW)
        site.ask("RESET session_replication_role")
        site.ask(ADD_MAILS, str(ident("user bob")), self.mails)
        site.ask(ADD_DOCUMENTS)
        site.ask("ANALYZE notifications_message, audit_outboxitem")

        def is_begun() -> bool:
            documents = "SELECT count(*) FROM audit_outboxitem WHERE kind = 'render_ipa' AND leased_until > now()"
            return bool(site.mail.when) and bool(site.number(documents))

        until(is_begun, "the ordinary worker is at work", seconds=PATIENCE, otherwise=site.trouble)

    def __str__(self) -> str:
        return f"{self.mails:,} ordinary e-mails and {self.documents} documents"


class House(Site):
    """One machine: beat, a worker for what is urgent and one for the rest."""

    def start_workers(self) -> None:
        """Both, as `script/server` starts them; returns once both are ready."""
        commands = worker_commands()
        for name, command in commands.items():
            self._start(name, [*command, "--loglevel", "INFO"])
        for name in commands:
            until(lambda name=name: " ready." in self.log_of(name), f"{name} is ready", otherwise=self.trouble)

    def clear(self) -> None:
        """Nothing waits any more, and nobody is at work."""
        self.ask("DELETE FROM audit_outboxitem WHERE kind = 'render_ipa' AND leased_until IS NULL")
        self.ask("DELETE FROM notifications_message WHERE leased_until IS NULL")
        until(lambda: not self.number(LEASED), "all work is done", seconds=PATIENCE, otherwise=self.trouble)
        # The events of documents that were drawn make messages of their own, later.
        self.ask("DELETE FROM audit_outboxitem")
        self.ask("DELETE FROM notifications_message")
        self.ask("VACUUM ANALYZE notifications_message")
        self.ask("VACUUM ANALYZE audit_outboxitem")
        self.mail.forget()

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """Our processes take no part of the machine meanwhile."""
        pids = [process.pid for process in self.processes.values()]
        for pid in pids:
            os.killpg(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.killpg(pid, signal.SIGCONT)

    def deliver(self, number: int, backlog: Backlog | None = None) -> Delivery:
        """Raise an alert and wait for its last e-mail."""
        from tests.safeguarding.alerting import raised

        self.clear()
        if backlog is not None:
            backlog.pile_up(self)
        said = {name: len(self.log_of(name)) for name in self.processes}
        alert = raised(what_happened=f"Something else happened there, number {number}.")
        committed = time.monotonic()
        wanted = "SELECT id::text FROM notifications_message WHERE reference = %s AND channel = 'email'"
        ids = [row[0] for row in self.ask(wanted, alert.reference)]
        left = list(ids)

        def arrived() -> bool:
            while left and left[-1] in self.mail.when:
                left.pop()
            return not left

        until(arrived, "every e-mail of the alert arrives", seconds=PATIENCE, otherwise=self.trouble)
        waiting = self.ask(WAITING)[0]
        times = [self.mail.when[one] - committed for one in ids]
        pause = max(after - before for before, after in pairwise([0.0, *sorted(times)]))
        if pause > PAUSE:
            self.tell(f"  no e-mail for {pause:.1f} s; what the processes warned of meanwhile:", said)
        return Delivery(len(ids), min(times), max(times), (int(waiting[0]), int(waiting[1])), pause)

    def tell(self, title: str, said: dict[str, int]) -> None:
        """Say it, with the warnings of each process's log since it was so long."""
        say(title)
        for name in self.processes:
            for line in self.log_of(name)[said[name] :].splitlines():
                if re.search(r"\b(WARNING|ERROR|CRITICAL)\b", line):
                    say(f"    {name}: {line[:300]}")


def measure_delivering(bench: Bench, name: str, recipients: int, backlog: Backlog) -> None:
    """A round to warm up, then the rounds: alone, the reference, behind the backlog."""
    from tests.benchmarks import noop

    free: list[Delivery] = []
    behind: list[Delivery] = []
    rates: list[float] = []
    bare: list[float] = []
    tasks = max(2000, recipients // 2)
    with tempfile.TemporaryDirectory() as directory:
        site = House(name, Path(directory))
        try:
            site.start_workers()
            site.start_beat()
            for number in range(bench.rounds(4) + 1):
                alone, held_up = site.deliver(2 * number), site.deliver(2 * number + 1, backlog)
                site.clear()
                with site.asleep():
                    rate = noop.tasks_a_second(tasks)
                    fastest = noop.tasks_a_second(tasks, as_it_comes=True)
                if number:
                    free, behind = [*free, alone], [*behind, held_up]
                    rates, bare = [*rates, rate], [*bare, fastest]
                    pauses = f"no e-mail for {alone.pause:.1f} s and {held_up.pause:.1f} s at most"
                    say(f"  round {number}: {alone.last:.1f} s alone, {held_up.last:.1f} s behind; {pauses}")
                    say(f"    {rate:,.0f} tasks that do nothing a second, {fastest:,.0f} as Celery comes")
        finally:
            site.end()
    bench.add(*figures(recipients, backlog, free, behind, rates, bare))


def figures(
    recipients: int,
    backlog: Backlog,
    free: list[Delivery],
    behind: list[Delivery],
    rates: list[float],
    bare: list[float],
) -> list[Row]:
    """The rows of those rounds."""
    from tests.benchmarks import noop

    ours = [one.count / one.last for one in free]
    still = [min(one.left[which] for one in behind) for which in (0, 1)]
    waits = f"{backlog} wait, and the ordinary worker works on them; at least {still[0]:,} and {still[1]} waited still"
    return [
        delivered(
            f"Delivering an alert to {recipients:,}",
            ours,
            rates,
            f"{noop.PROCESSES} processes, acknowledged once done, one at a time, as the product's workers are",
        ),
        delivered(
            f"Delivering an alert to {recipients:,}, against Celery as it comes",
            ours,
            bare,
            "a process for each core, acknowledged when it begins (a killed worker loses it), four fetched at once",
        ),
        compared(
            f"Delivering an alert to {recipients:,} behind a backlog",
            [one.last / one.count for one in behind],
            [one.last / one.count for one in free],
            goal=1.3,
            reference="the same without a backlog",
            note=f"{waits}; time an e-mail",
        ),
        first_of("First e-mail of an alert", free, "alone"),
        first_of("First e-mail of an alert behind a backlog", behind, waits),
    ]


def delivered(name: str, ours: list[float], rates: list[float], settings: str) -> Row:
    """E-mails a second against tasks a second that do nothing."""
    ratios = [mine / other for mine, other in zip(ours, rates, strict=True)]
    return Row(
        name,
        1.5,
        statistics.median(ratios),
        middle_half(ratios),
        f"the rate of a Celery task that does nothing, all published beforehand; {settings}",
        at_most=False,
        note=f"{statistics.median(ours):,.0f} e-mails a second from the commit to the last one at the mail server"
        f" (SMTP), against {statistics.median(rates):,.0f} tasks",
    )


def first_of(name: str, found: list[Delivery], note: str) -> Row:
    """The slowest round's first e-mail."""
    firsts = [one.first for one in found]
    reference = "none: seconds from the alert's commit to the mail server, the slowest round"
    return Row(name, 2, max(firsts), middle_half(firsts), reference, note=note)
