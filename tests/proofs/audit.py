"""The audit trail is append-only, gapless for each organisation, and shows every tampering.

Writers at once, some of whom roll back, leave a chain without a gap; no role of the application can change a row; a
chain edited, thinned, reordered, lengthened, re-hashed or cut short by the superuser is found by its check.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from random import Random
from typing import Any
from uuid import UUID

import psycopg2
from django.db import ProgrammingError, connection, connections, transaction

from brokerage.core.audit.record import record
from brokerage.core.audit.row_security import BEFORE_ALL, SCHEME
from brokerage.core.audit.verify import check_chains
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.models import Organisation
from brokerage.core.tenants.rowsecurity import ACTORS, BACKUP, DEFINER, LOADER, LOGIN, MIGRATOR, PUBLIC, WORKER
from tests.cast import actor_of, ident
from tests.plugin import database_url
from tests.proofs.own_place import own_place
from tests.proofs.play import Play
from tests.proofs.racing import Watch, at_once, watching

WRITERS = ("olive", "oscar", "tessa", "bob", "bob", "carol", "olive", "edith")
TABLES = ("audit_entry", "audit_link", "audit_head")


@cache
def harrow() -> str:
    """The organisation whose chain is tampered with."""
    return str(actor_of("olive").organisation_id)


class Undone(Exception):
    """A writer that thinks again."""


def prove(play: Play) -> None:
    """Write, refuse, tamper; then the twin."""
    with own_place("audit", play.place) as database, watching(database) as watch:
        for _round in play.rounds(4, share=0.3):
            _write_at_once(play, watch)
        _nobody_changes_it(play, database)
        _tamper(play, database)
        _twin(play, watch)


def _write(who: str, count: int, *, undo: bool) -> None:
    try:
        with acting(actor_of(who)) as actor:
            organisation = Organisation.objects.get(pk=actor.organisation_id)
            for number in range(count):
                record("proofs.act", subject=organisation, actor=actor, data={"number": number})
            if undo:
                raise Undone
    except Undone:
        pass


def _write_at_once(play: Play, watch: Watch) -> None:
    before = watch.ask("SELECT count(*) FROM audit_entry")[0][0]
    plans = [(who, play.random.randint(1, 12), play.random.random() < 0.3) for who in WRITERS]
    writers = [partial(_write, who, count, undo=undo) for who, count, undo in plans]
    for answer in at_once(*writers, may_raise=(Exception,)):
        play.require(answer is None, f"a writer ended with {answer!r}")
    play.outcome.cases += sum(count for _who, count, _undo in plans)
    play.outcome.inputs["rolled back"] += sum(undo for _who, _count, undo in plans)
    written = watch.ask("SELECT count(*) FROM audit_entry")[0][0] - before
    expected = sum(count for _who, count, undo in plans if not undo)
    play.require(written == expected, f"{written} entries of {expected}")
    for problem in _problems():
        play.violated(f"after writing at once: {problem}")


def _problems() -> list[str]:
    """What the check says of every chain."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL ROLE brokerage_loader")
        return [f"{one.problem} at {one.number}" for one in check_chains(using="owner")]


#: What the application's login can be. The loader, the migrator and the definer are the installation's: whoever is one
#: of them can write anything, which the chain's check shows; but nobody becomes one from here.
ROLES = (LOGIN, WORKER, PUBLIC, BACKUP, *ACTORS)
OUT_OF_REACH = (DEFINER, LOADER, MIGRATOR)


def _nobody_changes_it(play: Play, database: str) -> None:
    """Every role of the application, every table, every way to change; asked as the role, and as people come by it."""
    changes = [f"DELETE FROM {table}" for table in TABLES]
    changes += [f"UPDATE {table} SET organisation_id = organisation_id" for table in TABLES]
    changes += [f"TRUNCATE {table} CASCADE" for table in TABLES]
    changes += [f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in TABLES]
    changes += [f"DROP TABLE {table} CASCADE" for table in TABLES]
    session = psycopg2.connect(database_url(database))
    try:
        for role in ROLES:
            for statement in changes:
                with session.cursor() as cursor:
                    cursor.execute(f"SET LOCAL ROLE {role}")
                    _refused_to(play, cursor, role, statement)
                session.rollback()
    finally:
        session.close()
    login = psycopg2.connect(database_url(database, LOGIN))
    try:
        for role in OUT_OF_REACH:
            with login.cursor() as cursor:
                _refused_to(play, cursor, LOGIN, f'SET ROLE "{role}"')
            login.rollback()
    finally:
        login.close()
    for who in ("olive", "bob", "carol"):
        for table in TABLES:
            for statement in (f"UPDATE {table} SET organisation_id = organisation_id", f"DELETE FROM {table}"):
                _refused(play, who, statement)
            _refused(play, who, f"TRUNCATE {table} CASCADE")
            _refused(play, who, f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        _refused(play, who, f"INSERT INTO audit_head (organisation_id, number, hash) VALUES ('{ident('x')}', 9, '')")
        for role in OUT_OF_REACH:
            _refused(play, who, f'SET ROLE "{role}"')


def _refused_to(play: Play, cursor: Any, role: str, statement: str) -> None:
    """Because it may not: any other error would be none of the refusals that are proved."""
    play.outcome.cases += 1
    try:
        cursor.execute(statement)
        play.violated(f"{role} may: {statement}")
    except psycopg2.errors.InsufficientPrivilege:
        pass


def _refused(play: Play, who: str, statement: str) -> None:
    play.outcome.cases += 1
    try:
        with acting(actor_of(who)), connection.cursor() as cursor:
            cursor.execute(statement)
            play.violated(f"{who} may: {statement}")
            raise Undone
    except Undone:
        pass
    except ProgrammingError as refusal:
        may_not = isinstance(refusal.__cause__, psycopg2.errors.InsufficientPrivilege)
        play.require(may_not, f"{who}: {statement}: refused for another reason: {refusal}")


# -- tampering: each changes Harrow's chain as the superuser and answers whether it could ---------------------------

Tamper = Callable[[Any, Random, int], None]


def _edit(column: str, value: str) -> Tamper:
    def edit(cursor: Any, random: Random, length: int) -> None:
        cursor.execute(
            f"UPDATE audit_entry SET {column} = {value} WHERE id ="
            " (SELECT entry_id FROM audit_link WHERE organisation_id = %s AND number = %s)",
            [harrow(), random.randint(1, length)],
        )

    return edit


def _remove_entry(cursor: Any, random: Random, length: int) -> None:
    cursor.execute(
        "WITH gone AS (DELETE FROM audit_link WHERE organisation_id = %s AND number = %s RETURNING entry_id)"
        " DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM gone)",
        [harrow(), random.randint(1, length)],
    )


def _close_gap(cursor: Any, random: Random, length: int) -> None:
    number = random.randint(1, length - 1)
    cursor.execute("DELETE FROM audit_link WHERE organisation_id = %s AND number = %s", [harrow(), number])
    for later in range(number + 1, length + 1):
        cursor.execute(
            "UPDATE audit_link SET number = number - 1 WHERE organisation_id = %s AND number = %s",
            [harrow(), later],
        )
    cursor.execute("UPDATE audit_head SET number = number - 1 WHERE organisation_id = %s", [harrow()])


def _swap(cursor: Any, random: Random, length: int) -> None:
    one, other = random.sample(range(1, length + 1), 2)
    cursor.execute(
        "SELECT number, entry_id FROM audit_link WHERE organisation_id = %s AND number IN (%s, %s)",
        [harrow(), one, other],
    )
    (first, first_entry), (second, second_entry) = cursor.fetchall()
    for number, entry in ((first, None), (second, first_entry), (first, second_entry)):
        if entry is None:
            cursor.execute("ALTER TABLE audit_link DROP CONSTRAINT audit_link_pkey CASCADE")
            continue
        cursor.execute(
            "UPDATE audit_link SET entry_id = %s WHERE organisation_id = %s AND number = %s",
            [entry, harrow(), number],
        )


def _add(cursor: Any, random: Random, length: int) -> None:
    cursor.execute(
        "INSERT INTO audit_entry (id, organisation_id, kind, subject_type, subject_id, subject_reference, actor_name,"
        " at, data) SELECT gen_random_uuid(), organisation_id, 'forged', subject_type, subject_id, subject_reference,"
        " actor_name, at, data FROM audit_entry WHERE organisation_id = %s LIMIT 1",
        [harrow()],
    )


def _hash(cursor: Any, random: Random, length: int) -> None:
    cursor.execute(
        "UPDATE audit_link SET hash = sha256(hash) WHERE organisation_id = %s AND number = %s",
        [harrow(), random.randint(1, length)],
    )


def _scheme(cursor: Any, random: Random, length: int) -> None:
    cursor.execute(
        "UPDATE audit_link SET scheme = 3 - scheme WHERE organisation_id = %s AND number = %s",
        [harrow(), random.randint(1, length)],
    )


def _cut_tail(cursor: Any, random: Random, length: int) -> None:
    """As a careful forger: the head says the shorter chain, and it is whole."""
    keep = random.randint(1, length - 1)
    cursor.execute(
        "WITH gone AS (DELETE FROM audit_link WHERE organisation_id = %s AND number > %s RETURNING entry_id)"
        " DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM gone)",
        [harrow(), keep],
    )
    cursor.execute(
        "UPDATE audit_head h SET number = l.number, hash = l.hash FROM audit_link l"
        " WHERE l.organisation_id = h.organisation_id AND l.number = %s AND h.organisation_id = %s",
        [keep, harrow()],
    )


def _forge_anew(cursor: Any, random: Random, length: int) -> None:
    """An entry edited and every hash from there on computed again: only the anchor, kept elsewhere, tells."""
    begin = random.randint(1, length)
    cursor.execute(
        "UPDATE audit_entry SET actor_name = 'Somebody Else' WHERE id ="
        " (SELECT entry_id FROM audit_link WHERE organisation_id = %s AND number = %s)",
        [harrow(), begin],
    )
    for number in range(begin, length + 1):
        cursor.execute(
            f"UPDATE audit_link l SET previous_hash = coalesce(p.hash, {BEFORE_ALL}),"
            f" hash = audit_digest(e, l.scheme, l.number, coalesce(p.hash, {BEFORE_ALL}))"
            " FROM audit_entry e, (SELECT (SELECT hash FROM audit_link WHERE organisation_id = %s AND number = %s))"
            " p (hash) WHERE e.id = l.entry_id AND l.organisation_id = %s AND l.number = %s",
            [harrow(), number - 1, harrow(), number],
        )
    cursor.execute(
        "UPDATE audit_head SET hash = (SELECT hash FROM audit_link WHERE organisation_id = %s AND number = %s)"
        " WHERE organisation_id = %s",
        [harrow(), length, harrow()],
    )


WAYS: dict[str, Tamper] = {
    "kind edited": _edit("kind", "'forged'"),
    "subject edited": _edit("subject_id", "'forged'"),
    "reference edited": _edit("subject_reference", "'R-FORGED'"),
    "actor edited": _edit("actor_user_id", "gen_random_uuid()"),
    "name edited": _edit("actor_name", "actor_name || '.'"),
    "on behalf edited": _edit("on_behalf_of_id", "gen_random_uuid()"),
    "moment edited": _edit("at", "at + interval '1 microsecond'"),
    "data edited": _edit("data", "data || '{\"forged\": 1}'"),
    "removed": _remove_entry,
    "removed and numbered anew": _close_gap,
    "swapped": _swap,
    "added": _add,
    "hash edited": _hash,
    "scheme edited": _scheme,
    "tail cut off": _cut_tail,
    "hashed anew": _forge_anew,
}


def _tamper(play: Play, database: str) -> None:
    """Each way at random places; the check must find every one, and nothing once it is undone."""
    forger = psycopg2.connect(database_url(database))
    try:
        with forger.cursor() as cursor:
            cursor.execute("SELECT number, encode(hash, 'hex') FROM audit_head WHERE organisation_id = %s", [harrow()])
            found = _checked_on(cursor, UUID(harrow()), cursor.fetchone())
            play.require(not found, f"the check finds fault with an untouched chain: {found}")
        forger.rollback()
        ways = list(WAYS)
        for number in play.rounds(3 * len(ways), share=0.6, least=len(ways)):
            way = ways[number % len(ways)]
            with forger.cursor() as cursor:
                cursor.execute(
                    "SELECT number, encode(hash, 'hex') FROM audit_head WHERE organisation_id = %s", [harrow()]
                )
                length, digest = cursor.fetchone()
                cursor.execute("SET session_replication_role = replica")
                WAYS[way](cursor, play.random, length)
                seen = _checked_on(cursor, UUID(harrow()), (length, digest))
            forger.rollback()
            play.outcome.cases += 1
            play.outcome.faults[way] += 1
            play.require(seen, f"{way} in a chain of {length}: not found")
    finally:
        forger.close()
    for problem in _problems():
        play.violated(f"an untouched chain: {problem}")


def _checked_on(cursor: Any, organisation_id: UUID, anchor: tuple[int, str]) -> list[Any]:
    """What the product's check says, on the forger's own uncommitted transaction."""

    class Here:
        """A connection whose cursor is the forger's."""

        @staticmethod
        def cursor() -> Any:
            return _Open(cursor)

    from unittest import mock

    with mock.patch("brokerage.core.audit.verify.connections", {"default": Here}):
        return list(check_chains(organisation_id=organisation_id, anchors={organisation_id: anchor}))


class _Open:
    """A cursor that stays open, and takes UUIDs as Django's does."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def __enter__(self) -> _Open:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def execute(self, statement: str, values: list[Any]) -> None:
        self._cursor.execute(statement, [str(one) if isinstance(one, UUID) else one for one in values])

    def fetchall(self) -> Any:
        return self._cursor.fetchall()

    def fetchone(self) -> Any:
        return self._cursor.fetchone()


#: The trigger's work as it would be without a lock: read the head, then write the link, then move the head on.
CARELESS = f"""
CREATE OR REPLACE FUNCTION audit_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE n bigint; previous bytea; digest bytea;
BEGIN
  INSERT INTO audit_head (organisation_id, number, hash) VALUES (NEW.organisation_id, 0, {BEFORE_ALL})
    ON CONFLICT (organisation_id) DO NOTHING;
  SELECT h.number + 1, h.hash INTO n, previous FROM audit_head h WHERE h.organisation_id = NEW.organisation_id;
  PERFORM pg_sleep(0.05);
  digest := audit_digest(NEW, {SCHEME}::smallint, n, previous);
  INSERT INTO audit_link (entry_id, organisation_id, number, scheme, previous_hash, hash)
    VALUES (NEW.id, NEW.organisation_id, n, {SCHEME}, previous, digest);
  UPDATE audit_head SET number = n, hash = digest WHERE organisation_id = NEW.organisation_id;
  RETURN NULL;
END $$
"""


def _twin(play: Play, watch: Watch) -> None:
    """Without the lock on the head row, writers at once number alike: without its key, the chain shows it."""
    watch.ask(CARELESS)
    for (name,) in watch.ask(
        "SELECT conname FROM pg_constraint WHERE conrelid = 'audit_link'::regclass AND contype IN ('u', 'p')"
        " AND pg_get_constraintdef(oid) LIKE '%%number%%'"
    ):
        watch.ask(f'ALTER TABLE audit_link DROP CONSTRAINT "{name}" CASCADE')
    at_once(*[partial(_write, "olive", 3, undo=False)] * 4)
    play.twin("writers at once without the lock of the head", bool(_problems()))
