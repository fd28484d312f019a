"""Two at once around publishing: two officers, an officer and a suspension. And Redis away while it happens."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connections

from brokerage.core import locks
from brokerage.core.audit import outbox
from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.notifications.models import Message
from brokerage.core.notifications.tasks import deliver_messages
from brokerage.core.tenants.context import acting, worker
from dpv.actions.suspensions import suspend_admission
from dpv.eligibility import problems_of
from dpv.models import Admission
from placements.actions import publishing
from placements.models import Invitation, Match, Referral, Release
from tests.cast import TODAY, actor_of, ident
from tests.scenarios import draft_referral, published_referral

HOUSE = ident("admission birch-house")
ALL = [str(ident(f"admission {home}")) for home in ("birch-house", "birch-lodge", "cedar-house")]
Act = Callable[[], Any]


def at_once(*acts: Act) -> list[Any]:
    """Run the acts in threads that start together; what each returned or raised, in their order."""
    start = threading.Barrier(len(acts))
    outcomes: list[Any] = [None] * len(acts)

    def run(number: int, act: Act) -> None:
        try:
            start.wait(20)
            outcomes[number] = act()
        except Exception as error:
            outcomes[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def publish(reference: str, who: str = "olive", chosen: list[str] = ALL) -> Referral:
    with acting(actor_of(who)) as actor:
        return publishing.publish_referral(
            actor, reference=reference, lot_ids=[ident("lot T-RES")], chosen=chosen, left_out_reason="Suspended."
        )


def suspend(who: str = "carol") -> Any:
    with acting(actor_of(who)) as actor:
        return suspend_admission(actor, admission_id=HOUSE, reason="A concern.", review_on=TODAY + dt.timedelta(days=7))


def test_of_two_officers_who_publish_at_once_one_wins(committed: str) -> None:
    draft = draft_referral()
    outcomes = at_once(lambda: publish(draft.reference), lambda: publish(draft.reference, "oscar"))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NotNow", "Referral"]
    with acting(actor_of("olive")):
        assert Invitation.objects.count() == 3 and Release.objects.count() == 2 and Match.objects.count() == 3
        assert Entry.objects.filter(kind="referral.published").count() == 1


def test_eight_clicks_are_one_publication(committed: str) -> None:
    draft = draft_referral()
    outcomes = at_once(*[lambda: publish(draft.reference)] * 8)
    assert sum(isinstance(outcome, Referral) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, NotNow) for outcome in outcomes) == 7


def test_without_the_lock_both_publish_and_only_an_index_stands_between(
    committed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = draft_referral()
    monkeypatch.setattr(locks, "hold", lambda **_ids: None)
    together = threading.Barrier(2)
    real = publishing.require_ready
    passed: list[int] = []

    def met(referral: Referral) -> None:
        real(referral)
        passed.append(1)
        together.wait(20)

    monkeypatch.setattr(publishing, "require_ready", met)
    outcomes = at_once(lambda: publish(draft.reference), lambda: publish(draft.reference, "oscar"))
    assert len(passed) == 2, "both found a draft"
    assert [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)] == [IntegrityError]


def _publish_paused(monkeypatch: pytest.MonkeyPatch, reference: str) -> tuple[threading.Event, threading.Event, Act]:
    """Publishing stops after it has looked at who is eligible, until told to go on."""
    looked, go_on = threading.Event(), threading.Event()
    real = publishing.candidates

    def look(*given: Any, **named: Any) -> Any:
        found = real(*given, **named)
        looked.set()
        go_on.wait(20)
        return found

    monkeypatch.setattr(publishing, "candidates", look)
    return looked, go_on, lambda: publish(reference)


def _suspended_at_commit_of_invitation() -> bool:
    """Whether the suspension's entry was written before the publication's: an invitation after a suspension."""
    with acting(actor_of("olive")):
        published = Entry.objects.get(kind="referral.published").at
        suspended = Admission.objects.get(pk=HOUSE).changed_at
        return bool(suspended < published and problems_of([HOUSE], TODAY)[HOUSE])


def test_a_suspension_waits_for_the_publication_it_meets(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = draft_referral()
    looked, go_on, paused = _publish_paused(monkeypatch, draft.reference)

    def suspend_meanwhile() -> Any:
        assert looked.wait(20)
        threading.Timer(0.5, go_on.set).start()
        return suspend()

    outcomes = at_once(paused, suspend_meanwhile)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert not _suspended_at_commit_of_invitation()


def test_without_the_lock_a_suspended_home_is_invited(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = draft_referral()
    monkeypatch.setattr(locks, "hold", lambda **_ids: None)
    looked, go_on, paused = _publish_paused(monkeypatch, draft.reference)

    def suspend_meanwhile() -> Any:
        assert looked.wait(20)
        done = suspend()
        go_on.set()
        return done

    outcomes = at_once(paused, suspend_meanwhile)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert _suspended_at_commit_of_invitation()


def test_after_a_suspension_committed_nobody_there_is_invited(committed: str) -> None:
    draft = draft_referral()
    suspend()
    with pytest.raises(RuleBroken) as refusal:
        publish(draft.reference)
    assert refusal.value.code == "not_eligible"
    publish(draft.reference, chosen=ALL[1:])
    with acting(actor_of("olive")):
        assert not Invitation.objects.filter(admission_id=HOUSE).exists()


def test_an_organisation_that_left_is_not_eligible(committed: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE tenants_organisation SET is_active = false WHERE slug = 'birch'")
    with acting(actor_of("olive")):
        assert problems_of([HOUSE], TODAY) == {HOUSE: ["provider_inactive"]}


def test_redis_away_while_publishing_loses_nothing(committed: str, settings: Any) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:9/0"
    from brokerage.celery import app

    before = app.conf.broker_url
    app.conf.broker_url = settings.CELERY_BROKER_URL
    try:
        story = published_referral()
    finally:
        app.conf.broker_url = before
    with worker():
        assert OutboxItem.objects.filter(kind="notify", done_at__isnull=True).count() == 1
        assert not Message.objects.exists()
    # The broker is back: the scheduler's next tick drains, then delivers.
    mail.outbox.clear()
    assert outbox.drain("events") == 1
    with worker():
        told = set(Message.objects.values_list("user__email", flat=True))
    assert told == {"bob@example.org", "cecil@example.org"}
    deliver_messages()
    assert sorted(message.to[0] for message in mail.outbox) == ["bob@example.org", "cecil@example.org"]
    for message in mail.outbox:
        assert story.reference in message.subject and f"/inbox/{story.reference}/" in message.body
        told = message.body.replace(story.reference, "")
        assert "14" not in told and "HA1" not in told
    assert outbox.drain("events") == 0 and deliver_messages() == 0
