"""What the database itself allows of closures, whoever asks it in SQL."""

from __future__ import annotations

import pytest
from django.db import Error, connection, transaction

from brokerage.core.tenants.context import acting, worker
from brokerage.safeguarding.closures.models import ClosureRecipient, ClosureResident
from tests.cast import TODAY, actor_of
from tests.closures.closing import announced, recorded, resident
from tests.scenarios import awarded

pytestmark = pytest.mark.django_db


def refused(who: str, sql: str, *values: object) -> None:
    with acting(actor_of(who)), pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def touched(who: str, sql: str, *values: object) -> int:
    with acting(actor_of(who)), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


@pytest.mark.parametrize(
    ("who", "closures", "residents"),
    [("olive", 1, 1), ("carol", 1, 0), ("bob", 1, 0), ("edith", 0, 0), ("alice", 0, 0)],
)
def test_each_sees_what_it_was_told_and_authorities_their_own_people(who: str, closures: int, residents: int) -> None:
    awarded("birch-house")
    announced()
    with acting(actor_of(who)) as actor, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM closures_closure")
        assert cursor.fetchone()[0] == closures
        assert ClosureRecipient.objects.count() == closures
        if actor.is_authority:
            assert ClosureResident.objects.count() == residents
    if not actor.is_authority:
        refused(who, "SELECT count(*) FROM closures_closureresident")


def test_nobody_writes_who_was_told_or_whose_people_live_there() -> None:
    awarded("birch-house")
    announced()
    row = resident()
    for who in ("olive", "carol", "bob"):
        for table in ("closures_closurerecipient", "closures_closureresident", "closures_closure"):
            refused(who, f"DELETE FROM {table}")
        refused(who, "UPDATE closures_closurerecipient SET reminded = 9")
    refused("olive", "UPDATE closures_closureresident SET placement_reference = 'P-1' WHERE id = %s", row.pk)
    refused("olive", "INSERT INTO closures_closureresident SELECT * FROM closures_closureresident")
    refused("olive", "UPDATE closures_closure SET closes_on = closes_on")
    assert touched("edith", "UPDATE closures_closureresident SET note = 'x' WHERE id = %s", row.pk) == 0
    recorded(row, "went_home", ended_on=TODAY)
    assert touched("olive", "UPDATE closures_closureresident SET note = 'x' WHERE id = %s", row.pk) == 0


@pytest.mark.parametrize("state", ["closed", "completed"])
def test_a_provider_neither_closes_nor_completes(state: str) -> None:
    announced("bob")
    refused("bob", "UPDATE closures_closure SET status = %s, closed_on = current_date", state)
    refused("carol", "UPDATE closures_closure SET status = 'completed', closed_on = current_date")


def test_a_provider_touches_no_closure_that_it_did_not_announce() -> None:
    announced()
    assert touched("bob", "UPDATE closures_closure SET closes_on = closes_on + 1") == 0
    refused("bob", "UPDATE closures_closure SET why = 'other'")


def test_the_functions_check_who_asks() -> None:
    awarded("birch-house")
    closure = announced()
    for who in ("bob", "alice", "wendy"):
        refused(who, "SELECT closure_tell(%s)", closure.pk)
    for who in ("olive", "edith"):
        refused(who, "SELECT closure_tell(%s)", closure.pk)
    refused("edith", "SELECT closure_settle(%s)", closure.pk)
    refused("bob", "SELECT closure_settle(%s)", closure.pk)
    for who in ("olive", "bob"):
        refused(who, "SELECT * FROM closure_counts(%s)", closure.reference)
    for who in ("olive", "bob", "carol"):
        refused(who, "SELECT closure_remind(%s, %s, 1)", closure.pk, closure.pk)
    with acting(actor_of("olive")), connection.cursor() as cursor:
        cursor.execute("SELECT closure_settle(%s)", [closure.pk])
        assert cursor.fetchone()[0] is False
    with worker(), pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM closures_closureresident")
