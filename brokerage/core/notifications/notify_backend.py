"""A Django e-mail backend that sends through GOV.UK Notify (`EMAIL_BACKEND`, `NOTIFY_API_KEY`,
`NOTIFY_TEMPLATE_ID`). The Notify template holds `((subject))` and `((body))` only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from notifications_python_client.notifications import NotificationsAPIClient


class NotifyBackend(BaseEmailBackend):
    """Each recipient is one call; the message's own id is Notify's reference."""

    def __init__(self, fail_silently: bool = False, **kwargs: Any) -> None:
        super().__init__(fail_silently=fail_silently)
        if not (settings.NOTIFY_API_KEY and settings.NOTIFY_TEMPLATE_ID):
            raise ImproperlyConfigured("Set NOTIFY_API_KEY and NOTIFY_TEMPLATE_ID to send through GOV.UK Notify.")
        self.client = NotificationsAPIClient(settings.NOTIFY_API_KEY, timeout=settings.SMS_TIMEOUT)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send each message; an error of Notify is raised so that the drain tries again later."""
        sent = 0
        for message in email_messages:
            for recipient in message.recipients():
                self.client.send_email_notification(
                    email_address=recipient,
                    template_id=settings.NOTIFY_TEMPLATE_ID,
                    personalisation={"subject": message.subject, "body": message.body},
                    reference=message.extra_headers.get("X-Message-Id"),
                )
            sent += 1
        return sent
