"""From an event's notices to message rows: who holds the permission today, once for each channel."""

from __future__ import annotations

from typing import Any

from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import worker
from brokerage.core.tenants.models import Membership
from brokerage.core.tenants.permissions import permissions_of


@handles("notify")
def expand_notices(item: OutboxItem) -> None:
    """Write one message row for each recipient and channel; running it again writes none twice."""
    rows: list[Message] = []
    with worker():
        for notice in item.payload["notices"]:
            for user_id in _recipients(notice):
                for channel in Message.Channel:
                    rows.append(
                        Message(
                            event_id=item.pk,
                            organisation_id=notice["organisation_id"],
                            user_id=user_id,
                            channel=channel,
                            template=notice["template"],
                            reference=notice["reference"],
                            path=notice["path"],
                            created_at=item.created_at,
                        )
                    )
        Message.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)


def _recipients(notice: dict[str, Any]) -> list[Any]:
    members = Membership.objects.filter(organisation_id=notice["organisation_id"], is_active=True, user__is_active=True)
    if notice["user_id"]:
        return list(members.filter(user_id=notice["user_id"]).values_list("user_id", flat=True))
    wanted = set(notice["permissions"])
    return [user_id for user_id, roles in members.values_list("user_id", "roles") if wanted & permissions_of(roles)]
