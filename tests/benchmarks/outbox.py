"""One event for 10,000 recipients: `python -m tests.benchmarks.outbox [recipients]`.

Prints rows a second of expanding (against one plain INSERT ... SELECT of as many rows) and of delivering into memory.
Not run in CI: a time is no test.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

PLAIN = """
INSERT INTO notifications_message (id, event_id, organisation_id, user_id, channel, template, reference, path,
  created_at, available_at, attempts, last_error)
SELECT gen_random_uuid(), gen_random_uuid(), m.organisation_id, m.user_id, c, 'placements.invited', 'PLAIN', '/',
  now(), now() + interval '1 year', 0, ''
FROM tenants_membership m CROSS JOIN unnest(ARRAY['in_app', 'email']) c WHERE m.organisation_id = %s AND m.is_active
"""


def seconds(work: Callable[[], Any]) -> float:
    """How long it took."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


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


def measure() -> tuple[int, float, float, float]:
    """(rows expanded, seconds of plain SQL, of expanding, of delivering the e-mails)."""
    from django.core import mail
    from django.db import connection

    from brokerage.core.audit import outbox
    from brokerage.core.audit.record import Notice, record
    from brokerage.core.notifications import delivery
    from brokerage.core.tenants.context import acting, worker
    from brokerage.core.tenants.models import Organisation
    from tests.cast import actor_of, ident

    def plain() -> None:
        with worker(), connection.cursor() as cursor:
            cursor.execute(PLAIN, [ident("birch")])

    actor = actor_of("olive")
    with acting(actor):
        notice = Notice("placements.invited", ident("birch"), "BENCH", "/o/birch/", permissions=("inbox.view",))
        subject = Organisation.objects.get(pk=actor.organisation_id)
        record("bench.act", subject=subject, actor=actor, notify=[notice])
    by_hand = seconds(plain)
    expanding = seconds(lambda: outbox.drain("events"))
    mail.outbox = []
    delivering = seconds(lambda: delivery.deliver(rounds=100_000, seconds=600))
    return len(mail.outbox) * 2, by_hand, expanding, delivering


def main(recipients: int = 10_000) -> None:
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
        rows, by_hand, expanding, delivering = measure()
        connections.close_all()
    finally:
        databases.drop(name)
    sys.stdout.write(
        f"{rows} rows: plain INSERT ... SELECT {rows / by_hand:,.0f} rows/s; expanding {rows / expanding:,.0f} rows/s "
        f"({expanding / by_hand:.2f} times as long, aim: 3); delivering {rows / 2 / delivering:,.0f} e-mails/s\n"
    )


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:2]))
