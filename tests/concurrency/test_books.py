"""Sums of reports while people act: writers, folders and a reader at once; what folding in two steps would lose."""

from __future__ import annotations

import datetime as dt
import threading
from uuid import UUID

import pytest
from django.db import connections, transaction

from brokerage.core.tenants.context import acting
from brokerage.reports.models import Tally
from brokerage.reports.tallies import fold
from placements.actions.placements import end_placement
from placements.models import Placement
from tests.cast import TODAY, actor_of
from tests.proofs.racing import at_once
from tests.reports.booking import wrong_figures
from tests.reports.test_spend import placed

MANY = 12


def end_all(placements: list[UUID], who: str) -> None:
    for number, placement_id in enumerate(placements):
        with acting(actor_of(who)) as actor:
            ended_on = TODAY - dt.timedelta(days=number)
            end_placement(actor, placement_id=placement_id, ended_on=ended_on, end_reason="CARPL")


def test_writers_a_folder_and_a_reader_always_agree_with_a_recount(committed: str) -> None:
    ids = [placed(number, started_on=TODAY - dt.timedelta(days=100)).pk for number in range(2 * MANY)]
    is_over = threading.Event()
    wrong: list[object] = []
    looked: list[int] = []

    def write(which: list[UUID]) -> None:
        end_all(which, "oscar")

    def fold_on() -> None:
        while not is_over.is_set():
            with acting(actor_of("connie")):
                fold()

    def look() -> None:
        while not is_over.is_set():
            wrong.extend(wrong_figures())
            looked.append(1)

    def write_both() -> list[object]:
        try:
            return at_once(lambda: write(ids[:MANY]), lambda: write(ids[MANY:]))
        finally:
            is_over.set()

    outcomes = at_once(write_both, fold_on, fold_on, look)
    assert outcomes == [[None, None], None, None, None], outcomes
    assert wrong == [] == wrong_figures() and looked
    with acting(actor_of("connie")):
        assert Placement.objects.filter(status="ended").count() == 2 * MANY
        fold()
        assert Tally.objects.filter(kind="stay").count() == Tally.objects.values("month").distinct().count()


def test_folding_in_two_steps_would_lose_what_comes_between(committed: str) -> None:
    """The twin: read the sums, then take the rows away and write the sums. A row added between is lost."""
    first, second = (placed(number, started_on=TODAY - dt.timedelta(days=20)).pk for number in range(2))
    end_all([first], "oscar")
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL ROLE brokerage_loader")
        cursor.execute(
            "SELECT authority_id, kind, month, category, key, sum(times), sum(amount) FROM reports_tally"
            " GROUP BY 1, 2, 3, 4, 5"
        )
        sums = cursor.fetchall()
        worker = threading.Thread(target=lambda: (end_all([second], "oscar"), connections.close_all()))
        worker.start()
        worker.join()
        cursor.execute("DELETE FROM reports_tally")
        for row in sums:
            cursor.execute(
                "INSERT INTO reports_tally (id, authority_id, kind, month, category, key, times, amount, counts_from)"
                " VALUES (gen_random_uuid(), %s, %s, %s, %s, %s, %s, %s, '-infinity')",
                row,
            )
    assert wrong_figures(), "the second stay is missing"


@pytest.mark.parametrize("ends", [0, 30])
def test_who_acts_never_waits_for_who_folds(committed: str, ends: int) -> None:
    """A fold that has not committed yet holds no act up."""
    placement = placed(1, started_on=TODAY - dt.timedelta(days=60)).pk
    for number in range(2, 5):
        placed(number, status="ended", started_on=TODAY - dt.timedelta(days=60), ended_on=TODAY)
    done = threading.Event()

    def act() -> None:
        with acting(actor_of("oscar")) as oscar:
            ended_on = TODAY - dt.timedelta(days=ends)
            end_placement(oscar, placement_id=placement, ended_on=ended_on, end_reason="CARPL")
        connections.close_all()
        done.set()

    with acting(actor_of("connie")):
        assert fold() > 0
        worker = threading.Thread(target=act)
        worker.start()
        assert done.wait(60), "it waited"
    worker.join()
    assert wrong_figures() == []
