"""Referrals of five years, who was invited, who offered at what price, who declined."""

from __future__ import annotations

from collections.abc import Iterator

from brokerage.demo.scale.filling import Fill, Step
from brokerage.demo.scale.ground import NEEDS, OFFICERS
from brokerage.demo.scale.market import YEARS

#: Days of a referral's life drawn below: five years, and the last weeks in which the work of today happens.
SPAN, RECENT = 1825, 21

#: What a referral has come to by now. `final` is how it ends once every time has passed.
_STATUS = """CASE
  WHEN final = 'never' THEN CASE WHEN published_at < scale.moment() THEN 'withdrawn' ELSE 'draft' END
  WHEN final = 'draft' OR published_at >= scale.moment() THEN 'draft'
  WHEN decided_at >= scale.moment() THEN CASE WHEN final = 'placed' AND closes_at < scale.moment()
    AND scale.u(n, 80) < 0.4 THEN 'awaiting_approval' ELSE 'published' END
  WHEN final = 'placed' AND starts_on >= scale.day() THEN 'awarded'
  ELSE final END"""


def _asked_at(n: str) -> str:
    """The moment at which referral `n` was begun: a function of its number alone."""
    return f"""scale.moment() - make_interval(secs => 86400 * (CASE WHEN scale.u({n}, 68) < 0.03
          THEN {RECENT} * scale.u({n}, 69) ELSE {RECENT} + {SPAN - RECENT} * power(scale.u({n}, 69), 1.2) END))"""


def _born_on(child: str) -> str:
    """The birthday of the child of referral `child`: less than eighteen years before that was begun."""
    years = f"least(17, greatest(0, scale.pick({child}, 70, 20) - 1))"
    return f"(({_asked_at(child)})::date - ({years} * 365 + {years} / 4 + scale.pick({child}, 170, 365)))"


_PLAN = f"""CREATE UNLOGGED TABLE scale.plan AS
SELECT p.*, {_STATUS} AS status, l.id AS lot_id, v.id AS vehicle_id, v.region_id, v.rules_id,
  least({YEARS - 1}, (published_at::date - (scale.day() - 2000)) / 365) AS y
FROM (
  SELECT f.*, created_at + make_interval(secs => 7200 + 200000 * scale.u(n, 60)) AS published_at,
    created_at + make_interval(secs => 7200 + 200000 * scale.u(n, 60) + 86400 + 500000 * scale.u(n, 61)) AS closes_at,
    created_at + make_interval(secs => 7200 + 200000 * scale.u(n, 60) + 86400 + 500000 * scale.u(n, 61) + 3600
      + 250000 * scale.u(n, 62)) AS decided_at,
    (created_at + make_interval(days => 9 + scale.pick(n, 63, 14)))::date AS starts_on,
    4 + floor(-40 * ln(1 - scale.u(n, 64)))::int AS weeks,
    CASE WHEN scale.u(n, 65) < 0.64 THEN 'placed' WHEN scale.u(n, 65) < 0.79 THEN 'not_placed'
      WHEN scale.u(n, 65) < 0.92 THEN 'withdrawn' WHEN scale.u(n, 65) < 0.98 THEN 'never' ELSE 'draft' END AS final,
    (3 * r + CASE category WHEN 'fostering' THEN 0 WHEN 'residential' THEN 1 ELSE 2 END) * 2
      + CASE WHEN category <> 'supported_accommodation' AND scale.u(n, 66) < 0.35 THEN 1 ELSE 0 END AS l
  FROM (
    SELECT d.*, CASE WHEN age >= 16 AND scale.u(n, 67) < 0.5 THEN 'supported_accommodation'
      WHEN age > 9 AND scale.u(n, 167) < 0.45 THEN 'residential' ELSE 'fostering' END AS category
    FROM (
      SELECT c.*, extract(year FROM age(created_at::date, born_on))::int AS age
      FROM (
        -- Two by two they are of one authority (the first are the largest), and may be of the same child, where that
        -- is a child at both.
        SELECT n, t.created_at, CASE WHEN is_again THEN n - 1 ELSE n END AS child,
          CASE WHEN is_again THEN first_born_on ELSE {_born_on("n")} END AS born_on,
          a.k, a.id AS authority_id, a.name AS authority_name, a.slug, a.r, a.easting, a.northing,
          scale.pick(n, 72, {OFFICERS}) AS officer
        FROM (
          SELECT *, n % 2 = 1 AND n > 1 AND scale.u(n / 2, 71) < 0.55 AND first_born_on <= created_at::date
            AND first_born_on + interval '18 years' > created_at::date AS is_again
          FROM (
            SELECT n, {_asked_at("n")} AS created_at, {_born_on("(n - 1)")} AS first_born_on
            FROM generate_series(1::bigint, @referrals) n OFFSET 0
          ) begun OFFSET 0
        ) t
        JOIN scale.authority a ON a.k = floor((SELECT count(*) FROM scale.authority)
          * power(scale.u(n / 2, 73), 1.4))::bigint
      ) c
    ) d
  ) f
) p
JOIN scale.lot l USING (l) JOIN scale.vehicle v ON v.v = l.v"""

#: Columns of a referral that its plan names alike.
_SAME = (
    "id",
    "authority_id",
    "reference",
    "person_id",
    "category",
    "status",
    "age",
    "sex",
    "needs",
    "outward",
    "created_at",
    "officer_id",
    "officer_name",
)

_CONTENT = """jsonb_build_object('age', p.age, 'sex', p.sex, 'needs', to_jsonb(p.needs), 'outward', p.outward,
  'max_miles', 20, 'needed_on', p.starts_on::text, 'expected_weeks', p.weeks, 'planned_months', p.weeks / 4,
  'siblings', 1, 'needs_solo', false, 'single_sex_home', false, 'sections',
  '[{"code": "needs", "title": "Needs and risks", "rows": [{"field": "what_works", "label": "What works", "value":
  "Calm, steady adults and a settled evening routine."}]}]'::jsonb)"""


def steps(referrals: int) -> Iterator[Step]:
    """The plan of every referral, and what it wrote."""
    needs = "ARRAY[" + ", ".join(f"'{need}'" for need in NEEDS) + "]::varchar[]"
    yield Step(
        "Plans of the referrals",
        (
            _PLAN.replace("@referrals", str(referrals)),
            """ALTER TABLE scale.plan ADD COLUMN id uuid, ADD COLUMN reference text, ADD COLUMN person_id uuid,
              ADD COLUMN needs varchar[], ADD COLUMN sex text, ADD COLUMN outward text, ADD COLUMN officer_id uuid,
              ADD COLUMN officer_name text""",
            f"""UPDATE scale.plan p SET id = scale.id('referral', n), reference = scale.reference('R', n),
              person_id = scale.id('person', child), needs = ({needs})[1 + scale.pick(n, 74, 8):][1:2],
              sex = CASE WHEN scale.u(child, 75) < 0.54 THEN 'male' ELSE 'female' END, outward = a.code,
              officer_id = s.id, officer_name = s.name
            FROM scale.areas m, scale.area a, scale.staff s
            WHERE m.r = p.r AND a.r = p.r AND a.j = floor(scale.u(p.child, 76) * m.many)::bigint
              AND s.k = p.k AND s.j = p.officer""",
            "ALTER TABLE scale.plan ADD PRIMARY KEY (n)",
            "ANALYZE scale.plan",
        ),
    )
    yield Step(
        "People",
        (
            Fill(
                "placements_person",
                {
                    "id": "person_id",
                    "authority_id": "authority_id",
                    "case_number": "'SC-' || child",
                    "client_group": "'child'",
                    "given_name": "split_part(scale.person_name(child), ' ', 1)",
                    "family_name": "split_part(scale.person_name(child), ' ', 2)",
                    "date_of_birth": "born_on",
                    "sex": "sex",
                    "legal_status": "'C2'",
                    "need_code": "'N1'",
                    "home_postcode": "outward || ' 1AA'",
                    "first_language": "'English'",
                    "created_at": "created_at",
                },
                "FROM (SELECT DISTINCT ON (child) * FROM scale.plan ORDER BY child, created_at) p",
            ),
        ),
    )
    yield Step(
        "Referrals",
        (
            Fill(
                "placements_referral",
                {
                    **{name: name for name in _SAME},
                    "revision": "4",
                    "max_miles": "20",
                    "urgency": "(ARRAY['today', 'within_5_days', 'planned'])[1 + scale.pick(n, 81, 3)]",
                    "needed_on": "starts_on",
                    "expected_weeks": "weeks",
                    "planned_months": "weeks / 4",
                    "is_sealed": "scale.u(n, 82) < 0.1",
                    "answers": """'{"needs": {"daily_life": "Needs routine and help to settle in the evening.",
                      "what_works": "Calm, steady adults."}, "matters": {"voice": "I want to stay near my friends."}}'
                      """,
                    "sections_done": "CASE WHEN status = 'draft' THEN '{needs}' ELSE"
                    " '{person,needs,risks,where,home,matters,outcomes,practical}' END::varchar[]",
                    "updated_at": "CASE WHEN status = 'draft' THEN created_at"
                    " ELSE least(decided_at, scale.moment()) END",
                    "published_at": "CASE WHEN status <> 'draft' AND final <> 'never' THEN published_at END",
                    "closes_at": "CASE WHEN status <> 'draft' AND final <> 'never' THEN closes_at END",
                    "awarded_at": "CASE WHEN status IN ('awarded', 'placed') THEN decided_at END",
                    "ended_at": "CASE WHEN status IN ('placed', 'not_placed', 'withdrawn') THEN decided_at END",
                    "end_reason": "CASE WHEN status IN ('not_placed', 'withdrawn') THEN 'No longer needed.'"
                    " ELSE '' END",
                },
                "FROM scale.plan",
            ),
            Fill(
                "placements_referrallot",
                {
                    "id": "scale.id('referral lot', n)",
                    "authority_id": "authority_id",
                    "referral_id": "id",
                    "lot_id": "lot_id",
                },
                "FROM scale.plan WHERE status <> 'draft' AND final <> 'never'",
            ),
        ),
    )
    yield invited()
    yield shown()
    yield offered()


def invited() -> Step:
    """Whom each published referral was sent to, three to nine homes, and what they answered."""
    return Step(
        "Invitations",
        (
            # The first asked of a referral that was awarded is the one that wins: somebody had to offer.
            """CREATE UNLOGGED TABLE scale.asked AS
            SELECT p.n * 10 + i AS q, p.n, i, b.b, b.id AS admission_id, b.lot_id, b.vehicle_id, b.rules_id, b.e,
              b.establishment_id, b.provider_id, b.outward, b.gss_code,
              scale.id('release', p.n * 10 + min(i) OVER parties) AS release_id, i = min(i) OVER parties AS is_first,
              CASE WHEN i = 0 AND p.status IN ('awaiting_approval', 'awarded', 'placed')
                OR scale.u(p.n * 10 + i, 90) < 0.4 AND (p.status <> 'published' OR scale.u(p.n * 10 + i, 91) < 0.6)
                THEN 'offer' WHEN scale.u(p.n * 10 + i, 90) < 0.65 THEN 'decline' ELSE '' END AS answer,
              p.status IN ('awarded', 'placed') AND i = 0 AS won,
              CASE WHEN p.status IN ('published', 'awaiting_approval') THEN 'running' ELSE 'over' END AS stage,
              round((1 + 39 * scale.u(p.n * 10 + i, 92))::numeric, 1) AS miles,
              p.y, round(b.price * power(1.03, p.y)::numeric, 2) AS ceiling,
              round(b.price * power(1.03, p.y)::numeric * (0.8 + 0.2 * scale.u(p.n * 10 + i, 93))::numeric, 2)
                AS weekly,
              least(p.published_at + (p.closes_at - p.published_at) * scale.u(p.n * 10 + i, 94),
                scale.moment()) AS answered_at
            FROM scale.plan p
            JOIN scale.berths m ON m.l = p.l
            JOIN LATERAL generate_series(0, least(2 + scale.pick(p.n, 95, 7), m.many - 1)) i ON true
            JOIN scale.berth b ON b.l = p.l
              AND b.j = (floor(m.many * power(scale.u(p.n, 96), 1.3))::bigint + i) % m.many
            WHERE p.status <> 'draft' AND p.final <> 'never'
            WINDOW parties AS (PARTITION BY p.n, b.provider_id)""",
            "CREATE INDEX ON scale.asked (n)",
            "ANALYZE scale.asked",
            Fill(
                "placements_release",
                {
                    "id": "a.release_id",
                    "reference": "p.reference",
                    "authority_name": "p.authority_name",
                    "category": "p.category",
                    "urgency": "(ARRAY['today', 'within_5_days', 'planned'])[1 + scale.pick(p.n, 81, 3)]",
                    "state": "CASE WHEN a.won THEN 'won' WHEN a.stage = 'over' THEN 'closed'"
                    " WHEN p.status = 'awaiting_approval' THEN 'waiting' ELSE 'open' END",
                    "stage": "CASE WHEN a.won THEN 2 ELSE 1 END",
                    "version": "1",
                    "closes_at": "p.closes_at",
                    "is_sealed": "scale.u(p.n, 82) < 0.1",
                    "content": f"CASE WHEN a.stage = 'over' AND NOT a.won THEN '{{}}'::jsonb ELSE {_CONTENT} END",
                    "documents": "'[]'",
                    "clarifications": "'[]'",
                    "outcome_reason": "CASE WHEN a.stage = 'over' AND NOT a.won"
                    " THEN 'Another home was chosen, or none is needed.' ELSE '' END",
                    "published_at": "p.published_at",
                    "updated_at": "least(p.decided_at, scale.moment())",
                    "closed_at": "CASE WHEN a.stage = 'over' AND NOT a.won THEN p.decided_at END",
                    "authority_id": "p.authority_id",
                    "provider_id": "a.provider_id",
                    "referral_id": "p.id",
                },
                "FROM scale.asked a JOIN scale.plan p USING (n) WHERE a.is_first",
            ),
            Fill(
                "placements_invitation",
                {
                    "id": "scale.id('invitation', q)",
                    "status": "CASE WHEN stage = 'over' AND NOT won THEN 'closed' WHEN answer = 'offer' THEN 'offered'"
                    " WHEN answer = 'decline' THEN 'declined' ELSE 'open' END",
                    "miles": "miles",
                    "invited_at": "p.published_at",
                    "answered_at": "CASE WHEN answer <> '' THEN answered_at END",
                    "admission_id": "admission_id",
                    "authority_id": "p.authority_id",
                    "establishment_id": "establishment_id",
                    "lot_id": "a.lot_id",
                    "provider_id": "provider_id",
                    "vehicle_id": "a.vehicle_id",
                    "referral_id": "p.id",
                    "release_id": "release_id",
                },
                "FROM scale.asked a JOIN scale.plan p USING (n)",
            ),
        ),
    )


def shown() -> Step:
    """The household that matched (fostering), and the declines with their reasons."""
    return Step(
        "Households and declines",
        (
            Fill(
                "placements_invitedhousehold",
                {
                    "id": "scale.id('asked household', q)",
                    "miles": "miles",
                    "authority_id": "p.authority_id",
                    "household_id": "scale.id('household', e * 100 + scale.pick(q, 97, 30))",
                    "invitation_id": "scale.id('invitation', q)",
                    "provider_id": "provider_id",
                },
                "FROM scale.asked a JOIN scale.plan p USING (n) WHERE p.category = 'fostering'",
            ),
            Fill(
                "placements_decline",
                {
                    "id": "scale.id('decline', q)",
                    "reason": "(ARRAY['no_vacancy', 'need_not_met', 'risk', 'match', 'staffing', 'location',"
                    " 'age_or_registration', 'price', 'too_little_information', 'other'])"
                    "[1 + floor(10 * power(scale.u(q, 98), 1.5))::int]",
                    "declined_by_name": "'Bids'",
                    "declined_at": "answered_at",
                    "authority_id": "p.authority_id",
                    "establishment_id": "establishment_id",
                    "invitation_id": "scale.id('invitation', q)",
                    "provider_id": "provider_id",
                    "referral_id": "p.id",
                },
                "FROM scale.asked a JOIN scale.plan p USING (n) WHERE answer = 'decline'",
            ),
        ),
    )


def offered() -> Step:
    """Offers at or under the ceiling in force when the referral was published."""
    return Step(
        "Offers",
        (
            Fill(
                "placements_offer",
                {
                    "id": "scale.id('offer', q)",
                    "status": "CASE WHEN won THEN 'accepted' WHEN p.status IN ('awarded', 'placed') THEN 'unsuccessful'"
                    " WHEN stage = 'over' THEN 'lapsed' ELSE 'submitted' END",
                    "revision": "2",
                    "ceiling": "a.ceiling",
                    "ceiling_row_id": "scale.id('ceiling', a.b * 10 + a.y)",
                    "weekly_core": "a.weekly",
                    "children_together": "1",
                    "extras": "'[]'",
                    "pricing": """jsonb_build_object('later', NULL, 'lines', jsonb_build_array(jsonb_build_object(
                      'base', a.weekly::text, 'code', 'core', 'rate', NULL, 'rule', 'ceiling_life_months', 'label',
                      'Core weekly price', 'amount', a.weekly::text, 'source', 'Vehicle terms')), 'request',
                      jsonb_build_object('planned_months', p.weeks / 4, 'is_sibling_group', false,
                      'children_placed_together', 1), 'is_permanent', false, 'weekly_total', a.weekly::text,
                      'weekly_extras', '0.00', 'weekly_core_net', a.weekly::text)""",
                    "weekly_core_net": "a.weekly",
                    "weekly_extras": "0",
                    "weekly_total": "a.weekly",
                    "starts_on": "p.starts_on",
                    "held_until": "p.closes_at + interval '14 days'",
                    "statements": "'{}'",
                    "who_lives_there": "'Two others of much the same age.'",
                    "staffing": "'Two by day, one waking at night.'",
                    "impact_on_residents": "'Low.'",
                    "miles": "a.miles",
                    "opens_at": "CASE WHEN scale.u(p.n, 82) < 0.1 THEN p.closes_at ELSE '1970-01-01 00:00:00+00' END",
                    "created_at": "a.answered_at",
                    "submitted_at": "a.answered_at",
                    "submitted_by_name": "'Bids'",
                    "outcome_reason": "CASE WHEN stage = 'over' AND NOT won THEN 'Another home was chosen.'"
                    " ELSE '' END",
                    "admission_id": "a.admission_id",
                    "authority_id": "p.authority_id",
                    "establishment_id": "a.establishment_id",
                    "household_id": "CASE WHEN p.category = 'fostering'"
                    " THEN scale.id('household', a.e * 100 + scale.pick(a.q, 97, 30)) END",
                    "invitation_id": "scale.id('invitation', a.q)",
                    "lot_id": "a.lot_id",
                    "provider_id": "a.provider_id",
                    "rules_id": "a.rules_id",
                    "vehicle_id": "a.vehicle_id",
                    "referral_id": "p.id",
                    "release_id": "a.release_id",
                },
                "FROM scale.asked a JOIN scale.plan p USING (n) WHERE answer = 'offer'",
            ),
            """DO $$ BEGIN
              IF EXISTS (SELECT FROM placements_offer o LEFT JOIN dpv_ceiling c ON c.id = o.ceiling_row_id
                  AND c.admission_id = o.admission_id AND c.weekly = o.ceiling WHERE c.id IS NULL) THEN
                RAISE EXCEPTION 'an offer has a ceiling that is none of its admission';
              END IF;
            END $$""",
        ),
        instead_of=(("placements_offer", "placements_offer_ceiling"),),
    )
