"""The number of queries of every act of the API, from the URL table: bounded, and the same when everything has grown.

Each act is done in one world and undone again, among few rows and among ten times as many. Five more providers have
the referral then, and an act that tells each of them asks for each: such acts are named, with how often.
While they are done among many, and then the workers' ticks, every statement is explained.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, reset_queries, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from tests import databases
from tests.api.crowds import clone_of
from tests.api.growing import grow
from tests.api.table import Route, routes
from tests.benchmarks import plans
from tests.benchmarks.opening import tick
from tests.cast import ident
from tests.conftest import connect_to
from tests.isolation.api_place import standing_world
from tests.isolation.api_world import ApiWorld, owners
from tests.proofs.own_place import file_settings

#: Queries of one act, with the token, the role, the lock, the audit's row and the transaction.
MOST = 25
#: Acts that ask more often: how often, and why.
MORE = {
    "accept_offer": (44, "an award, its placement and agreement, the losers' answers, a row of audit for each"),
    "answer_clarification": (28, "everybody who has the referral reads the answer"),
    "approve_award": (49, "the last approval awards: see accept_offer"),
    "publish_referral": (27, "matched again, with its releases and invitations"),
}
WRITES = [route for route in routes() if route.method != "get"]
GETS = [route for route in routes() if route.method == "get"]
#: Acts that ask for each provider who has the referral (five more among many), or for each invitation and offer of it.
AMONG_MANY = {
    **{f"amend_section_{name}": 10 for name in ("home", "matters", "needs", "outcomes", "person", "risks", "where")},
    "add_referral_document": 5,
    # Its one row is refused there, as create_incident is.
    "create_incidents": -3,
    "answer_clarification": 5,
    "approve_award": 5,
    "end_referral": 20,
    "extend_referral": 5,
    "remove_referral_document": 5,
    "widen_referral": 5,
    "withdraw_referral": 20,
}
#: Acts that are refused among many, by a limit or because each of many needs a word.
CROWDED = {
    "accept_offer": "each of many losers is told why",
    "answer_alert": "each person there has a plan",
    "ask_for_clarification": "too many questions wait",
    "create_incident": "the copied world has several of its one resident",
    "plan_for_later_people": "each person there has a plan",
    "upload_alert_file": "ten files at most",
}
_SECOND = "somebody else has to"
_BEFORE = "the body's example is of a day before or after what happened"
#: Acts that nobody's body carries out in this world, and why; their refusals are counted.
REFUSED = {
    **dict.fromkeys(("answer_measure_appeal", "bar_from_lot", "decide_measure", "lift_from_lot"), _SECOND),
    **dict.fromkeys(("record_host_authority_notified", "record_incident_return", "start_planned_placement"), _BEFORE),
    **dict.fromkeys(("acknowledge_received_complaint", "answer_received_complaint"), "it is in mediation"),
    **dict.fromkeys(("ask_complaint_mediation", "close_own_complaint"), "it is in mediation"),
    **dict.fromkeys(("reconfirm_own_offer", "revise_own_offer"), "the offer is a draft"),
    **dict.fromkeys(("change_section_adult", "change_section_parent_child"), "the draft is for a child"),
    **dict.fromkeys(("amend_section_adult", "amend_section_parent_child"), "the referral is for a child"),
    "admit": "it is admitted already",
    "amend_section_practical": "the disclosure check wants an answer first",
    "begin_offer": "each need has a statement of its own",
    "cancel_planned_placement": "it comes from an award",
    "check_import": "the body is no list",
    "create_closure": "it is announced already",
    "end_running_placement": "it is planned",
    "invite_more_homes": "every home that may is invited",
    "let_award_fall_through": "it waits for approval",
    "record_spot_placement": "offers stand",
    "resume_stopped_import": "it has not stopped",
    "sign_agreement_by_client": "nobody switched it on",
}
#: Tasks that look through a table from end to end, and why that is known.
LOOK_THROUGH = {
    "audit_outboxitem: brokerage.core.audit.tasks.purge_done": "once a night; an index would cost every row of the day",
    "notifications_message: brokerage.core.notifications.tasks.purge_messages": "once a night, as above",
    "audit_outboxitem: brokerage.core.audit.tasks.drain_alerts: SELECT %s AS": "whether the same reminder waits",
}
#: Bulk acts: queries of each row more.
EACH_ROW = {"create_incidents": 4, "create_referrals": 6, "put_vacancies": 5}


@dataclass
class Done:
    """By act and kind of organisation, the status and the queries: among few, and among many."""

    few: dict[tuple[str, str], tuple[int, list[str]]] = field(default_factory=dict)
    many: dict[tuple[str, str], tuple[int, list[str]]] = field(default_factory=dict)
    bulk: dict[str, int] = field(default_factory=dict)
    watch: plans.Watch = field(default_factory=plans.Watch)


def act(world: ApiWorld, route: Route, kind: str, body: Any = None) -> tuple[int, list[str]]:
    """Do it and undo it: the status and what was asked, but for the marks of savepoints and the note of last use."""
    # What was asked before is nobody's here, and Django keeps only so much of it.
    reset_queries()
    with transaction.atomic():
        with CaptureQueriesContext(connection) as asked:
            if body is None:
                response = world.knock(route, world.own(route, kind), kind)
            else:
                response = world.own(route, kind).send(route.method.upper(), world.address(route, kind), body)
            if response.streaming:
                b"".join(response.streaming_content)
        transaction.set_rollback(True)
    said = [query["sql"] for query in asked.captured_queries]
    return response.status_code, [sql for sql in said if "SAVEPOINT" not in sql[:17] and "api_client_used" not in sql]


@pytest.fixture(scope="module")
def done(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Done]:
    """Every act, twice."""
    before = settings.DATABASES["default"]["NAME"]
    name = f"{before}_acts"
    found = Done()
    files = file_settings(tmp_path_factory.getbasetemp() / "api") | {"SECOND_FACTOR_REQUIRED": False, "SMS_BACKEND": ""}
    with override_settings(**files), django_db_blocker.unblock():
        cache.clear()
        with standing_world(request) as (source, world):
            pass
        world = replace(world, places=world.places | _places(world))
        clone_of(source, name)
        connect_to(name)
        try:
            for route in WRITES:
                for kind in owners(route):
                    found.few[route.name, kind] = act(world, route, kind)
                if route.name in EACH_ROW:
                    found.bulk[route.name] = _of_ten(world, route) - _of_ten(world, route, 1)
            connection.close()
            grow(name, range(1, 10))
            with plans.watching(without_scans=True) as found.watch:
                for route in routes():
                    for kind in owners(route):
                        found.watch.reader, found.watch.page = kind, f"{route} as {kind}"
                        answer = act(world, route, kind)
                        if route.method != "get":
                            found.many[route.name, kind] = answer
                tick(found.watch)
        finally:
            connect_to(before)
    yield found
    databases.drop(name)


def _places(world: ApiWorld) -> dict[str, dict[str, Any]]:
    """Things at the moment of the act, where the isolation matrix is content with a refusal."""
    running, suspended = {"reference": world.values["reference"]}, {"admission": ident("admission cedar-house")}
    found = {route.path: running for route in WRITES if route.path.endswith("/amendments")}
    return found | {"admissions/<uuid:admission>/lift": suspended, "admissions/<uuid:admission>/bar": suspended}


def _of_ten(world: ApiWorld, route: Route, rows: int = 10) -> int:
    """The queries of a bulk act of that many rows."""
    kind = next(kind for kind in owners(route) if act(world, route, kind)[0] < 300)
    _status, queries = act(world, route, kind, {"items": world.body(route)["items"][:1] * rows})
    return len(queries)


def test_every_act_asks_a_bounded_number_of_times(done: Done) -> None:
    found = {
        f"{name} as {kind}": len(queries)
        for (name, kind), (_status, queries) in done.few.items()
        if len(queries) > MORE.get(name, (MOST, ""))[0]
    }
    assert found == {}


def test_every_act_asks_as_often_when_everything_has_grown(done: Done) -> None:
    found, crowded = [], set()
    for (name, kind), (status, queries) in done.few.items():
        now, more = done.many[name, kind]
        if now != status:
            crowded.add(name)
        elif len(more) != len(queries) + AMONG_MANY.get(name, 0) * (status < 300):
            told = "\n  ".join(sql[:200] for sql in more)
            found.append(f"{name} as {kind}: {len(queries)}, {len(more)} among many\n  {told}")
    assert not found, "\n".join(found)
    assert crowded == set(CROWDED)


def test_every_act_is_done_by_somebody(done: Done) -> None:
    names = {name for name, _kind in done.few}
    carried_out = {name for (name, _kind), (status, _queries) in done.few.items() if status < 300}
    assert names - carried_out == set(REFUSED)


def test_each_row_of_a_bulk_act_costs_the_same(done: Done) -> None:
    assert done.bulk == {name: 9 * each for name, each in EACH_ROW.items()}


def test_no_act_and_no_tick_reads_a_growing_table_from_end_to_end(done: Done) -> None:
    assert done.watch.statements > 500
    found = [scan for scan in done.watch.of_growing() if not scan.startswith(tuple(LOOK_THROUGH))]
    assert not found, "\n".join(found)
