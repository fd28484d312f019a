"""Pages around a referral: the list, start, the referral itself, copy, siblings, withdraw, the person's record."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from brokerage.core.pages.long_lists import LongPaginator
from brokerage.core.references import normalise_reference
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import OrganisationRequest, address, attempt
from placements.actions.people import known_person, may_know, read_identity, update_person
from placements.actions.referrals import copy_referral, create_referral, withdraw_referral
from placements.actions.siblings import link_siblings
from placements.completeness import missing
from placements.forms.referrals import (
    KNOWN,
    CopyForm,
    NewReferralForm,
    PersonForm,
    ReferralFilter,
    SiblingForm,
    WithdrawForm,
)
from placements.models import Referral
from placements.queries.progress import progress_of
from placements.queries.referrals import (
    buttons,
    listed,
    may_withdraw,
    opened_referral,
    referral_of,
    siblings_of,
    social_workers,
    timeline,
    where_it_stands,
)
from placements.queries.summaries import section_cards

PER_PAGE = 25
#: What a line of the list shows.
_LINE = (
    *("reference", "category", "age", "sex", "outward"),
    *("needed_on", "urgency", "status", "closes_at", "officer_name"),
)


@require_safe
def referral_list(request: OrganisationRequest) -> HttpResponse:
    """Referrals the person may see, filtered by status, kind of home and "mine"."""
    actor = request.actor
    actor.require("referral.view", "referral.view_own")
    form = ReferralFilter(request.GET)
    chosen: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    page = LongPaginator(listed(actor, **chosen).only(*_LINE), PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "placements/referral_list.html",
        {
            "filter": form,
            "page": page,
            "is_filtered": any(chosen.values()),
            "may_draft": actor.may("referral.draft"),
        },
    )


@never_cache
@require_http_methods(["GET", "POST"])
def referral_new(request: OrganisationRequest) -> HttpResponse:
    """Start a draft. A second click with the same hidden token leads to the same draft."""
    actor = request.actor
    actor.require("referral.draft")
    colleagues = [(str(user_id), name) for user_id, name in social_workers(actor)] if actor.may("referral.view") else []
    if request.method == "GET":
        form = NewReferralForm(initial={"token": secrets.token_hex(16)}, social_workers=colleagues)
        return render(request, "placements/referral_new.html", {"form": form})
    form = NewReferralForm(request.POST, social_workers=colleagues)
    if form.is_valid():
        referral = _started(actor, form)
        if referral is not None:
            return redirect(address(actor, "placements:referral_tasks", reference=referral.reference))
    return render(request, "placements/referral_new.html", {"form": form})


def _started(actor: Actor, form: NewReferralForm) -> Referral | None:
    chosen = form.cleaned_data
    person_id = None
    if chosen["who"] == KNOWN:
        person = attempt(
            form, known_person, actor=actor, case_number=chosen["known_case_number"], field="known_case_number"
        )
        if person is None:
            return None
        person_id = person.pk
    return attempt(
        form,
        create_referral,
        actor=actor,
        category=chosen["category"],
        urgency=chosen["urgency"],
        token=chosen["token"],
        person_id=person_id,
        new_person=form.new_person(),
        social_worker=UUID(chosen["social_worker"]) if chosen.get("social_worker") else None,
    )


@never_cache
@require_safe
def referral_detail(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Everything about one referral but who the person is."""
    return _detail(request, reference)


@never_cache
@require_POST
def referral_identity(request: OrganisationRequest, reference: str) -> HttpResponse:
    """The same page with name and date of birth; asked for by a button, so that each reading is meant and logged."""
    referral = referral_of(request.actor, reference)
    if referral.person_id is None:
        raise Http404("Nobody is named.")
    identity = read_identity(request.actor, person_id=referral.person_id, reference=referral.reference)
    return _detail(request, reference, identity=identity)


def _detail(request: OrganisationRequest, reference: str, **more: Any) -> HttpResponse:
    actor = request.actor
    opened = opened_referral(actor, reference)
    referral, now = opened.referral, opened.now
    return render(
        request,
        "placements/referral_detail.html",
        {
            "referral": referral,
            "now": now,
            "stands": where_it_stands(referral, now, is_planned=opened.is_planned),
            "buttons": buttons(actor, referral),
            "cards": section_cards(actor, referral),
            "documents": opened.documents,
            "may_know": referral.person_id is not None and may_know(actor, referral.person_id),
            "siblings": siblings_of(actor, referral),
            "events": timeline(referral),
            "lacks": len(missing(referral)) if referral.status == "draft" else 0,
            "progress": progress_of(referral, now)
            if referral.status == "published" and actor.may("referral.view")
            else None,
            **more,
        },
    )


@never_cache
@require_http_methods(["GET", "POST"])
def referral_person(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Correct who the person is. Opening the page is a reading of identity."""
    actor = request.actor
    actor.require("referral.draft")
    referral = referral_of(actor, reference)
    person = referral.person
    if person is None:
        raise Http404("Nobody is named.")
    read_identity(actor, person_id=person.pk, reference=referral.reference)
    initial = {name: getattr(person, name) for name in PersonForm.base_fields}
    form = PersonForm(request.POST or None, initial={**initial, "other_names": "\n".join(person.other_names)})
    if request.method == "POST" and form.is_valid():
        done = attempt(form, update_person, actor=actor, person_id=person.pk, changes=form.changes())
        if done is not None:
            messages.success(request, _("The person’s record is saved."))
            return redirect(address(actor, "placements:referral", reference=referral.reference))
    return render(request, "placements/referral_person.html", {"form": form, "referral": referral})


@require_http_methods(["GET", "POST"])
def referral_copy(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Start a new draft from this referral's answers."""
    actor = request.actor
    actor.require("referral.draft")
    referral = referral_of(actor, reference)
    initial = {"token": secrets.token_hex(16), "who": CopyForm.SAME, "category": referral.category}
    form = CopyForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        copy = _copied(actor, referral, form)
        if copy is not None:
            messages.success(request, _("The answers are copied. Look through every section before you publish."))
            return redirect(address(actor, "placements:referral_tasks", reference=copy.reference))
    return render(request, "placements/referral_copy.html", {"form": form, "referral": referral})


def _copied(actor: Actor, referral: Referral, form: CopyForm) -> Referral | None:
    chosen = form.cleaned_data
    person_id = None
    if chosen["who"] == CopyForm.OTHER:
        person = attempt(form, known_person, actor=actor, case_number=chosen["case_number"])
        if person is None:
            return None
        person_id = person.pk
    return attempt(
        form,
        copy_referral,
        actor=actor,
        reference=referral.reference,
        token=chosen["token"],
        category=chosen["category"],
        person_id=person_id,
        as_sibling=chosen["as_sibling"] and person_id is not None,
    )


@require_http_methods(["GET", "POST"])
def referral_siblings(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Tie this referral to a brother's or sister's."""
    actor = request.actor
    actor.require("referral.draft")
    referral = referral_of(actor, reference)
    form = SiblingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        other = normalise_reference(form.cleaned_data["reference"])
        try:
            group = attempt(form, link_siblings, actor=actor, references=[referral.reference, other])
        except Http404:
            form.add_error("reference", _("There is no referral with this reference"))
            group = None
        if group is not None:
            messages.success(request, _("The referrals are linked."))
            return redirect(address(actor, "placements:referral", reference=referral.reference))
    return render(
        request,
        "placements/referral_siblings.html",
        {"form": form, "referral": referral, "siblings": siblings_of(actor, referral)},
    )


@require_http_methods(["GET", "POST"])
def referral_withdraw(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Give the referral up, with a reason. A second click finds it withdrawn already."""
    actor = request.actor
    actor.require("referral.withdraw", "referral.draft")
    referral = referral_of(actor, reference)
    if referral.status == "withdrawn":
        return redirect(address(actor, "placements:referral", reference=referral.reference))
    if not may_withdraw(actor, referral):
        actor.require("referral.withdraw")
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form, withdraw_referral, actor=actor, reference=referral.reference, reason=form.cleaned_data["reason"]
        )
        if done is not None:
            messages.success(request, _("The referral is withdrawn."))
            return redirect(address(actor, "placements:referral", reference=referral.reference))
    return render(request, "placements/referral_withdraw.html", {"form": form, "referral": referral})
