"""An alert to 10,000 recipients: `python -m tests.benchmarks.alert [recipients] [backlog]`.

Prints how long raising takes (the alert, every organisation's row and every message row, in one transaction) against
one plain INSERT ... SELECT of the same message rows, and where its e-mails come behind a backlog of ordinary ones. Not
run in CI: a time is no test.
"""

from __future__ import annotations

import os
import statistics
import sys
from functools import partial

from tests.benchmarks.outbox import seconds

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
ROUNDS = 5


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


def measure_raising() -> tuple[int, float, float]:
    """(message rows, median seconds of plain SQL, of raising), each measured in turn."""
    from django.db import connection

    from brokerage.core.notifications.models import Message
    from brokerage.core.tenants.context import worker
    from tests.safeguarding.alerting import raised

    def by_hand(reference: str) -> None:
        with worker(), connection.cursor() as cursor:
            cursor.execute(PLAIN, [reference])

    plain, raising, rows = [], [], 0
    for number in range(ROUNDS):
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
    return rows, statistics.median(plain), statistics.median(raising)


def measure_order(backlog: int) -> tuple[int, float, int]:
    """(e-mails of an alert, seconds until the last of them, ordinary ones sent before it) behind a backlog, where one
    process delivers everything."""
    from django.core import mail
    from django.db import connection

    from brokerage.core.notifications import delivery
    from brokerage.core.notifications.models import Message
    from brokerage.core.tenants.context import worker
    from tests.cast import ident
    from tests.safeguarding.alerting import raised

    with worker(), connection.cursor() as cursor:
        cursor.execute(BACKLOG, [backlog, ident("user bob")])
    reference = raised(what_happened="Something happened there at last.").reference
    with worker():
        urgent = Message.objects.filter(reference=reference, channel="email").count()
    mail.outbox = []
    took = seconds(lambda: delivery.deliver(rounds=-(-urgent // delivery.BATCH), seconds=600))
    before = sum(1 for message in mail.outbox[:urgent] if reference not in message.subject)
    return urgent, took, before


def main(recipients: int = 10_000, backlog: int = 100_000) -> None:
    """Measure in a clone of the tests' database, filled as its owner and asked as the application."""
    from tests import databases, plugin

    name = f"benchmark_{os.getpid()}"
    databases.clone(name)
    try:
        os.environ.update(
            DATABASE_URL=plugin.database_url(name, "brokerage_migrator"),
            OWNER_DATABASE_URL=plugin.database_url(name, "brokerage_migrator"),
            DJANGO_SETTINGS_MODULE="brokerage.settings",
        )
        import django
        from django.conf import settings
        from django.db import connections

        django.setup()
        fill(recipients)
        connections["default"].close()
        connections["default"].settings_dict["USER"] = "brokerage_login"
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        rows, plain, raising = measure_raising()
        urgent, took, before = measure_order(backlog)
        connections.close_all()
    finally:
        databases.drop(name)
    sys.stdout.write(
        f"{rows} message rows: plain INSERT ... SELECT {plain * 1000:,.0f} ms; raising the alert"
        f" {raising * 1000:,.0f} ms ({raising / plain:.2f} times as long, aim: 3)\n"
        f"behind {backlog} ordinary e-mails: {urgent} e-mails of the alert in {took:.1f} s"
        f" ({urgent / took:,.0f} a second), {before} ordinary ones before the last of them\n"
    )


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:3]))
