"""The seeded country's vehicles: one for each kind of home in each region, with lots, admissions, yearly ceilings."""

from __future__ import annotations

import json
from collections.abc import Iterator

from brokerage.demo.scale.filling import Fill, Step
from dpv.rule_defaults import fostering_defaults, residential_defaults, supported_accommodation_defaults

#: Years of ceilings, each of 364 days and a day: a referral finds its row by arithmetic.
YEARS = 6
#: category, lots of a vehicle, weekly price at first, how far prices differ.
KINDS = (
    ("fostering", 2, 850, 300),
    ("residential", 2, 4200, 2400),
    ("supported_accommodation", 1, 900, 700),
)


def _quoted(value: object) -> str:
    return "'" + json.dumps(value).replace("'", "''") + "'"


def steps() -> Iterator[Step]:
    """Vehicles, their lots and rules, who is admitted at what ceiling."""
    rules = (fostering_defaults(), residential_defaults(), supported_accommodation_defaults())
    kinds = ", ".join(
        f"({number}, '{category}', {lots}, {price}, {spread}, {_quoted(rule.to_json())}::jsonb)"
        for number, ((category, lots, price, spread), rule) in enumerate(zip(KINDS, rules, strict=True))
    )
    yield Step(
        "Vehicles, lots and rules",
        (
            f"""CREATE UNLOGGED TABLE scale.vehicle AS
            SELECT r.r * 3 + k.kind AS v, r.r, k.*, scale.id('vehicle', r.r * 3 + k.kind) AS id,
              scale.id('region', r.r) AS region_id, scale.id('rules', r.r * 3 + k.kind) AS rules_id
            FROM (SELECT DISTINCT r FROM scale.authority) r,
              (VALUES {kinds}) k(kind, category, lots, price, spread, rules)""",
            "ALTER TABLE scale.vehicle ADD PRIMARY KEY (v)",
            """CREATE UNLOGGED TABLE scale.lot AS
            SELECT v * 2 + number AS l, v, number, r, category, scale.id('lot', v * 2 + number) AS id
            FROM scale.vehicle, generate_series(0, lots - 1) number""",
            "ALTER TABLE scale.lot ADD PRIMARY KEY (l)",
            Fill(
                "dpv_vehicle",
                {
                    "id": "id",
                    "code": "'SC-' || v",
                    "name": "'Region ' || r + 1 || ' ' || replace(category, '_', ' ')",
                    "legal_regime": "'pa2023_light_touch'",
                    "starts_on": "scale.day() - 2100",
                    "ends_on": "scale.day() + 1500",
                    "region_id": "region_id",
                    "lead_authority_id": "(SELECT a.id FROM scale.authority a WHERE a.r = vehicle.r"
                    " ORDER BY k LIMIT 1)",
                },
                "FROM scale.vehicle",
            ),
            Fill(
                "dpv_ruleversion",
                {
                    "id": "rules_id",
                    "valid_from": "scale.day() - 2100",
                    "parameters": "rules",
                    "region_id": "region_id",
                    "vehicle_id": "id",
                },
                "FROM scale.vehicle",
            ),
            Fill(
                "dpv_lot",
                {
                    "id": "lot.id",
                    "code": "(ARRAY['STD', 'ENH'])[1 + number]",
                    "name": "(ARRAY['Standard', 'Enhanced'])[1 + number]",
                    "category": "lot.category",
                    "age_max": "17",
                    "region_id": "vehicle.region_id",
                    "vehicle_id": "vehicle.id",
                },
                "FROM scale.lot JOIN scale.vehicle USING (v)",
            ),
            Fill(
                "dpv_accessagreement",
                {
                    "id": "scale.id('access', v * 1000 + k)",
                    "starts_on": "scale.day() - 2000",
                    "notice_months": "3",
                    "authority_id": "a.id",
                    "region_id": "region_id",
                    "vehicle_id": "vehicle.id",
                },
                "FROM scale.vehicle JOIN scale.authority a USING (r)",
            ),
            Fill(
                "dpv_menuitem",
                {
                    "id": "scale.id('menu', p * 10 + vehicle.kind)",
                    "service": "'one_to_one_hour'",
                    "unit": "'hour'",
                    "unit_price": "18 + scale.pick(p, 50, 15)",
                    "valid_from": "scale.day() - 2000",
                    "provider_id": "provider.id",
                    "region_id": "region_id",
                    "vehicle_id": "vehicle.id",
                },
                "FROM scale.vehicle JOIN scale.provider USING (r)",
            ),
        ),
    )
    yield Step(
        "Admissions and ceilings",
        (
            # Every home stands on the lots of its own region, half of them on the next one's as well. The order on a
            # lot is by hash, so that those asked together are not neighbours.
            """CREATE UNLOGGED TABLE scale.berth AS
            SELECT l.l, row_number() OVER w - 1 AS j, h.e * 4 + l.number +
                CASE WHEN l.r = h.r THEN 0 ELSE 2 END AS b,
              scale.id('admission', h.e * 4 + l.number + CASE WHEN l.r = h.r THEN 0 ELSE 2 END) AS id, l.id AS lot_id,
              v.id AS vehicle_id, v.region_id, v.rules_id, v.category, h.e, h.id AS establishment_id, h.provider_id,
              h.outward, h.gss_code, v.price + l.number * v.price / 5 + scale.pick(h.e, 51, v.spread) AS price
            FROM scale.home h
            JOIN scale.lot l ON l.category = h.category AND (l.r = h.r
              OR l.r = (h.r + 1) % (SELECT count(DISTINCT r) FROM scale.authority) AND scale.u(h.e, 52) < 0.5)
            JOIN scale.vehicle v USING (v)
            WINDOW w AS (PARTITION BY l.l ORDER BY scale.u(h.e * 4 + l.number, 53), h.e)""",
            "ALTER TABLE scale.berth ADD PRIMARY KEY (l, j)",
            # How many a lot has: with it those drawn are looked up, not searched for.
            "CREATE UNLOGGED TABLE scale.berths AS SELECT l, count(*) AS many FROM scale.berth GROUP BY l",
            "ANALYZE scale.berth",
            Fill(
                "dpv_admission",
                {
                    "id": "id",
                    "status": "'admitted'",
                    "tier": "CASE WHEN scale.u(b, 55) < 0.8 THEN 'preferred' ELSE 'reserve' END",
                    "admitted_on": "scale.day() - 2000",
                    "quality_score": "50 + scale.pick(b, 56, 50)",
                    "establishment_id": "establishment_id",
                    "provider_id": "provider_id",
                    "region_id": "region_id",
                    "lot_id": "lot_id",
                    "vehicle_id": "vehicle_id",
                },
                "FROM scale.berth",
            ),
            Fill(
                "dpv_ceiling",
                {
                    "id": "scale.id('ceiling', b * 10 + y)",
                    "age_max": "17",
                    "weekly": "round(price * power(1.03, y)::numeric, 2)",
                    "valid_from": "scale.day() - 2000 + y * 365",
                    "valid_to": f"CASE WHEN y < {YEARS - 1} THEN scale.day() - 1636 + y * 365 END",
                    "admission_id": "id",
                    "provider_id": "provider_id",
                    "region_id": "region_id",
                },
                f"FROM scale.berth, generate_series(0, {YEARS - 1}) y",
            ),
        ),
    )
