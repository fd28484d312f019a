"""What benchmarks share: acts timed in turn, databases of their own, and seeded countries kept for the whole run."""

from __future__ import annotations

import io
import os
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks.records import Found
from tests.benchmarks.rows import Row, Seeding

#: Referrals for which the goals of lists and of growth are set.
GOAL_SIZE = 1_000_000


@dataclass
class Bench:
    """One run: the sizes asked for, what was found, what was left out."""

    sizes: tuple[int, ...] = (10_000, 100_000)
    #: How much shorter than usual rounds are (tests of the benchmarks themselves use few).
    effort: float = 1.0
    #: The countries stay in the server for another run of the same day and code.
    is_kept: bool = False
    #: What the benchmark under way has found.
    found: Found = field(default_factory=Found)
    _countries: dict[int, str] = field(default_factory=dict)

    def add(self, *rows: Row) -> None:
        for row in rows:
            self.found.rows.append(row)
            say(
                f"  {row.name}: {row.ratio:.2f} ({row.spread[0]:.2f} to {row.spread[1]:.2f};"
                f" goal: {row.goal_text}{', NOT met' if row.met is False else ''}). {row.note}"
            )

    def leave_out(self, text: str) -> None:
        self.found.left_out.append(text)
        say(f"  {text}")

    def rounds(self, usual: int) -> int:
        return max(3, round(usual * self.effort))

    def part(self, usual: int, *, least: int) -> int:
        """The usual number, or a part of it where less effort was asked for."""
        return min(usual, max(least, round(usual * self.effort)))

    def country(self, referrals: int) -> str:
        """The name of a database with the cast and a country of so many referrals; made once. How long that took is
        found where it was made from its beginning."""
        if referrals not in self._countries:
            from django.core.management import call_command

            from tests import databases

            # Of today's schema and day, as the template is: one that was kept is the same.
            name = f"country_{referrals}_{databases.ensure_template().removeprefix('template_')}"
            is_new = not _is_there(name)
            if is_new:
                databases.clone(name)
            say(f"  Seeding {referrals:,} referrals, unless they were kept")
            with database(name):
                began = time.monotonic()
                call_command("seed_scale", referrals=referrals, stdout=Indented())
                took = time.monotonic() - began
            say(f"  Seeded in {took:.0f} s")
            if is_new:
                with superuser(name) as cursor:
                    cursor.execute("SELECT sum(rows)::bigint FROM scale.progress")
                    self.found.seeded.append(Seeding(referrals, cursor.fetchone()[0], took))
            self._countries[referrals] = name
        return self._countries[referrals]

    def tidy(self) -> None:
        """Drop the countries."""
        from django.db import connections

        from tests import databases

        connections.close_all()
        while self._countries:
            name = self._countries.popitem()[1]
            if not self.is_kept:
                databases.drop(name)


def drop_left() -> None:
    """Drop what runs that were killed left: their own databases, and countries of another day or schema."""
    from brokerage.embedded.places import process_is_dead
    from tests import databases

    today = databases.ensure_template().removeprefix("template_")
    with superuser("postgres") as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        names = [row[0] for row in cursor.fetchall()]
    for name in names:
        owner = re.fullmatch(r"bench_(\d+)_\w+", name)
        is_old = name.startswith("country_") and not name.endswith(today)
        if is_old or (owner and process_is_dead(int(owner[1]))):
            databases.drop(name)


def _is_there(name: str) -> bool:
    with superuser("postgres") as cursor:
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", [name])
        return cursor.fetchone() is not None


class Indented(io.TextIOBase):
    """A command's own words, below the line that says what it is for."""

    def write(self, text: str) -> int:
        if text.strip():
            say(f"    {text.rstrip()}")
        return len(text)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def seconds(act: Callable[[], Any]) -> float:
    """How long it took."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def in_turn(*acts: Callable[[], Any], rounds: int, warm: int = 2) -> list[list[float]]:
    """The seconds of each act, asked in turn, so that the machine's other work meets all alike."""
    for _round in range(warm):
        for act in acts:
            act()
    found: list[list[float]] = [[] for _act in acts]
    for _round in range(rounds):
        for act, times in zip(acts, found, strict=True):
            times.append(seconds(act))
    return found


def beside_goal(referrals: int) -> str:
    """Words for the note of a figure whose goal is set for more than was seeded; empty where it was as much."""
    return "" if referrals >= GOAL_SIZE else f"; the goal is set for {GOAL_SIZE:,}"


def median(times: list[float]) -> float:
    return statistics.median(times)


@contextmanager
def database(name: str) -> Iterator[str]:
    """The connections of this process lead to that database."""
    from django.conf import settings

    from tests.conftest import connect_to

    before = settings.DATABASES["default"]["NAME"]
    connect_to(name)
    try:
        yield name
    finally:
        connect_to(before)


@contextmanager
def held_open(names: Iterable[str]) -> Iterator[Callable[[str], None]]:
    """Connections to each of these databases that stay open; the call leads this process to one of them, in no time."""
    from django.conf import settings
    from django.db import connections

    before = {alias: connections[alias] for alias in ("default", "owner")}
    held: dict[tuple[str, str], Any] = {}

    def lead(name: str) -> None:
        for alias in before:
            if (name, alias) not in held:
                held[name, alias] = connections.create_connection(alias)
                held[name, alias].settings_dict = {**before[alias].settings_dict, "NAME": name}
            connections[alias] = held[name, alias]
            settings.DATABASES[alias]["NAME"] = name

    places = {alias: connection.settings_dict["NAME"] for alias, connection in before.items()}
    try:
        for name in names:
            lead(name)
        yield lead
    finally:
        for alias, connection in before.items():
            connections[alias] = connection
            settings.DATABASES[alias]["NAME"] = places[alias]
        for connection in held.values():
            connection.close()


@contextmanager
def own_database(suffix: str) -> Iterator[str]:
    """A clone of the tests' template, with the cast in it, gone afterwards."""
    from django.db import connections

    from tests import databases

    name = f"bench_{os.getpid()}_{suffix}"
    databases.clone(name)
    try:
        with database(name):
            yield name
            connections.close_all()
    finally:
        databases.drop(name)


@contextmanager
def as_owner() -> Iterator[None]:
    """What fills a database: the default connection signs in as the owner, who may be the loader."""
    from django.db import connections

    default, owner = connections["default"], connections["owner"]
    before = {key: default.settings_dict[key] for key in ("USER", "PASSWORD")}
    default.close()
    default.settings_dict.update({key: owner.settings_dict[key] for key in before})
    try:
        yield
    finally:
        default.close()
        default.settings_dict.update(before)


@contextmanager
def superuser(name: str) -> Iterator[Any]:
    """A cursor that nothing holds back: the references' own connection."""
    import psycopg2

    from tests import plugin

    connection = psycopg2.connect(plugin.database_url(name))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()
