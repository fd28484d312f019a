"""Two at the same moment, in transactions that really commit: one draft per press, one version per section."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.db import connections

from brokerage.core.tenants.context import acting
from placements.actions.referrals import ChangedMeanwhile, NewPerson, create_referral, save_section
from placements.models import Person
from placements.queries.referrals import referral_of
from tests.cast import actor_of
from tests.scenarios import draft_referral


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts in threads that start at one moment; what each returned or raised."""
    gate, found = threading.Barrier(len(acts)), [None] * len(acts)

    def run(position: int, act: Callable[[], Any]) -> None:
        try:
            gate.wait(10)
            found[position] = act()
        except Exception as problem:
            found[position] = problem
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


def test_two_clicks_at_the_same_moment_start_one_draft(committed: str) -> None:
    token = uuid4().hex
    person = NewPerson("C-RACE", "Wilhelmina", "Thistledown", dt.date(dt.date.today().year - 12, 1, 1), "female")

    def click() -> Any:
        with acting(actor_of("olive")) as olive:
            made = create_referral(olive, category="fostering", urgency="today", token=token, new_person=person)
            return made.pk

    first, second = together(click, click)
    assert first == second
    with acting(actor_of("olive")):
        assert Person.objects.filter(case_number="C-RACE").count() == 1


def test_two_officers_save_one_section_at_the_same_moment_and_one_is_told(committed: str) -> None:
    opened = draft_referral()

    def save(who: str, miles: int) -> Callable[[], Any]:
        def act() -> Any:
            with acting(actor_of(who)) as actor:
                saved = save_section(
                    actor,
                    reference=opened.reference,
                    section="where",
                    values={"max_miles": miles},
                    base_revision=opened.revision,
                )
                return saved.max_miles

        return act

    found = together(save("olive", 7), save("oscar", 8))
    kept = [each for each in found if isinstance(each, int)]
    assert len(kept) == 1 and sum(isinstance(each, ChangedMeanwhile) for each in found) == 1
    with acting(actor_of("olive")) as olive:
        assert referral_of(olive, opened.reference).max_miles == kept[0]
