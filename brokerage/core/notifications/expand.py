"""From an event's notices to message rows: who holds the permission today, once for each channel; hub brokers of a
delegation that covers the matter are told as if they were the authority's own."""

from __future__ import annotations

from typing import Any

from django.db import connection

from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.notifications.channels import channels_of
from brokerage.core.tenants.context import worker
from brokerage.core.tenants.permissions import DELEGATED, PERMISSIONS
from brokerage.core.tenants.rowsecurity import TODAY
from brokerage.core.webhooks.feed import write_changes

#: Inside the database: ten thousand recipients cost a fraction of a second and no memory here.
#: A link leads into the reader's own organisation and nowhere else, and no reference carries a line of its own.
EXPAND = f"""
INSERT INTO notifications_message
  (id, event_id, organisation_id, user_id, channel, template, reference, path, created_at, available_at, attempts,
   last_error, is_urgent)
SELECT gen_random_uuid(), %(event)s, m.organisation_id, m.user_id, way.channel, %(template)s, left(%(reference)s, 60),
   %(path)s, %(created_at)s, now(), 0, '', %(is_urgent)s
FROM tenants_membership m
JOIN accounts_user u ON u.id = m.user_id
JOIN tenants_organisation o ON o.id = m.organisation_id
{channels_of("m.user_id", is_urgent="%(is_urgent)s")}
WHERE m.organisation_id = %(organisation)s AND m.is_active AND u.is_active
  AND (m.user_id = %(user)s OR m.roles && %(roles)s::varchar[])
  AND starts_with(%(path)s, '/o/' || o.slug || '/') AND %(path)s || %(reference)s !~ '[[:cntrl:]]'
ON CONFLICT DO NOTHING
"""

#: A message of the authority acted for, and its link leads there. A delegation for some kinds of referral carries no
#: message about others, nor one that does not say what it is about.
EXPAND_DELEGATED = f"""
INSERT INTO notifications_message
  (id, event_id, organisation_id, user_id, channel, template, reference, path, created_at, available_at, attempts,
   last_error, is_urgent)
SELECT DISTINCT ON (m.user_id, way.channel) gen_random_uuid(), %(event)s, d.authority_id, m.user_id, way.channel,
   %(template)s, left(%(reference)s, 60), %(path)s, %(created_at)s, now(), 0, '', %(is_urgent)s
FROM tenants_delegation d
JOIN tenants_membership m ON m.organisation_id = d.central_team_id AND 'hub_broker' = ANY (m.roles)
JOIN accounts_user u ON u.id = m.user_id
JOIN tenants_organisation o ON o.id = d.authority_id AND o.is_active
{channels_of("m.user_id", is_urgent="%(is_urgent)s")}
WHERE d.authority_id = %(organisation)s AND m.is_active AND u.is_active
  AND d.ended_at IS NULL AND d.starts_on <= {TODAY} AND (d.ends_on IS NULL OR d.ends_on >= {TODAY})
  AND (cardinality(d.categories) = 0 OR %(category)s = ANY (d.categories))
  AND (m.user_id = %(user)s OR %(delegated)s)
  AND starts_with(%(path)s, '/o/' || o.slug || '/') AND %(path)s || %(reference)s !~ '[[:cntrl:]]'
ON CONFLICT DO NOTHING
"""


@handles("notify")
def expand_notices(item: OutboxItem) -> None:
    """Write one message row for each recipient and channel, and what the feeds of the organisations say of it; running
    it again writes none twice."""
    with worker(), connection.cursor() as cursor:
        for notice in item.payload["notices"]:
            values = {
                "event": item.pk,
                "organisation": notice["organisation_id"],
                "user": notice["user_id"],
                "roles": [] if notice["user_id"] else roles_granting(notice["permissions"]),
                "delegated": not notice["user_id"] and not DELEGATED.isdisjoint(notice["permissions"]),
                "category": notice.get("category", ""),
                "template": notice["template"],
                "reference": notice["reference"],
                "path": notice["path"],
                "created_at": item.created_at,
                "is_urgent": notice.get("is_urgent", False),
            }
            cursor.execute(EXPAND, values)
            if values["user"] or values["delegated"]:
                cursor.execute(EXPAND_DELEGATED, values)
    write_changes(item)


def roles_granting(permissions: Any) -> list[str]:
    """The roles that hold at least one of the permissions."""
    wanted = set(permissions)
    return [str(role) for role, granted in PERMISSIONS.items() if wanted & granted]
