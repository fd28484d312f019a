"""The change feed: what is told to whom, once, without gaps, and only where somebody follows."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from brokerage.core.audit import labels
from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.outbox import _handlers
from brokerage.core.notifications import texts
from brokerage.core.tenants.context import acting, worker
from brokerage.core.webhooks import events, feed
from brokerage.core.webhooks.models import Change, Feed
from tests import scenarios
from tests.cast import actor_of, ident
from tests.webhooks.steps import act, changes, expand, machine, notice, organisation_of

THREADS = 8
EACH = 5


@pytest.mark.django_db
def test_an_act_is_told_to_its_organisation_and_its_notices_to_theirs() -> None:
    machine("olive")
    machine("bob")
    act(notify=[notice("birch"), notice("alder")])
    expand()
    act("bob", "offer.submitted")
    act("bob", "person.read", "HAR-0009")
    expand()
    assert [(c.number, c.kind, c.path) for c in changes("olive")] == [(1, "referral.published", "/referrals/HAR-0001")]
    told = [(c.number, c.kind, c.subject_type, c.reference) for c in changes("bob")]
    assert told == [(1, "invitation.received", "opportunity", "HAR-0001"), (2, "offer.submitted", "offer", "HAR-0001")]
    assert changes("alice") == [], "nobody follows Alder"


@pytest.mark.django_db
def test_nothing_is_queued_for_an_organisation_that_nobody_follows() -> None:
    act()
    with worker():
        assert not OutboxItem.objects.filter(kind="change").exists()
    machine("olive")
    with CaptureQueriesContext(connection) as queries:
        act()
    one_statement = [query["sql"] for query in queries if "webhooks_feed" in query["sql"]]
    assert len(one_statement) == 1
    with worker():
        assert OutboxItem.objects.filter(kind="change").count() == 1


@pytest.mark.django_db
def test_expanding_twice_writes_nothing_twice() -> None:
    machine("olive")
    machine("bob")
    act(notify=[notice("birch"), notice("birch")])
    act(reference="HAR-0002")
    expand()
    for kind in ("change", "notify"):
        with worker():
            items = list(OutboxItem.objects.filter(kind=kind))
        for item in items:
            _handlers[kind](item)
    assert [c.number for c in changes("olive")] == [1, 2]
    assert [c.number for c in changes("bob")] == [1]
    act("bob", "offer.submitted")
    expand()
    assert [c.number for c in changes("bob")] == [1, 2]


def test_the_main_road_is_told_to_both_sides_and_names_nobody(committed: str) -> None:
    for who in ("olive", "bob"):
        machine(who)
    scenarios.sealed_agreement("birch-lodge")
    expand()
    authority, provider = changes("olive"), changes("bob")
    assert {"award.made", "agreement.drawn_up", "agreement.ready", "agreement.sealed"} <= {c.kind for c in authority}
    assert {"offer.accepted", "agreement.signed", "agreement.sealed"} <= {c.kind for c in provider}
    for told in (authority, provider):
        assert [c.number for c in told] == list(range(1, len(told) + 1))
        for change in told:
            assert change.path.startswith("/") and change.subject_type in events.NOUNS.values()
            assert not set(change.reference) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")


@pytest.mark.django_db
def test_a_sealed_offer_is_told_to_no_authority_before_opening() -> None:
    for who in ("olive", "bob"):
        machine(who)
    story = scenarios.invited("birch-house", sealed=True)
    expand()
    before = len(changes("olive"))
    scenarios.submitted_offer(story=story)
    expand()
    assert [c.kind for c in changes("bob")][-1] == "offer.submitted"
    assert len(changes("olive")) == before


@pytest.mark.django_db
def test_kinds_can_be_picked_and_the_cursor_still_moves_on() -> None:
    machine("olive")
    for number in range(6):
        act(kind="referral.published" if number % 2 else "award.made", reference=f"HAR-{number}")
    expand()
    organisation = actor_of("olive").organisation_id
    with acting(actor_of("olive")):
        first = feed.changes_after(organisation, 0, kinds=["award.made"], limit=2)
        assert len(first.changes) == 2 and first.after == first.changes[-1].number
        rest = feed.changes_after(organisation, first.after, kinds=["award.made"], limit=2)
        assert len(rest.changes) == 1 and rest.after == 6
        assert feed.changes_after(organisation, 6, kinds=[], limit=2).after == 6
        assert feed.changes_after(organisation, 99, kinds=[], limit=2).after == 99


def _tell(threads: int, tell: Callable[[int], object]) -> None:
    start = threading.Barrier(threads)
    failed: list[BaseException] = []

    def run(thread: int) -> None:
        try:
            start.wait(20)
            for number in range(EACH):
                tell(thread * EACH + number)
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(60)
    assert failed == []


def _item(number: int) -> OutboxItem:
    """Work that tells both Harrow and Birch, in either order."""
    harrow = organisation_of("olive")
    both = [
        {"template": "placements.invited", "organisation_id": str(ident("birch")), "reference": f"HAR-{number}"},
        {
            "template": "placements.question_asked",
            "organisation_id": str(harrow),
            "reference": f"H-{number}",
        },
    ]
    notices = [{**notice, "path": f"/o/x/y/{notice['reference']}/"} for notice in (both if number % 2 else both[::-1])]
    return OutboxItem(organisation_id=harrow, queue="events", kind="notify", payload={"notices": notices})


def test_eight_at_once_leave_no_gap_and_a_poller_misses_nothing(committed: str) -> None:
    for who in ("olive", "bob"):
        machine(who)
    seen: list[int] = []
    stop = threading.Event()

    def poll() -> None:
        after = 0
        try:
            while True:
                is_last = stop.is_set()
                with acting(actor_of("bob")) as actor:
                    found = feed.changes_after(actor.organisation_id, after, kinds=[], limit=7)
                seen.extend(change.number for change in found.changes)
                after = found.after
                if is_last and not found.changes:
                    return
        finally:
            connections.close_all()

    poller = threading.Thread(target=poll)
    poller.start()
    _tell(THREADS, lambda number: feed.write_changes(_item(number)))
    stop.set()
    poller.join(60)
    assert seen == list(range(1, THREADS * EACH + 1))
    assert [c.number for c in changes("olive")] == list(range(1, THREADS * EACH + 1))
    with worker():
        assert set(Feed.objects.values_list("number", flat=True)) == {THREADS * EACH}


def test_without_the_lock_a_poller_would_miss_one(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: numbers taken beforehand, as a sequence gives them, become visible out of order."""
    machine("bob")
    taken = iter(range(1, 100))
    monkeypatch.setattr(feed, "_lock_heads", lambda wanted: [(each, next(taken) - 1) for each in wanted])
    monkeypatch.setattr(feed, "_advance_head", lambda organisation_id, by: None)
    birch = ident("birch")
    first_has_number, second_is_done = threading.Event(), threading.Event()
    real = feed.Change.objects.bulk_create

    def slowly(rows: list[Change]) -> object:
        if rows[0].number == 1:
            first_has_number.set()
            assert second_is_done.wait(20)
        return real(rows)

    monkeypatch.setattr(feed.Change.objects, "bulk_create", slowly)
    item = {"template": "placements.invited", "organisation_id": str(birch), "path": "/o/birch/inbox/X/"}

    def tell(reference: str) -> None:
        try:
            payload = {"notices": [{**item, "reference": reference}]}
            feed.write_changes(OutboxItem(organisation_id=birch, queue="events", kind="notify", payload=payload))
        finally:
            connections.close_all()

    first = threading.Thread(target=tell, args=("HAR-1",))
    first.start()
    assert first_has_number.wait(20)
    tell("HAR-2")
    assert [c.number for c in changes("bob")] == [2], "the poller sees 2, goes on after it, and never reads 1"
    second_is_done.set()
    first.join(60)
    assert [c.number for c in changes("bob")] == [1, 2]


def test_every_act_template_and_path_that_is_public_is_real() -> None:
    acts, templates = events.sources()
    assert set(templates) <= set(texts.names())
    assert set(acts) <= set(labels.kinds())
    for event in events.events():
        assert event.organisations and str(event.label)
    paths = {path for _kind, path in (*events._acts.values(), *events._notices.values())}
    for path in paths:
        found = resolve("/api/v1" + path.format(reference="HAR-1", id=ident("something")))
        assert "get" in found.func.view_class.operations, path
    with pytest.raises(ValueError):
        events.publish("referral.published", label="x", organisations=("authority",))
    with pytest.raises(ValueError):
        events.publish("x.y", label="x", organisations=("authority",), acts={"x.y": "/nowhere/{id}"})
