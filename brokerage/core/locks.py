"""Advisory locks, held to the end of the transaction, always taken in one order.

The order is: admissions (shared to read, exclusive to suspend or reprice) -> establishments (exclusive to award)
-> standings of providers (shared to invite, offer, award and sign, exclusive to change a registration, an insurance or
a carer household) -> blocks -> referrals, each kind sorted by id, so that no two actions can wait for each other.
Advisory, because `SELECT ... FOR UPDATE` needs an UPDATE policy that readers must not have. All of an action's locks go
in one message, a statement each: the database takes them one after the other, and tells its time once the last is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connection

from brokerage.core.clock import heard

Ids = Iterable[UUID | str]


def hold(
    *,
    admissions: Ids = (),
    admissions_exclusive: Ids = (),
    establishments: Ids = (),
    standings: Ids = (),
    standings_exclusive: Ids = (),
    blocks: Ids = (),
    referrals: Ids = (),
) -> None:
    """Take the named locks, waiting as long as needed. Needs an open transaction.

    Raises:
        RuntimeError: no transaction is open, so the lock would be lost at once.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Locks are held to the end of a transaction; open one first.")
    wanted: list[tuple[str, str]] = []
    for kind, shared_ids, exclusive_ids in (
        ("admission", admissions, admissions_exclusive),
        ("establishment", (), establishments),
        ("standing", standings, standings_exclusive),
        ("block", (), blocks),
        ("referral", (), referrals),
    ):
        exclusive = {str(i) for i in exclusive_ids}
        for key in sorted(exclusive | {str(i) for i in shared_ids}):
            function = "pg_advisory_xact_lock" if key in exclusive else "pg_advisory_xact_lock_shared"
            wanted.append((function, f"{kind}:{key}"))
    if wanted:
        _take(wanted)


def hold_name(name: str) -> None:
    """Take one exclusive lock of a name outside the order above, such as `alert:S-7K3M-9QX2`: for what no action takes
    together with another of its kind. Needs an open transaction.

    Raises:
        RuntimeError: no transaction is open, so the lock would be lost at once.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Locks are held to the end of a transaction; open one first.")
    _take([("pg_advisory_xact_lock", name)])


def _take(wanted: Sequence[tuple[str, str]]) -> None:
    statements = [f"SELECT {function}(hashtextextended(%s, 0))" for function, _key in wanted]
    with connection.cursor() as cursor:
        cursor.execute("; ".join([*statements, "SELECT clock_timestamp()"]), [key for _function, key in wanted])
        heard(cursor.fetchone()[0])
