"""A person's messages on screen, for the organisation they act for."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from brokerage.core.notifications import reading
from brokerage.core.web import OrganisationRequest, address


def message_list(request: OrganisationRequest) -> HttpResponse:
    """Newest first; unread ones are marked."""
    rows = reading.messages_of(request.actor).order_by("-created_at", "id")
    page = Paginator(rows, 30).get_page(request.GET.get("page"))
    messages = [{"row": row, "subject": reading.subject_of(row, request.actor)} for row in page]
    return render(request, "notifications/message_list.html", {"page": page, "notices": messages})


@require_POST
def mark_all_read(request: OrganisationRequest) -> HttpResponse:
    """Every message of the person, for this organisation, is read."""
    reading.mark_all_read(request.actor)
    return redirect(address(request.actor, "notifications:message_list"))


@require_POST
def open_message(request: OrganisationRequest, pk: str) -> HttpResponse:
    """Mark one message read and go where it leads."""
    return redirect(reading.mark_read(request.actor, message_id=pk).path)
