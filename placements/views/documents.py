"""Papers of a referral: add, remove, download by a link that ends after five minutes."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from brokerage.core.stored_files import file_response
from brokerage.core.web import OrganisationRequest, address, attempt
from placements.actions.documents import add_document, link_to_document, read_document, remove_document
from placements.forms.referrals import DocumentForm
from placements.queries.referrals import referral_of
from placements.states import REFERRAL


@never_cache
@require_http_methods(["GET", "POST"])
def referral_documents(request: OrganisationRequest, reference: str) -> HttpResponse:
    """The papers and a form to add one. A refused file costs nothing else: what was chosen stays on the page."""
    actor = request.actor
    actor.require("referral.draft", "document.view")
    referral = referral_of(actor, reference)
    may_change = (actor.may("referral.draft") if referral.status == "draft" else actor.may("referral.amend")) and (
        referral.status == "draft" or REFERRAL.may(referral.status, "amend")
    )
    form = DocumentForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        added = attempt(
            form,
            add_document,
            actor=actor,
            reference=referral.reference,
            upload=form.cleaned_data["file"],
            kind=form.cleaned_data["kind"],
            is_for_all_invited=form.cleaned_data["readers"] == "invited",
        )
        if added is not None:
            messages.success(request, _("The document is added."))
            return redirect(address(actor, "placements:referral_documents", reference=referral.reference))
    return render(
        request,
        "placements/referral_documents.html",
        {
            "form": form,
            "referral": referral,
            "documents": referral.documents.filter(removed_at__isnull=True),
            "may_change": may_change,
        },
    )


@require_POST
def document_remove(request: OrganisationRequest, reference: str, document: UUID) -> HttpResponse:
    """Take a paper out."""
    remove_document(request.actor, reference=reference, document_id=document)
    messages.success(request, _("The document is removed."))
    return redirect(address(request.actor, "placements:referral_documents", reference=reference))


@never_cache
@require_safe
def document_open(request: OrganisationRequest, reference: str, document: UUID) -> HttpResponse:
    """Lead to the file by a fresh link; the link in a page stays good however long the page is open."""
    signature = link_to_document(request.actor, reference=reference, document_id=document)
    return redirect(
        address(request.actor, "placements:document_file", reference=reference, document=document, signature=signature)
    )


@never_cache
@require_safe
def document_file(request: OrganisationRequest, reference: str, document: UUID, signature: str) -> HttpResponseBase:
    """The file itself, to be saved and never shown inside the browser."""
    return file_response(read_document(request.actor, reference=reference, document_id=document, signature=signature))
