"""What an authority is committed to now, and the referrals that are open: one query a table, whatever the rows.

Who is placed now and what is open now is as many as there is work, however long the history: it is counted as it
stands. How months went is `brokerage.reports.history`.
Row security narrows every query to the authority's own rows. Money is added up by the database as exact numbers and
equals the sum of the placements (and of their agreements) to the penny.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from brokerage.core.money import NOTHING, pence
from brokerage.core.vocabulary import PlacementSource
from brokerage.reports.sheets import Column, Sheet, asked
from placements.models import Placement
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
    found = {row[0]: row[1:] for row in asked(_OPEN, {"category": category})}
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
