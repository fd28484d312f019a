"""A whole referral: written, published to five homes, five offers, one award with its agreement; against raw SQL.

Through the real actions, each in its transaction, as the API calls them for a system that has every answer:
permissions, row security, rules, audit trail, outbox. Who acts is known beforehand, as behind the door of a request.
Raw SQL writes the same main rows, without any of it, in as many transactions.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import cache
from typing import Any

from brokerage.core.tenants.actors import Actor
from tests.benchmarks.harness import Bench, in_turn, own_database, superuser
from tests.benchmarks.rows import compared

#: Homes beside those of the cast, so that five can offer.
MORE = ("bench-one", "bench-two", "bench-three")
#: The name of the cycle by actions alone.
ACTS = "Whole cycle"

COPY_HOME = """
INSERT INTO providers_establishment SELECT (jsonb_populate_record(e, jsonb_build_object('id', %(id)s, 'urn', %(urn)s,
  'name', %(name)s))).* FROM providers_establishment e WHERE e.id = %(home)s;
INSERT INTO providers_occupancy SELECT (jsonb_populate_record(o, jsonb_build_object('id', gen_random_uuid(),
  'establishment_id', %(id)s))).* FROM providers_occupancy o WHERE o.establishment_id = %(home)s;
INSERT INTO dpv_admission SELECT (jsonb_populate_record(a, jsonb_build_object('id', %(admission)s, 'establishment_id',
  %(id)s))).* FROM dpv_admission a WHERE a.establishment_id = %(home)s;
INSERT INTO dpv_ceiling SELECT (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'admission_id',
  %(admission)s))).* FROM dpv_ceiling c WHERE c.admission_id = (SELECT id FROM dpv_admission
  WHERE establishment_id = %(home)s)
"""

#: table -> the columns that are new in each copy; the rows of one cycle, by the transaction they belong to.
WRITTEN: tuple[tuple[str, ...], ...] = (
    ("placements_person", "placements_referral"),
    ("placements_referrallot", "placements_release", "placements_invitation"),
    *((("placements_offer",),) * 5),
    ("placements_award", "placements_placement", "contracts_agreement"),
)


def add_homes(name: str) -> None:
    """Five homes that may offer on the residential lot, with room for thousands."""
    from tests import scenarios
    from tests.cast import ident

    with superuser(name) as cursor:
        for number, home in enumerate(MORE):
            scenarios.HOMES[home] = ("birch", "T-RES")
            cursor.execute(
                COPY_HOME,
                {
                    "id": str(ident(home)),
                    "urn": f"BENCH{number}",
                    "name": f"Bench {number}",
                    "home": str(ident("birch-house")),
                    "admission": str(ident(f"admission {home}")),
                },
            )
        cursor.execute("UPDATE providers_occupancy SET places = 30000")


def decided_later(how_many: int) -> list[Any]:
    """Offers that stand, each the only one of its referral, to be awarded one by one."""
    from django.db import connection

    from tests.scenarios import chosen

    with superuser(connection.settings_dict["NAME"]) as cursor:
        cursor.execute("UPDATE providers_occupancy SET places = 30000")
    return [chosen("birch-house")[1][0] for _number in range(how_many)]


def award_one(waiting: list[Any]) -> None:
    """Award the next of them."""
    from tests.scenarios import award

    award(waiting.pop())


@cache
def _people() -> dict[str, Actor]:
    from tests.cast import actor_of

    return {who: actor_of(who) for who in ("oscar", "bob", "cecil")}


def whole_cycle() -> Any:
    """One referral from its first line to its agreement: written in one act, published in one, each offer in one."""
    from tests.scenarios import BID_WRITERS, HOMES, award, made_offer, published, whole_referral

    people = _people()
    homes = ("birch-house", "cedar-house", *MORE)
    story = published(whole_referral(people["oscar"]), people["oscar"], homes=homes)
    offers = [made_offer(people[BID_WRITERS[HOMES[home][0]]], story=story, home=home) for home in homes]
    return award(offers[0], who=people["oscar"], before_closing=True)


def paged_cycle() -> Any:
    """The same as its pages write it: eight sections one by one, each offer begun, filled in and sent."""
    from tests.scenarios import award, published_referral, submitted_offer

    homes = ("birch-house", "cedar-house", *MORE)
    story = published_referral("oscar", homes=homes)
    offers = [submitted_offer(story=story, home=home) for home in homes]
    return award(offers[0], before_closing=True)


def measure(bench: Bench) -> None:
    """Against raw SQL, and where it installs Tryton's purchase quotations: by actions, by pages, by requests."""
    from django.test import override_settings

    from tests.benchmarks.api_cycle import READS, WRITES, api_cycle

    with own_database("cycle") as name, override_settings(PASSWORD_HASHERS=_FAST):
        add_homes(name)
        made = whole_cycle()
        through_api = api_cycle(("birch-house", "cedar-house", *MORE))
        with superuser(name) as cursor:
            raw = raw_cycle(cursor, made)
            *ours, base = in_turn(whole_cycle, paged_cycle, through_api, raw, rounds=bench.rounds(20))
    ways = (
        (
            ACTS,
            "8 acts: the referral, its publication to 5 homes, 5 offers, the award with placement and agreement;"
            " who acts is known beforehand",
        ),
        (
            "Whole cycle as its pages write it",
            "each of 8 sections and each step of an offer an act of its own",
        ),
        (
            "Whole cycle through the API",
            f"{WRITES} requests that write and {READS} that read, each with token, rate limit, JSON, idempotency key",
        ),
    )
    reference = "raw SQL writing the same main rows in as many transactions"
    for (title, note), times in zip(ways, ours, strict=True):
        bench.add(compared(title, times, base, goal=25, reference=reference, note=note))
    measure_tryton(bench, {title: times for (title, _note), times in zip(ways, ours, strict=True)})


_FAST = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def raw_cycle(cursor: Any, made: Any) -> Callable[[], None]:
    """Copies of the rows of one finished cycle, under new ids, each transaction a COMMIT of its own."""
    found: dict[str, list[Any]] = {}
    for table in {table for tables in WRITTEN for table in tables}:
        key = "id" if table in ("placements_referral", "placements_person") else "referral_id"
        cursor.execute(
            f"SELECT * FROM {table} WHERE {key} = %s",
            [str(made.referral.person_id if table == "placements_person" else made.referral_id)],
        )
        names = [column.name for column in cursor.description]
        found[table] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    known = {str(row["id"]) for rows in found.values() for row in rows}

    def statement(table: str, row: dict[str, Any], new: dict[str, str], number: int) -> tuple[str, list[Any]]:
        values = [_renewed(column, value, new, number) for column, value in row.items()]
        return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})", values

    counter = iter(range(1, 1_000_000))

    def act() -> None:
        number = next(counter)
        new = {old: str(uuid.uuid4()) for old in known}
        offers = iter(found["placements_offer"])
        for tables in WRITTEN:
            cursor.execute("BEGIN")
            for table in tables:
                rows = [next(offers)] if table == "placements_offer" else found[table]
                for row in rows:
                    cursor.execute(*statement(table, row, new, number))
            cursor.execute("COMMIT")

    return act


def _renewed(column: str, value: Any, new: dict[str, str], number: int) -> Any:
    from psycopg2.extras import Json

    if isinstance(value, (dict, list)) and column in _JSON:
        return Json(value)
    if column in ("reference", "referral_reference", "case_number"):
        return f"X-{number}"
    return new.get(str(value), value)


_JSON = ("answers", "content", "documents", "clarifications", "extras", "pricing", "statements", "ranking", "losers")
_JSON += ("gates", "terms")


def measure_tryton(bench: Bench, ways: dict[str, list[float]]) -> None:
    """Tryton's purchase quotation for five suppliers, in an environment of its own."""
    from tests.benchmarks import tryton

    times, why = tryton.cycle_times(bench.rounds(20))
    if not times:
        bench.leave_out(f"whole cycle against Tryton: {why}")
        return
    for title, ours in ways.items():
        shortest = min(len(ours), len(times))
        bench.add(
            compared(
                f"{title}, against Tryton",
                ours[:shortest],
                times[:shortest],
                # The goal is for the acts: Tryton's are called as ours are, without pages or requests.
                goal=8 if title == ACTS else None,
                at_most=False,
                reference=f"a purchase quotation of five suppliers in Tryton {tryton.SERIES}, on the same PostgreSQL",
                note="one after the other, not in turn; each click in Tryton is a transaction, as a client's would be",
            )
        )
