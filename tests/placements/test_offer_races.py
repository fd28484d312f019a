"""Offers and declines made at the same moment, with transactions that really commit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from django.db import connection

from brokerage.core import locks
from brokerage.core.audit.models import Entry
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.context import acting
from placements.actions.offers import start_offer, submit_offer
from placements.models import Offer
from tests.cast import actor_of, ident
from tests.placements.offer_steps import new_ceiling
from tests.scenarios import drafted_offer, invited


def test_eight_clicks_at_once_submit_one_offer(committed: str) -> None:
    draft = drafted_offer("bob")
    bob = actor_of("bob")

    def click(_number: int) -> str:
        try:
            with acting(bob):
                submit_offer(bob, offer_id=draft.pk)
            return "submitted"
        except NotNow as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(click, range(8)))
    assert outcomes == ["offer_not_now"] * 7 + ["submitted"]
    with acting(bob):
        assert Entry.objects.filter(kind="offer.submitted").count() == 1


def test_a_ceiling_lowered_at_the_same_time_is_never_overstepped(committed: str) -> None:
    """The contract manager's exclusive lock and the offer's shared one: one of them is first, whichever."""
    stories = [invited() for _number in range(4)]
    drafts = [drafted_offer("bob", story=story) for story in stories]
    bob, carol = actor_of("bob"), actor_of("carol")

    def offer(draft: Offer) -> None:
        try:
            with acting(bob):
                submit_offer(bob, offer_id=draft.pk)
        except RuleBroken:
            pass
        finally:
            connection.close()

    def lower() -> None:
        try:
            with acting(carol):
                locks.hold(admissions_exclusive=[ident("admission birch-house")])
                new_ceiling("3700.00")
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        waiting = [pool.submit(offer, draft) for draft in drafts]
        waiting.insert(2, pool.submit(lower))
        for each in waiting:
            each.result()
    with acting(bob):
        for each in Offer.objects.all():
            assert each.weekly_core is not None and each.weekly_core <= each.ceiling
            assert each.status == "draft" or each.ceiling == Decimal("4000.00")


def test_two_people_who_begin_at_once_write_one_offer(committed: str) -> None:
    story = invited()
    bob = actor_of("bob")

    def begin(_number: int) -> str:
        try:
            with acting(bob):
                return str(start_offer(bob, invitation_id=story.invitations["birch-house"].pk).pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(begin, range(4)))) == 1
    with acting(bob):
        assert Offer.objects.count() == 1
