"""Messages as a way to send people elsewhere: a notice that somebody inside forged for another organisation."""

from __future__ import annotations

import pytest
from django.core import mail

from brokerage.core.audit import outbox
from brokerage.core.audit.record import enqueue
from brokerage.core.notifications.models import Message
from brokerage.core.notifications.tasks import deliver_messages
from brokerage.core.tenants.context import acting, worker
from tests.cast import actor_of, ident


def _forge(path: str, reference: str = "R-1") -> int:
    """How many messages Bob's notice to Harrow's officers makes."""
    notice = {
        "template": "placements.offer_received",
        "organisation_id": str(actor_of("oscar").organisation_id),
        "reference": reference,
        "path": path,
        "permissions": ["offer.view"],
        "user_id": None,
    }
    with acting(actor_of("bob")) as bob:
        enqueue("notify", queue="events", actor=bob, payload={"notices": [notice]})
    outbox.drain("events")
    with worker():
        return Message.objects.count()


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/",
        "https://evil.example/",
        ".evil.example/o/harrow/",
        "@evil.example/o/harrow/",
        "/o/birch/inbox/",
        "/accounts/logout/",
        "/o/harrow",
        "/o/harrow/\n\nhttps://evil.example/",
    ],
)
def test_a_link_leads_into_the_readers_own_organisation_only(committed: str, path: str) -> None:
    assert _forge(path) == 0
    deliver_messages()
    assert not mail.outbox


def test_a_reference_adds_no_header_and_no_line(committed: str) -> None:
    assert _forge("/o/harrow/referrals/", "R-1\nBcc: everyone@evil.example") == 0
    deliver_messages()
    assert not mail.outbox


def test_an_honest_notice_arrives(committed: str) -> None:
    assert _forge("/o/harrow/referrals/R-1/") > 0
    deliver_messages()
    assert mail.outbox and all("/o/harrow/referrals/R-1/" in message.body for message in mail.outbox)
    assert str(ident("birch")) not in mail.outbox[0].body


def test_a_long_name_in_place_of_a_reference_keeps_nobody_from_being_told(committed: str) -> None:
    """A provider's legal name may be longer than a reference."""
    assert _forge("/o/harrow/referrals/", "The Very Long Name Of A Provider Of Care For Children " * 3) > 0
