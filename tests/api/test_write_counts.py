"""The number of queries of every operation of the API, from the URL table: bounded, and the same when everything has
grown.

Each is done in one world and undone again, among 1, 10 and 100 of each row: five more providers have the referral
among 10. While they are done among many, and then the workers' tasks, every statement is explained.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, reset_queries, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from brokerage.core import clock
from tests import databases
from tests.api.crowds import clone_of
from tests.api.growing import GROWTH, grow
from tests.api.moments import at_their_moments
from tests.api.table import Route, routes
from tests.benchmarks import plans
from tests.benchmarks.opening import tick, unexcused
from tests.conftest import connect_to
from tests.isolation.api_place import standing_world
from tests.isolation.api_world import ApiWorld, owners
from tests.proofs.own_place import file_settings

#: Queries of one act, with the token, the role, the lock, the audit's row and the transaction.
MOST = 25
#: Acts that ask more often: how often, and why.
MORE = {
    "accept_offer": (41, "an award, its placement and agreement, the losers' answers"),
    "approve_award": (46, "the last approval awards: see accept_offer"),
    "let_award_fall_through": (31, "an award, its placement and agreement, and the offers that stand again"),
}
WRITES = [route for route in routes() if route.method != "get"]
#: Answers about one thing with rows inside.
INSIDE = {
    *("compare_referral", "list_eligible_establishments", "get_referral_progress", "get_vehicle", "get_admission"),
    *("get_market", "get_opportunity", "get_referral", "get_complaint"),
}
#: Acts that ask more often among many, or less, though not for each of them.
AMONG_MANY = {
    "approve_award": 1,  # the losers' releases are closed, in one statement
}
#: Acts that are refused among 10, by a limit or because each of many needs a word; and among 100 besides.
CROWDED = {
    "accept_offer": "each of many losers is told why",
    "answer_alert": "each person there has a plan",
    "ask_for_clarification": "too many questions wait",
    "plan_for_later_people": "each person there has a plan",
    "upload_alert_file": "ten files at most",
}
MORE_CROWDED = {
    "add_referral_document": "thirty documents at most",
    "create_webhook": "twenty webhooks at most",
}
#: Acts that nobody's body carries out in this world, and why; their refusals are counted.
REFUSED = {
    "amend_section_adult": "no adult's referral is complete here",
}
#: Bulk acts: queries of each row more.
EACH_ROW = {"create_incidents": 4, "create_referrals": 6, "put_vacancies": 5}


class Answered(NamedTuple):
    """An answer's status, what was asked for it, and how long it is."""

    status: int
    queries: list[str]
    size: int


@dataclass
class Done:
    """By operation and kind of organisation: among few, and each time that all had grown; acts, and what is only
    read."""

    few: dict[tuple[str, str], Answered] = field(default_factory=dict)
    later: list[dict[tuple[str, str], Answered]] = field(default_factory=list)
    bulk: dict[str, int] = field(default_factory=dict)
    watch: plans.Watch = field(default_factory=plans.Watch)

    def acts(self) -> Iterator[tuple[tuple[str, str], Answered]]:
        """Each act among few."""
        names = {route.name for route in WRITES}
        return (each for each in self.few.items() if each[0][0] in names)


def act(world: ApiWorld, route: Route, kind: str, body: Any = None) -> Answered:
    """Do it and undo it: what was asked, but for the marks of savepoints and the note of last use."""
    # What was asked before is nobody's here, and Django keeps only so much of it.
    reset_queries()
    with transaction.atomic():
        with CaptureQueriesContext(connection) as asked:
            if body is None:
                response = world.knock(route, world.own(route, kind), kind)
            else:
                response = world.own(route, kind).send(route.method.upper(), world.address(route, kind), body)
            size = len(b"".join(response.streaming_content) if response.streaming else response.content)
        transaction.set_rollback(True)
    said = [query["sql"] for query in asked.captured_queries]
    counted = [sql for sql in said if "SAVEPOINT" not in sql[:17] and "api_client_used" not in sql]
    return Answered(response.status_code, counted, size)


@pytest.fixture(scope="module")
def done(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Done]:
    """Every act, three times."""
    before = settings.DATABASES["default"]["NAME"]
    name, workers = f"{before}_acts", f"{before}_acts_workers"
    found = Done()
    files = file_settings(tmp_path_factory.getbasetemp() / "api") | {"SECOND_FACTOR_REQUIRED": False, "SMS_BACKEND": ""}
    with pytest.MonkeyPatch.context() as patch, override_settings(**files), django_db_blocker.unblock():
        cache.clear()
        with standing_world(request) as (source, world):
            pass
        clone_of(source, name)
        connect_to(name)
        # A moment that the database told is good for a whole act, however long a busy machine takes for it.
        patch.setattr(clock, "COUNTED_ON", 24 * 3600)
        try:
            world = at_their_moments(world)
            for route in routes():
                for kind in owners(route):
                    found.few[route.name, kind] = act(world, route, kind)
                if route.name in EACH_ROW:
                    found.bulk[route.name] = _of_ten(world, route) - _of_ten(world, route, 1)
            with plans.watching(without_scans=True) as found.watch:
                for numbers in GROWTH:
                    connection.close()
                    grow(name, numbers)
                    if not found.later:
                        clone_of(name, workers)
                    found.later.append({})
                    for route in routes():
                        for kind in owners(route):
                            found.watch.reader, found.watch.page = kind, f"{route} as {kind}"
                            found.later[-1][route.name, kind] = act(world, route, kind)
                # Not among 100: so much work asks for nothing that a tenth of it does not.
                connect_to(workers)
                tick(found.watch)
        finally:
            connect_to(before)
    yield found
    databases.drop(name)
    databases.drop(workers)


def _of_ten(world: ApiWorld, route: Route, rows: int = 10) -> int:
    """The queries of a bulk act of that many rows."""
    kind = next(kind for kind in owners(route) if act(world, route, kind).status < 300)
    return len(act(world, route, kind, {"items": world.body(route)["items"][:1] * rows}).queries)


def test_every_operation_asks_a_bounded_number_of_times(done: Done) -> None:
    most: dict[str, int] = {}
    for (name, _kind), answer in done.few.items():
        most[name] = max(most.get(name, 0), len(answer.queries))
    # A figure is no higher than it must be.
    assert {name: count for name, count in most.items() if count > MOST} == {name: MORE[name][0] for name in MORE}


def test_every_operation_asks_as_often_when_everything_has_grown(done: Done) -> None:
    found = []
    crowded: list[set[str]] = [set(), set()]
    for growth, later in enumerate(done.later):
        for (name, kind), few in done.few.items():
            many = later[name, kind]
            if many.status != few.status:
                crowded[growth].add(name)
            elif len(many.queries) != len(few.queries) + AMONG_MANY.get(name, 0) * (few.status < 300):
                told = "\n  ".join(sql[:200] for sql in many.queries)
                found.append(f"{name} as {kind}: {len(few.queries)}, {len(many.queries)} among many\n  {told}")
    assert not found, "\n".join(found)
    assert crowded == [set(CROWDED), {*CROWDED, *MORE_CROWDED}]


def test_what_has_rows_inside_shows_more_of_them(done: Done) -> None:
    """Else that it asks as often would say nothing."""
    for later in done.later:
        grown = {name for (name, kind), few in done.few.items() if later[name, kind].size > few.size}
        assert INSIDE - grown == set()


def test_every_act_is_done_by_somebody(done: Done) -> None:
    names = {name for (name, _kind), _answer in done.acts()}
    carried_out = {name for (name, _kind), answer in done.acts() if answer.status < 300}
    assert names - carried_out == set(REFUSED)


def test_each_row_of_a_bulk_act_costs_the_same(done: Done) -> None:
    assert done.bulk == {name: 9 * each for name, each in EACH_ROW.items()}


def test_no_act_and_no_tick_reads_a_growing_table_from_end_to_end(done: Done) -> None:
    assert done.watch.statements > 700
    found = unexcused(done.watch.of_growing())
    assert not found, "\n".join(found)
