"""The API's messages: those of the person who owns the client, for the client's organisation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework import serializers as s

from brokerage.core.api.inputs import Query, Shape
from brokerage.core.api.operations import Call, Page, operation, resource
from brokerage.core.notifications.models import Message
from brokerage.core.notifications.reading import body_of, mark_all_read, mark_read, message_of, messages_of, subject_of


class MessageOut(Shape):
    """A message names a reference and where it leads: never a fact about a person."""

    id = s.UUIDField()
    template = s.CharField(help_text="What happened, as a stable name.")
    reference = s.CharField(allow_blank=True)
    subject = s.CharField()
    body = s.CharField()
    page = s.CharField(help_text="Address of the page it leads to.")
    created_at = s.DateTimeField()
    read_at = s.DateTimeField(allow_null=True)
    example = {
        "id": "6a3d4e0a-1a5f-4e3f-9b83-1e7a0d8e2f91",
        "template": "placements.offer_accepted",
        "reference": "HAR-7K3M-9QX2",
        "subject": "Your offer for HAR-7K3M-9QX2 was accepted",
        "body": "Your offer for HAR-7K3M-9QX2 was accepted. Sign in to see the agreement.",
        "page": "/o/birch/inbox/HAR-7K3M-9QX2/",
        "created_at": "2026-11-22T09:30:00Z",
        "read_at": None,
    }


class MessageQuery(Query):
    """Which messages."""

    unread = s.BooleanField(required=False, help_text="Only those not read yet.")


class MessagesMarked(Shape):
    """How many messages were marked read."""

    marked = s.IntegerField()
    example = {"marked": 3}


@operation(scope="messages:read", query=MessageQuery, answer=MessageOut, paged=True)
def list_messages(call: Call) -> Page:
    """List messages.

    Those of the person who owns the client, for its organisation, newest first; `unread` leaves out the read ones.
    """
    rows = messages_of(call.actor)
    if call.query.get("unread"):
        rows = rows.filter(seen_at__isnull=True)
    return call.page(rows, by=("-created_at", "-id"), shape=lambda message: message_out(call, message))


@operation(scope="messages:read", answer=MessageOut)
def get_message(call: Call, message: UUID) -> dict[str, Any]:
    """Read a message.

    Reading it here does not mark it as read.
    """
    return message_out(call, message_of(call.actor, message))


@operation(scope="messages:write", answer=MessageOut)
def mark_message_read(call: Call, message: UUID) -> dict[str, Any]:
    """Mark a message read.

    For its owner on the pages too. Doing it again keeps the first time.
    """
    return message_out(call, mark_read(call.actor, message_id=message))


@operation(scope="messages:write", answer=MessagesMarked)
def mark_messages_read(call: Call) -> dict[str, Any]:
    """Mark every message read.

    All those of the person who owns the client, for its organisation.
    """
    return {"marked": mark_all_read(call.actor)}


def message_out(call: Call, message: Message) -> dict[str, Any]:
    """The message in words."""
    return {
        "id": message.pk,
        "template": message.template,
        "reference": message.reference,
        "subject": subject_of(message, call.actor),
        "body": body_of(message, call.actor),
        "page": message.path,
        "created_at": message.created_at,
        "read_at": message.seen_at,
    }


urlpatterns = [
    path("messages", resource(get=list_messages), name="messages"),
    path("messages/read", resource(post=mark_messages_read), name="messages-read"),
    path("messages/<uuid:message>", resource(get=get_message), name="message"),
    path("messages/<uuid:message>/read", resource(post=mark_message_read), name="message-read"),
]
