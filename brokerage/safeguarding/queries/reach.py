"""Who of the organisation's own people is told of alerts, and by text too; whether a second person is among them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from brokerage.core.accounts.mobile import members_with_texts
from brokerage.core.notifications.expand import roles_granting
from brokerage.core.sms.gateways import texts_are_set_up
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Membership
from brokerage.safeguarding.models import Alert


def told_by_text(actor: Actor) -> list[tuple[str, bool]]:
    """(name, whether alerts are texted) by name; nothing for whoever does not lead, or without text messages here."""
    if not (texts_are_set_up() and actor.may("alert.confirm") and actor.on_behalf_of_id is None):
        return []
    people = _holding("alert.view", actor.organisation_id)
    texted = members_with_texts()
    rows = people.order_by("user__name").values_list("user__name", "user_id")
    return [(name, user_id in texted) for name, user_id in rows]


def has_second_person(organisation_id: UUID, *hands: UUID | None) -> bool:
    """Whether somebody else than these people may send an alert of the organisation, or not."""
    known = [person for person in hands if person is not None]
    return _holding("alert.confirm", organisation_id).exclude(user_id__in=known).exists()


def may_be_sent(alert: Alert) -> bool:
    """Whether somebody of the organisation is the second person for an alert that waits for one."""
    return has_second_person(alert.raised_by_id, alert.raised_by_user_id, alert.raised_secret_by_id)


def _holding(permission: str, organisation_id: UUID) -> QuerySet[Membership]:
    return Membership.objects.filter(
        organisation_id=organisation_id,
        is_active=True,
        user__is_active=True,
        roles__overlap=roles_granting([permission]),
    )
