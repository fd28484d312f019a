"""Checking audit chains: numbers, hashes, heads, and exported anchors.

All chains are read in one pass, which PostgreSQL shares among processes and which answers only whose chain is not
whole; that one is then read entry by entry, so that each problem is named with its number.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import connections

from brokerage.core.audit.row_security import BEFORE_ALL


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a chain, at a number."""

    organisation_id: UUID
    number: int
    problem: str


#: Organisations whose chain is not whole: a link without its entry, or with another organisation's, or whose hash is
#: not the one over it; links that do not follow one another, of which there are not as many as the last number says (so
#: that none is there twice) or as many as entries; a head that is not the last link. That each link holds the hash of
#: the one before says that the hashes by number, but for the last, are the previous hashes by number less one, but for
#: the first. Both sides are summed under a key drawn for this check, which costs a small part of joining each link to
#: the one before; where the sides differ, their sums are equal once in 2^64 checks, and nobody can know the key.
_SUSPECT = """
WITH linked AS (
  SELECT l.organisation_id, count(*) AS links, max(l.number) AS last,
    bool_or(e.id IS NULL OR e.organisation_id <> l.organisation_id
      OR (l.hash = audit_digest(e, l.scheme, l.number, l.previous_hash)) IS NOT TRUE) AS is_unsound,
    sum(hash_array_extended(ARRAY[l.hash], l.number # {key})) AS hashes,
    sum(hash_array_extended(ARRAY[l.previous_hash], (l.number - 1) # {key})) AS previous_hashes
  FROM audit_link l LEFT JOIN audit_entry e ON e.id = l.entry_id WHERE {of_l} GROUP BY l.organisation_id
), counted AS (
  SELECT organisation_id, count(*) AS entries FROM audit_entry WHERE {of} GROUP BY organisation_id
), heads AS (
  SELECT h.organisation_id, h.number, h.hash, l.hash AS last_hash FROM audit_head h
    LEFT JOIN audit_link l ON l.organisation_id = h.organisation_id AND l.number = h.number WHERE {of_h}
)
SELECT organisation_id FROM heads FULL JOIN linked USING (organisation_id) FULL JOIN counted USING (organisation_id)
WHERE is_unsound OR number IS DISTINCT FROM coalesce(last, 0) OR links <> last OR entries IS DISTINCT FROM links
  OR hash IS DISTINCT FROM coalesce(last_hash, {before_all})
  OR hashes - hash_array_extended(ARRAY[last_hash], number # {key})
    + hash_array_extended(ARRAY[{before_all}], 0 # {key})
    IS DISTINCT FROM previous_hashes
"""
#: What each of the processes that share the reading may take, so that 13 million links are joined in memory; the number
#: is PostgreSQL's, and a join may take twice as much.
_MEMORY = "512MB"

#: Hashing stands in a part of its own, which several processes share when the chain is long.
_BROKEN = f"""
WITH read AS MATERIALIZED (
  SELECT l.number, l.previous_hash, l.hash, e.id IS NULL AS is_missing,
    audit_digest(e, l.scheme, l.number, l.previous_hash) AS digest, e.organisation_id <> l.organisation_id AS is_foreign
  FROM audit_link l LEFT JOIN audit_entry e ON e.id = l.entry_id WHERE l.organisation_id = %s
)
SELECT number,
  CASE WHEN is_missing THEN 'entry missing'
       WHEN number <> row_number() OVER w THEN 'number out of sequence'
       WHEN previous_hash IS DISTINCT FROM coalesce(lag(hash) OVER w, {BEFORE_ALL}) THEN 'chain broken'
       WHEN (hash = digest) IS NOT TRUE OR is_foreign THEN 'entry altered' END
FROM read WINDOW w AS (ORDER BY number)
"""


def check_chains(
    *,
    organisation_id: UUID | None = None,
    using: str = "default",
    anchors: Mapping[UUID, tuple[int, str]] | None = None,
) -> Iterator[Finding]:
    """Yield what is wrong with every chain, or with one organisation's; nothing when all is well.

    `anchors` are the (number, hash) of chains exported earlier: each must still hold it. To be called in a transaction
    that may read them all: the memory it asks for is the transaction's.
    """
    places = {"key": f"{secrets.randbits(62)}::bigint", "before_all": BEFORE_ALL}
    for name, table in (("of", ""), ("of_l", "l."), ("of_h", "h.")):
        places[name] = f"{table}organisation_id = %s" if organisation_id else "true"
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT set_config('work_mem', %s, true)", [_MEMORY])
        cursor.execute(_SUSPECT.format(**places), [organisation_id] * 3 if organisation_id else [])
        suspects = {UUID(str(row[0])) for row in cursor.fetchall()}
    for suspect in sorted(suspects):
        found = list(check_chain(suspect, using=using))
        yield from found or [Finding(suspect, 0, "the chain is not whole")]
    for anchored, anchor in (anchors or {}).items():
        yield from check_anchor(anchored, anchor, using=using)


def check_chain(organisation_id: UUID, *, using: str = "default") -> Iterator[Finding]:
    """Yield what is wrong with one organisation's chain, entry by entry, in the order of numbers."""
    with connections[using].cursor() as cursor:
        cursor.execute(f'SELECT * FROM ({_BROKEN}) found WHERE "case" IS NOT NULL ORDER BY 1', [organisation_id])
        for number, problem in cursor.fetchall():
            yield Finding(organisation_id, number, problem)
        cursor.execute(
            "SELECT h.number, encode(h.hash, 'hex'), l.number, encode(l.hash, 'hex') FROM (SELECT %s::uuid AS id) o"
            " LEFT JOIN audit_head h ON h.organisation_id = o.id LEFT JOIN LATERAL (SELECT number, hash"
            " FROM audit_link WHERE organisation_id = o.id ORDER BY number DESC LIMIT 1) l ON true",
            [organisation_id],
        )
        head_number, head_hash, last_number, last_hash = cursor.fetchone()
        if head_number is None and last_number is not None:
            yield Finding(organisation_id, last_number, "head is gone")
        elif head_number is not None and (head_number, head_hash) != (last_number or 0, last_hash or "0" * 64):
            yield Finding(organisation_id, head_number, "head does not match the last link")
        cursor.execute(
            "SELECT count(*) FROM audit_entry e WHERE e.organisation_id = %s AND NOT EXISTS"
            " (SELECT FROM audit_link l WHERE l.entry_id = e.id AND l.organisation_id = e.organisation_id)",
            [organisation_id],
        )
        unlinked = cursor.fetchone()[0]
        if unlinked:
            yield Finding(organisation_id, 0, f"{unlinked} entries outside the chain")


def check_anchor(organisation_id: UUID, anchor: tuple[int, str], *, using: str = "default") -> Iterator[Finding]:
    """Yield what is wrong where a chain no longer holds the (number, hash) that was exported earlier."""
    number, digest = anchor
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT encode(hash, 'hex') FROM audit_link WHERE organisation_id = %s AND number = %s",
            [organisation_id, number],
        )
        held = cursor.fetchone()
    # The anchor of an organisation that had done nothing yet is number 0.
    if held is None and number:
        yield Finding(organisation_id, number, "anchored entry is gone (cut-off tail)")
    elif held is not None and held[0] != digest:
        yield Finding(organisation_id, number, "anchored entry was replaced")
