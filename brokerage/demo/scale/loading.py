"""Running the steps one after another, remembering in the database which are done, so that a stopped run goes on."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

from django.db import connections, transaction

from brokerage.demo.scale import figures, ground, market, money, road, trail
from brokerage.demo.scale.filling import Step, run_step


class WrongCountry(Exception):
    """The database holds something else; the text says what to do."""


def all_steps(referrals: int, homes: int) -> list[Step]:
    """Every step, in order."""
    return [
        *ground.steps(homes),
        *market.steps(),
        *road.steps(referrals),
        *money.steps(),
        *figures.steps(),
        *trail.steps(),
    ]


def seed(
    *, referrals: int, homes: int, seed: int, today: dt.date, tell: Callable[[str], None], using: str = "owner"
) -> bool:
    """Make the country; False when it was there already. `tell` is given a line for each step.

    Raises WrongCountry where the database holds other referrals, or another country.
    """
    connection = connections[using]
    asked = {"referrals": referrals, "homes": homes, "seed": seed}
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('brokerage scale', 0))")
        day, done = _begin(cursor, asked, today)
    steps = all_steps(referrals, homes)
    if len(done) == len(steps) + 1:
        return False
    for step in steps:
        if step.title in done:
            tell(f"  {step.title}: there already")
            continue
        began = time.monotonic()
        with transaction.atomic(using=using), connection.cursor() as cursor:
            rows = run_step(cursor, step)
            took = time.monotonic() - began
            cursor.execute("INSERT INTO scale.progress VALUES (%s, %s, %s)", [step.title, rows, took])
        with connection.cursor() as cursor:
            for table in dict.fromkeys(step.tables()):
                cursor.execute(f"ANALYZE {table}")
        tell(f"  {step.title}: {rows:,} rows in {time.monotonic() - began:.1f} s")
    began = time.monotonic()
    with connection.cursor() as cursor:
        # Each step counted what it filled.
        cursor.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND reltuples < 0"
            " AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"ANALYZE {table}")
        if not connection.in_atomic_block:
            cursor.execute("VACUUM")
    with transaction.atomic(using=using), connection.cursor() as cursor:
        _tidy(cursor)
        cursor.execute("INSERT INTO scale.progress VALUES ('Done', 0, %s)", [time.monotonic() - began])
    tell(f"  Statistics of every table in {time.monotonic() - began:.1f} s (as on {day.isoformat()})")
    return True


def densities(cursor: Any) -> list[tuple[str, int, float]]:
    """(what, how many, how many a referral), as the database counts them now."""
    cursor.execute("SET LOCAL ROLE brokerage_loader")
    found = []
    for what, table in (
        ("referrals", "placements_referral"),
        ("people", "placements_person"),
        ("invitations", "placements_invitation"),
        ("offers", "placements_offer"),
        ("declines", "placements_decline"),
        ("awards", "placements_award"),
        ("placements", "placements_placement"),
        ("agreements", "contracts_agreement"),
        ("audit entries", "audit_entry"),
        ("messages", "notifications_message"),
    ):
        cursor.execute(f"SELECT count(*) FROM {table}")
        found.append((what, cursor.fetchone()[0]))
    cursor.execute("RESET ROLE")
    referrals = found[0][1]
    return [(what, count, count / referrals if referrals else 0) for what, count in found]


def _begin(cursor: Any, asked: dict[str, int], today: dt.date) -> tuple[dt.date, set[str]]:
    """Open the book of what is done, or read it. Returns the country's day and the titles done."""
    cursor.execute("SELECT to_regclass('scale.country')")
    if cursor.fetchone()[0] is not None:
        cursor.execute("SELECT referrals, homes, seed, day FROM scale.country")
        *held, day = cursor.fetchone()
        if held != list(asked.values()):
            raise WrongCountry(
                f"This database holds a country of {held[0]:,} referrals and {held[1]:,} homes with seed {held[2]}: "
                "ask for the same, or use a database of its own."
            )
        cursor.execute("SELECT title FROM scale.progress")
        return day, {row[0] for row in cursor.fetchall()}
    cursor.execute("SET LOCAL ROLE brokerage_loader")
    cursor.execute(
        "SELECT EXISTS (SELECT FROM placements_referral), (SELECT count(*) FROM tenants_authorityprofile),"
        " EXISTS (SELECT FROM tenants_outwardcode)"
    )
    referrals, authorities, areas = cursor.fetchone()
    cursor.execute("RESET ROLE")
    if referrals:
        raise WrongCountry("There are referrals in this database already: seed a database of its own.")
    if not authorities or not areas:
        raise WrongCountry("Run load_reference first: the authorities and outward postcodes are missing.")
    cursor.execute("CREATE SCHEMA scale")
    cursor.execute("GRANT ALL ON SCHEMA scale TO brokerage_loader")
    cursor.execute("CREATE TABLE scale.country (referrals bigint, homes int, seed int, day date)")
    cursor.execute("INSERT INTO scale.country VALUES (%s, %s, %s, %s)", [*asked.values(), today])
    cursor.execute("CREATE TABLE scale.progress (title text PRIMARY KEY, rows bigint, seconds float8)")
    for statement in ground.functions(asked["seed"], today):
        cursor.execute(statement)
    return today, set()


def _tidy(cursor: Any) -> None:
    """The plans have served."""
    cursor.execute("SET LOCAL ROLE brokerage_loader")
    cursor.execute(
        "SELECT format('scale.%I', relname) FROM pg_class WHERE relnamespace = 'scale'::regnamespace"
        " AND relpersistence = 'u' AND relkind = 'r'"
    )
    for (table,) in cursor.fetchall():
        cursor.execute(f"DROP TABLE {table}")
    cursor.execute("RESET ROLE")
