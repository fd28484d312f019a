"""Matching against a plain index scan, at 10,000 establishments on 3 lots."""

from __future__ import annotations

from functools import partial

from tests.benchmarks.harness import Bench, in_turn, own_database, superuser
from tests.benchmarks.rows import compared

ESTABLISHMENTS = 10_000
LOTS = 3

#: What every answer must read at least: the admissions of the lots by their index, and the homes they stand for.
PLAIN = """
SELECT a.id, a.status, e.name, e.kind, e.outward, e.easting, e.northing, e.age_min, e.age_max, e.sex_accepted, e.needs,
  e.rating, e.registration_status
FROM dpv_admission a JOIN providers_establishment e ON e.id = a.establishment_id
WHERE a.lot_id = ANY (%(lots)s::uuid[])
"""

FILL = """
INSERT INTO dpv_lot (id, region_id, vehicle_id, code, name, category, age_min, age_max, needs, is_solo)
SELECT gen_random_uuid(), l.region_id, l.vehicle_id, 'B' || n, 'Benchmark ' || n, l.category, 0, 17, '{}', false
FROM dpv_lot l, generate_series(1, %(lots)s) n WHERE l.id = %(lot)s;
INSERT INTO providers_establishment (id, provider_id, name, kind, regulator, urn, registered_on, registration_status,
  rating, capacity, age_min, age_max, sex_accepted, needs, address_line_1, address_line_2, town, postcode, outward,
  easting, northing, gss_code, registered_manager, telephone, email, description)
SELECT gen_random_uuid(), e.provider_id, 'Home ' || n, e.kind, e.regulator, 'BENCH' || n, e.registered_on,
  CASE WHEN n %% 50 = 0 THEN 'suspended' ELSE 'active' END, e.rating, 4, n %% 9, 10 + n %% 9,
  CASE n %% 4 WHEN 0 THEN 'male' WHEN 1 THEN 'female' ELSE 'any' END,
  CASE WHEN n %% 3 = 0 THEN e.needs[1:2] ELSE e.needs END, '', '', '', 'HA1 2AA', 'HA1',
  e.easting + (n * 37) %% 60000 - 30000, e.northing + (n * 53) %% 60000 - 30000, e.gss_code, '', '', '', ''
FROM providers_establishment e, generate_series(1, %(homes)s) n WHERE e.id = %(home)s;
INSERT INTO providers_occupancy (id, provider_id, establishment_id, places, taken, updated_at)
SELECT gen_random_uuid(), provider_id, id, 4, abs(hashtext(urn)) %% 5, now() FROM providers_establishment
WHERE urn LIKE 'BENCH%%';
INSERT INTO dpv_admission (id, region_id, vehicle_id, lot_id, provider_id, establishment_id, status, admitted_on,
  reason, tier, changed_at)
SELECT gen_random_uuid(), l.region_id, l.vehicle_id, l.id, e.provider_id, e.id,
  CASE WHEN abs(hashtext(e.urn)) %% 40 = 0 THEN 'suspended' ELSE 'admitted' END, e.registered_on, '', 'preferred', now()
FROM (SELECT *, row_number() OVER (ORDER BY urn) AS n FROM providers_establishment WHERE urn LIKE 'BENCH%%') e
JOIN (SELECT *, row_number() OVER (ORDER BY code) AS n FROM dpv_lot WHERE code LIKE 'B_') l
  ON l.n = 1 + e.n %% %(lots)s;
INSERT INTO dpv_ceiling (id, region_id, provider_id, admission_id, age_min, age_max, weekly, valid_from, reason,
  set_by_name, set_at)
SELECT gen_random_uuid(), a.region_id, a.provider_id, a.id, 0, 17, 4000, a.admitted_on, '', '', now()
FROM dpv_admission a JOIN dpv_lot l ON l.id = a.lot_id WHERE l.code LIKE 'B_';
"""


def measure(bench: Bench) -> None:
    """The one query under row security, and with the Python objects of its answer; the scan as the superuser."""
    from django.db import connection, connections

    from brokerage.core.tenants.context import acting
    from dpv.models import Lot
    from placements.matching import Wanted
    from placements.queries.matching import candidates, matching_sql
    from tests.cast import TODAY, actor_of, ident

    with own_database("matching") as name:
        values = {"homes": ESTABLISHMENTS, "lots": LOTS, "lot": ident("lot T-RES"), "home": ident("birch-house")}
        with connections["owner"].cursor() as cursor:
            for statement in FILL.split(";\n"):
                if statement.strip():
                    cursor.execute(statement, values)
            cursor.execute("ANALYZE")
        wanted = Wanted(14, "male", ("self_harm", "missing"), "HA1", 20)
        with superuser(name) as plain, acting(actor_of("olive")):
            lots = list(Lot.objects.filter(code__regex="^B[0-9]$").values_list("pk", flat=True))
            query, parameters = matching_sql(lots, wanted, TODAY)

            def run() -> int:
                with connection.cursor() as cursor:
                    cursor.execute(query, parameters)
                    return len(cursor.fetchall())

            def scan() -> int:
                plain.execute(PLAIN, {"lots": [str(lot) for lot in lots]})
                return len(plain.fetchall())

            assert run() == scan() == ESTABLISHMENTS
            ours, objects, base = in_turn(
                run,
                partial(candidates, lots, wanted, TODAY),
                scan,
                rounds=bench.rounds(25),
            )
    told = f"{ESTABLISHMENTS:,} homes on {LOTS} lots; ours with row security"
    reference = "a plain index scan of admissions and homes"
    bench.add(
        compared(f"Matching {ESTABLISHMENTS:,} homes", ours, base, goal=4, reference=reference, note=told),
        compared(
            f"Matching {ESTABLISHMENTS:,} homes, with its objects",
            objects,
            base,
            goal=4,
            reference=reference,
            note=told,
        ),
    )
