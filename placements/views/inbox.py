"""A provider's inbox and the page of one referral: read, ask, decline. Opening full papers is written down."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from brokerage.core.clock import database_now
from brokerage.core.pages.long_lists import LongPaginator, count_text
from brokerage.core.stored_files import file_response
from brokerage.core.web import OrganisationRequest, address, attempt
from placements.actions.clarifications import ask_clarification
from placements.actions.declines import decline_invitation, take_back_decline
from placements.actions.readings import link_to_released, read_released, record_opening
from placements.forms.inbox import DeclineForm, InboxFilter, QuestionForm
from placements.models import Invitation, Release
from placements.queries.inbox import (
    TABS,
    Opportunity,
    answer_of,
    filtered,
    invitations_of,
    listed,
    opportunity_of,
    releases_by_tab,
    summary_of,
    tab_counts,
)

PAGE_SIZE = 20


@require_GET
def inbox(request: OrganisationRequest) -> HttpResponse:
    """Referrals the provider is invited to, by what it has to do about them."""
    request.actor.require("inbox.view")
    return render(request, "placements/inbox.html", _inbox_context(request))


@require_GET
def inbox_list(request: OrganisationRequest) -> HttpResponseBase:
    """The list alone, asked for every 20 seconds; 304 while nothing has changed."""
    request.actor.require("inbox.view")
    body = render_to_string("placements/inbox_list.html", _inbox_context(request), request)
    response = HttpResponse(body)
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    return get_conditional_response(request, etag=etag, response=response) or response


def _inbox_context(request: OrganisationRequest) -> dict[str, Any]:
    now = database_now()
    form = InboxFilter(request.GET)
    releases = filtered(releases_by_tab(now), form.values())
    counts = tab_counts(releases)
    tab = request.GET.get("tab", "")
    if tab not in TABS:
        tab = "awaiting"
    page = LongPaginator(listed(releases, tab), PAGE_SIZE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query["tab"] = tab
    here = address(request.actor, "placements:inbox")
    tabs = []
    for code, label in TABS.items():
        others = request.GET.copy()
        others["tab"] = code
        others.pop("page", None)
        tabs.append(
            {
                "label": f"{label} ({count_text(counts[code])})",
                "url": f"{here}?{others.urlencode()}",
                "current": code == tab,
            }
        )
    rows = [
        {
            "release": release,
            "summary": summary_of(release) if tab != "closed" else "",
            "answers": [answer_of(invitation) for invitation in invitations_of(release)],
        }
        for release in page
    ]
    return {
        "tab": tab,
        "tabs": tabs,
        "page": page,
        "rows": rows,
        "now": now,
        "form": form,
        "list_url": f"{address(request.actor, 'placements:inbox_list')}?{query.urlencode()}",
        "refresh_url": f"{here}?{query.urlencode()}",
    }


@require_http_methods(["GET", "POST"])
def opportunity(request: OrganisationRequest, reference: str) -> HttpResponse:
    """One referral as released to this provider; a POST asks a question."""
    request.actor.require("inbox.view")
    found = _opportunity(reference)
    form = QuestionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = attempt(
            form,
            ask_clarification,
            actor=request.actor,
            release=found.release,
            question=form.cleaned_data["question"],
        )
        if asked is not None:
            messages.success(request, _("Your question has been sent. The answer will go to everyone invited."))
            return redirect(_page(request, reference))
    if request.method == "GET":
        record_opening(request.actor, release=found.release)
    context = {"opportunity": found, "release": found.release, "form": form, "now": database_now()}
    return render(request, "placements/opportunity.html", context, status=422 if form.errors else 200)


@never_cache
@require_GET
def opportunity_document(request: OrganisationRequest, reference: str, document: UUID) -> HttpResponse:
    """Lead to a released document by a fresh link; the link in a page stays good however long the page is open."""
    signature = link_to_released(request.actor, reference=reference, document_id=document)
    return redirect(
        address(
            request.actor, "placements:opportunity_file", reference=reference, document=document, signature=signature
        )
    )


@never_cache
@require_GET
def opportunity_file(request: OrganisationRequest, reference: str, document: UUID, signature: str) -> HttpResponseBase:
    """The document itself, to be saved; each opening is written down for the authority."""
    return file_response(read_released(request.actor, reference=reference, document_id=document, signature=signature))


@require_http_methods(["GET", "POST"])
def decline(request: OrganisationRequest, reference: str, invitation: UUID) -> HttpResponse:
    """Decline for one establishment, with a coded reason."""
    request.actor.require("offer.decline")
    found = (
        Invitation.objects.select_related("release", "establishment")
        .filter(pk=invitation, release__reference=reference)
        .first()
    )
    if found is None:
        raise Http404
    form = DeclineForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = attempt(form, decline_invitation, actor=request.actor, invitation_id=found.pk, **form.cleaned_data)
        if done is not None:
            messages.success(request, _("You have declined for %(home)s.") % {"home": found.establishment.name})
            return redirect(_page(request, reference))
    context = {"invitation": found, "release": found.release, "form": form}
    return render(request, "placements/decline.html", context, status=422 if form.errors else 200)


@require_POST
def decline_take_back(request: OrganisationRequest, reference: str, invitation: UUID) -> HttpResponse:
    """Be asked again."""
    take_back_decline(request.actor, invitation_id=invitation)
    messages.success(request, _("Your decline is taken back. You can make an offer until the closing time."))
    return redirect(_page(request, reference))


def _opportunity(reference: str) -> Opportunity:
    try:
        return opportunity_of(reference, database_now())
    except Release.DoesNotExist as error:
        raise Http404 from error


def _page(request: OrganisationRequest, reference: str) -> str:
    return address(request.actor, "placements:opportunity", reference=reference)
