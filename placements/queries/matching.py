"""Every admitted home or household on the chosen lots, eligible or excluded with all its reasons: one query.

Fostering is matched, and distance measured, on carer households; everything else on the establishment.
Distance is straight-line miles on the National Grid from the middle of the outward postcode, to 1 decimal place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from brokerage.core.tenants.context import require_context
from brokerage.core.vocabulary import Category, Need
from dpv.eligibility import JOINS, PROBLEMS, RESTRICTED, SOURCES, household_problems
from dpv.eligibility import parameters as parameters_of
from dpv.models import Lot
from placements.matching import Candidate, Wanted
from placements.models import Referral, ReferralLot

_METRES_PER_MILE = 1609.344

#: OFFSET 0 keeps the planner from copying an expression into each place that uses it (miles, the reasons).
_QUERY = """
WITH chosen AS MATERIALIZED (
  SELECT id, region_id, provider_id, vehicle_id, lot_id, establishment_id, status FROM dpv_admission
  WHERE lot_id = ANY (%(lots)s::uuid[]) AND status <> 'ended'
), {sources},
place AS (
  SELECT a.*, l.name AS lot_name, l.category, l.age_min AS lot_age_min, l.age_max AS lot_age_max, l.is_solo,
    o.name AS provider_name, e.name, e.kind, e.rating, price.weekly AS ceiling,
    h.id AS household_id, coalesce(h.code, '') AS household_code,
    coalesce(h.outward, e.outward) AS outward,
    coalesce(h.easting, e.easting) AS easting, coalesce(h.northing, e.northing) AS northing,
    coalesce(h.age_min, e.age_min) AS age_min, coalesce(h.age_max, e.age_max) AS age_max,
    coalesce(h.sex_accepted, e.sex_accepted) AS sex_accepted, coalesce(h.needs, e.needs) AS needs,
    CASE WHEN h.id IS NULL THEN oe.places ELSE oh.places END AS places,
    CASE WHEN h.id IS NULL THEN oe.taken ELSE oh.taken END AS taken,
    coalesce(cardinality(h.children_ages), 0) AS own_children,
    round((sqrt((coalesce(h.easting, e.easting) - home.easting)::float8 ^ 2
      + (coalesce(h.northing, e.northing) - home.northing)::float8 ^ 2) / {mile})::numeric, 1) AS miles,
    ARRAY[{problems}, {household}] AS problems, {restricted} AS is_restricted
  FROM chosen a {joins}
  LEFT JOIN providers_carerhousehold h ON h.agency_id = e.id AND l.category = '{fostering}'
  LEFT JOIN providers_occupancy oe ON oe.establishment_id = e.id
  LEFT JOIN providers_occupancy oh ON oh.household_id = h.id
  LEFT JOIN tenants_outwardcode home ON home.code = %(outward)s
  OFFSET 0
), judged AS (
  SELECT *, array_remove(problems || ARRAY[
    CASE WHEN %(age)s::int NOT BETWEEN lot_age_min AND lot_age_max THEN 'age_outside_lot' END,
    CASE WHEN category = '{fostering}' AND household_id IS NULL THEN 'no_household' END,
    CASE WHEN %(sex)s <> '' AND sex_accepted NOT IN ('any', %(sex)s) THEN 'sex' END,
    CASE WHEN %(single_sex)s AND (sex_accepted = 'any' OR %(sex)s NOT IN ('', sex_accepted))
      THEN 'not_single_sex' END,
    {needs}
    CASE WHEN miles > %(max_miles)s::int THEN 'too_far' END,
    CASE WHEN miles IS NULL AND %(max_miles)s::int IS NOT NULL THEN 'distance_unknown' END,
    CASE WHEN outward = ANY (%(avoid)s::varchar[]) THEN 'avoid_area' END,
    CASE WHEN taken >= places THEN 'no_vacancy' END,
    CASE WHEN %(solo)s AND (taken > 0 OR own_children > 0) THEN 'would_be_with_others' END,
    CASE WHEN %(solo_is_known)s AND is_solo AND NOT %(solo)s THEN 'would_be_alone' END
  ], NULL) AS reasons FROM place
  OFFSET 0
)
SELECT id::text, lot_id::text, vehicle_id::text, provider_id::text, establishment_id::text, household_id::text,
  provider_name, name, household_code, lot_name, kind, outward, easting, northing, age_min, age_max, sex_accepted,
  rating, places - taken, ceiling, miles, array_to_string(reasons, ' '), is_restricted
FROM judged {only}
ORDER BY cardinality(reasons) > 0, miles NULLS LAST, name COLLATE "C", household_code COLLATE "C", id
"""


def matching_sql(
    lot_ids: Iterable[UUID], wanted: Wanted, on: dt.date, *, eligible_only: bool = False
) -> tuple[str, dict[str, Any]]:
    """The query and its parameters; apart, so that its plan can be looked at."""
    asked = [need for need in wanted.needs if need in Need.values]
    needs = "".join(
        f"CASE WHEN NOT %(need{place})s = ANY (needs) THEN 'need:' || %(need{place})s END,\n"
        for place, _need in enumerate(asked)
    )
    parameters: dict[str, Any] = {
        "lots": list(lot_ids),
        **parameters_of(on, age=wanted.age),
        "sex": wanted.sex,
        "outward": wanted.outward,
        "max_miles": wanted.max_miles,
        "avoid": list(wanted.avoid_outwards),
        "solo": wanted.needs_solo,
        "solo_is_known": wanted.solo_is_known,
        "single_sex": wanted.single_sex_home,
        **{f"need{place}": need for place, need in enumerate(asked)},
    }
    query = _QUERY.format(
        sources=SOURCES,
        problems=PROBLEMS,
        household=household_problems(age="%(age)s::int"),
        joins=JOINS,
        restricted=RESTRICTED,
        mile=_METRES_PER_MILE,
        fostering=Category.FOSTERING.value,
        needs=needs,
        only="WHERE reasons = '{}'" if eligible_only else "",
    )
    return query, parameters


def candidates(lot_ids: Iterable[UUID], wanted: Wanted, on: dt.date, *, eligible_only: bool = False) -> list[Candidate]:
    """Every admitted home or household on the lots, eligible first, then by distance."""
    require_context()
    query, parameters = matching_sql(lot_ids, wanted, on, eligible_only=eligible_only)
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        # The columns are in the order of the fields.
        return [Candidate._make(row) for row in cursor.fetchall()]


def lots_looked_on(referral: Referral, open_lots: Sequence[Lot], asked: Collection[str] = ()) -> list[Lot]:
    """Of the lots open to the authority, those to look on: for a draft the `asked` ids (all without any), for a
    published referral its own."""
    if referral.status == "draft":
        wanted = set(asked)
    else:
        wanted = {str(pk) for pk in ReferralLot.objects.filter(referral=referral).values_list("lot_id", flat=True)}
    return [lot for lot in open_lots if not wanted or str(lot.pk) in wanted]


def wanted_of(referral: Referral, *, max_miles: int | None = None) -> Wanted:
    """What the referral asks of a home; `max_miles` tries a wider circle than the referral's own."""
    return Wanted(
        age=referral.age,
        sex=referral.sex,
        needs=tuple(referral.needs),
        outward=referral.outward,
        max_miles=referral.max_miles if max_miles is None else max_miles,
        avoid_outwards=tuple(referral.avoid_outwards),
        needs_solo=referral.needs_solo,
        single_sex_home=referral.single_sex_home,
    )
