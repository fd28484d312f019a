"""One event for 10,000 recipients: expanding it against one plain INSERT ... SELECT of as many rows."""

from __future__ import annotations

from tests.benchmarks.harness import Bench, as_owner, own_database, seconds
from tests.benchmarks.rows import compared

RECIPIENTS = 10_000

PLAIN = """
INSERT INTO notifications_message (id, event_id, organisation_id, user_id, channel, template, reference, path,
  created_at, available_at, attempts, last_error)
SELECT gen_random_uuid(), gen_random_uuid(), m.organisation_id, m.user_id, c, 'placements.invited', 'PLAIN', '/',
  now(), now() + interval '1 year', 0, ''
FROM tenants_membership m CROSS JOIN unnest(ARRAY['in_app', 'email']) c WHERE m.organisation_id = %s AND m.is_active
"""


def fill(recipients: int) -> None:
    """So many people who hold "inbox.view" at Birch."""
    from brokerage.core.accounts.models import User
    from brokerage.core.tenants.context import loader
    from brokerage.core.tenants.models import Membership
    from tests.cast import ident

    users = [
        User(email=f"bench{number}@example.org", name=f"Bench {number}", password="!") for number in range(recipients)
    ]
    with loader():
        User.objects.bulk_create(users, batch_size=2000)
        Membership.objects.bulk_create(
            (Membership(user=user, organisation_id=ident("birch"), roles=["bid_writer"]) for user in users),
            batch_size=2000,
        )


def measure(bench: Bench) -> None:
    """Expanding and plain SQL in turn; the e-mails go nowhere."""
    from django.db import connection

    from brokerage.core.audit import outbox
    from brokerage.core.audit.record import Notice, record
    from brokerage.core.tenants.context import acting, worker
    from brokerage.core.tenants.models import Organisation
    from tests.cast import actor_of, ident

    def plain() -> None:
        with worker(), connection.cursor() as cursor:
            cursor.execute(PLAIN, [ident("birch")])

    expanding, by_hand = [], []
    with own_database("outbox"):
        with as_owner():
            fill(RECIPIENTS)
        actor = actor_of("olive")
        for number in range(bench.rounds(5)):
            with acting(actor):
                notice = Notice(
                    "placements.invited", ident("birch"), f"BENCH-{number}", "/o/birch/", permissions=("inbox.view",)
                )
                subject = Organisation.objects.get(pk=actor.organisation_id)
                record("bench.act", subject=subject, actor=actor, notify=[notice])
            by_hand.append(seconds(plain))
            expanding.append(seconds(lambda: outbox.drain("events")))
            with worker(), connection.cursor() as cursor:
                cursor.execute("DELETE FROM notifications_message")
    bench.add(
        compared(
            f"Expanding an event for {RECIPIENTS:,}",
            expanding,
            by_hand,
            goal=3,
            reference="one INSERT ... SELECT of the same message rows",
            note=f"{RECIPIENTS * 2:,} messages",
        )
    )
