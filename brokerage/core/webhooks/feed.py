"""Writing the change feed, after COMMIT, from the outbox; and reading it.

Numbers are taken under the organisation's head row, locked until commit, so a poller that has seen number n will
never later find a number below it. Organisations are locked in one order. Expanding an item twice writes nothing twice.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.tenants.context import worker
from brokerage.core.webhooks import events
from brokerage.core.webhooks.events import Told
from brokerage.core.webhooks.models import Change, Feed

#: The most that one answer of the feed holds.
PAGE_AT_MOST = 200

#: The webhooks that want a change; a client that was revoked, or whose owner has left, is told nothing more, and one
#: without the scope that a kind needs nothing of that kind.
DELIVER = """
INSERT INTO webhooks_delivery (id, organisation_id, webhook_id, change_id, kind, state, attempts, last_error,
  created_at, next_at)
SELECT gen_random_uuid(), c.organisation_id, w.id, c.id, c.kind, 'waiting', 0, '', clock_timestamp(), now()
FROM webhooks_change c
JOIN webhooks_webhook w ON w.organisation_id = c.organisation_id AND w.state = 'active'
  AND (cardinality(w.kinds) = 0 OR c.kind = ANY (w.kinds))
JOIN api_apiclient a ON a.id = w.client_id AND a.revoked_at IS NULL
JOIN allauth_idp_oidc_client o ON o.id = a.oauth_id
JOIN accounts_user u ON u.id = a.owner_id AND u.is_active
JOIN tenants_membership m ON m.user_id = u.id AND m.organisation_id = c.organisation_id AND m.is_active
WHERE c.id = ANY (%(changes)s::uuid[])
  AND (%(needed)s::jsonb -> c.kind IS NULL OR %(needed)s::jsonb -> c.kind ?| string_to_array(o.scopes, E'\n'))
ON CONFLICT DO NOTHING
"""


@handles("change")
def expand_change(item: OutboxItem) -> None:
    """Write what an act that notifies nobody adds to its organisation's feed."""
    write_changes(item)


def write_changes(item: OutboxItem) -> int:
    """Write the changes an outbox item tells of: its own act's, and one for each organisation notified.

    Returns how many were written.
    """
    return tell_feeds(_wanted(item), event=item.entry_id or item.pk, at=_moment(item))


def tell_feeds(wanted: Mapping[UUID, Sequence[Told]], *, event: UUID, at: dt.datetime) -> int:
    """Write what each organisation is told of one event into its feed; returns how many changes were written.

    Organisations without a feed are passed over. Telling the same event again writes nothing twice.
    """
    if not wanted:
        return 0
    with worker():
        rows: list[Change] = []
        for organisation_id, number in _lock_heads(list(wanted)):
            known = set(
                Change.objects.filter(organisation_id=organisation_id, event_id=event).values_list("kind", "path")
            )
            fresh = [told for told in wanted[organisation_id] if (told.kind, told.path) not in known]
            rows += [
                Change(
                    organisation_id=organisation_id,
                    number=number + place,
                    event_id=event,
                    kind=told.kind,
                    subject_type=told.subject_type,
                    reference=told.reference,
                    path=told.path,
                    at=at,
                )
                for place, told in enumerate(fresh, start=1)
            ]
            _advance_head(organisation_id, len(fresh))
        if rows:
            Change.objects.bulk_create(rows)
            with connection.cursor() as cursor:
                changes = [str(row.pk) for row in rows]
                cursor.execute(DELIVER, {"changes": changes, "needed": json.dumps(events.scopes_needed())})
    return len(rows)


def _wanted(item: OutboxItem) -> dict[UUID, list[Told]]:
    """organisation -> what it is told, each once, without a query."""
    wanted: dict[UUID, dict[tuple[str, str], Told]] = defaultdict(dict)

    def add(organisation_id: UUID, told: Told) -> None:
        wanted[organisation_id].setdefault((told.kind, told.path), told)

    if change := item.payload.get("change"):
        add(item.organisation_id, Told(change["kind"], change["reference"], change["path"]))
    for notice in item.payload.get("notices", ()):
        told = events.of_notice(notice["template"], reference=notice["reference"], page=notice["path"])
        if told is not None:
            add(UUID(notice["organisation_id"]), told)
    return {organisation_id: list(found.values()) for organisation_id, found in wanted.items()}


def _moment(item: OutboxItem) -> dt.datetime:
    change: dict[str, Any] | None = item.payload.get("change")
    return dt.datetime.fromisoformat(change["at"]) if change else item.created_at


def _lock_heads(organisations: list[UUID]) -> list[tuple[UUID, int]]:
    """(organisation, its last number) of those with a feed, locked until commit, in one order for everybody."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT organisation_id, number FROM webhooks_feed WHERE organisation_id = ANY (%s::uuid[])"
            " ORDER BY organisation_id FOR UPDATE",
            [[str(organisation) for organisation in organisations]],
        )
        return list(cursor.fetchall())


def _advance_head(organisation_id: UUID, by: int) -> None:
    if by:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE webhooks_feed SET number = number + %s WHERE organisation_id = %s", [by, organisation_id]
            )


@dataclass(frozen=True)
class Slice:
    """Part of a feed, and the number to go on after."""

    changes: list[Change]
    after: int


def changes_after(
    organisation_id: UUID, number: int, *, kinds: list[str], limit: int, without: Collection[str] = ()
) -> Slice:
    """The organisation's changes after `number`, ascending, at most `limit` of them (of the named kinds, and none of
    those in `without`).

    `after` of the answer moves on even when every change was of another kind.
    """
    # Read first: everything up to the head's number is committed, so nothing below it can still come.
    head = Feed.objects.filter(organisation_id=organisation_id).values_list("number", flat=True).first() or 0
    rows = Change.objects.filter(organisation_id=organisation_id, number__gt=number, number__lte=head)
    if kinds:
        rows = rows.filter(kind__in=kinds)
    if without:
        rows = rows.exclude(kind__in=without)
    size = min(limit, PAGE_AT_MOST)
    found = list(rows.order_by("number")[:size])
    return Slice(found, found[-1].number if len(found) == size else max(number, head))
