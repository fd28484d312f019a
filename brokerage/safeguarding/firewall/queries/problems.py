"""Which open placements live in a home that does not pass: one statement in an authority's own role.

The rules are those of `dpv.eligibility`, without what is about new placements alone (a ceiling, the vehicle's term, the
approval that Wales asks for from 2030 on, a household on hold). Nothing here writes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.tenants.rowsecurity import ORGANISATION
from brokerage.core.vocabulary import PlacementSource
from dpv.eligibility import COVER, PROBLEM_TEXTS, STANDING, home_problems, household_problems, parameters

#: Beside `dpv.eligibility.PROBLEM_TEXTS`.
TEXTS: dict[str, str | Promise] = {
    "not_in_register": _("The home is in no regulator’s register that we know of"),
    "not_on_newest_list": _("Not on the register’s newest list"),
    **PROBLEM_TEXTS,
}
#: What a run can find, in the order of the filter.
CODES = (
    *(
        "not_in_register",
        "not_on_newest_list",
        "admission_suspended",
        "admission_barred",
        "measure_suspended",
        "measure_barred",
    ),
    "provider_inactive",
    *("registration_not_active", "registration_wrong_type", "registration_age", "provider_not_verified"),
    *(code for code in PROBLEM_TEXTS if code.startswith("insurance_")),
    *("household_retired", "household_age"),
    *("welsh_for_profit", "welsh_growth"),
)

#: The council's own homes prove nothing to a central team.
_OWN = PlacementSource.IN_HOUSE.value
_EVIDENCE = "('provider_not_verified', 'insurance_employers_liability', 'insurance_public_liability',\n" + (
    "  'insurance_professional_indemnity')"
)

#: Parameters: those of `parameters()`, `homes` (null: every home; else also whoever was found there and has moved).
#: Age is that of the day, or of the first day where it is still ahead.
JUDGED = f"""
living AS MATERIALIZED (
  SELECT w.id, w.reference, w.category, w.source, w.lot_id, w.provider_id, w.establishment_id, w.household_id,
    w.provider_name,
    extract(year FROM age(CASE WHEN w.status = 'planned' THEN greatest(w.planned_start_on, %(on)s) ELSE %(on)s END,
      born.date_of_birth))::int AS age
  FROM placements_placement w
  JOIN placements_person born ON born.id = w.person_id
  WHERE w.authority_id = {ORGANISATION} AND w.status IN ('planned', 'active')
    AND (%(homes)s::uuid[] IS NULL OR w.establishment_id = ANY (%(homes)s::uuid[])
      OR w.id IN (SELECT f.placement_id FROM firewall_finding f WHERE f.authority_id = {ORGANISATION}
        AND f.state IN ('open', 'acknowledged') AND f.establishment_id = ANY (%(homes)s::uuid[])))
), chosen AS MATERIALIZED (
  SELECT DISTINCT provider_id FROM living WHERE provider_id IS NOT NULL
), {COVER},
stopped AS MATERIALIZED (
  SELECT a.establishment_id, a.lot_id, 'admission_' || a.status AS code FROM dpv_admission a
  WHERE a.status IN ('suspended', 'barred') AND a.establishment_id IN (SELECT w.establishment_id FROM living w)
), measures AS MATERIALIZED (
  SELECT m.provider_id, m.establishment_id, m.lot_id,
    CASE m.kind WHEN 'bar' THEN 'measure_barred' ELSE 'measure_suspended' END AS code
  FROM dpv_measure m WHERE m.status IN ({STANDING}) AND m.kind IN ('suspend', 'bar')
), judged AS MATERIALIZED (
  SELECT w.id, w.reference, w.category, w.provider_id, w.establishment_id, coalesce(e.name, w.provider_name) AS home,
    CASE WHEN w.establishment_id IS NULL THEN
      CASE WHEN w.source = '{_OWN}' THEN ARRAY[]::text[] ELSE ARRAY['not_in_register'] END
    ELSE ARRAY(SELECT code FROM unnest(ARRAY[
      (SELECT min(s.code) FROM stopped s WHERE s.establishment_id = w.establishment_id
        AND (w.lot_id IS NULL OR s.lot_id = w.lot_id)),
      (SELECT min(m.code) FROM measures m WHERE m.provider_id = w.provider_id
        AND (m.establishment_id IS NULL OR m.establishment_id = w.establishment_id)
        AND (m.lot_id IS NULL OR w.lot_id IS NULL OR m.lot_id = w.lot_id)),
      -- No more than a finding: it closes nothing, and keeps nobody out. A register that says more says it itself.
      CASE WHEN e.missing_since <= %(on)s AND e.registration_status = 'active' THEN 'not_on_newest_list' END,
      {home_problems(category="w.category", age="w.age")},
      {household_problems(age="w.age")}
    ]) AS code WHERE code <> 'household_on_hold' AND NOT (w.source = '{_OWN}' AND code IN {_EVIDENCE})) END AS codes
  FROM living w
  LEFT JOIN providers_establishment e ON e.id = w.establishment_id
  LEFT JOIN providers_provider p ON p.organisation_id = w.provider_id
  LEFT JOIN tenants_organisation o ON o.id = w.provider_id
  LEFT JOIN providers_carerhousehold h ON h.id = w.household_id
  LEFT JOIN cover ON cover.provider_id = w.provider_id
)
"""


def asked(on: dt.date, homes: Collection[UUID] | None) -> dict[str, Any]:
    """The parameters of `JUDGED`."""
    return {**parameters(on), "homes": None if homes is None else list(homes)}


def words(codes: Iterable[str]) -> list[str]:
    """What is wrong, in the current language."""
    return [str(TEXTS.get(code, code)) for code in codes]
