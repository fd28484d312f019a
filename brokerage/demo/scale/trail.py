"""The audit trail of what was seeded, chained as the trigger would have chained it, and the last month's messages."""

from __future__ import annotations

from collections.abc import Iterator

from brokerage.core.audit.row_security import BEFORE_ALL, SCHEME
from brokerage.core.notifications.purge import KEEP_DAYS
from brokerage.demo.scale.filling import Fill, Step

#: How much later the second act of one answer is in the trail than its first.
_AFTER = "interval '5 milliseconds'"
#: kind, type of the subject, the subject's id, the moment, the data, which referrals. By the authority's officer.
_OF_REFERRALS = (
    ("referral.created", "referral", "p.id", "p.created_at", "jsonb_build_object('category', p.category)", "true"),
    # As a case system does that sends all it knows at once; the rest is written on the page.
    (
        "referral.sections_saved",
        "referral",
        "p.id",
        "p.created_at + interval '7 minutes'",
        """'{"sections": ["person", "needs", "risks", "where"]}'::jsonb""",
        "p.status <> 'draft'",
    ),
    (
        "referral.section_saved",
        "referral",
        "p.id",
        "p.created_at + interval '30 minutes'",
        """'{"section": "practical", "finished": true}'::jsonb""",
        "p.status <> 'draft'",
    ),
    (
        "referral.published",
        "referral",
        "p.id",
        "p.published_at",
        "'{}'::jsonb",
        "p.status <> 'draft' AND final <> 'never'",
    ),
    ("referral.withdrawn", "referral", "p.id", "p.decided_at", "'{}'::jsonb", "p.status = 'withdrawn'"),
    ("referral.not_placed", "referral", "p.id", "p.decided_at", "'{}'::jsonb", "p.status = 'not_placed'"),
    (
        "award.confirmed",
        "award",
        "scale.id('award', p.n)",
        f"p.decided_at + {_AFTER}",
        "jsonb_build_object('placement', scale.reference('P', p.n))",
        "p.status IN ('awarded', 'placed')",
    ),
    (
        "agreement.sealed",
        "agreement",
        "scale.id('agreement', p.n)",
        "p.decided_at + interval '1 day 5 seconds'",
        "'{}'::jsonb",
        "p.status = 'placed'",
    ),
    (
        "placement.started",
        "placement",
        "scale.id('placement', p.n)",
        "p.starts_on + time '12:00' AT TIME ZONE 'UTC'",
        "'{}'::jsonb",
        "p.status = 'placed'",
    ),
)
#: Of the row itself, so that the trail and the award say the same: kind, the moment, the data, which awards.
_OF_AWARDS = (
    (
        "award.made",
        "w.made_at",
        "jsonb_build_object('offer', w.offer_id, 'weekly_total', w.weekly_total::text, 'reason_code', w.reason_code,"
        " 'needs', w.needs, 'is_cheapest', w.is_cheapest, 'language', w.language, 'before_closing', false)",
        "true",
    ),
    (
        "award.approval_asked",
        f"w.made_at + {_AFTER}",
        "jsonb_build_object('needs', w.needs)",
        "w.status = 'awaiting_approval'",
    ),
)
_APPS = {"agreement": "contracts"}
_ANSWERS = (("offer.submitted", "offer", "offer"), ("invitation.declined", "decline", "decline"))


def _entries() -> str:
    parts = [
        f"SELECT 'referral event', p.n * 100 + {number}, p.authority_id, '{kind}', '{_APPS.get(subject, 'placements')}"
        f".{subject}', {subject_id}, p.reference, p.officer_id, p.officer_name, least({at}, scale.moment()), {data}"
        f" FROM scale.plan p WHERE {which}"
        for number, (kind, subject, subject_id, at, data, which) in enumerate(_OF_REFERRALS)
    ]
    parts += [
        f"SELECT '{kind}', p.n, p.authority_id, '{kind}', 'placements.award', w.id, p.reference, w.made_by_id,"
        f" w.made_by_name, least({at}, scale.moment()), {data}"
        f" FROM placements_award w JOIN scale.plan p ON p.id = w.referral_id WHERE {which}"
        for kind, at, data, which in _OF_AWARDS
    ]
    parts += [
        f"SELECT '{answer} event', a.q, a.provider_id, '{kind}', 'placements.{subject}', scale.id('{subject}', a.q),"
        " p.reference, scale.id('bids', v.p), 'Bids', a.answered_at, jsonb_build_object('establishment',"
        " a.establishment_id) FROM scale.asked a JOIN scale.plan p USING (n) JOIN scale.provider v"
        f" ON v.id = a.provider_id WHERE a.answer = '{answer}'"
        for kind, subject, answer in _ANSWERS
    ]
    names = "what, number, organisation_id, kind, subject_type, subject_id, reference, user_id, user_name, at, data"
    return f"({' UNION ALL '.join(parts)}) event({names})"


#: What `audit_chain` does for one entry, for all that have no link yet: each organisation's in order of time.
_CHAIN = f"""
CREATE OR REPLACE FUNCTION scale.chained() RETURNS TABLE (entry_id uuid, organisation_id uuid, number bigint,
  previous_hash bytea, hash bytea, scheme smallint) LANGUAGE plpgsql AS $$
DECLARE e audit_entry; whose uuid;
BEGIN
  scheme := {SCHEME};
  FOR e IN SELECT a.* FROM audit_entry a WHERE NOT EXISTS (SELECT FROM audit_link l WHERE l.entry_id = a.id)
      ORDER BY a.organisation_id, a.at, a.id LOOP
    IF whose IS DISTINCT FROM e.organisation_id THEN
      whose := e.organisation_id;
      SELECT h.number, h.hash INTO number, hash FROM audit_head h WHERE h.organisation_id = whose;
      IF NOT FOUND THEN number := 0; hash := {BEFORE_ALL}; END IF;
    END IF;
    entry_id := e.id; organisation_id := whose; number := number + 1; previous_hash := hash;
    hash := audit_digest(e, scheme, number, previous_hash);
    RETURN NEXT;
  END LOOP;
END $$
"""


def steps() -> Iterator[Step]:
    """Entries, their chain, its heads, messages."""
    yield Step(
        "Audit trail",
        (
            Fill(
                "audit_entry",
                {
                    "id": "scale.id(what, number)",
                    "organisation_id": "organisation_id",
                    "kind": "kind",
                    "subject_type": "subject_type",
                    "subject_id": "subject_id::text",
                    "subject_reference": "reference",
                    "actor_user_id": "user_id",
                    "actor_name": "user_name",
                    "at": "at",
                    "data": "data",
                },
                f"FROM {_entries()}",
            ),
            _CHAIN,
            Fill(
                "audit_link",
                {
                    name: f"c.{name}"
                    for name in ("entry_id", "organisation_id", "number", "scheme", "previous_hash", "hash")
                },
                "FROM scale.chained() c",
            ),
            """INSERT INTO audit_head (organisation_id, number, hash, previous_hash)
            SELECT organisation_id, number, hash, previous_hash FROM audit_link
            JOIN (SELECT organisation_id, max(number) AS number FROM audit_link GROUP BY organisation_id) ends
              USING (organisation_id, number)
            ON CONFLICT (organisation_id) DO UPDATE SET number = excluded.number, hash = excluded.hash,
              previous_hash = excluded.previous_hash""",
        ),
        instead_of=(("audit_entry", "audit_entry_chain"),),
    )
    yield Step(
        "Messages of the last month",
        (
            Fill(
                "notifications_message",
                {
                    "id": "scale.id('message', number)",
                    "event_id": "scale.id('message of', number)",
                    "channel": "'in_app'",
                    "template": "template",
                    "reference": "reference",
                    "path": "path",
                    "created_at": "at",
                    "available_at": "at",
                    "seen_at": "CASE WHEN scale.u(number, 110) < 0.8"
                    " THEN least(at + interval '3 hours', scale.moment()) END",
                    "organisation_id": "organisation_id",
                    "user_id": "user_id",
                },
                f"""FROM (
                  SELECT a.q AS number, 'placements.invited' AS template, p.reference, p.published_at AS at,
                    '/o/' || v.slug || '/inbox/' || p.reference || '/' AS path, v.id AS organisation_id,
                    scale.id('bids', v.p) AS user_id
                  FROM scale.asked a JOIN scale.plan p USING (n) JOIN scale.provider v ON v.id = a.provider_id
                  WHERE a.is_first AND p.published_at > scale.moment() - interval '{KEEP_DAYS} days'
                  UNION ALL
                  SELECT -a.q, 'placements.offer_received', p.reference, a.answered_at,
                    '/o/' || p.slug || '/referrals/' || p.reference || '/', p.authority_id, p.officer_id
                  FROM scale.asked a JOIN scale.plan p USING (n)
                  WHERE a.answer = 'offer' AND a.answered_at > scale.moment() - interval '{KEEP_DAYS} days'
                ) told""",
            ),
        ),
    )
