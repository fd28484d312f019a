"""Hub brokers are told what the authority they act for is told, where their delegation covers the kind of home."""

from __future__ import annotations

import datetime as dt

import pytest

from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.record import Notice, record
from brokerage.core.clock import database_now
from brokerage.core.notifications.expand import expand_notices
from brokerage.core.notifications.models import Message
from brokerage.core.notifications.reading import messages_of
from brokerage.core.tenants.context import acting, worker
from brokerage.core.tenants.directory import actor_for
from brokerage.core.tenants.models import Delegation, Organisation
from tests.cast import TODAY, actor_of, ident, user_of
from tests.scenarios import invited

pytestmark = pytest.mark.django_db


def delegate(*categories: str, ends_on: dt.date | None = None, starts_on: dt.date = TODAY) -> None:
    """Ealing delegates these kinds to the hub, in place of what it delegated before."""
    with acting(actor_of("edith")) as edith:
        Delegation.objects.update(ended_at=database_now())
        Delegation.objects.create(
            authority_id=edith.organisation_id,
            central_team_id=ident("west-london-central"),
            starts_on=starts_on,
            ends_on=ends_on,
            categories=list(categories),
        )


def told(category: str = "", *, permission: str = "offer.view", user: str = "") -> list[str]:
    """Who hears of an event at Ealing."""
    person = user_of(user).pk if user else None
    with acting(actor_of("edith")) as edith:
        entry = record(
            "referral.noted",
            subject=Organisation.objects.get(pk=edith.organisation_id),
            actor=edith,
            notify=[
                Notice(
                    "placements.offer_received",
                    edith.organisation_id,
                    "R-1",
                    "/o/ealing/referrals/R-1/",
                    permissions=() if user else (permission,),
                    user_id=person,
                    category=category,
                )
            ],
        )
    with worker():
        item = OutboxItem.objects.get(entry_id=entry.pk)
    for _time in range(2):
        expand_notices(item)
    with worker():
        found = Message.objects.filter(event_id=item.pk, channel="in_app").order_by("user__email")
        return list(found.values_list("user__email", flat=True))


def test_a_delegation_carries_the_messages_it_covers() -> None:
    delegate("residential")
    assert told("residential") == ["edith@example.org", "hugh@example.org"]
    assert told("fostering") == told("") == ["edith@example.org"]
    delegate()
    assert told("fostering") == told("") == ["edith@example.org", "hugh@example.org"]
    assert told("residential", permission="spend.view") == ["edith@example.org"], "not a hub broker's to do"


def test_a_broker_who_acted_is_told_in_person() -> None:
    delegate("residential")
    assert told("residential", user="hugh") == ["hugh@example.org"]
    assert told("fostering", user="hugh") == []


def test_a_delegation_that_is_not_live_carries_nothing() -> None:
    delegate(starts_on=TODAY + dt.timedelta(days=2))
    assert told("residential") == ["edith@example.org"]
    delegate(starts_on=TODAY - dt.timedelta(days=9), ends_on=TODAY - dt.timedelta(days=2))
    assert told("residential") == ["edith@example.org"]


def test_the_broker_reads_it_while_acting_for_the_authority() -> None:
    delegate("residential")
    told("residential")
    hugh = actor_for(user_of("hugh"), "ealing")
    assert hugh is not None
    with acting(hugh):
        assert [message.path for message in messages_of(hugh)] == ["/o/ealing/referrals/R-1/"]


def test_a_decline_says_what_kind_of_home_it_is_about() -> None:
    from placements.actions.declines import decline_invitation

    story = invited(who="edith")
    with acting(actor_of("bob")) as bob:
        decline_invitation(bob, invitation_id=story.invitations["birch-house"].pk, reason="no_vacancy", note="")
    with worker():
        (item,) = OutboxItem.objects.filter(kind="notify")
    assert [notice["category"] for notice in item.payload["notices"]] == ["residential"]
