"""An alert to 10,000 recipients: raising it, delivering it, delivering it behind a backlog.

Raising is the alert, every organisation's row and every message row in one transaction, against one plain INSERT ...
SELECT of the same message rows. Delivering is `delivering`.
"""

from __future__ import annotations

from functools import partial

from tests.benchmarks.delivering import Backlog, measure_delivering
from tests.benchmarks.harness import Bench, as_owner, own_database, seconds
from tests.benchmarks.rows import compared

#: The message rows of an alert that was raised, under other names, without working anything out.
PLAIN = """
INSERT INTO notifications_message (id, event_id, organisation_id, user_id, channel, template, reference, path,
  created_at, available_at, attempts, last_error, is_urgent)
SELECT gen_random_uuid(), gen_random_uuid(), m.organisation_id, m.user_id, c, 'safeguarding.alert', 'PLAIN', '/',
  now(), now() + interval '1 year', 0, '', false
FROM notifications_message m, unnest(ARRAY['in_app', 'email']) c
WHERE m.reference = %s AND m.channel = 'email'
"""
RECIPIENTS = 10_000


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
    recipients = bench.part(RECIPIENTS, least=1000)
    with own_database("alert") as name:
        backlog = Backlog.of(bench, name)
        with as_owner():
            fill(recipients)
        plain, raising, rows = raise_in_turn(bench.rounds(5))
        bench.add(
            compared(
                f"Raising an alert to {recipients:,}",
                raising,
                plain,
                goal=3,
                reference="one INSERT ... SELECT of the same message rows",
                note=f"{rows:,} message rows, one transaction",
            )
        )
        measure_delivering(bench, name, recipients, backlog)


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
