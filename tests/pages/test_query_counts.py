"""The number of queries of each page, from the URL table: bounded, and the same when everything has grown.

Counted is what PostgreSQL is asked, with the session, the door's role and settings and the transaction; the marks of a
savepoint (which ask nothing) are not. One world, opened by everybody three times: among 1, 10 and 100 of each row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from brokerage.core.accounts import middleware
from tests import databases
from tests.api.crowds import superuser
from tests.api.growing import grow
from tests.benchmarks import plans
from tests.conftest import connect_to
from tests.isolation.test_urls import ALL
from tests.pages.opened import API, Everybody, named_paths, people
from tests.proofs.own_place import file_settings

#: Queries of one page.
MOST = 25
#: Pages without a list, or whose list is of something that does not grow here: everything else shows more rows.
#: A page with a parameter may be about one thing; a page without one that is not named here must show more.
SHOW_ONE = {
    "api_clients:client_list": "ten clients at most",
    "placements:home_search": "homes that the search leaves out are copied as they are",
    "person_search": "nobody is shown before the search goes by POST",
    "search": "leads to one thing",
    "tenants:organisation": "a form",
    "tenants:identity_provider": "a form",
    "tenants:invite": "a form",
    "tenants:delegations": "an authority delegates to one hub",
    "closures:closure_announce": "a form",
    "dpv:measure_propose": "a form",
    "incidents:missing_export": "a form",
}
#: Addresses that nobody gets an answer from by GET, and why.
UNANSWERED = {
    "openid_connect_callback": "asked only on the way back from an organisation's own sign-in",
}
#: The world has pages full of these: one for each who reads them, to begin with.
FEW = (
    "DELETE FROM audit_entry WHERE id::text NOT IN (SELECT min(id::text) FROM audit_entry GROUP BY organisation_id)",
    "DELETE FROM audit_link WHERE entry_id NOT IN (SELECT id FROM audit_entry)",
    "DELETE FROM notifications_message WHERE id::text NOT IN"
    " (SELECT min(id::text) FROM notifications_message WHERE channel = 'in_app' GROUP BY user_id)",
)
#: Numbers of the copies added of each row, so that there are 1, 10 and 110 of it.
GROWTH = (range(1, 10), range(10, 101, 10))


@pytest.fixture(scope="module")
def opened(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Everybody]:
    """Everything opened by everybody, three times."""
    before = settings.DATABASES["default"]["NAME"]
    name = f"{before}_pages"
    databases.clone(name)
    files = file_settings(tmp_path_factory.mktemp("pages")) | {"SECOND_FACTOR_REQUIRED": False, "SMS_BACKEND": ""}
    with pytest.MonkeyPatch.context() as patch, override_settings(**files), django_db_blocker.unblock():
        # Where a session is used is written down at its first page, and here not again, however long this takes.
        patch.setattr(middleware, "SEEN_EVERY", dt.timedelta(days=1))
        connect_to(name)
        try:
            everybody = people()
            with superuser(name) as cursor:
                for statement in FEW:
                    cursor.execute(statement)
            everybody.open_all()
            grow(name, GROWTH[0])
            everybody.open_all()
            grow(name, GROWTH[1])
            with plans.watching(without_scans=True) as everybody.watch:
                everybody.open_all(everybody.watch)
        finally:
            connect_to(before)
    yield everybody
    databases.drop(name)


def test_every_page_answers_however_much_there_is(opened: Everybody) -> None:
    found = {
        f"{name} as {who or 'nobody'}": {answer.status for answer in answers}
        for (name, who), answers in opened.answers.items()
    }
    assert not {page: statuses for page, statuses in found.items() if len(statuses) > 1}


def test_every_page_asks_a_bounded_number_of_times(opened: Everybody) -> None:
    found = []
    for (name, who), answers in opened.answers.items():
        most = max(len(answer.queries) for answer in (opened.first[name, who], *answers))
        if most > MOST:
            found.append(f"{name} as {who or 'nobody'}: {most}")
    assert not found, "\n".join(found)


def test_every_page_asks_as_often_for_a_hundred_rows_as_for_one(opened: Everybody) -> None:
    found = []
    for (name, who), answers in opened.answers.items():
        counts = [len(answer.queries) for answer in answers]
        assert len(counts) == 3
        if len(set(counts)) > 1:
            statements = "\n  ".join(sql[:300] for sql in answers[-1].queries)
            found.append(f"{name} as {who or 'nobody'}: {counts}\n  {statements}")
    assert not found, "\n".join(found)


def test_no_page_reads_a_growing_table_from_end_to_end(opened: Everybody) -> None:
    """With sequential scans forbidden to the planner, one that is planned all the same has no index to use."""
    assert opened.watch.statements > 400
    assert {table: seen for table, seen in opened.watch.scans.items() if table in plans.GROWING} == {}


def test_nothing_is_left_out(opened: Everybody) -> None:
    """Every address that may be asked by GET answered somebody, and what is no form of one thing showed more rows."""
    answered = {name for name, _who in opened.answers}
    names = {name for name, path in named_paths() if not path.startswith(API)}
    acts = {name for name in names - answered if opened.refused[name] == {405}}
    assert names - answered - acts == set(UNANSWERED)
    assert len(answered) > 230
    grown = {name for (name, _who), answers in opened.answers.items() if answers[-1].size > answers[0].size}
    lists = {address.name for address in ALL if address.name.endswith("_list") or not address.parameters}
    forms = {name for name in lists if name.endswith(("_new", "_raise", "_report", "_edit", "_add"))}
    assert lists & answered - grown - forms == set(SHOW_ONE), (lists & answered - grown - forms) ^ set(SHOW_ONE)
