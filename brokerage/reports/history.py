"""How an authority's spend and referrals went over the months of a period: what is over comes from the book of sums
(`brokerage.reports.models.Tally`), what still runs is counted as it stands, both in one statement and so at one moment.

The cost depends on how much runs, not on how much there ever was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from brokerage.core.vocabulary import DeclineReason, Urgency
from brokerage.reports.periods import Period
from brokerage.reports.sheets import Column, Sheet, asked
from brokerage.reports.tallies import tenths_of_a_day

#: A tenth of a day, in which the time to an award is counted.
TENTH = dt.timedelta(hours=2, minutes=24)

#: What the book holds of a period.
_BOOK = """
  FROM reports_tally
  WHERE kind = ANY (%(kinds)s) AND month >= %(first_on)s AND month < %(before)s
    AND (%(category)s = '' OR category = %(category)s)
"""

#: Nights are rounded on each placement's running total, as `contracts.costs.commitment_by_month` does, so that the
#: months of a stay sum to the stay: a month is what had been run up by the next one, less what had been by the first of
#: it. In whole pence, half a penny upwards: (2x + 7) / 14 is x / 7 rounded. A day of leaving is not a night. Nobody
#: leaves on a day that was only expected.
_BY_MONTH = f"""
WITH stays AS (
  SELECT (weekly_total * 100)::bigint AS pence, coalesce(started_on, planned_start_on) AS starts_on,
    CASE WHEN expected_end_on > %(today)s AND expected_end_on >= coalesce(started_on, planned_start_on)
      THEN expected_end_on END AS ends_before
  FROM placements_placement
  WHERE status IN ('planned', 'active') AND (%(category)s = '' OR category = %(category)s)
), until AS (
  SELECT day::date,
    coalesce(sum((2 * s.pence * (least(day::date, s.ends_before) - s.starts_on) + 7) / 14), 0) / 100 AS amount
  FROM generate_series(%(first_on)s::timestamp, %(last_on)s::timestamp + interval '1 month', interval '1 month') AS day
  LEFT JOIN stays s ON s.starts_on < day
  GROUP BY day
)
SELECT first_on, sum(amount)::numeric(14, 2) FROM (
  SELECT day, lead(amount) OVER (ORDER BY day) - amount FROM until
  UNION ALL
  SELECT month, amount {_BOOK}
) both_kinds (first_on, amount) GROUP BY first_on HAVING sum(amount) IS NOT NULL ORDER BY first_on
"""


def by_month(category: str, period: Period, today: dt.date) -> Sheet:
    """Pounds committed in each calendar month of the period; stays without an end run on."""
    last_on = period.before - dt.timedelta(days=1)
    rows = asked(_BY_MONTH, {**_window(category, period, "stay"), "today": today, "last_on": last_on})
    return Sheet(
        "months",
        _("Commitment by month"),
        [Column(_("Month")), Column(_("Committed"), "money")],
        [[date_format(first_on, "F Y"), amount] for first_on, amount in rows],
    )


_TIME_TO_PLACE = f"""
SELECT kind, key, number, sum(times)::bigint FROM (
  SELECT kind, key, number, times {_BOOK}
  UNION ALL
  SELECT 'published', r.urgency, {tenths_of_a_day("r.published_at", "r.awarded_at")}, 1 FROM placements_referral r
  WHERE r.status IN ('published', 'awaiting_approval', 'awarded')
    AND r.published_at >= %(begins_at)s AND r.published_at < %(ends_at)s
    AND (%(category)s = '' OR r.category = %(category)s)
) both_kinds GROUP BY 1, 2, 3 HAVING sum(times) <> 0
"""


def time_to_place(category: str, period: Period) -> tuple[Sheet, dt.timedelta | None]:
    """Median days from publishing to award and to moving in, by urgency; and the median time to award of all.

    The time to an award is counted in tenths of a day.
    """
    rows = asked(_TIME_TO_PLACE, _window(category, period, "published", "moved"))
    codes = {key for kind, key, _number, _times in rows if kind == "published"}
    names = [(urgency.value, str(urgency.label)) for urgency in Urgency if urgency.value in codes]
    lines = [[name, *_counts_and_days([row for row in rows if row[1] == code])] for code, name in names]
    if lines:
        lines.append([_("All"), *_counts_and_days(rows)])
    sheet = Sheet(
        "time",
        _("Time to place, by urgency"),
        [
            Column(_("Needed")),
            Column(_("Published"), "count"),
            Column(_("Awarded"), "count"),
            Column(_("Median to award"), "days"),
            Column(_("Median to moving in"), "days"),
        ],
        lines,
        _("No referral was published in this period."),
    )
    middle = median_of(_counted(rows, "published"))
    return sheet, None if middle is None else TENTH * middle.numerator / middle.denominator


def _counted(rows: Iterable[tuple[Any, ...]], kind: str) -> dict[int, int]:
    """How often each number stands in the rows of that kind."""
    found: dict[int, int] = {}
    for row_kind, _key, number, times in rows:
        if row_kind == kind and number is not None:
            found[number] = found.get(number, 0) + times
    return found


def median_of(counted: Mapping[int, int]) -> Fraction | None:
    """The middle of numbers that stand as often as `counted` says; between two, half of their sum."""
    many = sum(counted.values())
    if many <= 0:
        return None
    middle, so_far = [], 0
    for number in sorted(counted):
        before, so_far = so_far, so_far + counted[number]
        middle += [number for place in ((many - 1) // 2, many // 2) if before <= place < so_far]
    return Fraction(sum(middle), 2)


def _counts_and_days(rows: Iterable[tuple[Any, ...]]) -> list[Any]:
    rows = list(rows)
    awarded, moved = _counted(rows, "published"), _counted(rows, "moved")
    everyone = sum(times for kind, _key, _number, times in rows if kind == "published")
    to_award = median_of(awarded)
    return [everyone, sum(awarded.values()), _days(to_award and to_award / 10), _days(median_of(moved))]


def in_days(span: dt.timedelta | None) -> Decimal | None:
    """A length of time in days to one decimal."""
    return None if span is None else (Decimal(span // dt.timedelta(seconds=1)) / 86400).quantize(Decimal("0.1"))


def _days(days: Fraction | None) -> Decimal | None:
    return None if days is None else (Decimal(days.numerator) / days.denominator).quantize(Decimal("0.1"))


#: What runs is looked up as a set: one by one, each look may read the index of all rows of the authority. Its
#: invitations and offers are counted in one pass: joined, they would be looked through once for each referral wherever
#: the planner expects few.
_BIDS = f"""
WITH running AS MATERIALIZED (
  SELECT r.id, r.category FROM placements_referral r
  WHERE r.status IN ('published', 'awaiting_approval', 'awarded') AND r.closes_at <= now()
    AND r.published_at >= %(begins_at)s AND r.published_at < %(ends_at)s
    AND (%(category)s = '' OR r.category = %(category)s)
), counted AS (
  SELECT max(category) AS category, sum(invited) AS invited, sum(offered) AS offered FROM (
    SELECT id, category, 0 AS invited, 0 AS offered FROM running
    UNION ALL
    SELECT i.referral_id, NULL, 1, 0 FROM placements_invitation i
    WHERE i.referral_id = ANY (ARRAY(SELECT id FROM running))
    UNION ALL
    SELECT o.referral_id, NULL, 0, 1 FROM placements_offer o
    WHERE o.referral_id = ANY (ARRAY(SELECT id FROM running)) AND o.submitted_at IS NOT NULL
  ) one_by_one GROUP BY id
)
SELECT category, kind, sum(times)::bigint FROM (
  SELECT category, kind, times {_BOOK}
  UNION ALL
  SELECT c.category, each.kind, each.times
  FROM counted c,
    LATERAL (VALUES ('closed', 1::bigint), ('invited', c.invited), ('offered', c.offered),
      ('unanswered', (c.offered = 0)::int::bigint)) each (kind, times)
) both_kinds GROUP BY 1, 2
"""


def bids(category: str, period: Period, labels: Mapping[str, str]) -> Sheet:
    """Offers for each referral that has closed, by kind of home; sealed offers count once they are opened."""
    found: dict[str, dict[str, int]] = {}
    everything: dict[str, int] = {}
    for code, kind, times in asked(_BIDS, _window(category, period, "closed", "invited", "offered", "unanswered")):
        found.setdefault(code, {})[kind] = times
        everything[kind] = everything.get(kind, 0) + times
    lines = [
        _bid_line(labels[code], row)
        for code, row in sorted(found.items(), key=lambda item: labels[item[0]])
        if row.get("closed")
    ]
    if lines:
        lines.append(_bid_line(_("All"), everything))
    return Sheet(
        "bids",
        _("Offers for each closed referral"),
        [
            Column(_("Kind of home")),
            Column(_("Referrals"), "count"),
            Column(_("Invitations"), "count"),
            Column(_("Offers"), "count"),
            Column(_("Offers a referral"), "count"),
            Column(_("Without any offer"), "count"),
        ],
        lines,
        _("No referral of this period has closed."),
    )


def _bid_line(label: str, row: Mapping[str, int]) -> list[Any]:
    referrals, offers = row.get("closed", 0), row.get("offered", 0)
    each = (Decimal(offers) / Decimal(referrals)).quantize(Decimal("0.1")) if referrals else None
    return [label, referrals, row.get("invited", 0), offers, each, row.get("unanswered", 0)]


_DECLINES = f"SELECT key, sum(times)::bigint {_BOOK} GROUP BY key HAVING sum(times) <> 0"


def declines(category: str, period: Period) -> Sheet:
    """Why providers declined: the record of unmet need."""
    return Sheet(
        "declines",
        _("Why providers declined"),
        [Column(_("Reason")), Column(_("Times"), "count")],
        [
            [str(DeclineReason(reason).label), times]
            for reason, times in sorted(
                asked(_DECLINES, _window(category, period, "declined")), key=lambda row: (-row[1], row[0])
            )
        ],
        _("No provider declined in this period."),
    )


def _window(category: str, period: Period, *kinds: str) -> dict[str, Any]:
    return {
        "category": category,
        "kinds": list(kinds),
        "first_on": period.first_on,
        "before": period.before,
        "begins_at": period.begins_at,
        "ends_at": period.ends_at,
    }
