"""What a person changes of their own account, and closing accounts that nobody uses."""

from __future__ import annotations

import datetime as dt

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.db.models.functions import Coalesce, Greatest

from brokerage.core.accounts.models import MobileNumber, User
from brokerage.core.audit.record import record
from brokerage.core.clock import database_now
from brokerage.core.tenants.context import acting, system, worker
from brokerage.core.tenants.directory import actor_through, doors_of
from brokerage.core.tenants.models import Membership


def change_own_details(user: User, *, name: str, language: str) -> None:
    """Change one's own name and language. Every organisation one belongs to finds the change of name in its trail.

    One transaction for each organisation's chain, then the change itself: told twice rather than not at all.
    """
    if user.name != name.strip():
        record_everywhere(user, "person.renamed", fields=["name"])
    user.name, user.language = name.strip(), language
    user.save(update_fields=["name", "language"])


def record_everywhere(user: User, kind: str, *, fields: list[str]) -> None:
    """A person's change of their own account, in the trail of every organisation they belong to: names of fields."""
    for door in doors_of(user):
        if door.delegation_id is None:
            with acting(actor_through(user, door)) as actor:
                record(kind, subject=user, actor=actor, data={"fields": fields})


def dormant_users(now: dt.datetime) -> list[User]:
    """Open accounts that nobody used for `DORMANT_DAYS`: neither signed in nor seen. Runs as the login role."""
    before = now - dt.timedelta(days=settings.DORMANT_DAYS)
    users = User.objects.filter(is_active=True)
    seen = users.annotate(
        used_at=Greatest(Coalesce("last_login", "date_joined"), "date_joined", Max("usersession__last_seen_at"))
    )
    return list(seen.filter(Q(used_at__lt=before)).order_by("pk"))


def close_dormant_accounts() -> int:
    """Close them, forget their mobile numbers, end their sessions and tell the trail of every organisation they
    belong to. Returns how many.

    Memberships stay, so that what the person did stays theirs; an invitation opens the account again.
    """
    users = dormant_users(database_now())
    for user in users:
        with worker():
            memberships = Membership.objects.filter(user_id=user.pk, is_active=True)
            organisations = list(memberships.values_list("organisation_id", flat=True))
        for organisation_id in organisations:
            # One chain a transaction, told before the act: twice rather than not at all.
            with system(organisation_id) as actor:
                record("account.closed", subject=user, actor=actor, data={"reason": "dormant"})
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(is_active=False)
            MobileNumber.objects.filter(user_id=user.pk).delete()
            for session in UserSession.objects.filter(user_id=user.pk):
                session.end()
    return len(users)
