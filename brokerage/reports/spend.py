"""What an authority spends on placements and how its referrals fare: one query a table, whatever the rows.

Row security narrows every query to the authority's own rows. Money is added up by the database as exact numbers and
equals the sum of the placements (and of their agreements) to the penny.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from brokerage.core.money import NOTHING, pence
from brokerage.core.tenants.context import require_context
from brokerage.core.vocabulary import DeclineReason, PlacementSource, Urgency
from brokerage.reports.periods import Period
from brokerage.reports.sheets import Column, Sheet
from placements.models import Decline, Placement
from placements.states import REFERRAL

#: A count of people under this is not drawn on a map: in a small place it could point to somebody.
SMALLEST_COUNT = 5
#: How placements are bought outside every vehicle.
OFF_VEHICLE = (PlacementSource.SPOT.value, PlacementSource.IN_HOUSE.value, PlacementSource.BLOCK.value)


@dataclass(frozen=True)
class Money:
    """What is committed now. Pounds a week; percentages to one decimal, None where there is nothing to divide."""

    people: int
    weekly: Decimal
    spot_weekly: Decimal
    off_vehicle_percent: Decimal | None


def percent(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """A share in per cent to one decimal."""
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.1")) if whole else None


def living_there(category: str) -> QuerySet[Placement]:
    """The placements paid for now."""
    rows = Placement.objects.filter(status="active").order_by()
    return rows.filter(category=category) if category else rows


def by_lot(category: str) -> Sheet:
    """Weekly commitment by lot; what is bought outside the vehicles stands under how it was bought."""
    rows = (
        living_there(category)
        .values("lot__vehicle__code", "lot__name", "source")
        .annotate(people=Count("pk"), weekly=Sum("weekly_total"))
    )
    found: dict[str, list[Any]] = {}
    for row in rows:
        if row["lot__name"]:
            name = f"{row['lot__name']} ({row['lot__vehicle__code']})"
        else:
            name = str(PlacementSource(row["source"]).label)
        line = found.setdefault(name, [name, 0, NOTHING])
        line[1] += row["people"]
        line[2] += row["weekly"]
    return Sheet(
        "lots",
        _("Weekly commitment by lot"),
        [Column(_("Lot")), Column(_("People"), "count"), Column(_("Weekly"), "money")],
        sorted(found.values(), key=lambda line: (-line[2], line[0])),
        _("Nobody is placed now."),
    )


def by_source(category: str) -> tuple[Sheet, Money]:
    """Weekly commitment by how it was bought, with each way's share, and the totals."""
    rows = living_there(category).values("source").annotate(people=Count("pk"), weekly=Sum("weekly_total"))
    found = {row["source"]: (row["people"], row["weekly"]) for row in rows}
    people = sum(count for count, _weekly in found.values())
    weekly = sum((amount for _count, amount in found.values()), NOTHING)
    off = sum((found[source][1] for source in OFF_VEHICLE if source in found), NOTHING)
    lines = [
        [str(source.label), *found[source.value], percent(found[source.value][1], weekly)]
        for source in PlacementSource
        if source.value in found
    ]
    sheet = Sheet(
        "sources",
        _("How placements were bought"),
        [
            Column(_("Bought by")),
            Column(_("People"), "count"),
            Column(_("Weekly"), "money"),
            Column(_("Share of spend"), "percent"),
        ],
        lines,
        _("Nobody is placed now."),
    )
    spot = found.get(PlacementSource.SPOT.value, (0, NOTHING))[1]
    return sheet, Money(people, weekly, spot, percent(off, weekly))


def by_provider(category: str) -> Sheet:
    """Weekly commitment by provider, the largest first."""
    rows = (
        living_there(category)
        .values("provider__legal_name", "provider_name", "source")
        .annotate(people=Count("pk"), weekly=Sum("weekly_total"))
    )
    found: dict[str, list[Any]] = {}
    for row in rows:
        name = row["provider__legal_name"] or row["provider_name"] or str(PlacementSource(row["source"]).label)
        line = found.setdefault(name, [name, 0, NOTHING])
        line[1] += row["people"]
        line[2] += row["weekly"]
    return Sheet(
        "providers",
        _("Weekly commitment by provider"),
        [Column(_("Provider")), Column(_("People"), "count"), Column(_("Weekly"), "money")],
        sorted(found.values(), key=lambda line: (-line[2], line[0])),
        _("Nobody is placed now."),
    )


#: Nights are rounded on each placement's running total, as `contracts.costs.commitment_by_month` does, so that the
#: months of a stay sum to the stay. A day of leaving is not a night. Nobody leaves on a day that was only expected.
_BY_MONTH = """
WITH stays AS (
  SELECT weekly_total AS weekly, coalesce(started_on, planned_start_on) AS starts_on,
    CASE WHEN status = 'ended' THEN ended_on
         WHEN expected_end_on > %(today)s AND expected_end_on >= coalesce(started_on, planned_start_on)
           THEN expected_end_on END AS ends_before
  FROM placements_placement
  WHERE status IN ('planned', 'active', 'ended') AND (%(category)s = '' OR category = %(category)s)
), months AS (
  SELECT month::date AS first_on, (month + interval '1 month')::date AS before
  FROM generate_series(%(first_on)s::timestamp, %(last_on)s::timestamp, interval '1 month') AS month
)
SELECT m.first_on,
  coalesce(sum(
    round(s.weekly * greatest(0, least(m.before, s.ends_before) - s.starts_on) / 7, 2)
    - round(s.weekly * greatest(0, least(m.first_on, s.ends_before) - s.starts_on) / 7, 2)
  ), 0)::numeric(14, 2)
FROM months m
LEFT JOIN stays s ON s.starts_on < m.before AND (s.ends_before IS NULL OR s.ends_before > m.first_on)
GROUP BY m.first_on ORDER BY m.first_on
"""


def by_month(category: str, period: Period, today: dt.date) -> Sheet:
    """Pounds committed in each calendar month of the period; stays without an end run on."""
    rows = _rows(
        _BY_MONTH,
        {
            "category": category,
            "today": today,
            "first_on": period.first_on,
            "last_on": period.before - dt.timedelta(days=1),
        },
    )
    return Sheet(
        "months",
        _("Commitment by month"),
        [Column(_("Month")), Column(_("Committed"), "money")],
        [[date_format(first_on, "F Y"), amount] for first_on, amount in rows],
    )


def savings(category: str) -> tuple[Sheet, Decimal | None]:
    """What is paid below the ceilings, by lot, and the whole in per cent of the ceilings: (ceiling - core) / ceiling.

    Only placements with a ceiling count; the core price is after discounts and before extras.
    """
    rows = (
        living_there(category)
        .filter(ceiling__isnull=False)
        .values("lot__vehicle__code", "lot__name")
        .annotate(people=Count("pk"), ceilings=Sum("ceiling"), core=Sum("weekly_core"))
        .order_by("lot__vehicle__code", "lot__name")
    )
    lines: list[list[Any]] = []
    ceilings = core = NOTHING
    for row in rows:
        name = f"{row['lot__name']} ({row['lot__vehicle__code']})" if row["lot__name"] else _("No lot")
        saved = row["ceilings"] - row["core"]
        lines.append([name, row["people"], row["ceilings"], row["core"], saved, percent(saved, row["ceilings"])])
        ceilings += row["ceilings"]
        core += row["core"]
    sheet = Sheet(
        "savings",
        _("Savings against ceiling prices"),
        [
            Column(_("Lot")),
            Column(_("People"), "count"),
            Column(_("Ceilings a week"), "money"),
            Column(_("Core prices a week"), "money"),
            Column(_("Saved a week"), "money"),
            Column(_("Saved"), "percent"),
        ],
        lines,
        _("No placement has a ceiling price to compare with."),
    )
    return sheet, percent(ceilings - core, ceilings)


_TIME_TO_PLACE = """
SELECT CASE WHEN grouping(r.urgency) = 1 THEN '' ELSE r.urgency END, count(*), count(r.awarded_at),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY r.awarded_at - r.published_at),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY (p.started_on - (r.published_at AT TIME ZONE %(zone)s)::date)
    * interval '1 day')
FROM placements_referral r
LEFT JOIN placements_placement p ON p.referral_id = r.id AND p.status IN ('active', 'ended') AND p.source = 'call_off'
WHERE r.published_at >= %(first_on)s AND r.published_at < %(before)s
  AND (%(category)s = '' OR r.category = %(category)s)
GROUP BY GROUPING SETS ((r.urgency), ())
"""


def time_to_place(category: str, period: Period) -> tuple[Sheet, dt.timedelta | None]:
    """Median days from publishing to award and to moving in, by urgency; and the median time to award of all."""
    found = {row[0]: row[1:] for row in _rows(_TIME_TO_PLACE, _window(category, period))}
    everything = found.pop("", (0, 0, None, None))
    names = [(urgency.value, str(urgency.label)) for urgency in Urgency if urgency.value in found]
    lines = [[name, *_counts_and_days(found[code])] for code, name in names]
    if lines:
        lines.append([_("All"), *_counts_and_days(everything)])
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
    return sheet, everything[2]


def _counts_and_days(row: tuple[Any, ...]) -> list[Any]:
    return [row[0], row[1], in_days(row[2]), in_days(row[3])]


def in_days(span: dt.timedelta | None) -> Decimal | None:
    """A length of time in days to one decimal."""
    return None if span is None else (Decimal(span // dt.timedelta(seconds=1)) / 86400).quantize(Decimal("0.1"))


_OPEN = """
SELECT status,
  count(*) FILTER (WHERE since > now() - interval '1 day'),
  count(*) FILTER (WHERE since <= now() - interval '1 day' AND since > now() - interval '7 days'),
  count(*) FILTER (WHERE since <= now() - interval '7 days' AND since > now() - interval '28 days'),
  count(*) FILTER (WHERE since <= now() - interval '28 days'),
  count(*), count(*) FILTER (WHERE status = 'published' AND closes_at <= now())
FROM (
  SELECT status, closes_at, coalesce(published_at, created_at) AS since FROM placements_referral
  WHERE status IN ('draft', 'published', 'awaiting_approval', 'awarded')
    AND (%(category)s = '' OR category = %(category)s)
) open_ones GROUP BY status
"""


def open_referrals(category: str) -> tuple[Sheet, int, int]:
    """Referrals not over yet by status and days since publishing (a draft: since it was begun); how many are
    published or later, and how many have closed without an award."""
    found = {row[0]: row[1:] for row in _rows(_OPEN, {"category": category})}
    lines = [[str(REFERRAL.label(state)), *found[state][:5]] for state in REFERRAL.states if state in found]
    sheet = Sheet(
        "open",
        _("Open referrals, by status and age"),
        [
            Column(_("Status")),
            Column(_("Under a day"), "count"),
            Column(_("1 to 6 days"), "count"),
            Column(_("7 to 27 days"), "count"),
            Column(_("28 days or more"), "count"),
            Column(_("All"), "count"),
        ],
        lines,
        _("No referral is open."),
    )
    running = sum(row[4] for state, row in found.items() if state != "draft")
    return sheet, running, sum(row[5] for row in found.values())


_BIDS = """
SELECT CASE WHEN grouping(category) = 1 THEN '' ELSE category END, count(*), coalesce(sum(invited), 0),
  coalesce(sum(bids), 0), count(*) FILTER (WHERE bids = 0)
FROM (
  SELECT r.category,
    (SELECT count(*) FROM placements_invitation i WHERE i.referral_id = r.id) AS invited,
    (SELECT count(*) FROM placements_offer o WHERE o.referral_id = r.id AND o.submitted_at IS NOT NULL) AS bids
  FROM placements_referral r
  WHERE r.published_at >= %(first_on)s AND r.published_at < %(before)s AND r.closes_at <= now()
    AND (%(category)s = '' OR r.category = %(category)s)
) closed_ones GROUP BY GROUPING SETS ((category), ())
"""


def bids(category: str, period: Period, labels: Mapping[str, str]) -> Sheet:
    """Offers for each referral that has closed, by kind of home; sealed offers count once they are opened."""
    found = {row[0]: row[1:] for row in _rows(_BIDS, _window(category, period))}
    everything = found.pop("", (0, 0, 0, 0))
    lines: list[list[Any]] = [
        [labels[code], row[0], row[1], row[2], _each(row[2], row[0]), row[3]]
        for code, row in sorted(found.items(), key=lambda item: labels[item[0]])
    ]
    if lines:
        lines.append([_("All"), *everything[:3], _each(everything[2], everything[0]), everything[3]])
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


def _each(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) / Decimal(whole)).quantize(Decimal("0.1")) if whole else None


def declines(category: str, period: Period) -> Sheet:
    """Why providers declined: the record of unmet need."""
    rows = Decline.objects.filter(
        declined_at__gte=period.begins_at, declined_at__lt=period.ends_at, withdrawn_at__isnull=True
    )
    if category:
        rows = rows.filter(referral__category=category)
    found = rows.order_by().values_list("reason").annotate(times=Count("pk"))
    return Sheet(
        "declines",
        _("Why providers declined"),
        [Column(_("Reason")), Column(_("Times"), "count")],
        [
            [str(DeclineReason(reason).label), times]
            for reason, times in sorted(found, key=lambda row: (-row[1], row[0]))
        ],
        _("No provider declined in this period."),
    )


def people_by_area(category: str) -> dict[str, int]:
    """How many people live in each authority's area now, by GSS code. Not yet safe to show: `suppressed`."""
    rows = living_there(category).exclude(host_gss_code="").values_list("host_gss_code").annotate(people=Count("pk"))
    return dict(rows)


def suppressed(count: int) -> str:
    """A count of people as a map may show it."""
    return _("fewer than %(count)s") % {"count": SMALLEST_COUNT} if 0 < count < SMALLEST_COUNT else str(count)


def starting(category: str) -> tuple[int, Decimal]:
    """Placements agreed and not begun: how many, and pounds a week."""
    rows = Placement.objects.filter(Q(category=category) if category else Q(), status="planned")
    found = rows.aggregate(people=Count("pk"), weekly=Sum("weekly_total"))
    return found["people"], pence(found["weekly"] or NOTHING)


def _window(category: str, period: Period) -> dict[str, Any]:
    return {
        "category": category,
        "first_on": period.begins_at,
        "before": period.ends_at,
        "zone": settings.TIME_ZONE,
    }


def _rows(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    require_context()
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()
