"""How the messages of one channel leave the house: e-mail by the mail server, texts by the gateway.

What carries one knows nothing of the other: trouble of the mail server holds up no text, and the other way round.
"""

from __future__ import annotations

import smtplib
import time
from abc import ABC, abstractmethod
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core import mail
from django.utils import translation
from django.utils.translation import gettext as _

from brokerage.core.accounts.models import MobileNumber
from brokerage.core.clock import database_now
from brokerage.core.notifications.models import Message
from brokerage.core.notifications.texts import is_count, text_of
from brokerage.core.sms.gateways import Gateway, GatewayAway, open_gateway

#: For so long what is urgent is tried again while the server is away, and a text is worth sending.
URGENT_FOR = timedelta(days=4)
#: What is read of a claimed message: all that carriers and their texts may ask of it.
SAID = ("template", "reference", "path", "created_at", "user__email", "user__language", "organisation__name")
#: After trouble a process leaves the server alone for so many times the seconds that it lost.
REST_FACTOR = 4


class Carrier(ABC):
    """One channel's way out, and how long this process leaves it alone."""

    channel: Message.Channel
    #: Seconds: a server that hangs takes a part of a worker's time and never all of it.
    longest_rest: float

    def __init__(self) -> None:
        self.rest_until = 0.0

    @abstractmethod
    def open(self) -> Any:
        """A connection for one batch; whatever it raises means that nobody's message can leave now."""

    @abstractmethod
    def send(self, server: Any, message: Message) -> None:
        """Send one message; returns once it was taken."""

    @abstractmethod
    def is_cut(self, error: Exception) -> bool:
        """Is the connection of no more use, or was only this message refused?"""

    def claimed(self, messages: list[Message]) -> list[Message]:
        """Called in the transaction that claims: what of it is still to be sent."""
        return messages

    def leave_alone(self, lost: float) -> None:
        """Trouble cost so many seconds."""
        self.rest_until = time.monotonic() + min(lost * REST_FACTOR, self.longest_rest)


class EmailCarrier(Carrier):
    """Django's e-mail backend."""

    channel = Message.Channel.EMAIL
    longest_rest = 60.0

    def open(self) -> Any:
        server = mail.get_connection()
        server.open()
        return server

    def send(self, server: Any, message: Message) -> None:
        if server.send_messages([compose_email(message)]) == 0:
            raise ValueError("The server was given no recipient.")

    def is_cut(self, error: Exception) -> bool:
        if isinstance(error, smtplib.SMTPResponseException):
            return error.smtp_code == 421
        if isinstance(error, smtplib.SMTPException):
            return isinstance(error, smtplib.SMTPServerDisconnected)
        return isinstance(error, OSError)


class TextCarrier(Carrier):
    """The gateway for text messages. Has workers of its own, so that it may be asked again sooner; a worker's process
    has one thread, whose numbers these are."""

    channel = Message.Channel.SMS
    longest_rest = 20.0

    def __init__(self) -> None:
        super().__init__()
        self.numbers: dict[UUID, str] = {}

    def open(self) -> Gateway:
        return open_gateway()

    def claimed(self, messages: list[Message]) -> list[Message]:
        """Those to people who have a confirmed number today, with that number; the rest can reach nobody, and go.

        One that has waited for days (while no gateway was set) is set aside: it is not urgent any more.
        """
        now = database_now()
        old = [each.pk for each in messages if each.created_at < now - URGENT_FOR]
        if old:
            values = {"failed_at": now, "leased_until": None, "last_error": "Too old"}
            Message.objects.filter(pk__in=old).update(**values)
            messages = [each for each in messages if each.pk not in old]
        people = {message.user_id for message in messages}
        rows = MobileNumber.objects.filter(user_id__in=people, confirmed_at__isnull=False)
        self.numbers = dict(rows.values_list("user_id", "number"))
        Message.objects.filter(pk__in=[each.pk for each in messages if each.user_id not in self.numbers]).delete()
        return [message for message in messages if message.user_id in self.numbers]

    def send(self, server: Gateway, message: Message) -> None:
        number = self.numbers[message.user_id]
        server.send(number=number, text=compose_text(message), reference=str(message.pk))

    def is_cut(self, error: Exception) -> bool:
        return isinstance(error, (GatewayAway, OSError))


def compose_email(message: Message) -> mail.EmailMessage:
    """The e-mail of a message, in its reader's language."""
    with translation.override(message.user.language):
        text = text_of(message.template)
        facts = {"reference": message.reference, "organisation": message.organisation.name}
        return mail.EmailMessage(
            subject=str(text.subject) % facts,
            body=f"{str(text.body) % facts}\n\n{settings.BASE_URL}{message.path}\n",
            to=[message.user.email],
            headers={
                "Message-ID": f"<{message.pk}@{urlsplit(settings.BASE_URL).hostname}>",
                "X-Message-Id": str(message.pk),
                "Auto-Submitted": "auto-generated",
            },
        )


def compose_text(message: Message) -> str:
    """The text of a message, in its reader's language: who writes, the reference, the link, the same for everything.

    Translations keep to the letters of `sms.alphabet`: one other letter would leave room for 70 instead of 160.
    """
    with translation.override(message.user.language):
        facts = {
            "service": _("Placement brokerage"),
            "reference": message.reference,
            "link": f"{settings.BASE_URL}{message.path}",
        }
        if is_count(message.template):
            return _("%(service)s: urgent. Sign in: %(link)s") % facts
        return _("%(service)s: urgent, %(reference)s. Sign in: %(link)s") % facts


EMAIL, TEXTS = EmailCarrier(), TextCarrier()
