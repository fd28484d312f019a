"""Questions and answers: everyone invited reads the same, and nobody learns who asked."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.http import Http404

from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.context import acting
from placements.actions.clarifications import MOST_UNANSWERED, answer_clarification, ask_clarification
from placements.models import Clarification, Referral, Release
from tests.cast import actor_of, ident
from tests.scenarios import Invited, published_referral

pytestmark = pytest.mark.django_db

QUESTION = "Does he go to school by himself?"


def ask(story: Invited, who: str = "bob", question: str = QUESTION) -> Clarification:
    provider = {"bob": "birch", "cecil": "cedar"}[who]
    with acting(actor_of(who)) as actor:
        return ask_clarification(actor, release=story.releases[provider], question=question)


def answer(asked: Clarification, who: str = "olive", **changes: Any) -> Clarification:
    with acting(actor_of(who)) as actor:
        return answer_clarification(
            actor,
            **{
                "clarification_id": asked.pk,
                "published_question": QUESTION,
                "answer": "Yes, by bus.",
                **changes,
            },
        )


def test_the_answer_goes_to_everyone_and_does_not_say_who_asked() -> None:
    story = published_referral()
    asked = ask(story, question="Bob at Birch asks: does he go to school by himself?")
    answer(asked)
    for who in ("bob", "cecil"):
        with acting(actor_of(who)):
            release = Release.objects.get()
            assert [(each["question"], each["answer"]) for each in release.clarifications] == [
                (QUESTION, "Yes, by bus.")
            ]
            assert set(release.clarifications[0]) == {"question", "answer", "answered_at"}
            assert release.version == 1
    with acting(actor_of("cecil")):
        assert not Clarification.objects.exists()


def test_an_answer_that_names_the_asker_or_tells_who_the_child_is_is_refused() -> None:
    asked = ask(published_referral())
    for changes, code, field in (
        ({"published_question": "Birch Care asks about school."}, "names_provider", "published_question"),
        ({"answer": "Birch House knows."}, "names_provider", "answer"),
        ({"answer": "Zachariah takes the bus."}, "discloses", "answer"),
        ({"answer": "He lives at HA1 2AA."}, "discloses", "answer"),
        ({"answer": " "}, "text_missing", "answer"),
        ({"answer": "x" * 2001}, "text_too_long", "answer"),
    ):
        with pytest.raises(RuleBroken) as refusal:
            answer(asked, **changes)
        assert (refusal.value.code, refusal.value.field) == (code, field)


def test_a_question_is_answered_once_while_the_referral_runs() -> None:
    story = published_referral()
    first, second = ask(story), ask(story, "cecil")
    answer(first)
    with pytest.raises(NotNow) as refusal:
        answer(first)
    assert refusal.value.code == "answered"
    with acting(actor_of("olive")):
        Referral.objects.filter(pk=story.referral.pk).update(status="not_placed")
    with pytest.raises(NotNow):
        answer(second)


def test_who_may_ask_and_answer() -> None:
    story = published_referral()
    asked = ask(story)
    for who, kind in (("edith", Http404), ("sandra", NotPermitted), ("bob", NotPermitted)):
        with pytest.raises(kind):
            answer(asked, who=who)
    with acting(actor_of("cecil")) as actor, pytest.raises(Http404):
        ask_clarification(actor, release=story.releases["birch"].pk, question=QUESTION)
    with acting(actor_of("olive")) as actor, pytest.raises(NotPermitted):
        ask_clarification(actor, release=story.releases["birch"].pk, question=QUESTION)


def test_the_same_question_twice_is_one_and_too_many_are_refused() -> None:
    story = published_referral()
    assert ask(story).pk == ask(story).pk
    for number in range(MOST_UNANSWERED - 1):
        ask(story, question=f"Question {number}?")
    with pytest.raises(RuleBroken) as refusal:
        ask(story, question="One more?")
    assert refusal.value.code == "too_many_questions"
    with pytest.raises(RuleBroken) as refusal:
        ask(story, "cecil", question="  ")
    assert refusal.value.field == "question"


def test_after_closing_time_nobody_asks() -> None:
    story = published_referral()
    with acting(actor_of("olive")):
        Release.objects.filter(provider_id=ident("birch")).update(closes_at=database_now() - dt.timedelta(seconds=1))
    with pytest.raises(NotNow) as refusal:
        ask(story)
    assert refusal.value.code == "closed"


def test_someone_invited_later_reads_the_answers_given_before() -> None:
    from placements.actions.publishing import invite_more

    story = published_referral(homes=("birch-house",))
    answer(ask(story))
    with acting(actor_of("olive")) as actor:
        invite_more(actor, reference=story.reference, chosen=[str(ident("admission cedar-house"))])
    with acting(actor_of("cecil")):
        assert Release.objects.get().clarifications[0]["answer"] == "Yes, by bus."
