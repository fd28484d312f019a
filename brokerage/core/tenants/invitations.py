"""The e-mail of an invitation, sent after the commit; it names the organisation and nothing else."""

from __future__ import annotations

from django.conf import settings
from django.core import mail
from django.urls import reverse
from django.utils.translation import gettext as _

from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.tenants.actions import token_of
from brokerage.core.tenants.context import system
from brokerage.core.tenants.models import Invitation


@handles("invite")
def send_invitation(item: OutboxItem) -> None:
    """Send the link; again after a failure, never for an invitation that is over."""
    with system(item.organisation_id) as actor:
        invitation = Invitation.objects.filter(pk=item.payload["invitation"]).first()
    if invitation is None or invitation.withdrawn_at or invitation.accepted_at:
        return
    link = settings.BASE_URL + reverse("invitation", kwargs={"token": token_of(invitation.pk)})
    mail.EmailMessage(
        subject=_("You are invited to %(organisation)s") % {"organisation": actor.organisation_name},
        body=_(
            "You are invited to join %(organisation)s on the placement brokerage.\n\n"
            "Open this link within 14 days to accept:\n%(link)s\n\n"
            "If you did not expect this, ignore it."
        )
        % {"organisation": actor.organisation_name, "link": link},
        to=[invitation.email],
        headers={"Auto-Submitted": "auto-generated"},
    ).send()
