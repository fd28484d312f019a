"""Who of the organisation's own people is told of alerts, and who of them by text too: for its safeguarding lead."""

from __future__ import annotations

from brokerage.core.accounts.mobile import members_with_texts
from brokerage.core.notifications.expand import roles_granting
from brokerage.core.sms.gateways import texts_are_set_up
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Membership


def told_by_text(actor: Actor) -> list[tuple[str, bool]]:
    """(name, whether alerts are texted) by name; nothing for whoever does not lead, or without text messages here."""
    if not (texts_are_set_up() and actor.may("alert.confirm") and actor.on_behalf_of_id is None):
        return []
    people = Membership.objects.filter(
        organisation_id=actor.organisation_id,
        is_active=True,
        user__is_active=True,
        roles__overlap=roles_granting(["alert.view"]),
    )
    texted = members_with_texts()
    rows = people.order_by("user__name").values_list("user__name", "user_id")
    return [(name, user_id in texted) for name, user_id in rows]
