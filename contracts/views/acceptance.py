"""Comparing offers, choosing one, approving the choice, and letting it go: pages over `contracts.acceptance`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.geography_queries import is_welsh
from brokerage.core.web import OrganisationRequest, address, attempt
from contracts import acceptance
from contracts.forms.awards import AwardForm, DecisionForm, FallThroughForm, TakeBackForm
from contracts.queries.awards import (
    APPROVERS,
    APPROVERS_PERMISSIONS,
    WHY_TOLD,
    approvals_explained,
    award_of,
    awards_made,
    awards_waiting,
    live_award,
    may_decide,
    waits_for,
)
from contracts.queries.comparison import column_of, columns_of, compared_referral
from placements.actions import awards
from placements.models import Approval, Award
from placements.queries.comparison import METHODS, Comparison, compare_offers


@never_cache
@require_safe
def compare(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Every standing offer side by side, ranked as advice, with the declines below."""
    actor = request.actor
    actor.require("offer.view")
    referral = compared_referral(reference)
    now = database_now()
    comparison = compare_offers(referral, on=localdate(now), method=request.GET.get("method", ""))
    award = live_award(referral.pk)
    may_award = actor.may("award.make") and referral.status == "published"
    return render(
        request,
        "contracts/compare.html",
        {
            "referral": referral,
            "comparison": comparison,
            "columns": columns_of(actor, comparison.standing, may_award=may_award),
            "methods": [(code, METHODS[code], code == comparison.method) for code in comparison.methods],
            "award": award,
            "is_open": referral.is_open_for_offers(now),
            "is_still_sealed": referral.is_sealed and referral.is_open_for_offers(now),
        },
    )


@never_cache
@require_http_methods(["GET", "POST"])
def accept_offer(request: OrganisationRequest, reference: str, offer: UUID) -> HttpResponse:
    """Choose an offer: reasons, then a page that says what will happen, then the award."""
    actor = request.actor
    actor.require("award.make")
    referral = compared_referral(reference)
    existing = live_award(referral.pk)
    if existing is not None:
        return _already(request, existing, offer)
    now = database_now()
    comparison = compare_offers(
        referral, on=localdate(now), method=request.POST.get("method", request.GET.get("method", ""))
    )
    chosen = next((each for each in comparison.standing if each.offer.pk == offer), None)
    if chosen is None:
        raise NotNow("offer_gone", _("This offer no longer stands: compare the offers again."))
    others = [each for each in comparison.standing if each is not chosen]
    form = AwardForm(
        request.POST or None,
        chosen=chosen,
        others=others,
        asks_closing=referral.is_open_for_offers(now),
        asks_language=is_welsh(actor.organisation_id),
    )
    is_checked = False
    if request.method == "POST" and form.is_valid() and "change" not in request.POST:
        if "confirm" not in request.POST:
            is_checked = True
        else:
            try:
                award = attempt(
                    form,
                    acceptance.accept_offer,
                    actor=actor,
                    offer_id=offer,
                    ranking=comparison.ranking.snapshot(),
                    **form.action_values(),
                )
            except NotNow:
                # The other click of a double one: the locks were waited for, and the offer is chosen.
                existing = live_award(referral.pk)
                if existing is None:
                    raise
                return _already(request, existing, offer)
            if award is not None:
                _say_awarded(request, award)
                return redirect(address(actor, "contracts:approval", award=award.pk))
    needs = awards.approvals_needed(actor, chosen.offer, referral, band=chosen.band)
    context = {
        "referral": referral,
        "comparison": comparison,
        "chosen": column_of(actor, chosen),
        "form": form,
        "approvals": approvals_explained(needs),
        "needs": needs,
    }
    return render(request, "contracts/award_check.html" if is_checked else "contracts/award_form.html", context)


@require_safe
def approval_list(request: OrganisationRequest) -> HttpResponse:
    """Awards that wait for the actor's decision, and the actor's own that wait for others."""
    actor = request.actor
    actor.require(*APPROVERS_PERMISSIONS, "award.make")
    return render(
        request,
        "contracts/approval_list.html",
        {
            "waiting": [_row(award) for award in awards_waiting(actor)],
            "made": [_row(award) for award in awards_made(actor)],
        },
    )


@never_cache
@require_http_methods(["GET", "POST"])
def approval(request: OrganisationRequest, award: UUID) -> HttpResponse:
    """One award: what was chosen and why, the approvals it waits for, and what the actor may do about it."""
    actor = request.actor
    actor.require(*APPROVERS_PERMISSIONS, "award.make", "offer.view")
    found = award_of(award)
    mine = may_decide(actor, found)
    posted = request.POST.get("kind", "") if request.method == "POST" else ""
    forms = {
        kind: DecisionForm(request.POST if kind == posted else None, initial={"kind": kind}, auto_id=f"id_{kind}_%s")
        for kind in mine
    }
    if request.method == "POST":
        if posted not in forms:
            raise NotNow("nothing_to_approve", _("This award no longer waits for your decision."))
        form = forms[posted]
        if form.is_valid() and _decide(request, found, form) is not None:
            return redirect(address(actor, "contracts:approval", award=found.pk))
    return render(request, "contracts/approval.html", _award_context(actor, found, forms))


@never_cache
@require_http_methods(["GET", "POST"])
def award_fall_through(request: OrganisationRequest, award: UUID) -> HttpResponse:
    """A confirmed award comes to nothing before the person moved in."""
    actor = request.actor
    actor.require("award.fall_through")
    found = award_of(award)
    if found.status != "confirmed":
        raise NotNow("award_not_confirmed", _("Only a confirmed award can fall through."))
    form = FallThroughForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = attempt(form, acceptance.let_fall_through, actor=actor, award_id=found.pk, **form.cleaned_data)
        if done is not None:
            messages.success(
                request, _("The award fell through and its agreement is cancelled. Offers that still stand are below.")
            )
            return redirect(address(actor, "contracts:compare", reference=found.referral.reference))
    return render(request, "contracts/award_fall_through.html", {"award": found, "form": form})


@never_cache
@require_http_methods(["GET", "POST"])
def award_take_back(request: OrganisationRequest, award: UUID) -> HttpResponse:
    """The officer thinks again while approval is awaited."""
    actor = request.actor
    actor.require("award.make")
    found = award_of(award)
    if found.status != "awaiting_approval":
        raise NotNow("award_not_waiting", _("This award no longer waits for approval."))
    form = TakeBackForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = attempt(form, awards.take_back_award, actor=actor, award_id=found.pk, **form.cleaned_data)
        if done is not None:
            messages.success(request, _("The award is taken back. Choose again."))
            return redirect(address(actor, "contracts:compare", reference=found.referral.reference))
    return render(request, "contracts/award_take_back.html", {"award": found, "form": form})


def _already(request: OrganisationRequest, existing: Award, offer_id: UUID) -> HttpResponse:
    """The back button, or a second click, after an award: show the award; another offer's form is refused."""
    if request.method == "POST" and existing.offer_id != offer_id:
        raise NotNow(
            "already_awarded", _("Another offer has been chosen for this referral meanwhile. Nothing was changed.")
        )
    if existing.offer_id == offer_id:
        messages.info(request, _("This offer has already been chosen. Nothing was done twice."))
    else:
        messages.info(request, _("Another offer has been chosen for this referral."))
    return redirect(address(request.actor, "contracts:approval", award=existing.pk))


def _say_awarded(request: OrganisationRequest, award: Award) -> None:
    if award.status == "confirmed":
        messages.success(request, _("The offer is accepted and its agreement is being drawn up."))
    else:
        messages.success(request, _("The award waits for approval. You will be told."))


def _decide(request: OrganisationRequest, award: Award, form: DecisionForm) -> Award | None:
    given = {"actor": request.actor, "award_id": award.pk, "kind": form.cleaned_data["kind"]}
    reason = form.cleaned_data["reason"]
    if form.cleaned_data["decision"] == "approve":
        decided = attempt(form, acceptance.approve, reason=reason, **given)
        if decided is not None and decided.status == "confirmed":
            messages.success(request, _("Approved. The agreement is being drawn up."))
        elif decided is not None:
            messages.success(request, _("Approved. The award still waits for another approval."))
        return decided
    decided = attempt(form, awards.refuse_award, reason=reason, **given)
    if decided is not None:
        messages.success(request, _("Refused. The officer is told why and chooses again."))
    return decided


def _row(award: Award) -> dict[str, Any]:
    return {"award": award, "waits_for": [Approval.Kind(kind).label for kind in waits_for(award)]}


def _award_context(actor: Actor, award: Award, forms: dict[str, DecisionForm]) -> dict[str, Any]:
    agreement = next(iter(sorted(award.agreements.all(), key=lambda each: each.created_at, reverse=True)), None)
    comparison: Comparison = compare_offers(award.referral, on=database_today())
    chosen = next(each for each in (*comparison.standing, *comparison.others) if each.offer.pk == award.offer_id)
    return {
        "award": award,
        "chosen": column_of(actor, chosen),
        "others": [each for each in (*comparison.standing, *comparison.others) if each is not chosen],
        "agreement": agreement,
        "decisions": [{"kind": kind, "label": Approval.Kind(kind).label, "form": form} for kind, form in forms.items()],
        "forms": list(forms.values()),
        "waiting": [{"why": WHY_TOLD[kind], "who": APPROVERS[kind]} for kind in waits_for(award) if kind not in forms],
        "is_own": award.is_made_by(actor),
        "may_take_back": award.status == "awaiting_approval" and actor.may("award.make"),
        "may_fall_through": award.status == "confirmed" and actor.may("award.fall_through"),
    }
