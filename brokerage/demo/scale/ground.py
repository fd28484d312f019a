"""The ground of the seeded country: how chance is drawn, regions, people, providers, homes, households, insurance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from brokerage.core.references import ALPHABET
from brokerage.core.tenants.permissions import Role
from brokerage.demo.scale.filling import Fill, Step

#: Half of these words and half of those make a name; none is anybody's.
FIRST = (
    "Ash Birch Cedar Dell Elm Fern Gorse Hazel Ivy Juniper Larch Maple Nettle Oak Pine Quince Rowan Sorrel Teasel Yew"
)
LAST = "bank beck bourne brook combe dale field ford gate ham hurst ley mead mere moor ridge stead ton wick wood"
GIVEN = "Ada Alun Bea Cai Dara Eli Fay Gwen Hal Ines Jude Kit Lowri Mabli Noa Ola Pip Rhys Sami Tess Uma Wren Yara Zeb"

OFFICERS = 6
#: number -> (roles, weekly limit) of an authority's people after its placement officers.
STAFF: tuple[tuple[Role, str], ...] = (
    (Role.TEAM_MANAGER, "NULL"),
    (Role.NOMINATED_OFFICER, "NULL"),
    (Role.DIRECTOR, "NULL"),
    (Role.AUTHORITY_SIGNATORY, "NULL"),
    (Role.COMMISSIONER, "NULL"),
    (Role.FINANCE_OFFICER, "NULL"),
)
NEEDS = (
    "emotional_behavioural",
    "mental_health",
    "therapeutic",
    "learning_disability",
    "autism",
    "self_harm",
    "substance_misuse",
    "exploitation_criminal",
    "missing",
    "aggression",
)


def _array(words: str) -> str:
    return "ARRAY[" + ", ".join(f"'{word}'" for word in words.split()) + "]"


def functions(seed: int, today: dt.date) -> list[str]:
    """How chance, ids, references and days are made: functions of the seed, so that every run draws the same."""

    def sql(signature: str, body: str) -> str:
        return (
            f"CREATE OR REPLACE FUNCTION scale.{signature} LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT {body} $$"
        )

    letters = [f"substr('{ALPHABET}', ((v >> {shift}) & 31)::int + 1, 1)" for shift in range(35, -1, -5)]
    spelt = " || ".join([*letters[:4], "'-'", *letters[4:]])
    first, last, given = _array(FIRST), _array(LAST), _array(GIVEN)
    return [
        sql("day() RETURNS date", f"date '{today.isoformat()}'"),
        sql("moment() RETURNS timestamptz", f"timestamptz '{today.isoformat()} 00:00:00+00'"),
        sql(
            "u(n bigint, salt int) RETURNS float8",
            f"(hashint8extended(n, {seed * 4096}::bigint + salt) & 4503599627370495)::float8 / 4503599627370496",
        ),
        sql("pick(n bigint, salt int, k bigint) RETURNS int", "floor(scale.u(n, salt) * k)::int"),
        sql("id(kind text, n bigint) RETURNS uuid", f"md5('{seed}:' || kind || ':' || n::text)::uuid"),
        sql("letters(v bigint) RETURNS text", spelt),
        sql(
            "reference(prefix text, n bigint) RETURNS text",
            f"prefix || '-' || scale.letters((n * 365650731137 + {seed} * 104729) & 1099511627775)",
        ),
        sql("place_name(n bigint) RETURNS text", f"({first})[1 + n % 20] || ({last})[1 + (n / 20) % 20]"),
        sql(
            "person_name(n bigint) RETURNS text",
            f"({given})[1 + scale.pick(n, 900, 24)] || ' ' || scale.place_name(scale.pick(n, 901, 400))",
        ),
    ]


def steps(homes: int) -> Iterator[Step]:
    """Everything that is there before the first referral. `homes` is how many establishments."""
    regions = max(1, min(25, homes // 60))
    yield Step(
        "Regions",
        (
            f"""CREATE UNLOGGED TABLE scale.authority AS
            SELECT row_number() OVER w - 1 AS k, o.id, o.slug, o.name, p.gss_code, p.centroid_easting AS easting,
              p.centroid_northing AS northing, ntile({regions}) OVER w - 1 AS r
            FROM tenants_organisation o JOIN tenants_authorityprofile p ON p.organisation_id = o.id
            WHERE o.kind = 'authority' WINDOW w AS (ORDER BY p.ons_region COLLATE "C", o.slug COLLATE "C")""",
            "ALTER TABLE scale.authority ADD PRIMARY KEY (k)",
            Fill(
                "tenants_organisation",
                {
                    "id": "scale.id('central', r)",
                    "kind": "'central'",
                    "name": "'Region ' || r + 1 || ' central team'",
                    "slug": "'scale-central-' || r + 1",
                    "colour": "'#1d70b8'",
                    "is_active": "true",
                },
                f"FROM generate_series(0, {regions - 1}) r",
            ),
            Fill(
                "tenants_region",
                {
                    "id": "scale.id('region', r)",
                    "name": "'Region ' || r + 1",
                    "slug": "'scale-region-' || r + 1",
                    "central_team_id": "scale.id('central', r)",
                },
                f"FROM generate_series(0, {regions - 1}) r",
            ),
            Fill(
                "tenants_regionmember",
                {
                    "region_id": "scale.id('region', r)",
                    "organisation_id": "id",
                    "starts_on": "scale.day() - 2000",
                },
                f"""FROM (SELECT r, id FROM scale.authority UNION ALL
                SELECT r, scale.id('central', r) FROM generate_series(0, {regions - 1}) r) m""",
            ),
        ),
    )
    yield people()
    yield from register(homes, regions)


def people() -> Step:
    """Officers and managers of every authority; nobody can sign in with a password."""
    roles = ", ".join(f"'{role.value}'" for role, _limit in STAFF)
    return Step(
        "People of the authorities",
        (
            f"""CREATE UNLOGGED TABLE scale.staff AS
            SELECT a.k, j, scale.id('staff', a.k * 100 + j) AS id, scale.person_name(a.k * 100 + j) AS name,
              'staff' || j || '@' || a.slug || '.scale.example' AS email, a.id AS organisation_id,
              CASE WHEN j < {OFFICERS} THEN 'placement_officer' ELSE (ARRAY[{roles}])[j - {OFFICERS} + 1] END AS role,
              CASE WHEN j < {OFFICERS} THEN (ARRAY[2000, 4000, 6000])[1 + j % 3] END AS weekly_limit
            FROM scale.authority a, generate_series(0, {OFFICERS + len(STAFF) - 1}) j""",
            "ALTER TABLE scale.staff ADD PRIMARY KEY (k, j)",
            Fill("accounts_user", user_columns(), "FROM scale.staff"),
            Fill(
                "tenants_membership",
                {
                    "id": "scale.id('membership', k * 100 + j)",
                    "roles": "ARRAY[role]",
                    "weekly_limit": "weekly_limit",
                    "is_active": "true",
                    "organisation_id": "organisation_id",
                    "user_id": "id",
                },
                "FROM scale.staff",
            ),
        ),
    )


def user_columns() -> dict[str, str]:
    """A person without a password, from columns id, email and name."""
    return {
        "id": "id",
        "email": "email",
        "name": "name",
        "password": "'!'",
        "language": "'en'",
        "is_active": "true",
        "date_joined": "scale.moment() - interval '5 years'",
    }


def register(homes: int, regions: int) -> Iterator[Step]:
    """Providers of about two homes each, in one region, with the insurance they need; agencies with households."""
    needs = "ARRAY[" + ", ".join(f"'{need}'" for need in NEEDS) + "]::varchar[]"
    yield Step(
        "Providers",
        (
            f"""CREATE UNLOGGED TABLE scale.provider AS
            SELECT p, scale.id('provider', p) AS id, p % {regions} AS r,
              scale.place_name(scale.pick(p, 10, 400)) || ' Care ' || p + 1 || ' Ltd' AS name,
              'scale-provider-' || p + 1 AS slug
            FROM generate_series(0, {homes}) p WHERE p < ceil({homes} / (2.0 * {regions})) * {regions}""",
            "ALTER TABLE scale.provider ADD PRIMARY KEY (p)",
            Fill(
                "tenants_organisation",
                {"id": "id", "kind": "'provider'", "name": "name", "slug": "slug", "is_active": "true"}
                | {"colour": "'#00703c'"},
                "FROM scale.provider",
            ),
            Fill(
                "providers_provider",
                {
                    "organisation_id": "id",
                    "legal_name": "name",
                    "legal_form": "'limited_company'",
                    "company_number": "lpad((50000000 + p)::text, 8, '0')",
                    "profit_status": "CASE WHEN p % 6 = 0 THEN 'not_for_profit' ELSE 'for_profit' END",
                    "verified_on": "scale.day() - 30 - p::int % 300",
                },
                "FROM scale.provider",
            ),
            Fill(
                "providers_insurance",
                {
                    "id": "scale.id('insurance', p * 10 + kind.number)",
                    "kind": "kind.code",
                    "cover_amount": "10000000",
                    # Four in a hundred have let one lapse.
                    "starts_on": "scale.day() - 300",
                    "expires_on": "scale.day()"
                    " + CASE WHEN scale.u(p * 10 + kind.number, 11) < 0.013 THEN -9 ELSE 65 END",
                    "insurer": "'Mutual of Scale'",
                    "provider_id": "id",
                },
                "FROM scale.provider, unnest(ARRAY['employers_liability', 'public_liability',"
                " 'professional_indemnity']) WITH ORDINALITY kind(code, number)",
            ),
            Fill(
                "accounts_user",
                user_columns(),
                "FROM (SELECT scale.id('bids', p) AS id, 'bids@' || slug || '.example' AS email,"
                " scale.person_name(1000000 + p) AS name FROM scale.provider) found",
            ),
            Fill(
                "tenants_membership",
                {
                    "id": "scale.id('bidder', p)",
                    "roles": f"ARRAY['{Role.BID_WRITER.value}', '{Role.PROVIDER_ADMINISTRATOR.value}',"
                    f" '{Role.PROVIDER_SIGNATORY.value}']",
                    "is_active": "true",
                    "organisation_id": "id",
                    "user_id": "scale.id('bids', p)",
                },
                "FROM scale.provider",
            ),
        ),
    )
    yield Step(
        "Homes",
        (
            """CREATE UNLOGGED TABLE scale.area AS
            SELECT a.r, row_number() OVER (PARTITION BY a.r ORDER BY c.code) - 1 AS j, c.code, c.easting, c.northing,
              c.gss_code
            FROM tenants_outwardcode c JOIN scale.authority a USING (gss_code)""",
            "ALTER TABLE scale.area ADD PRIMARY KEY (r, j)",
            # How many a region has: with it the place drawn is looked up, not searched for.
            "CREATE UNLOGGED TABLE scale.areas AS SELECT r, count(*) AS many FROM scale.area GROUP BY r",
            "ANALYZE scale.area",
            f"""CREATE UNLOGGED TABLE scale.home AS
            SELECT e.e, scale.id('home', e.e) AS id, p.id AS provider_id, p.r, a.code AS outward, a.gss_code,
              a.easting + scale.pick(e.e, 21, 6000) - 3000 AS easting,
              a.northing + scale.pick(e.e, 22, 6000) - 3000 AS northing,
              (ARRAY['fostering', 'residential', 'supported_accommodation'])[1 + e.kind] AS category,
              (ARRAY['fostering_agency', 'childrens_home', 'supported_accommodation'])[1 + e.kind] AS kind,
              CASE e.kind WHEN 1 THEN 3 + scale.pick(e.e, 23, 4) WHEN 2 THEN 4 + scale.pick(e.e, 23, 7) END AS capacity
            FROM (SELECT e::bigint AS e, e % {regions} AS r, e / (2 * {regions}) * {regions} + e % {regions} AS p,
                CASE WHEN e / {regions} % 20 < 4 THEN 0 WHEN e / {regions} % 20 < 15 THEN 1 ELSE 2 END AS kind
              FROM generate_series(0, {homes - 1}) e) e
            JOIN scale.provider p USING (p)
            JOIN scale.areas m ON m.r = e.r
            JOIN scale.area a ON a.r = e.r AND a.j = floor(scale.u(e.e, 20) * m.many)::bigint""",
            "ALTER TABLE scale.home ADD PRIMARY KEY (e)",
            Fill(
                "providers_establishment",
                {
                    "id": "id",
                    "provider_id": "provider_id",
                    "name": "scale.place_name(scale.pick(e, 24, 400)) || ' ' || e + 1",
                    "kind": "kind",
                    "regulator": "CASE WHEN gss_code LIKE 'W%' THEN 'ciw' ELSE 'ofsted' END",
                    "urn": "'SCALE' || lpad(e::text, 7, '0')",
                    "registered_on": "scale.day() - 2000 - scale.pick(e, 25, 3000)",
                    "registration_status": "CASE WHEN scale.u(e, 26) < 0.01 THEN 'suspended' ELSE 'active' END",
                    "rating": "CASE WHEN gss_code LIKE 'W%' THEN 'not_rated' ELSE"
                    " (ARRAY['outstanding', 'good', 'good', 'good', 'requires_improvement'])"
                    "[1 + scale.pick(e, 27, 5)] END",
                    "inspected_on": "scale.day() - scale.pick(e, 28, 700)",
                    "capacity": "capacity",
                    "age_min": "CASE category WHEN 'supported_accommodation' THEN 16 WHEN 'fostering' THEN 0"
                    " ELSE 6 + scale.pick(e, 29, 6) END",
                    "age_max": "17",
                    "sex_accepted": "(ARRAY['any', 'any', 'any', 'male', 'female'])[1 + scale.pick(e, 30, 5)]",
                    "needs": f"({needs})[1 + scale.pick(e, 31, 3):]",
                    "postcode": "outward || ' 1AA'",
                    "outward": "outward",
                    "easting": "easting",
                    "northing": "northing",
                    "gss_code": "gss_code",
                    "registered_manager": "scale.person_name(2000000 + e)",
                },
                "FROM scale.home",
            ),
            """CREATE UNLOGGED TABLE scale.household AS
            SELECT h.e, j, h.e * 100 + j AS h, scale.id('household', h.e * 100 + j) AS id, h.id AS agency_id,
              h.provider_id, h.r, h.outward, h.gss_code, h.easting, h.northing
            FROM scale.home h, generate_series(0, 29) j WHERE h.category = 'fostering'""",
            "ALTER TABLE scale.household ADD PRIMARY KEY (e, j)",
            Fill(
                "providers_carerhousehold",
                {
                    "id": "id",
                    "code": "'SCALE-' || h",
                    "outward": "outward",
                    "easting": "easting + scale.pick(h, 40, 9000) - 4500",
                    "northing": "northing + scale.pick(h, 41, 9000) - 4500",
                    "gss_code": "gss_code",
                    # One in fifty takes fewer ages; who is placed there is outside them now and then: a finding.
                    "age_min": "CASE WHEN scale.u(h, 141) < 0.98 THEN 0 ELSE scale.pick(h, 42, 6) END",
                    "age_max": "CASE WHEN scale.u(h, 141) < 0.98 THEN 17 ELSE 11 + scale.pick(h, 43, 7) END",
                    "sex_accepted": "'any'",
                    "needs": f"({needs})[1 + scale.pick(h, 44, 4):]",
                    "adults": "1 + scale.pick(h, 45, 2)",
                    "approved_on": "scale.day() - 400 - scale.pick(h, 46, 3000)",
                    "agency_id": "agency_id",
                    "provider_id": "provider_id",
                },
                "FROM scale.household",
            ),
            Fill(
                "providers_occupancy",
                {
                    "id": "scale.id('places', n)",
                    "places": "places",
                    "establishment_id": "establishment_id",
                    "household_id": "household_id",
                    "provider_id": "provider_id",
                },
                """FROM (SELECT e AS n, capacity AS places, id AS establishment_id, NULL::uuid AS household_id,
                    provider_id
                  FROM scale.home WHERE capacity IS NOT NULL UNION ALL
                  SELECT 100000000 + h, 2, NULL, id, provider_id FROM scale.household) found""",
            ),
        ),
    )
