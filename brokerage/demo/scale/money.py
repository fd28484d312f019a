"""Awards, placements with the places they take, agreements with their signatures."""

from __future__ import annotations

from collections.abc import Iterator

from brokerage.demo.scale.filling import Fill, Step
from brokerage.demo.scale.ground import OFFICERS
from brokerage.demo.scale.terms import text_sql


def _sha(*parts: str) -> str:
    return f"encode(sha256(convert_to({' || '.join(parts)}, 'UTF8')), 'hex')"


_sealed = _sha("'sealed'", "n")

#: What the officer could say of the offer chosen (`a`), beside the others of the referral.
_REASON = """CASE WHEN a.others = 0 AND scale.u(a.n, 102) < 0.8 THEN 'only_offer'
  WHEN a.others > 0 AND is_cheapest AND scale.u(a.n, 102) < 0.5 THEN 'cheapest'
  WHEN a.others > 0 AND is_closest AND scale.u(a.n, 103) < 0.4 THEN 'closer'
  WHEN scale.u(a.n, 104) < 0.3 THEN 'available' ELSE 'best_match' END"""


def steps() -> Iterator[Step]:
    """What came of the offers that were chosen."""
    yield Step(
        "Awards",
        (
            # The first asked wins. More people than places: the longest there have moved on.
            """CREATE UNLOGGED TABLE scale.won AS
            SELECT n, id, q, b, e, establishment_id, provider_id, lot_id, vehicle_id, household_id, ceiling, weekly,
              starts_on, status, CASE WHEN status = 'awarded' THEN NULL
                WHEN leaves_on < scale.day() THEN leaves_on
                WHEN place > places THEN greatest(starts_on, scale.day() - 1 - scale.pick(n, 100, 60)) END AS ended_on,
              status = 'placed' AND leaves_on >= scale.day() AND place <= places AS is_live, is_away
            FROM (
              SELECT w.*, c.places, row_number() OVER (PARTITION BY coalesce(w.household_id, w.establishment_id),
                w.status = 'placed' AND w.leaves_on >= scale.day() ORDER BY w.starts_on DESC, w.n) AS place
              FROM (
                SELECT p.n, p.id, a.q, a.b, a.e, a.establishment_id, a.provider_id, a.lot_id, a.vehicle_id,
                  CASE WHEN p.category = 'fostering'
                    THEN scale.id('household', a.e * 100 + scale.pick(a.q, 97, 30)) END AS household_id,
                  a.ceiling, a.weekly, p.starts_on, p.status, p.starts_on + p.weeks * 7 AS leaves_on,
                  scale.u(p.n, 101) < 0.3 AS is_away
                FROM scale.asked a JOIN scale.plan p USING (n) WHERE a.won
              ) w
              LEFT JOIN providers_occupancy c
                ON coalesce(c.household_id, c.establishment_id) = coalesce(w.household_id, w.establishment_id)
            ) ranked""",
            "ALTER TABLE scale.won ADD PRIMARY KEY (n)",
            "ANALYZE scale.won",
            Fill(
                "placements_award",
                {
                    "id": "scale.id('award', p.n)",
                    "status": "CASE p.status WHEN 'awaiting_approval' THEN 'awaiting_approval' ELSE 'confirmed' END",
                    "reason_code": _REASON,
                    "reason": "'The home that answers every need.'",
                    "is_cheapest": "is_cheapest",
                    "ranking": "'[]'",
                    "losers": "losers",
                    "language": "'en'",
                    "weekly_total": "a.weekly",
                    "estimated_value": "a.weekly * p.weeks",
                    "gates": "'[]'",
                    "placing_band": "CASE WHEN scale.u(p.n, 101) < 0.3 THEN 'out_of_area' ELSE 'in_area' END",
                    "needs": "CASE p.status WHEN 'awaiting_approval' THEN '{money}' ELSE '{}' END::varchar[]",
                    "made_by_id": "p.officer_id",
                    "made_by_name": "p.officer_name",
                    # Whoever waits for an approval chose at some time since closing.
                    "made_at": "CASE WHEN p.status <> 'awaiting_approval' THEN p.decided_at"
                    " ELSE p.closes_at + (scale.moment() - p.closes_at) * (0.9 * scale.u(p.n, 105)) END",
                    "confirmed_at": "CASE WHEN p.status <> 'awaiting_approval' THEN p.decided_at END",
                    "authority_id": "p.authority_id",
                    "provider_id": "a.provider_id",
                    "offer_id": "scale.id('offer', a.q)",
                    "referral_id": "p.id",
                },
                """FROM scale.plan p JOIN (
                  SELECT n, q, provider_id, weekly, others, losers,
                    coalesce(weekly <= least_weekly, true) AS is_cheapest,
                    coalesce(miles <= least_miles, true) AS is_closest
                  FROM (SELECT n, q, provider_id, weekly, miles FROM scale.asked WHERE i = 0 AND answer = 'offer') mine
                  JOIN (
                    SELECT n, count(*) FILTER (WHERE i > 0) AS others,
                      min(weekly) FILTER (WHERE i > 0) AS least_weekly, min(miles) FILTER (WHERE i > 0) AS least_miles,
                      coalesce(jsonb_object_agg(scale.id('offer', q), 'Another home was chosen.')
                        FILTER (WHERE i > 0), '{}') AS losers
                    FROM scale.asked WHERE answer = 'offer' GROUP BY n
                  ) offered USING (n)
                ) a USING (n)
                WHERE p.status IN ('awaiting_approval', 'awarded', 'placed')""",
            ),
        ),
    )
    yield Step(
        "Placements and the places they take",
        (
            Fill(
                "placements_placement",
                {
                    "id": "scale.id('placement', n)",
                    "reference": "scale.reference('P', n)",
                    "status": "CASE WHEN w.status = 'awarded' THEN 'planned' WHEN is_live THEN 'active'"
                    " ELSE 'ended' END",
                    "category": "p.category",
                    "source": "'call_off'",
                    "outward": "h.outward",
                    "host_gss_code": "h.gss_code",
                    "placing_band": "CASE WHEN is_away THEN 'out_of_area' ELSE 'in_area' END",
                    "planned_start_on": "w.starts_on",
                    "started_on": "CASE WHEN w.status = 'placed' THEN w.starts_on END",
                    "expected_end_on": "w.starts_on + p.weeks * 7",
                    "ended_on": "ended_on",
                    "end_reason": "CASE WHEN ended_on IS NULL THEN '' ELSE 'E8' END",
                    "weekly_core": "weekly",
                    "weekly_total": "weekly",
                    "ceiling": "ceiling",
                    "legal_status": "'C2'",
                    "created_at": "p.decided_at",
                    "authority_id": "p.authority_id",
                    "award_id": "scale.id('award', n)",
                    "establishment_id": "establishment_id",
                    "household_id": "household_id",
                    "lot_id": "w.lot_id",
                    "person_id": "p.person_id",
                    "provider_id": "w.provider_id",
                    "vehicle_id": "w.vehicle_id",
                    "referral_id": "p.id",
                    # A planned one of a full home waits for a place, as one does that was imported.
                    "is_place_counted": "is_live",
                },
                "FROM scale.won w JOIN scale.plan p USING (n) JOIN scale.home h USING (e)",
            ),
            """UPDATE providers_occupancy c SET taken = t.taken, updated_at = scale.moment()
            FROM (SELECT coalesce(household_id, establishment_id) AS home, count(*) AS taken
              FROM scale.won WHERE is_live GROUP BY 1) t
            WHERE t.home = coalesce(c.household_id, c.establishment_id)""",
        ),
        instead_of=(("placements_placement", "placements_placement_place"),),
    )
    yield agreements()


def agreements() -> Step:
    """An agreement for each placement, signed and sealed once the person moved in. Its documents are not drawn."""
    return Step(
        "Agreements and signatures",
        (
            """CREATE UNLOGGED TABLE scale.agreement AS
              SELECT w.n, w.status, w.provider_id, w.weekly AS weekly_total, w.starts_on, p.decided_at, p.authority_id,
                p.id AS referral_id, p.k, scale.reference('A', w.n) AS agreement_reference,
                p.reference AS referral_reference,
                p.authority_name::text AS authority_name, o.name::text AS provider_name, h.name::text AS home_name,
                r.given_name || ' ' || r.family_name AS person_name, r.case_number::text AS case_number,
                r.date_of_birth AS born, w.starts_on + p.weeks * 7 AS expected_end_on
              FROM scale.won w JOIN scale.plan p USING (n) JOIN placements_person r ON r.id = p.person_id
              JOIN tenants_organisation o ON o.id = w.provider_id
              JOIN providers_establishment h ON h.id = w.establishment_id""",
            "ALTER TABLE scale.agreement ADD PRIMARY KEY (n)",
            Fill(
                "contracts_agreement",
                {
                    "id": "scale.id('agreement', n)",
                    "reference": "agreement_reference",
                    "referral_reference": "referral_reference",
                    "version": "1",
                    "language": "'en'",
                    "status": "CASE status WHEN 'awarded' THEN 'awaiting_signatures' ELSE 'sealed' END",
                    "terms": "terms::jsonb",
                    "terms_hash": _sha("terms"),
                    "weekly_total": "weekly_total",
                    "starts_on": "starts_on",
                    "unsealed_file": "'not-drawn'",
                    "unsealed_sha256": _sha("'unsealed'", "n"),
                    "sealed_file": "CASE status WHEN 'awarded' THEN '' ELSE 'not-drawn' END",
                    "sealed_sha256": f"CASE status WHEN 'awarded' THEN '' ELSE {_sealed} END",
                    "created_at": "decided_at",
                    "rendered_at": "decided_at + interval '5 seconds'",
                    "signed_at": "CASE status WHEN 'placed' THEN decided_at + interval '1 day' END",
                    "sealed_at": "CASE status WHEN 'placed' THEN decided_at + interval '1 day 5 seconds' END",
                    "authority_id": "authority_id",
                    "award_id": "scale.id('award', n)",
                    "placement_id": "scale.id('placement', n)",
                    "provider_id": "provider_id",
                    "referral_id": "referral_id",
                },
                # The text is made once, for the terms and for their hash.
                f"FROM (SELECT g.*, {text_sql()} AS terms FROM scale.agreement g OFFSET 0) g",
            ),
            Fill(
                "contracts_signature",
                {
                    "id": "scale.id('signature ' || side, n)",
                    "side": "side",
                    "user_id": "CASE side WHEN 'authority' THEN s.id ELSE scale.id('bids', v.p) END",
                    "name": "CASE side WHEN 'authority' THEN s.name ELSE scale.person_name(1000000 + v.p) END",
                    "role": "'Signatory'",
                    "method": "'password'",
                    "proved_at": "decided_at + interval '20 hours'",
                    "terms_hash": "made.terms_hash",
                    "document_sha256": _sha("'unsealed'", "n"),
                    "evidence_hash": _sha("'evidence'", "side", "n"),
                    "at": "decided_at + interval '21 hours'",
                    "agreement_id": "scale.id('agreement', n)",
                    "authority_id": "authority_id",
                    "provider_id": "provider_id",
                },
                f"""FROM scale.agreement g JOIN
                (SELECT id AS of_id, terms_hash FROM contracts_agreement) made
                  ON made.of_id = scale.id('agreement', g.n)
                JOIN scale.staff s ON s.k = g.k AND s.j = {OFFICERS + 3}
                JOIN scale.provider v ON v.id = g.provider_id, unnest(ARRAY['authority', 'provider']) side
                WHERE g.status = 'placed'""",
            ),
        ),
    )
