"""Strategy meetings about an alert, for those who may read what was said."""

from __future__ import annotations

from brokerage.core.tenants.actors import Actor
from brokerage.safeguarding.models import AlertRecipient, StrategyMeeting

#: Of the reasons for being told, those whose organisations read meetings.
READERS = frozenset({"raised", "resident", "starting", "central"})


def meetings_of(actor: Actor, told: AlertRecipient) -> list[StrategyMeeting]:
    """The meetings about the alert, the latest first; nothing for whoever may not read them."""
    if not READERS & set(told.reasons) or not (actor.is_authority or actor.is_central):
        return []
    return list(StrategyMeeting.objects.filter(alert_id=told.alert_id).order_by("-held_on", "-written_at"))
