"""A person's messages on screen, for the organisation they act for: reading them and marking them read."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from brokerage.core.notifications.models import Message
from brokerage.core.notifications.texts import text_of
from brokerage.core.pages.glances import Glance
from brokerage.core.tenants.actors import Actor

#: Whoever has more is told this number.
COUNTED = 100
_UNREAD = """\
SELECT count(*) FROM (
  SELECT FROM notifications_message
  WHERE organisation_id = %s AND user_id = %s AND channel = 'in_app' AND seen_at IS NULL LIMIT %s
) unread
"""


def messages_of(actor: Actor) -> QuerySet[Message]:
    """The person's messages on screen for this organisation; row security says the same."""
    return Message.objects.filter(
        organisation_id=actor.organisation_id,
        user_id__in=[actor.user_id],
        channel=Message.Channel.IN_APP,
    )


def unread(actor: Actor) -> Glance:
    """How many messages on screen the person has not opened for this organisation, up to `COUNTED`. On every page."""
    return Glance(_UNREAD, [actor.organisation_id, actor.user_id, COUNTED], int)


def message_of(actor: Actor, message_id: UUID | str) -> Message:
    """One of the person's messages, or Http404."""
    found = messages_of(actor).filter(pk=message_id).first()
    if found is None:
        raise Http404("No such message.")
    return found


def subject_of(message: Message, actor: Actor) -> str:
    """The message's subject in words, in the current language."""
    return str(text_of(message.template).subject) % _names(message, actor)


def body_of(message: Message, actor: Actor) -> str:
    """What the message says, in the current language: a reference at most, never a fact about a person."""
    return str(text_of(message.template).body) % _names(message, actor)


@transaction.atomic
def mark_read(actor: Actor, *, message_id: UUID | str) -> Message:
    """Mark one message read; reading it again keeps the first time. Raises Http404."""
    messages_of(actor).filter(pk=message_id, seen_at__isnull=True).update(seen_at=timezone.now())
    return message_of(actor, message_id)


@transaction.atomic
def mark_read_about(actor: Actor, *, reference: str) -> int:
    """Mark the person's messages about a thing read, when its page is opened without them; how many were not."""
    return messages_of(actor).filter(reference=reference, seen_at__isnull=True).update(seen_at=timezone.now())


@transaction.atomic
def mark_all_read(actor: Actor) -> int:
    """Mark every message of the person for this organisation read; how many were not."""
    return messages_of(actor).filter(seen_at__isnull=True).update(seen_at=timezone.now())


def _names(message: Message, actor: Actor) -> dict[str, str]:
    return {"reference": message.reference, "organisation": actor.organisation_name}
