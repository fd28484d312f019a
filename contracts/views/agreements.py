"""Agreements for both sides: the list, one agreement, its document, and signing it."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from brokerage.core.accounts.proof import require_fresh
from brokerage.core.clock import database_today
from brokerage.core.errors import NotNow
from brokerage.core.pages.long_lists import LongPaginator
from brokerage.core.web import OrganisationRequest, address, attempt
from contracts.actions.agreements import PERMISSION, document_name, download_document, sign_agreement
from contracts.forms.agreements import SigningForm
from contracts.measures import stopped
from contracts.queries.agreements import (
    agreement_by_reference,
    agreement_list,
    counted_agreements,
    has_signed,
    may_sign,
    sides_of,
    warnings_before_signing,
)
from contracts.states import AGREEMENT
from contracts.terms import read_terms


def agreement_list_page(request: OrganisationRequest) -> HttpResponse:
    """The organisation's agreements, newest first."""
    request.actor.require("agreement.view")
    status = request.GET.get("status", "")
    if status not in AGREEMENT.states:
        status = ""
    rows = LongPaginator(agreement_list(status=status), 25, by_keys=True, counted=counted_agreements(status=status))
    page = rows.get_page(request.GET.get("page"))
    return render(
        request,
        "contracts/agreement_list.html",
        {"page": page, "status": status, "states": [(state, AGREEMENT.label(state)) for state in AGREEMENT.states]},
    )


def agreement_page(request: OrganisationRequest, reference: str) -> HttpResponse:
    """One agreement: where it stands, its money, its signatures, its document."""
    request.actor.require("agreement.view")
    agreement = agreement_by_reference(reference)
    return render(
        request,
        "contracts/agreement.html",
        {
            "agreement": agreement,
            "terms": read_terms(agreement.terms),
            "sides": sides_of(agreement),
            "may_sign": may_sign(request.actor, agreement),
            "stopped": stopped(agreement, database_today()),
            "warnings": warnings_before_signing(request.actor, agreement),
        },
    )


def agreement_document(request: OrganisationRequest, reference: str) -> FileResponse:
    """The PDF: sealed if there is one, else the working copy. Every download is recorded."""
    request.actor.require("agreement.view")
    agreement = agreement_by_reference(reference)
    response = FileResponse(
        download_document(request.actor, agreement=agreement),
        as_attachment=request.GET.get("view") is None,
        filename=document_name(agreement),
        content_type="application/pdf",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def sign_page(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Sign for one's side, after a fresh proof of identity."""
    actor = request.actor
    actor.require(PERMISSION.get(actor.kind, "agreement.sign"))
    agreement = agreement_by_reference(reference)
    if request.method == "POST" and has_signed(actor, agreement):
        return _already_signed(request, reference)
    if not may_sign(actor, agreement):
        raise NotNow("not_signable", _("There is nothing for your side to sign on this agreement now."))
    proof = require_fresh(request)
    form = SigningForm(request.POST or None, initial={"terms_hash": agreement.terms_hash})
    if request.method == "POST" and form.is_valid():
        try:
            signed = attempt(
                form,
                sign_agreement,
                actor=actor,
                agreement_id=agreement.pk,
                terms_hash=form.cleaned_data["terms_hash"],
                role=form.cleaned_data["role"],
                proved_at=proof.at,
                method=proof.method,
            )
        except NotNow:
            # The other click of a double one: the lock was waited for, and the agreement is signed.
            if has_signed(actor, agreement_by_reference(reference)):
                return _already_signed(request, reference)
            raise
        if signed is not None:
            messages.success(request, _("You have signed agreement %(reference)s.") % {"reference": reference})
            return redirect(address(actor, "contracts:agreement", reference=reference))
    return render(
        request,
        "contracts/agreement_sign.html",
        {
            "agreement": agreement,
            "terms": read_terms(agreement.terms),
            "form": form,
            "proof": proof,
            "warnings": warnings_before_signing(actor, agreement),
        },
    )


def _already_signed(request: OrganisationRequest, reference: str) -> HttpResponse:
    messages.info(request, _("You have signed agreement %(reference)s.") % {"reference": reference})
    return redirect(address(request.actor, "contracts:agreement", reference=reference))
