"""The API's list of 50 referrals among a million, against plain psycopg2: `python -m tests.benchmarks.api_list`.

Whole requests through the WSGI application: token check, rate limit, permissions, row security, JSON. Prints the ratio
(QUALITY.md: at most 8, 5 is the stretch). Not run in CI: a time is no test.
"""

from __future__ import annotations

import io
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import psycopg2

REFERRALS = int(os.environ.get("REFERRALS", "1000000"))
ROUNDS = 300

FILL = """
INSERT INTO placements_referral (id, authority_id, reference, category, status, revision, age, sex, needs, outward,
  max_miles, avoid_outwards, needs_solo, single_sex_home, urgency, needed_on, expected_weeks, planned_months, closes_at,
  is_sealed, answers, sections_done, disclosures_confirmed, invite_reason, amendment_note, officer_name,
  social_worker_name, created_at, updated_at, published_at, end_reason)
SELECT gen_random_uuid(), a.id, 'R-' || lpad(to_hex(n), 8, '0'),
  (ARRAY['fostering', 'residential', 'supported_accommodation'])[1 + n %% 3],
  (ARRAY['published', 'placed', 'not_placed', 'withdrawn'])[1 + n %% 4], 1, n %% 18, 'male', '{self_harm,missing}',
  'HA1', 20, '{}', false, false, 'planned', date '2026-01-01' + (n %% 300)::int, 52, 12,
  now() - make_interval(mins => (n %% 2600000)::int), false, '{"needs": {"about": "Calm, steady adults."}}', '{}', '{}',
  '', '', 'Olive', '', now() - make_interval(mins => (n %% 2600000)::int), now(),
  now() - make_interval(mins => (n %% 2600000)::int), ''
FROM (SELECT id, row_number() OVER (ORDER BY slug) - 1 AS k, count(*) OVER () AS many
      FROM tenants_organisation WHERE kind = 'authority') a
JOIN generate_series(1, %s) n ON n %% a.many = a.k;
"""


def interleaved(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[list[float], list[float]]:
    """The milliseconds of both, asked in turn, so that the machine's other work meets both alike."""
    found: tuple[list[float], list[float]] = ([], [])
    for _round in range(ROUNDS):
        for act, times in zip((first, second), found, strict=True):
            began = time.perf_counter()
            act()
            times.append((time.perf_counter() - began) * 1000)
    return found


def main() -> None:
    """Build the rows in a database of their own, time both in turn, print, drop the database."""
    import tests.plugin  # starts the servers and names the database

    os.environ["DJANGO_SETTINGS_MODULE"] = "brokerage.settings"
    os.environ["API_RATE"] = "10000000"
    import django

    django.setup()
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.db import connections

    from tests import databases
    from tests.api.clients import client_of
    from tests.cast import actor_of

    assert tests.plugin.PASSWORD
    name = settings.DATABASES["default"]["NAME"]
    databases.clone(name)
    superuser = psycopg2.connect(tests.plugin.database_url(name))
    superuser.autocommit = True
    try:
        sys.stdout.write(f"Writing {REFERRALS:,} referrals of 175 authorities...\n")
        with superuser.cursor() as cursor:
            cursor.execute(FILL, [REFERRALS])
            cursor.execute("VACUUM ANALYZE placements_referral")
        machine = client_of("olive")
        application = get_wsgi_application()
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": "/api/v1/referrals",
            "QUERY_STRING": "limit=50",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_AUTHORIZATION": f"Bearer {machine.token}",
            "wsgi.url_scheme": "http",
            "wsgi.version": (1, 0),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        told: list[str] = []

        def ask() -> bytes:
            told.clear()
            answer = application({**environ, "wsgi.input": io.BytesIO()}, lambda status, _headers: told.append(status))
            body = b"".join(answer)
            if hasattr(answer, "close"):
                answer.close()
            return body

        body = ask()
        assert told[0].startswith("200"), body
        plain_sql = (
            "SELECT reference, category, status, urgency, age, sex, needs, outward, needed_on, closes_at, is_sealed,"
            " officer_name, social_worker_name, created_at, updated_at, published_at FROM placements_referral"
            " WHERE authority_id = %s ORDER BY created_at DESC, id DESC LIMIT 50"
        )
        organisation = str(actor_of("olive").organisation_id)

        def plain() -> list[Any]:
            with superuser.cursor() as cursor:
                cursor.execute(plain_sql, [organisation])
                return cursor.fetchall()

        assert len(plain()) == 50
        interleaved(plain, ask)
        base, ours = interleaved(plain, ask)
        ratios = [mine / other for mine, other in zip(ours, base, strict=True)]
        low, _five, high = statistics.quantiles(ratios, n=4)
        sys.stdout.write(
            f"{REFERRALS:,} referrals, list of 50, {len(body):,} bytes, medians of {ROUNDS} rounds\n"
            f"plain psycopg2  {statistics.median(base):7.2f} ms\n"
            f"API list        {statistics.median(ours):7.2f} ms   ratio "
            f"{statistics.median(ours) / statistics.median(base):.2f}   (middle half {low:.2f} to {high:.2f})\n"
        )
        if "--profile" in sys.argv:
            import cProfile
            import pstats

            profile = cProfile.Profile()
            profile.runcall(lambda: [ask() for _round in range(200)])
            pstats.Stats(profile).sort_stats("cumulative").print_stats(60)
    finally:
        superuser.close()
        connections.close_all()
        databases.drop(name)


if __name__ == "__main__":
    main()
