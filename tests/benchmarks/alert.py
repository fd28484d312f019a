"""An alert to 10,000 recipients: raising it, delivering it, delivering it behind a backlog.

Raising is the alert, every organisation's row and every message row in one transaction, against one plain INSERT ...
SELECT of the same message rows.
"""

from __future__ import annotations

from functools import partial

from tests.benchmarks.harness import Bench, as_owner, own_database, seconds
from tests.benchmarks.rows import Row, compared, middle_half

#: The message rows of an alert that was raised, under other names, without working anything out.
PLAIN = """
INSERT INTO notifications_message (id, event_id, organisation_id, user_id, channel, template, reference, path,
  created_at, available_at, attempts, last_error, is_urgent)
SELECT gen_random_uuid(), gen_random_uuid(), m.organisation_id, m.user_id, c, 'safeguarding.alert', 'PLAIN', '/',
  now(), now() + interval '1 year', 0, '', false
FROM notifications_message m, unnest(ARRAY['in_app', 'email']) c
WHERE m.reference = %s AND m.channel = 'email'
"""
BACKLOG = """
INSERT INTO notifications_message (id, event_id, organisation_id, user_id, channel, template, reference, path,
  created_at, available_at, attempts, last_error)
SELECT gen_random_uuid(), gen_random_uuid(), m.organisation_id, m.user_id, 'email', 'placements.invited', 'BACKLOG',
  '/', now() - interval '1 hour', now() - interval '1 hour', 0, ''
FROM tenants_membership m CROSS JOIN generate_series(1, %s) WHERE m.user_id = %s
"""
RECIPIENTS, BACKLOG_ROWS = 10_000, 100_000


def fill(recipients: int) -> None:
    """So many people who read alerts, at Ealing and the central team of its region."""
    from brokerage.core.accounts.models import User
    from brokerage.core.tenants.context import loader
    from brokerage.core.tenants.models import Membership, Organisation

    users = [
        User(email=f"bench{number}@example.org", name=f"Bench {number}", password="!") for number in range(recipients)
    ]
    with loader():
        ids = dict(Organisation.objects.values_list("slug", "pk"))
        User.objects.bulk_create(users, batch_size=2000)
        Membership.objects.bulk_create(
            (
                Membership(user=user, organisation_id=ids["ealing"], roles=["placement_officer"])
                if number % 10
                else Membership(user=user, organisation_id=ids["west-london-central"], roles=["contract_manager"])
                for number, user in enumerate(users)
            ),
            batch_size=2000,
        )


def measure(bench: Bench) -> None:
    """Raising, delivering, and delivering behind a backlog, in a database of its own."""
    from django.test import override_settings

    with (
        own_database("alert"),
        override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"),
    ):
        with as_owner():
            fill(RECIPIENTS)
        plain, raising, rows = raise_in_turn(bench.rounds(5))
        bench.add(
            compared(
                "Raising an alert",
                raising,
                plain,
                goal=3,
                reference="one INSERT ... SELECT of the same message rows",
                note=f"{RECIPIENTS:,} recipients, {rows:,} message rows, one transaction",
            )
        )
        free = [deliver_one(number) for number in range(bench.rounds(3))]
        add_backlog(BACKLOG_ROWS)
        behind = [deliver_one(100 + number) for number in range(bench.rounds(3))]
    from tests.benchmarks import noop

    rate = noop.tasks_a_second(bench.rounds(3))
    rates = [count / took for count, took, _first in free]
    ratios = [one / sum(rate) * len(rate) for one in rates]
    bench.add(
        Row(
            "Delivering an alert",
            1.5,
            sorted(ratios)[len(ratios) // 2],
            middle_half(ratios),
            "the rate of a Celery task that does nothing, one worker",
            at_most=False,
            note=f"{sum(rates) / len(rates):,.0f} e-mails a second against {sum(rate) / len(rate):,.0f} tasks",
        ),
        compared(
            "Delivering an alert behind a backlog",
            [took / count for count, took, _first in behind],
            [took / count for count, took, _first in free],
            goal=1.3,
            reference="the same without a backlog",
            note=f"{BACKLOG_ROWS:,} ordinary e-mails wait; seconds an e-mail",
        ),
        Row(
            "First e-mail of an alert",
            2,
            max(first for _count, _took, first in behind),
            middle_half([first for _count, _took, first in behind]),
            "none: seconds from the start of the delivery, behind the backlog",
        ),
    )


def raise_in_turn(rounds: int) -> tuple[list[float], list[float], int]:
    """(seconds of plain SQL, of raising, message rows)."""
    from django.db import connection

    from brokerage.core.notifications.models import Message
    from brokerage.core.tenants.context import worker
    from tests.safeguarding.alerting import raised

    def by_hand(reference: str) -> None:
        with worker(), connection.cursor() as cursor:
            cursor.execute(PLAIN, [reference])

    plain, raising, rows = [], [], 0
    for number in range(rounds):
        references: list[str] = []
        act = partial(raised, what_happened=f"Something happened there, number {number}.")
        raising.append(seconds(lambda act=act, found=references: found.append(act().reference)))
        with worker():
            rows = Message.objects.filter(reference=references[0]).count()
        plain.append(seconds(partial(by_hand, references[0])))
        with worker():
            assert Message.objects.filter(reference="PLAIN").count() == rows
        with worker(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM notifications_message")
    return plain, raising, rows


def add_backlog(rows: int) -> None:
    """So many ordinary e-mails that have waited for an hour."""
    from django.db import connection

    from brokerage.core.tenants.context import worker
    from tests.cast import ident

    with worker(), connection.cursor() as cursor:
        cursor.execute(BACKLOG, [rows, ident("user bob")])


def deliver_one(number: int) -> tuple[int, float, float]:
    """(e-mails of a new alert, seconds until the last of them, seconds until the first) of one process."""
    import time

    from django.core import mail

    from brokerage.core.notifications import delivery
    from brokerage.core.notifications.models import Message
    from brokerage.core.tenants.context import worker
    from tests.safeguarding.alerting import raised

    reference = raised(what_happened=f"Something else happened there, number {number}.").reference
    with worker():
        urgent = Message.objects.filter(reference=reference, channel="email").count()
    mail.outbox = []
    began = time.perf_counter()
    delivery.deliver(rounds=1, seconds=600)
    first = time.perf_counter() - began
    delivery.deliver(rounds=-(-urgent // delivery.BATCH) - 1, seconds=600)
    took = time.perf_counter() - began
    assert sum(1 for message in mail.outbox if reference in message.subject) == urgent
    return urgent, took, first
