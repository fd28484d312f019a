"""Text messages through GOV.UK Notify (`NOTIFY_API_KEY`, `NOTIFY_SMS_TEMPLATE_ID`). The template holds `((text))`."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient

from brokerage.core.sms.gateways import Gateway, GatewayAway

#: Notify's answer to a text that it will never take, such as one to a number that does not exist.
REFUSED = 400


class NotifyGateway(Gateway):
    """Each text is one call; the message's own id is Notify's reference."""

    def __init__(self) -> None:
        if not (settings.NOTIFY_API_KEY and settings.NOTIFY_SMS_TEMPLATE_ID):
            raise ImproperlyConfigured("Set NOTIFY_API_KEY and NOTIFY_SMS_TEMPLATE_ID to text through GOV.UK Notify.")
        self.client = NotificationsAPIClient(settings.NOTIFY_API_KEY, timeout=settings.SMS_TIMEOUT)

    def send(self, *, number: str, text: str, reference: str) -> None:
        """Hand it to Notify; the number goes in the body of the call and into no log."""
        try:
            self.client.send_sms_notification(
                phone_number=number,
                template_id=settings.NOTIFY_SMS_TEMPLATE_ID,
                personalisation={"text": text},
                reference=reference,
            )
        except APIError as error:
            if error.status_code == REFUSED:
                # Without Notify's own words, which may quote the number.
                raise ValueError("Notify refused the text") from None
            raise GatewayAway(f"Notify answered {error.status_code}") from None

    def close(self) -> None:
        """End the connection to Notify."""
        self.client.request_session.close()
