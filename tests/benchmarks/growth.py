"""What a list, a detail, an inbox, an award, a search and the dashboards cost among more and more referrals."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.benchmarks.asking import Asker
from tests.benchmarks.cycle import award_one, decided_later
from tests.benchmarks.harness import Bench, beside_goal, database, held_open, say, seconds, superuser
from tests.benchmarks.rows import Row, figure, middle_half

#: what, who asks (`machine`: a system of the authority, `system`: one of the provider), the address (of the authority,
#: its referral, the provider), how much dearer at most.
PLACES = (
    ("list", "officer", "/o/harrow/referrals/", 1.3),
    ("API list", "machine", "/api/v1/referrals?limit=50", 1.3),
    ("detail", "officer", "/o/harrow/referrals/{reference}/", 1.3),
    ("list of placements", "officer", "/o/harrow/placements/", 1.3),
    ("messages", "officer", "/o/harrow/messages/", 1.3),
    ("inbox", "provider", "/o/{provider}/inbox/", 1.3),
    ("list of own offers", "provider", "/o/{provider}/offers/", 1.3),
    ("list of agreements", "officer", "/o/harrow/agreements/", 1.3),
    ("API list of own offers", "system", "/api/v1/offers?limit=50", 1.3),
    ("API list of own invitations", "system", "/api/v1/invitations?limit=50", 1.3),
    ("API list of own agreements", "system", "/api/v1/agreements?limit=50", 1.3),
    ("API list of agreements", "machine", "/api/v1/agreements?limit=50", 1.3),
    ("API list of awards", "machine", "/api/v1/awards?limit=50", 1.3),
    ("API list of the audit trail", "machine", "/api/v1/audit?limit=50", 1.3),
    ("search for a person", "officer", "/o/harrow/people/search/", 1.5),
    ("search by reference", "officer", "/o/harrow/search/?q={reference}", 1.5),
    ("search for homes", "officer", "/o/harrow/homes/?category=residential&age=14", 1.5),
    ("home page of an officer", "officer", "/o/harrow/", 1.5),
    ("home page of a commissioner", "commissioner", "/o/harrow/", 1.5),
    ("home page of a provider", "provider", "/o/{provider}/", 1.5),
    ("home page of a central team", "central", "/o/west-london-central/", 1.5),
    ("spend report", "commissioner", "/o/harrow/spend/", 1.5),
    ("market report", "central", "/o/west-london-central/market/", 1.5),
)

#: Times that each is asked before it is timed; an award is timed in one of so many rounds.
WARM, AWARD_EVERY = 4, 3
#: The provider asked most often that has an open invitation; and enough open ones for a full page of its inbox.
PROVIDER = """
SELECT o.slug, m.user_id, o.id FROM placements_release r JOIN tenants_organisation o ON o.id = r.provider_id
JOIN tenants_membership m ON m.organisation_id = o.id
WHERE r.state = 'open' GROUP BY o.id, o.slug, m.user_id ORDER BY count(*) DESC, o.slug LIMIT 1
"""
FILL_INBOX = """
UPDATE placements_release SET state = 'open', closes_at = now() + interval '3 days', closed_at = NULL
WHERE id IN (SELECT id FROM placements_release WHERE provider_id = %s AND state = 'closed' ORDER BY published_at DESC
  LIMIT greatest(0, 25 - (SELECT count(*) FROM placements_release WHERE provider_id = %s AND state = 'open'
    AND closes_at > now())))
"""
#: Of which nobody has answered any, so that each inbox has a full page to show.
ASK_AGAIN = """
UPDATE placements_invitation i SET status = 'open', answered_at = NULL FROM placements_release r
WHERE r.id = i.release_id AND r.provider_id = %s AND r.state = 'open' AND r.closes_at > now() AND i.status <> 'open'
  AND NOT EXISTS (SELECT FROM placements_offer o WHERE o.invitation_id = i.id AND o.status IN ('submitted', 'accepted'))
"""
#: An award writes to a random place of each index of these tables. A service in use has them in memory; a country that
#: was seeded some time ago has them on the disk, which is another thing than growth: they are read once beforehand.
#: In megabytes.
READ_INDEXES = """
SELECT sum(pg_prewarm(i.indexrelid, 'read')) * current_setting('block_size')::bigint / 1000000 FROM pg_index i
WHERE i.indrelid = ANY (ARRAY['placements_referral', 'placements_release', 'placements_invitation', 'placements_offer',
  'placements_award', 'placements_placement', 'contracts_agreement', 'audit_entry', 'audit_link']::regclass[])
"""
#: Releases and invitations that the provider's list of what awaits an answer may show.
SHOWN = """
SELECT count(DISTINCT r.id), count(*) FROM placements_release r JOIN placements_invitation i ON i.release_id = r.id
WHERE r.provider_id = %s AND r.state = 'open' AND r.closes_at > now() AND i.status = 'open'
"""


def measure(bench: Bench) -> None:
    """Each asked of every size in turn, over connections that stay open."""
    from django.test import override_settings

    if len(bench.sizes) < 2:
        bench.leave_out("growth: needs two sizes (--sizes 10000,100000)")
        return
    # As in production; those who ask have one.
    with override_settings(SECOND_FACTOR_REQUIRED=True):
        _measure(bench)


def _measure(bench: Bench) -> None:
    asks: dict[int, dict[str, Callable[[], object]]] = {}
    warmed: dict[int, str] = {}
    for size in bench.sizes:
        asks[size], warmed[size] = _ready(bench, size)
    countries = {size: bench.country(size) for size in bench.sizes}
    found: dict[str, dict[int, list[float]]] = {what: {size: [] for size in bench.sizes} for what in asks[size]}
    with held_open(countries.values()) as lead:
        for number in range(-WARM, _rounds(bench)):
            for what, by_size in found.items():
                if what == "award" and number % AWARD_EVERY and number >= 0:
                    continue
                # Whoever is first finds less of the program at hand: each size is, in turn.
                turn = len(by_size[bench.sizes[0]])
                for place in range(len(bench.sizes)):
                    size = bench.sizes[(turn + place) % len(bench.sizes)]
                    lead(countries[size])
                    took = seconds(asks[size][what])
                    if number >= 0:
                        by_size[size].append(took)
    first, *_between, last = bench.sizes
    goals = {what: goal for what, _who, _path, goal in PLACES} | {"award": 1.3}
    for what, by_size in found.items():
        low, high = middle_half(by_size[last])
        middle = statistics.median(by_size[first])
        told = ", ".join(f"{figure(statistics.median(by_size[size]) * 1000)} ms at {size:,}" for size in bench.sizes)
        bench.add(
            Row(
                f"Growth of the {what} from {first:,} to {last:,}",
                goals[what],
                statistics.median(by_size[last]) / middle,
                (low / middle, high / middle),
                f"itself among {first:,} referrals",
                note=f"{told}; {warmed[last]}{beside_goal(last)}",
            )
        )


def _rounds(bench: Bench) -> int:
    return bench.rounds(45)


def _ready(bench: Bench, size: int) -> tuple[dict[str, Callable[[], object]], str]:
    """What is asked of that country, and what was read of it beforehand."""
    from brokerage.core.accounts.models import User
    from brokerage.core.tenants.directory import actor_for
    from tests.api.clients import client_of, machine_of
    from tests.cast import actor_of, user_of

    name = bench.country(size)
    with database(name), superuser(name) as cursor:
        cursor.execute(PROVIDER)
        slug, user_id, provider_id = cursor.fetchone()
        cursor.execute(FILL_INBOX, [provider_id, provider_id])
        cursor.execute(ASK_AGAIN, [provider_id])
        cursor.execute(SHOWN, [provider_id])
        shown = "{} releases with {} invitations".format(*cursor.fetchone())
        indexes = _read_indexes(cursor)
        cursor.execute(
            "SELECT reference FROM placements_referral WHERE authority_id = %s AND status = 'placed'"
            " ORDER BY created_at DESC LIMIT 1",
            [str(actor_of("olive").organisation_id)],
        )
        (reference,) = cursor.fetchone()
        cursor.execute(
            "SELECT p.given_name || ' ' || p.family_name FROM placements_person p JOIN placements_referral r"
            " ON r.person_id = p.id WHERE r.reference = %s",
            [reference],
        )
        (name_of_person,) = cursor.fetchone()
        user = User.objects.get(pk=user_id)
        bidding = actor_for(user, slug)
        assert bidding is not None
        askers = {
            "officer": Asker(user=user_of("olive")),
            "commissioner": Asker(user=user_of("connie")),
            "central": Asker(user=user_of("carol")),
            "provider": Asker(user=user),
            "machine": Asker(token=client_of("olive").token),
            "system": Asker(token=machine_of(bidding).token),
        }
        acts: dict[str, Callable[[], object]] = {}
        for what, who, path, _goal in PLACES:
            status = 302 if "search/?q" in path else 200
            acts[what] = partial(askers[who].get, path.format(reference=reference, provider=slug), status=status)
            if "people" in path:
                acts[what] = partial(askers[who].submit, path, text=name_of_person)
        acts["award"] = partial(award_one, decided_later(WARM + 1 + _rounds(bench) // AWARD_EVERY))
        say(f"  {size:,} referrals: inbox of {slug}, {shown}; {indexes}")
    return acts, indexes


def _read_indexes(cursor: Any) -> str:
    """Bring them into memory, in words; nothing where PostgreSQL came without what does it."""
    cursor.execute("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_prewarm'")
    if not cursor.fetchone()[0]:
        return "indexes as they were found, in memory or not"
    cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
    cursor.execute(READ_INDEXES)
    return f"{cursor.fetchone()[0]:,.0f} MB of indexes read beforehand"
