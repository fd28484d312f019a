"""What row security costs each hot read: the same query in the tenant's role and in a role that nothing holds back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.benchmarks.growth import PROVIDER
from tests.benchmarks.harness import Bench, in_turn, median, superuser
from tests.benchmarks.rows import Row, middle_half, milliseconds

#: what, the role, the query (of one authority and one of its referrals, or of one provider).
READS = (
    (
        "referrals",
        "brokerage_authority",
        "SELECT * FROM placements_referral WHERE authority_id = %(authority)s"
        " ORDER BY created_at DESC, id DESC LIMIT 50",
    ),
    (
        "a referral's invitations",
        "brokerage_authority",
        "SELECT * FROM placements_invitation WHERE referral_id = %(referral)s",
    ),
    ("a referral's offers", "brokerage_authority", "SELECT * FROM placements_offer WHERE referral_id = %(referral)s"),
    (
        "placements",
        "brokerage_authority",
        "SELECT * FROM placements_placement WHERE authority_id = %(authority)s"
        " ORDER BY planned_start_on DESC, id DESC LIMIT 50",
    ),
    (
        "the audit trail",
        "brokerage_authority",
        "SELECT * FROM audit_entry WHERE organisation_id = %(authority)s ORDER BY at DESC LIMIT 50",
    ),
    (
        "the inbox",
        "brokerage_provider",
        "SELECT * FROM placements_release WHERE provider_id = %(provider)s AND state = 'open'"
        " ORDER BY closes_at LIMIT 20",
    ),
    (
        "own offers",
        "brokerage_provider",
        "SELECT * FROM placements_offer WHERE provider_id = %(provider)s ORDER BY created_at DESC, id DESC LIMIT 25",
    ),
)
#: Dearer by less than this is as good as not dearer, in seconds.
SMALL = 0.0003


def measure(bench: Bench) -> None:
    """On the largest country asked for; both on one connection, so that only the role differs."""

    referrals = bench.sizes[-1]
    with superuser(bench.country(referrals)) as cursor:
        cursor.execute(PROVIDER)
        values = {"provider": str(cursor.fetchone()[2])}
        cursor.execute("SELECT id FROM tenants_organisation WHERE slug = 'harrow'")
        values["authority"] = str(cursor.fetchone()[0])
        cursor.execute(
            "SELECT id FROM placements_referral WHERE authority_id = %(authority)s AND status = 'placed'"
            " ORDER BY created_at DESC LIMIT 1",
            values,
        )
        values["referral"] = str(cursor.fetchone()[0])
        for what, role, query in READS:
            whose = values["provider" if role == "brokerage_provider" else "authority"]
            held, free = in_turn(
                _asking(cursor, query, values, role, whose),
                _asking(cursor, query, values, "postgres", whose),
                rounds=bench.rounds(200),
                warm=20,
            )
            more = median(held) - median(free)
            bench.add(
                Row(
                    f"Row security on {what} among {referrals:,}",
                    1.2,
                    median(held) / median(free),
                    middle_half([one / other for one, other in zip(held, free, strict=True)]),
                    "the same query without row security",
                    note=f"{milliseconds(held)} against {milliseconds(free)}; up to 0.3 ms more is allowed",
                    is_small=more <= SMALL,
                )
            )


def _asking(cursor: Any, query: str, values: dict[str, str], role: str, whose: str) -> Callable[[], None]:
    """One transaction in that role; both acts enter theirs alike."""

    def act() -> None:
        cursor.execute(
            "BEGIN; SELECT set_config('role', %s, true), set_config('app.organisation_id', %s, true)", [role, whose]
        )
        cursor.execute(query, values)
        cursor.fetchall()
        cursor.execute("COMMIT")

    return act
