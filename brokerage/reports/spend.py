"""What an authority is committed to now, and the referrals that are open: one query a table, whatever the rows.

Who is placed now and what is open now is as many as there is work, however long the history: it is counted as it
stands. How months went is `brokerage.reports.history`.
Row security narrows every query to the authority's own rows. Money is added up by the database as exact numbers and
equals the sum of the placements (and of their agreements) to the penny.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
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


@dataclass(frozen=True)
class Group:
    """Placements paid for now that are alike. Pounds a week; `core` of those with a ceiling price only."""

    vehicle: str | None
    lot: str | None
    source: str
    provider: str
    people: int
    weekly: Decimal
    capped: int
    ceilings: Decimal | None
    core: Decimal | None

    @property
    def lot_name(self) -> str:
        """The lot and its vehicle; nothing for what was bought outside them."""
        return f"{self.lot} ({self.vehicle})" if self.lot else ""

    @property
    def source_name(self) -> str:
        return str(PlacementSource(self.source).label)


@dataclass(frozen=True)
class Living:
    """Everyone placed now, three times over: by lot and how they were bought, by provider and how they were bought, and
    how many live in each authority's area, by GSS code (not yet safe to show: `suppressed`)."""

    lots: list[Group]
    providers: list[Group]
    areas: dict[str, int]


_LIVING = """
SELECT grouping(area), grouping(provider), area, vehicle, lot, source, provider, count(*), sum(weekly_total),
  count(ceiling), sum(ceiling), sum(weekly_core) FILTER (WHERE ceiling IS NOT NULL)
FROM (
  SELECT v.code AS vehicle, l.name AS lot, p.source, coalesce(nullif(r.legal_name, ''), p.provider_name) AS provider,
    p.host_gss_code AS area, p.weekly_total, p.weekly_core, p.ceiling
  FROM placements_placement p LEFT JOIN dpv_lot l ON l.id = p.lot_id LEFT JOIN dpv_vehicle v ON v.id = l.vehicle_id
    LEFT JOIN providers_provider r ON r.organisation_id = p.provider_id
  WHERE p.status = 'active' AND (%(category)s = '' OR p.category = %(category)s)
) living
GROUP BY GROUPING SETS ((vehicle, lot, source), (provider, source), (area))
"""


def living(category: str) -> Living:
    """The placements paid for now, of one kind of home or ("") of all."""
    found = Living([], [], {})
    for no_area, no_provider, area, *group in asked(_LIVING, {"category": category}):
        if not no_area:
            found.areas[area] = group[4]
        else:
            (found.lots if no_provider else found.providers).append(Group(*group))
    found.areas.pop("", None)
    return found


def by_lot(found: Living) -> Sheet:
    """Weekly commitment by lot; what is bought outside the vehicles stands under how it was bought."""
    return Sheet(
        "lots",
        _("Weekly commitment by lot"),
        [Column(_("Lot")), Column(_("People"), "count"), Column(_("Weekly"), "money")],
        _largest_first((group.lot_name or group.source_name, group) for group in found.lots),
        _("Nobody is placed now."),
    )


def _largest_first(named: Iterable[tuple[str, Group]]) -> list[list[Any]]:
    """Names with people and pounds a week, those of the same name added up."""
    lines: dict[str, list[Any]] = {}
    for name, group in named:
        line = lines.setdefault(name, [name, 0, NOTHING])
        line[1] += group.people
        line[2] += group.weekly
    return sorted(lines.values(), key=lambda line: (-line[2], line[0]))


def by_source(found: Living) -> tuple[Sheet, Money]:
    """Weekly commitment by how it was bought, with each way's share, and the totals."""
    people: dict[str, int] = {}
    spent: dict[str, Decimal] = {}
    for group in found.lots:
        people[group.source] = people.get(group.source, 0) + group.people
        spent[group.source] = spent.get(group.source, NOTHING) + group.weekly
    weekly = sum(spent.values(), NOTHING)
    off = sum((spent.get(source, NOTHING) for source in OFF_VEHICLE), NOTHING)
    lines = [
        [str(source.label), people[source.value], spent[source.value], percent(spent[source.value], weekly)]
        for source in PlacementSource
        if source.value in people
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
    spot = spent.get(PlacementSource.SPOT.value, NOTHING)
    return sheet, Money(sum(people.values()), weekly, spot, percent(off, weekly))


def by_provider(found: Living) -> Sheet:
    """Weekly commitment by provider, the largest first."""
    return Sheet(
        "providers",
        _("Weekly commitment by provider"),
        [Column(_("Provider")), Column(_("People"), "count"), Column(_("Weekly"), "money")],
        _largest_first((group.provider or group.source_name, group) for group in found.providers),
        _("Nobody is placed now."),
    )


def savings(found: Living) -> tuple[Sheet, Decimal | None]:
    """What is paid below the ceilings, by lot, and the whole in per cent of the ceilings: (ceiling - core) / ceiling.

    Only placements with a ceiling count; the core price is after discounts and before extras.
    """
    summed: dict[tuple[str, str], list[Any]] = {}
    for group in found.lots:
        if group.ceilings is not None and group.core is not None:
            line = summed.setdefault((group.vehicle or "", group.lot or ""), [group.lot_name, 0, NOTHING, NOTHING])
            line[1] += group.capped
            line[2] += group.ceilings
            line[3] += group.core
    lines = [
        [name or _("No lot"), people, ceiling, core, ceiling - core, percent(ceiling - core, ceiling)]
        for _lot, (name, people, ceiling, core) in sorted(summed.items(), key=lambda item: (not item[0][1], item[0]))
    ]
    ceilings, core = (sum((line[place] for line in lines), NOTHING) for place in (2, 3))
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


def suppressed(count: int) -> str:
    """A count of people as a map may show it."""
    return _("fewer than %(count)s") % {"count": SMALLEST_COUNT} if 0 < count < SMALLEST_COUNT else str(count)


def starting(category: str) -> tuple[int, Decimal]:
    """Placements agreed and not begun: how many, and pounds a week."""
    rows = Placement.objects.filter(Q(category=category) if category else Q(), status="planned")
    found = rows.aggregate(people=Count("pk"), weekly=Sum("weekly_total"))
    return found["people"], pence(found["weekly"] or NOTHING)
