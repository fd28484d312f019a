"""Fetching an insurance certificate: a lasting address that leads to a link of five minutes."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from brokerage.core.stored_files import file_response
from brokerage.core.web import OrganisationRequest, address
from providers.actions.certificates import link_to_certificate, read_certificate


@never_cache
@require_safe
def certificate(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """Lead to the file by a fresh link; the link in a page stays good however long the page is open."""
    signature = link_to_certificate(request.actor, policy_id=pk)
    return redirect(address(request.actor, "providers:certificate_file", pk=pk, signature=signature))


@never_cache
@require_safe
def certificate_file(request: OrganisationRequest, pk: UUID, signature: str) -> HttpResponseBase:
    """The file itself, to be saved and never shown inside the browser."""
    return file_response(read_certificate(request.actor, policy_id=pk, signature=signature))
