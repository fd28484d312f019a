"""The figures of what is over, as SQL: how each row adds to them, how all are counted again, folded and compared.

`brokerage.reports.row_security` makes the triggers of these texts, so that a figure and its recount are one rule.
Months and days are the service's (`brokerage.core.clock.HERE`). Plain rows only: what a page shows of them stands in
`brokerage.reports.history`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from brokerage.core.clock import HERE

#: A referral in one of these is over for good (`placements.states.REFERRAL_OVER`).
OVER = "('placed', 'not_placed', 'withdrawn')"
#: A call-off that began.
BEGUN = "('active', 'ended')"
ALWAYS = "'-infinity'::timestamptz"
COLUMNS = "authority_id, kind, month, category, key, number, times, amount, counts_from"


def month_of(moment: str) -> str:
    """The first day of a moment's month."""
    return f"date_trunc('month', {moment} {HERE})::date"


def tenths_of_a_day(begins: str, ends: str) -> str:
    """A length of time in tenths of a day, to the nearest."""
    return f"round(extract(epoch FROM {ends} - {begins}) / 8640)::int"


def days_to_moving(published: str, started: str) -> str:
    """Whole days from the day of publication to the first night."""
    return f"{started} - ({published} {HERE})::date"


def stays(p: str) -> str:
    """The months of one ended placement `p`. Nights are rounded on the stay's running total, as in
    `contracts.costs.commitment_by_month`: the months of a stay sum to the stay. The day of leaving is not a night."""
    so_far = f"round({p}.weekly_total * greatest(0, least(%s, {p}.ended_on) - {p}.started_on) / 7, 2)"
    amount = f"{so_far % 'm.before'} - {so_far % 'm.first_on'}"
    return f"""
      SELECT {p}.authority_id, 'stay', m.first_on, {p}.category, '', NULL::int, 0::bigint, ({amount})::numeric(14, 2),
        {ALWAYS}
      FROM (
        SELECT month::date AS first_on, (month + interval '1 month')::date AS before
        FROM generate_series(date_trunc('month', {p}.started_on::timestamp), {p}.ended_on - interval '1 day',
          interval '1 month') AS month
      ) m
      WHERE {p}.status = 'ended' AND {amount} <> 0"""


def moved(p: str, r: str) -> str:
    """The day a call-off `p` of the referral `r` began."""
    return f"""
      SELECT {r}.authority_id, 'moved', {month_of(f"{r}.published_at")}, {r}.category, {r}.urgency,
        {days_to_moving(f"{r}.published_at", f"{p}.started_on")}, 1::bigint, 0::numeric(14, 2), {ALWAYS}
      WHERE {p}.status IN {BEGUN} AND {p}.source = 'call_off' AND {r}.published_at IS NOT NULL"""


def published(r: str) -> str:
    """A referral `r` that is over, with the time it took to be awarded."""
    return f"""
      SELECT {r}.authority_id, 'published', {month_of(f"{r}.published_at")}, {r}.category, {r}.urgency,
        {tenths_of_a_day(f"{r}.published_at", f"{r}.awarded_at")}, 1::bigint, 0::numeric(14, 2), {ALWAYS}
      WHERE {r}.status IN {OVER} AND {r}.published_at IS NOT NULL"""


def closed(r: str) -> str:
    """How many were invited and how many offered on a referral `r` that is over: told once it has closed and the last
    of its offers is open."""
    return f"""
      SELECT {r}.authority_id, each.kind, {month_of(f"{r}.published_at")}, {r}.category, '', NULL::int, each.times,
        0::numeric(14, 2), greatest({r}.closes_at, o.opens_at)
      FROM (SELECT count(*) AS invited FROM placements_invitation i WHERE i.referral_id = {r}.id) i,
        (SELECT count(*) AS offered, max(opens_at) AS opens_at FROM placements_offer o
          WHERE o.referral_id = {r}.id AND o.submitted_at IS NOT NULL) o,
        LATERAL (VALUES ('closed', 1::bigint), ('invited', i.invited), ('offered', o.offered),
          ('unanswered', (o.offered = 0)::int::bigint)) each (kind, times)
      WHERE {r}.status IN {OVER} AND {r}.published_at IS NOT NULL AND {r}.closes_at IS NOT NULL AND each.times <> 0"""


def declined(d: str, category: str) -> str:
    """A decline `d` that stands."""
    return f"""
      SELECT {d}.authority_id, 'declined', {month_of(f"{d}.declined_at")}, {category}, {d}.reason, NULL::int,
        1::bigint, 0::numeric(14, 2), {ALWAYS}
      WHERE {d}.withdrawn_at IS NULL"""


def recount(which: str = "true") -> str:
    """Every figure counted again from the rows themselves, of the authorities that `which` allows (`authority_id`)."""
    return f"""
      SELECT t.* FROM placements_placement p, LATERAL ({stays("p")}) t WHERE {which.replace("@", "p.")}
      UNION ALL
      SELECT t.* FROM placements_placement p JOIN placements_referral r ON r.id = p.referral_id,
        LATERAL ({moved("p", "r")}) t WHERE {which.replace("@", "p.")}
      UNION ALL
      SELECT t.* FROM placements_referral r, LATERAL ({published("r")}) t WHERE {which.replace("@", "r.")}
      UNION ALL
      SELECT t.* FROM placements_referral r, LATERAL ({closed("r")}) t WHERE {which.replace("@", "r.")}
      UNION ALL
      SELECT t.* FROM placements_decline d JOIN placements_referral r ON r.id = d.referral_id,
        LATERAL ({declined("d", "r.category")}) t WHERE {which.replace("@", "d.")}"""


def summed(rows: str, *, apart: str = "NULL::timestamptz") -> str:
    """Rows of one figure as one, but for those that `apart` tells apart."""
    return f"""
      SELECT t.authority_id, t.kind, t.month, t.category, t.key, t.number, sum(t.times)::bigint AS times,
        sum(t.amount)::numeric(14, 2) AS amount, max(t.counts_from) AS counts_from
      FROM ({rows}) t ({COLUMNS}) GROUP BY 1, 2, 3, 4, 5, 6, {apart} HAVING sum(t.times) <> 0 OR sum(t.amount) <> 0"""


def fill(which: str = "true") -> str:
    """The statement that writes the recount into an empty book: for a country that was loaded, and to mend one.

    What does not count yet stays apart from what does.
    """
    rows = summed(recount(which), apart="CASE WHEN t.counts_from > now() THEN t.counts_from END")
    return f"INSERT INTO reports_tally (id, {COLUMNS}) SELECT gen_random_uuid(), f.* FROM ({rows}) f"


@dataclass(frozen=True)
class Difference:
    """A figure that is not what a recount says."""

    kind: str
    month: Any
    category: str
    key: str
    number: int | None
    #: How many, and how much.
    held: tuple[Any, ...]
    counted: tuple[Any, ...]


_ONE = "@authority_id = %(authority)s::uuid"
_NOW = f"SELECT {COLUMNS} FROM (%s) f ({COLUMNS}) WHERE counts_from <= now()"
_HELD = f"SELECT {COLUMNS} FROM reports_tally h WHERE {_ONE.replace('@', 'h.')}"
_COMPARE = f"""
SELECT coalesce(a.kind, b.kind), coalesce(a.month, b.month), coalesce(a.category, b.category), coalesce(a.key, b.key),
  coalesce(a.number, b.number), coalesce(a.times, 0), coalesce(a.amount, 0), coalesce(b.times, 0), coalesce(b.amount, 0)
FROM ({summed(_NOW.replace("%s", _HELD))}) a
FULL JOIN ({summed(_NOW.replace("%s", recount(_ONE)))}) b
  ON (a.kind, a.month, a.category, a.key, coalesce(a.number, -1000000))
   = (b.kind, b.month, b.category, b.key, coalesce(b.number, -1000000))
WHERE (coalesce(a.times, 0), coalesce(a.amount, 0)) <> (coalesce(b.times, 0), coalesce(b.amount, 0))
ORDER BY 1, 2, 3, 4, 5
"""


def differences(cursor: Any, authority_id: UUID) -> list[Difference]:
    """Where the book of one authority is not what its rows say: one statement, so one moment of both, of what counts
    now. The cursor's role sees the rows of the authority: its own, or the loader's."""
    cursor.execute(_COMPARE, {"authority": str(authority_id)})
    return [
        Difference(kind, month, category, key, number, tuple(sums[:2]), tuple(sums[2:]))
        for kind, month, category, key, number, *sums in cursor.fetchall()
    ]


def mend(cursor: Any, authority_id: UUID) -> None:
    """Count the whole book of one authority again; nobody writes to it meanwhile. As the loader."""
    cursor.execute("LOCK TABLE reports_tally IN SHARE ROW EXCLUSIVE MODE")
    cursor.execute(f"DELETE FROM reports_tally h WHERE {_ONE.replace('@', 'h.')}", {"authority": str(authority_id)})
    cursor.execute(fill(_ONE), {"authority": str(authority_id)})


def fold() -> int:
    """Make one row of the rows of each figure of the acting authority; how many are gone. The sums stay the same."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT fold_tallies()")
        return int(cursor.fetchone()[0])
