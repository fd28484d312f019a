"""A person's messages on screen, for the organisation they act for."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from brokerage.core.notifications.models import Message
from brokerage.core.notifications.texts import text_of
from brokerage.core.web import OrganisationRequest, address


def message_list(request: OrganisationRequest) -> HttpResponse:
    """Newest first; unread ones are marked."""
    rows = _mine(request).order_by("-created_at", "id")
    page = Paginator(rows, 30).get_page(request.GET.get("page"))
    messages = [
        {
            "row": row,
            "subject": str(text_of(row.template).subject)
            % {"reference": row.reference, "organisation": request.actor.organisation_name},
        }
        for row in page
    ]
    return render(request, "notifications/message_list.html", {"page": page, "notices": messages})


@require_POST
def mark_all_read(request: OrganisationRequest) -> HttpResponse:
    """Every message of the person, for this organisation, is read."""
    _mine(request).filter(seen_at__isnull=True).update(seen_at=timezone.now())
    return redirect(address(request.actor, "notifications:message_list"))


@require_POST
def open_message(request: OrganisationRequest, pk: str) -> HttpResponse:
    """Mark one message read and go where it leads."""
    mine = _mine(request).filter(pk=pk)
    found = mine.first()
    if found is None:
        raise Http404
    mine.filter(seen_at__isnull=True).update(seen_at=timezone.now())
    return redirect(found.path)


def _mine(request: OrganisationRequest) -> QuerySet[Message]:
    """The person's messages on screen for this organisation; row security says the same."""
    return Message.objects.filter(
        organisation_id=request.actor.organisation_id,
        user_id__in=[request.actor.user_id],
        channel=Message.Channel.IN_APP,
    )
