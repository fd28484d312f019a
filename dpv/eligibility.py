"""Whether an admission may be used on a day: invited, offered from, awarded.

One SQL expression holds the rules (`PROBLEMS`), so that matching 10,000 establishments and checking one offer cannot
disagree. It reads only rows that the authority and the admission's own provider both may read. Needs of the person
(age, sex, distance) are not its business: those are `placements.queries.matching`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.context import require_context
from brokerage.core.vocabulary import KINDS_FOR_CATEGORY, Category
from dpv.models import Admission
from dpv.states import MEASURE_STANDING
from providers.models import Insurance

#: No new for-profit registration of a restricted children's service in Wales from this day (Health and Social Care
#: (Wales) Act 2025, Part 1, with the transitional dates of its commencement orders). Registrations made before it
#: stay usable. The later steps depend on the Ministers' orders and are settings: `WELSH_NO_GROWTH_FROM` (places that
#: such a home gains from then on) and `WELSH_APPROVAL_FROM` (no new placements without the Ministers' approval).
WELSH_NO_NEW_FOR_PROFIT_FROM = dt.date(2026, 4, 1)
#: The categories whose services that Act restricts: fostering and care homes for children.
WELSH_RESTRICTED_CATEGORIES = (Category.FOSTERING.value, Category.RESIDENTIAL.value)

#: What the region's central team decided: nothing is signed under it either.
STOPPED = ("admission_barred", "admission_suspended", "measure_barred", "measure_suspended")

#: Every policy a provider must hold on the day.
INSURANCE_NEEDED = tuple(Insurance.Kind.values)

#: Code of each problem, in the order they are told, and what a page says.
PROBLEM_TEXTS: dict[str, str | Promise] = {
    "admission_suspended": _("Suspended from this lot"),
    "admission_barred": _("Barred from this lot"),
    "admission_ended": _("No longer on this lot"),
    "measure_barred": _("Barred by the central team"),
    "measure_suspended": _("Suspended by the central team"),
    "vehicle_not_in_term": _("The vehicle is not in its term on this day"),
    "provider_inactive": _("The provider is no longer active"),
    "registration_not_active": _("Registration is not active"),
    "registration_wrong_type": _("Registered for another kind of service"),
    "registration_age": _("Not registered for this age"),
    "provider_not_verified": _("The central team’s verification of the provider has lapsed or was never made"),
    "insurance_employers_liability": _("Employers’ liability insurance has lapsed or is missing"),
    "insurance_public_liability": _("Public liability insurance has lapsed or is missing"),
    "insurance_professional_indemnity": _("Professional indemnity insurance has lapsed or is missing"),
    "household_retired": _("The carer household fosters no more"),
    "household_on_hold": _("The carer household is on hold"),
    "household_age": _("The carer household is not approved for this age"),
    "welsh_for_profit": _("New for-profit registration in Wales, not allowed since 1 April 2026"),
    "welsh_growth": _("For-profit home in Wales that has grown since it no longer may"),
    "welsh_needs_approval": _("For-profit home in Wales: new placements need the Welsh Ministers’ approval"),
    "no_ceiling": _("No ceiling price in force"),
}

_kinds = ", ".join(f"('{category}', '{kind}')" for category, kinds in KINDS_FOR_CATEGORY.items() for kind in kinds)
_insurance = ",\n".join(
    f"CASE WHEN cover.kinds IS NULL OR NOT '{kind}' = ANY (cover.kinds) THEN 'insurance_{kind}' END"
    for kind in INSURANCE_NEEDED
)
#: The states of a measure in which it holds, as SQL.
STANDING = ", ".join(f"'{status}'" for status in MEASURE_STANDING)
_restricted = ", ".join(f"'{category}'" for category in WELSH_RESTRICTED_CATEGORIES)

#: Common table expressions after `chosen` (columns of dpv_admission). Parameters: `on`, `age` (or null: any age).
#: `chosen` has `id`, `region_id`, `provider_id`, `establishment_id`, `lot_id` besides.
#: Materialised: a plan that probes them once per admission took seconds at 10,000.
COVER = """
cover AS MATERIALIZED (
  SELECT i.provider_id, array_agg(i.kind) AS kinds
  FROM providers_insurance i
  WHERE i.provider_id = ANY (ARRAY(SELECT DISTINCT provider_id FROM chosen))
    AND %(on)s BETWEEN i.starts_on AND i.expires_on
  GROUP BY i.provider_id
)
"""
SOURCES = f"""{COVER},
price AS MATERIALIZED (
  SELECT DISTINCT ON (c.admission_id) c.admission_id, c.id, c.weekly
  FROM dpv_ceiling c
  WHERE c.admission_id IN (SELECT id FROM chosen)
    AND %(on)s >= c.valid_from AND (c.valid_to IS NULL OR %(on)s <= c.valid_to)
    AND (%(age)s::int IS NULL OR %(age)s::int BETWEEN c.age_min AND c.age_max)
  ORDER BY c.admission_id, c.valid_from DESC, c.age_max - c.age_min, c.id
),
measured AS MATERIALIZED (
  SELECT c.id AS admission_id, array_agg(m.kind) AS kinds
  FROM (SELECT region_id, provider_id, establishment_id, lot_id, kind FROM dpv_measure
        WHERE status IN ({STANDING}) OFFSET 0) m
  JOIN chosen c ON c.provider_id = m.provider_id AND c.region_id = m.region_id
    AND (m.establishment_id IS NULL OR m.establishment_id = c.establishment_id)
    AND (m.lot_id IS NULL OR m.lot_id = c.lot_id)
  GROUP BY c.id
)
"""

#: What `PROBLEMS` reads.
JOINS = """
JOIN dpv_lot l ON l.id = a.lot_id
JOIN dpv_vehicle v ON v.id = a.vehicle_id
JOIN providers_establishment e ON e.id = a.establishment_id
JOIN providers_provider p ON p.organisation_id = a.provider_id
JOIN tenants_organisation o ON o.id = a.provider_id
LEFT JOIN cover ON cover.provider_id = a.provider_id
LEFT JOIN price ON price.admission_id = a.id
LEFT JOIN measured ON measured.admission_id = a.id
"""

#: A for-profit home in Wales whose kind the Act restricts; the category of the placement stands in the braces.
_WELSH = f"p.profit_status = 'for_profit' AND e.gss_code LIKE 'W%%' AND {{category}} IN ({_restricted})"


def home_problems(*, category: str, age: str) -> str:
    """Array elements: the codes of what is wrong with a home and its provider for somebody who lives there or is to,
    or null. A fostering agency is registered for every age: its households are approved (`household_problems`).
    `category` and `age` are SQL expressions; the rows are those of `JOINS`, the parameters `parameters()`."""
    welsh = _WELSH.format(category=category)
    return f"""
CASE WHEN NOT o.is_active THEN 'provider_inactive' END,
CASE WHEN e.registration_status <> 'active' OR e.registered_on > %(on)s OR e.closed_on <= %(on)s
  THEN 'registration_not_active' END,
CASE WHEN ({category}, e.kind) NOT IN ({_kinds}) THEN 'registration_wrong_type' END,
CASE WHEN e.kind <> 'fostering_agency' AND {age} NOT BETWEEN e.age_min AND e.age_max THEN 'registration_age' END,
CASE WHEN p.verified_on IS NULL OR p.verified_on < %(verified_since)s THEN 'provider_not_verified' END,
{_insurance},
CASE WHEN %(on)s >= '{WELSH_NO_NEW_FOR_PROFIT_FROM}' AND e.registered_on >= '{WELSH_NO_NEW_FOR_PROFIT_FROM}'
  AND {welsh} THEN 'welsh_for_profit' END,
CASE WHEN %(on)s >= %(no_growth_from)s::date AND e.grew_on >= %(no_growth_from)s::date AND {welsh}
  THEN 'welsh_growth' END
"""


def household_problems(*, age: str, on: str = "%(on)s", household: str = "h") -> str:
    """Array elements: the codes of what is wrong with a carer household for somebody who is to live there, or null;
    null all of them without a household. `on` and `age` are SQL expressions, asked for in this order, `household` the
    alias of its table. On hold concerns nobody who lives there already: an agency says so too when it is full."""
    return f"""
CASE WHEN {household}.retired_on <= {on} THEN 'household_retired'
  WHEN {household}.is_on_hold THEN 'household_on_hold' END,
CASE WHEN {age} NOT BETWEEN {household}.age_min AND {household}.age_max THEN 'household_age' END
"""


#: Is it under a restriction: used only with a reason?
RESTRICTED = "coalesce('restrict' = ANY (measured.kinds), false)"

#: Array elements: the codes of what is wrong, or null.
PROBLEMS = f"""
CASE WHEN a.status <> 'admitted' THEN 'admission_' || a.status END,
CASE WHEN 'bar' = ANY (measured.kinds) THEN 'measure_barred' END,
CASE WHEN 'suspend' = ANY (measured.kinds) THEN 'measure_suspended' END,
CASE WHEN %(on)s NOT BETWEEN v.starts_on AND v.ends_on THEN 'vehicle_not_in_term' END,
{home_problems(category="l.category", age="%(age_at_start)s::int")},
CASE WHEN %(on)s >= %(approval_from)s::date AND {_WELSH.format(category="l.category")}
  THEN 'welsh_needs_approval' END,
CASE WHEN price.id IS NULL THEN 'no_ceiling' END
"""

PROBLEMS_OF = f"""
WITH chosen AS MATERIALIZED (SELECT * FROM dpv_admission WHERE id = ANY (%(admissions)s::uuid[])), {SOURCES}
SELECT a.id, array_remove(ARRAY[{PROBLEMS}, {household_problems(age="%(age_at_start)s::int")}], NULL)::text[]
FROM chosen a {JOINS}
LEFT JOIN providers_carerhousehold h ON h.agency_id = a.establishment_id
  AND h.id = (%(households)s::uuid[])[array_position(%(admissions)s::uuid[], a.id)]
"""
#: Named by the rules that it holds: a database that has not been brought up to date has none of that name, and answers
#: by no earlier rule.
PROBLEMS_FUNCTION = f"admission_problems_{hashlib.sha256(PROBLEMS_OF.encode()).hexdigest()[:8]}"
#: The same, of a few admissions, by the function that keeps its plan (`dpv.row_security`): planning a query over a
#: dozen tables with row security takes twenty times as long as asking it of one admission.
_OF_A_FEW = f"""
SELECT * FROM {PROBLEMS_FUNCTION}(%(admissions)s::uuid[], %(households)s::uuid[], %(on)s, %(age)s, %(age_at_start)s,
  %(verified_since)s, %(no_growth_from)s, %(approval_from)s)
"""
#: Of more, the plan must know how many.
FEW = 8
_NO_HOUSEHOLDS: Mapping[UUID, UUID | None] = MappingProxyType({})


def parameters(on: dt.date, *, age: int | None = None, age_at_start: int | None = None) -> dict[str, Any]:
    """What `SOURCES` and `PROBLEMS` ask for: the day, the person's age (of the ceiling), their age on the day they move
    in (of the registration; `age` where it is not known), and the dates that are settings."""
    return {
        "on": on,
        "age": age,
        "age_at_start": age if age_at_start is None else age_at_start,
        "verified_since": on - dt.timedelta(days=settings.VERIFICATION_LASTS_DAYS),
        "no_growth_from": settings.WELSH_NO_GROWTH_FROM,
        "approval_from": settings.WELSH_APPROVAL_FROM,
    }


def problems_of(
    admission_ids: Iterable[UUID],
    on: dt.date,
    *,
    age: int | None = None,
    age_at_start: int | None = None,
    households: Mapping[UUID, UUID | None] = _NO_HOUSEHOLDS,
) -> dict[UUID, list[str]]:
    """The codes of what keeps each admission from being used on that day; an empty list is "eligible".

    `age` (completed years) asks for a ceiling of that age and a registration for it (for `age_at_start`, where that is
    another); without it any ceiling and any registered age will do. `households`: the agency's carer household that is
    meant, by admission. An admission the current organisation may not see is not in the answer.
    """
    require_context()
    wanted = list(admission_ids)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        query = _OF_A_FEW if len(wanted) <= FEW else PROBLEMS_OF
        values = parameters(on, age=age, age_at_start=age_at_start)
        values |= {"admissions": wanted, "households": [households.get(one) for one in wanted]}
        cursor.execute(query, values)
        return {row[0]: list(row[1]) for row in cursor.fetchall()}


def require_eligible(
    admission: Admission | UUID,
    on: dt.date,
    *,
    age: int | None = None,
    age_at_start: int | None = None,
    household_id: UUID | None = None,
    field: str | None = None,
    apart_from: Collection[str] = (),
) -> None:
    """Refuse an admission, or the carer household of it that is meant, that may not be used on that day; problems of
    the codes `apart_from` do not count.

    Raises RuleBroken whose code is the first problem's (`PROBLEM_TEXTS`), or `admission_unknown`.
    """
    admission_id = admission if isinstance(admission, UUID) else admission.pk
    meant = {admission_id: household_id}
    found = problems_of([admission_id], on, age=age, age_at_start=age_at_start, households=meant).get(admission_id)
    if found is None:
        raise RuleBroken("admission_unknown", _("This establishment is not on the lot"), field)
    problems = [code for code in found if code not in apart_from]
    if problems:
        raise RuleBroken(problems[0], problem_text(problems[0]), field)


def problem_text(code: str, texts: Mapping[str, str | Promise] = PROBLEM_TEXTS) -> str | Promise:
    """What a page says of a problem's code."""
    return texts[code]


def require_not_stopped(admission_id: UUID, on: dt.date, *, field: str | None = None) -> None:
    """Refuse what the central team has stopped (`STOPPED`), whatever else may be wrong: nothing is signed under it.

    An admission that is ended stops no agreement: what was awarded goes on.
    """
    stopped = [code for code in problems_of([admission_id], on).get(admission_id, []) if code in STOPPED]
    if stopped:
        raise RuleBroken(
            stopped[0],
            _("%(problem)s: nobody can sign until this is lifted. The authority may let the award fall through.")
            % {"problem": problem_text(stopped[0])},
            field,
        )
