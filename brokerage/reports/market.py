"""The market of a region for its central team: places, vacancies and ceilings by lot. It reads admissions, ceilings
and what providers publish, never a referral or a person."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from brokerage.core.tenants.context import require_context
from brokerage.reports.sheets import Column, Sheet

#: Medians are values that stand in the table (percentile_disc): an average of two ceilings is nobody's ceiling.
#: Fostering counts its households' places, those on hold left out.
_MARKET = """
WITH price AS (
  SELECT DISTINCT ON (c.admission_id, c.age_min, c.age_max) c.admission_id, c.weekly
  FROM dpv_ceiling c
  WHERE %(on)s >= c.valid_from AND (c.valid_to IS NULL OR %(on)s <= c.valid_to)
  ORDER BY c.admission_id, c.age_min, c.age_max, c.valid_from DESC
), room AS (
  SELECT spaces.establishment_id, sum(spaces.places) AS places, sum(spaces.taken) AS taken
  FROM (
    SELECT o.establishment_id, o.places, o.taken FROM providers_occupancy o WHERE o.establishment_id IS NOT NULL
    UNION ALL
    SELECT h.agency_id, o.places, o.taken FROM providers_occupancy o
    JOIN providers_carerhousehold h ON h.id = o.household_id WHERE NOT h.is_on_hold
  ) spaces GROUP BY spaces.establishment_id
), admitted AS (
  SELECT a.lot_id, count(*) FILTER (WHERE a.status = 'admitted') AS homes,
    count(*) FILTER (WHERE a.status = 'suspended') AS suspended,
    count(DISTINCT a.provider_id) FILTER (WHERE a.status = 'admitted') AS providers,
    coalesce(sum(r.places) FILTER (WHERE a.status = 'admitted'), 0) AS places,
    coalesce(sum(r.places - r.taken) FILTER (WHERE a.status = 'admitted'), 0) AS vacancies
  FROM dpv_admission a LEFT JOIN room r ON r.establishment_id = a.establishment_id
  GROUP BY a.lot_id
), ceilings AS (
  SELECT a.lot_id, min(p.weekly) AS lowest, percentile_disc(0.5) WITHIN GROUP (ORDER BY p.weekly) AS middle,
    max(p.weekly) AS highest
  FROM dpv_admission a JOIN price p ON p.admission_id = a.id WHERE a.status = 'admitted' GROUP BY a.lot_id
)
SELECT v.code, l.code, v.name, l.name, coalesce(m.providers, 0), coalesce(m.homes, 0), coalesce(m.suspended, 0),
  coalesce(m.places, 0)::int, coalesce(m.vacancies, 0)::int, c.lowest, c.middle, c.highest
FROM dpv_lot l JOIN dpv_vehicle v ON v.id = l.vehicle_id
LEFT JOIN admitted m ON m.lot_id = l.id LEFT JOIN ceilings c ON c.lot_id = l.id
WHERE %(category)s = '' OR l.category = %(category)s
ORDER BY v.name, l.code
"""


@dataclass(frozen=True)
class Market:
    """The tables, and the sums of what stands in them (a home on two lots counts on each)."""

    supply: Sheet
    prices: Sheet
    homes: int
    suspended: int
    vacancies: int


def market_of(on: dt.date, category: str) -> Market:
    """Places and ceilings in force on that day by lot. One query."""
    require_context()
    with connection.cursor() as cursor:
        cursor.execute(_MARKET, {"on": on, "category": category})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    supply = Sheet(
        "supply",
        _("Places and vacancies by lot"),
        [
            Column(_("Lot")),
            Column(_("Providers"), "count"),
            Column(_("Admitted"), "count"),
            Column(_("Suspended"), "count"),
            Column(_("Places"), "count"),
            Column(_("Vacancies"), "count"),
        ],
        [[f"{row[3]} ({row[0]})", *row[4:9]] for row in rows],
        _("No lot of this kind yet."),
    )
    prices = Sheet(
        "ceilings",
        _("Ceiling prices in force by lot, a week"),
        [
            Column(_("Lot")),
            Column(_("Lowest"), "money"),
            Column(_("Median"), "money"),
            Column(_("Highest"), "money"),
        ],
        [[f"{row[3]} ({row[0]})", *row[9:12]] for row in rows],
        _("No lot of this kind yet."),
    )
    return Market(supply, prices, sum(row[5] for row in rows), sum(row[6] for row in rows), sum(row[8] for row in rows))
