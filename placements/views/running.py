"""Changing a referral that runs: the choices when nothing was offered, more time, a wider search, a corrected text."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.forms import add_refusal
from brokerage.core.web import OrganisationRequest, address, attempt
from dpv.models import Lot
from dpv.queries.access import lots_open_to
from placements.actions.drafts import asked_section
from placements.actions.publishing import closing_terms
from placements.actions.running import amend_referral, end_without_placement, extend_closing, widen_search
from placements.disclosure_fields import needs_answered
from placements.forms.publishing import EndForm, ExtendForm, NoteForm, WidenForm
from placements.forms.referral_sections import SectionForm
from placements.models import Referral, ReferralLot
from placements.queries.progress import progress_of
from placements.queries.referrals import referral_of
from placements.questions import sections_for


@require_safe
def referral_change(request: OrganisationRequest, reference: str) -> HttpResponse:
    """What can be done with a referral that runs; after a closing time without an offer, the Friday page."""
    request.actor.require("referral.publish", "referral.amend")
    referral = _running(request, reference)
    return render(
        request,
        "placements/match_change.html",
        {
            "referral": referral,
            "progress": progress_of(referral, database_now()),
            "sections": sections_for(referral.category, needs_answered(referral.answers)),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def referral_extend(request: OrganisationRequest, reference: str) -> HttpResponse:
    """More time for everyone."""
    request.actor.require("referral.publish")
    referral = _running(request, reference)
    form = ExtendForm(request.POST or None, initial={"closes_at": _later(referral)})
    if request.method == "POST" and form.is_valid():
        done = attempt(form, extend_closing, actor=request.actor, reference=reference, **form.cleaned_data)
        if done is not None:
            messages.success(request, _("The closing time is later now, and everyone invited is told."))
            return redirect(address(request.actor, "placements:referral", reference=reference))
    return _form_page(request, referral, form, _("Give more time"), _("Extend the closing time"))


@require_http_methods(["GET", "HEAD", "POST"])
def referral_widen(request: OrganisationRequest, reference: str) -> HttpResponse:
    """A longer distance or more lots; then the matching page shows who may be invited besides."""
    request.actor.require("referral.publish")
    referral = _running(request, reference)
    used = set(ReferralLot.objects.filter(referral=referral).values_list("lot_id", flat=True))
    more = [
        lot for lot in lots_open_to(referral.authority_id, referral.category, database_today()) if lot.pk not in used
    ]
    form = WidenForm(request.POST or None, initial={"max_miles": referral.max_miles}, lots=more)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form,
            widen_search,
            actor=request.actor,
            reference=reference,
            max_miles=form.cleaned_data["max_miles"],
            lot_ids=[UUID(lot) for lot in form.cleaned_data.get("lots", [])],
        )
        if done is not None:
            messages.success(request, _("The search is wider. Select whom to invite besides."))
            return redirect(address(request.actor, "placements:referral_match", reference=reference))
    return _form_page(request, referral, form, _("Widen the search"), _("Widen the search"))


@require_http_methods(["GET", "HEAD", "POST"])
def referral_amend(request: OrganisationRequest, reference: str, section: str) -> HttpResponse:
    """Correct one section of what providers read."""
    request.actor.require("referral.amend")
    referral = _running(request, reference)
    found = asked_section(referral, section)
    is_sent = request.method == "POST"
    form = SectionForm(
        found,
        referral.category,
        request.POST if is_sent else None,
        answers=referral.answers,
        today=database_today(),
        revision=referral.revision,
        window="",
        complete=True,
    )
    note = NoteForm(request.POST if is_sent else None, initial={"revision": referral.revision}, prefix="amendment")
    if is_sent and form.is_valid() & note.is_valid():
        try:
            with transaction.atomic():
                amend_referral(
                    request.actor,
                    reference=reference,
                    section=section,
                    values=form.values,
                    note=note.cleaned_data["note"],
                    base_revision=note.cleaned_data["revision"],
                )
        except RuleBroken as refusal:
            add_refusal(note if refusal.field == "note" else form, refusal)
        else:
            messages.success(request, _("The referral is amended, and everyone invited is told what changed."))
            return redirect(address(request.actor, "placements:referral", reference=reference))
    context = {"referral": referral, "section": found, "form": form, "note": note, "forms": [form, note]}
    return render(request, "placements/match_amend.html", context, status=422 if is_sent else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def referral_end(request: OrganisationRequest, reference: str) -> HttpResponse:
    """End the referral without a placement."""
    request.actor.require("referral.withdraw")
    referral = _running(request, reference)
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = attempt(form, end_without_placement, actor=request.actor, reference=reference, **form.cleaned_data)
        if done is not None:
            messages.success(request, _("The referral has ended, and everyone invited is told."))
            return redirect(address(request.actor, "placements:referral", reference=reference))
    return _form_page(
        request,
        referral,
        form,
        _("End without a placement"),
        _("End this referral"),
        warning=_("Everyone invited loses sight of it, and offers lapse. This cannot be undone."),
    )


def _running(request: OrganisationRequest, reference: str) -> Referral:
    referral = referral_of(request.actor, reference)
    if referral.status != "published":
        raise NotNow("referral_not_now", _("Only a published referral can be changed like this"))
    return referral


def _later(referral: Referral) -> dt.datetime:
    """The vehicles' own time once more, from now."""
    today = database_today()
    lots = Lot.objects.filter(pk__in=ReferralLot.objects.filter(referral=referral).values("lot_id"))
    base = max(database_now(), referral.closes_at or database_now())
    rest = dt.timedelta(minutes=base.minute % 5, seconds=base.second, microseconds=base.microsecond)
    return base - rest + dt.timedelta(hours=closing_terms(lots, referral.urgency, today).hours)


def _form_page(
    request: OrganisationRequest, referral: Referral, form: Any, title: str, button: str, *, warning: str = ""
) -> HttpResponse:
    context = {"referral": referral, "form": form, "title": title, "button_text": button, "warning_text": warning}
    return render(request, "placements/match_form.html", context, status=422 if form.errors else 200)
