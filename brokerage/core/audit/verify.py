"""Checking an organisation's audit chain: numbers, hashes, head, and an exported anchor if one is given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import connections


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a chain, at a number."""

    organisation_id: UUID
    number: int
    problem: str


#: Hashing stands in a part of its own, which several processes share when the chain is long.
_BROKEN = """
WITH read AS MATERIALIZED (
  SELECT l.number, l.previous_hash, l.hash, e.id IS NULL AS is_missing,
    audit_words(e, l.number, l.previous_hash) AS words
  FROM audit_link l LEFT JOIN audit_entry e ON e.id = l.entry_id WHERE l.organisation_id = %s
)
SELECT number,
  CASE WHEN is_missing THEN 'entry missing'
       WHEN number <> row_number() OVER w THEN 'number out of sequence'
       WHEN previous_hash <> coalesce(lag(hash) OVER w, repeat('0', 64)) THEN 'chain broken'
       WHEN hash <> words THEN 'entry altered' END
FROM read WINDOW w AS (ORDER BY number)
"""


def check_chain(
    organisation_id: UUID, *, using: str = "default", anchor: tuple[int, str] | None = None
) -> Iterator[Finding]:
    """Yield what is wrong with the organisation's chain; nothing when all is well.

    `anchor` is a (number, hash) exported earlier: the chain must still hold it.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(f'SELECT * FROM ({_BROKEN}) found WHERE "case" IS NOT NULL ORDER BY 1', [organisation_id])
        for number, problem in cursor.fetchall():
            yield Finding(organisation_id, number, problem)
        cursor.execute(
            "SELECT h.number, h.hash, l.number, l.hash FROM audit_head h LEFT JOIN LATERAL (SELECT number, hash"
            " FROM audit_link WHERE organisation_id = h.organisation_id ORDER BY number DESC LIMIT 1) l ON true"
            " WHERE h.organisation_id = %s",
            [organisation_id],
        )
        row = cursor.fetchone()
        if row is not None and (row[0], row[1]) != (row[2] or 0, row[3] or "0" * 64):
            yield Finding(organisation_id, row[0], "head does not match the last link")
        cursor.execute(
            "SELECT count(*) FROM audit_entry e WHERE e.organisation_id = %s"
            " AND NOT EXISTS (SELECT 1 FROM audit_link l WHERE l.entry_id = e.id)",
            [organisation_id],
        )
        unlinked = cursor.fetchone()[0]
        if unlinked:
            yield Finding(organisation_id, 0, f"{unlinked} entries outside the chain")
        if anchor is not None:
            cursor.execute(
                "SELECT hash FROM audit_link WHERE organisation_id = %s AND number = %s",
                [organisation_id, anchor[0]],
            )
            held = cursor.fetchone()
            if held is None:
                yield Finding(organisation_id, anchor[0], "anchored entry is gone (cut-off tail)")
            elif held[0] != anchor[1]:
                yield Finding(organisation_id, anchor[0], "anchored entry was replaced")
