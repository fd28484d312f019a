"""The number of queries of each page and form, from the URL table: bounded, and the same when everything has grown.

Counted is what PostgreSQL is asked, with the session, the door's role and settings and the transaction; the marks of a
savepoint (which ask nothing) are not. One world, opened by everybody three times: among 1, 10 and 100 of each row.
Every form found on these pages is filled in, sent and undone: among 1 and 10 all, among 100 those of the first time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from brokerage.core import clock
from brokerage.core.accounts import middleware
from tests import databases
from tests.api.crowds import superuser
from tests.api.growing import GROWTH, grow
from tests.benchmarks import plans
from tests.conftest import connect_to
from tests.isolation.test_urls import ALL
from tests.pages.opened import API, Everybody, named_paths, people
from tests.pages.sent import Sender, more_pages, view_of
from tests.pages.typed import TYPED
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
#: Forms that ask more often than a page may: how often, and why.
MORE_FORMS = {
    "contracts:accept_offer": (53, "an award, its placement and agreement, the losers' answers"),
    "contracts:approval": (49, "the last approval awards: a placement, its agreement, the losers' answers"),
    "contracts:award_fall_through": (33, "an award, its placement and agreement, and the offers that stand again"),
    "dpv:admission_suspend": (73, "thirty lots are ticked: a row of audit and a task for each"),
    "placements:referral_publish": (28, "matched again, with its releases and invitations"),
}
#: How often forms ask more among 10 and among 100: not for each, but for each that is ticked.
AMONG_MANY = {
    "contracts:accept_offer": (1, 1),  # the losers' releases are closed, in one statement
    "contracts:approval": (1, 1),  # as above
    "dpv:admission_suspend": (8, 58),  # 4 lots more are ticked, then 29: a row of audit and a task for each
    "placements:referral_widen": (2, 2),  # there is another lot to choose
}
#: Forms that are refused among 10, and why; and those that are refused among 100 besides.
CROWDED_FORMS = {
    "closures:closure_resident": "the reference of a copied referral is none that can be written",
    "safeguarding:alert_file_add": "ten files at most",
}
MORE_CROWDED_FORMS = {
    "placements:referral_documents": "thirty documents at most",
    "webhooks:webhook_new": "twenty webhooks at most",
}
#: Forms that may be on a later page of their list among 100: those of rows of one moment stand in no order.
LATER_PAGE = {"notifications:open_message", "providers:vacancies", "webhooks:delivery_replay"}
#: What people do most: these are carried out here, not only refused.
MOST_USED = {
    *("placements:referral_new", "placements:referral_section", "placements:referral_publish"),
    *("placements:referral_invite", "placements:referral_questions", "placements:referral_extend"),
    *("placements:offer_start", "placements:offer_edit", "placements:offer_check", "placements:offer_withdraw"),
    *("contracts:accept_offer", "contracts:approval", "contracts:agreement_sign", "placements:placement_start"),
    *("safeguarding:alert_raise", "safeguarding:alert_answer", "concerns:concern_new", "concerns:complaint_message"),
}
#: The world has pages full of these: one for each who reads them, to begin with.
FEW = (
    "DELETE FROM audit_entry WHERE id::text NOT IN (SELECT min(id::text) FROM audit_entry GROUP BY organisation_id)",
    "DELETE FROM audit_link WHERE entry_id NOT IN (SELECT id FROM audit_entry)",
    "DELETE FROM notifications_message WHERE id::text NOT IN"
    " (SELECT min(id::text) FROM notifications_message WHERE channel = 'in_app' GROUP BY user_id)",
)


@pytest.fixture(scope="module")
def opened(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Everybody]:
    """Everything opened and sent by everybody, three times."""
    before = settings.DATABASES["default"]["NAME"]
    name = f"{before}_pages"
    databases.clone(name)
    files = file_settings(tmp_path_factory.mktemp("pages")) | {"SECOND_FACTOR_REQUIRED": False, "SMS_BACKEND": ""}
    with pytest.MonkeyPatch.context() as patch, override_settings(**files), django_db_blocker.unblock():
        # Where a session is used is written down at its first page, and here not again, however long this takes.
        patch.setattr(middleware, "SEEN_EVERY", dt.timedelta(days=1))
        # A moment that the database told is good for a whole request, however long a busy machine takes for it.
        patch.setattr(clock, "COUNTED_ON", 24 * 3600)
        connect_to(name)
        try:
            everybody = people()
            with superuser(name) as cursor:
                for statement in FEW:
                    cursor.execute(statement)
            everybody.open_all()
            sender = Sender(everybody.clients, TYPED)
            pages = (everybody.paths, more_pages(everybody.world.values))
            few = sender.send_all(*pages)
            with plans.watching(without_scans=True) as everybody.watch:
                sender.watch = everybody.watch
                grow(name, GROWTH[0])
                everybody.open_all(everybody.watch)
                many = sender.send_all(*pages)
                grow(name, GROWTH[1])
                everybody.open_all(everybody.watch)
                everybody.sent = (few, many, sender.send_again(few, *pages))
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


def test_every_form_asks_a_bounded_number_of_times(opened: Everybody) -> None:
    most: dict[str, int] = {}
    for sent in opened.sent:
        for (_who, _page, path, _button), answer in sent.items():
            most[view_of(path)] = max(most.get(view_of(path), 0), len(answer.queries))
    # A figure is no higher than it must be.
    assert {name: count for name, count in most.items() if count > MOST} == {
        name: count for name, (count, _why) in MORE_FORMS.items()
    }


def test_every_form_asks_as_often_when_everything_has_grown(opened: Everybody) -> None:
    few, *later = opened.sent
    assert not few.keys() - later[0].keys(), "forms that are gone"
    assert {view_of(key[2]) for key, now in later[1].items() if not now.is_shown} <= LATER_PAGE, "forms that are gone"
    found = []
    refused: list[set[str]] = [set(), set()]
    for growth, many in enumerate(later):
        for key, before in few.items():
            now, name = many[key], view_of(key[2])
            if now.status != before.status:
                refused[growth].add(name)
            elif len(now.queries) != len(before.queries) + AMONG_MANY.get(name, (0, 0))[growth] * before.is_done:
                told = "\n  ".join(sql[:300] for sql in now.queries)
                found.append(f"{' '.join(key)}: {len(before.queries)}, {len(now.queries)} among many\n  {told}")
    assert not found, "\n".join(found)
    assert refused == [set(CROWDED_FORMS), {*CROWDED_FORMS, *MORE_CROWDED_FORMS}]


def test_what_people_do_most_is_done(opened: Everybody) -> None:
    """A form that is only refused says little of what its act asks."""
    done = {view_of(path) for (_who, _page, path, _button), answer in opened.sent[0].items() if answer.is_done}
    assert MOST_USED - done == set()
    assert len(done) > 100


def test_no_page_and_no_form_reads_a_growing_table_from_end_to_end(opened: Everybody) -> None:
    """With sequential scans forbidden to the planner, one that is planned all the same has no index to use."""
    assert opened.watch.statements > 900
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
