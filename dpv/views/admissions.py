"""One admission: its page, and every act of the central team on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from brokerage.core.clock import database_today
from brokerage.core.errors import NotNow
from brokerage.core.web import OrganisationRequest, address, attempt
from dpv.actions.admissions import bar_admission, end_admission, require_barrable, score_admission
from dpv.actions.ceilings import set_ceiling
from dpv.actions.menus import end_menu_item, set_menu_item
from dpv.actions.suspensions import lift_suspension, move_review, suspend_admissions
from dpv.eligibility import PROBLEM_TEXTS, problems_of
from dpv.forms.admissions import (
    CeilingForm,
    LastDayForm,
    MenuItemForm,
    ReasonForm,
    ReviewForm,
    ScoreForm,
    SuspendForm,
)
from dpv.models import Admission, MenuItem
from dpv.queries.admissions import admission_by_id, bar_of, ceiling_history, other_live_admissions
from dpv.states import ADMISSION, ADMISSION_LIVE

GET_POST = ["GET", "POST"]


@require_safe
def admission_detail(request: OrganisationRequest, admission: UUID) -> HttpResponse:
    """The admission with its ceilings, suspensions, the provider's menu and what keeps it from being used.

    The provider reads its own, without reasons: those may hold what others told in confidence.
    """
    actor = request.actor
    actor.require("dpv.view", "profile.manage", "offer.write")
    if actor.kind == "associate":
        raise Http404("Not for associate members.")
    found = admission_by_id(admission)
    today = database_today()
    moves = ADMISSION.allowed(found.status)
    menu = MenuItem.objects.filter(vehicle_id=found.vehicle_id, provider_id=found.provider_id)
    suspensions = list(found.suspensions.all())
    last = suspensions[0] if suspensions and not actor.is_provider else None
    is_maker = last is not None and found.status == "suspended" and last.is_made_by(actor)
    barred = None if actor.is_provider else bar_of(found)
    is_barrer = barred is not None and barred.is_over_by(actor)
    return render(
        request,
        "dpv/admission.html",
        {
            "admission": found,
            "problems": [PROBLEM_TEXTS[code] for code in problems_of([found.pk], today).get(found.pk, [])],
            "ceilings": ceiling_history(found, today),
            "suspensions": suspensions,
            "menu": list(menu.order_by("service", "-valid_from")),
            "today": today,
            "shows_reasons": not actor.is_provider,
            "shows_lot": actor.may("dpv.view"),
            "may_price": actor.may("dpv.ceiling") and found.status in ("admitted", "suspended"),
            "may_score": actor.may("dpv.admit") and found.status in ("admitted", "suspended"),
            "may_suspend": actor.may("dpv.suspend") and "suspend" in moves,
            "needs_colleague": is_maker or is_barrer,
            "may_lift": actor.may("dpv.suspend") and "reinstate" in moves and not is_maker,
            "may_review": actor.may("dpv.suspend") and found.status == "suspended",
            "may_bar": actor.may("dpv.admit") and "bar" in moves and not is_maker,
            "may_end": actor.may("dpv.admit") and "end" in moves and not (is_maker or is_barrer),
        },
    )


@require_http_methods(GET_POST)
def ceiling_set(request: OrganisationRequest, admission: UUID) -> HttpResponse:
    """Set a ceiling from a day on."""
    request.actor.require("dpv.ceiling")
    found = _open(admission)
    form = CeilingForm(_posted(request), lot=found.lot, today=database_today())
    return _act(
        request,
        found,
        form,
        lambda: attempt(
            form,
            set_ceiling,
            actor=request.actor,
            admission_id=found.pk,
            ceiling=form.ceiling(),
            valid_from=form.cleaned_data["valid_from"],
            reason=form.cleaned_data["reason"],
            is_checked=form.cleaned_data["is_checked"],
        ),
        title=_("Set a ceiling price"),
        button=_("Set the price"),
        done=_("The ceiling price is set. The provider is told."),
        inset=_(
            "A ceiling is fixed for the time the vehicle’s rules say. Until then it may be lowered, not raised. "
            "Offers already made keep the ceiling they were made under."
        ),
    )


@require_http_methods(GET_POST)
def score(request: OrganisationRequest, admission: UUID) -> HttpResponse:
    """Change the quality score and the tier."""
    request.actor.require("dpv.admit")
    found = _open(admission)
    form = ScoreForm(
        _posted(request),
        initial={"quality_score": found.quality_score, "tier": found.tier},
    )
    return _act(
        request,
        found,
        form,
        lambda: attempt(form, score_admission, actor=request.actor, admission_id=found.pk, **form.cleaned_data),
        title=_("Change the quality score or tier"),
        button=_("Save"),
        done=_("The score and tier are saved."),
    )


@require_http_methods(GET_POST)
def suspend(request: OrganisationRequest, admission: UUID) -> HttpResponse:
    """Suspend the admission, and if wanted the establishment's other lots."""
    request.actor.require("dpv.suspend")
    found = _able(admission, "suspend")
    others = other_live_admissions(found)
    form = SuspendForm(_posted(request), others=others)
    return _act(
        request,
        found,
        form,
        lambda: attempt(
            form,
            suspend_admissions,
            actor=request.actor,
            admission_ids=[found.pk, *(row.pk for row in others if form.cleaned_data.get("others"))],
            reason=form.cleaned_data["reason"],
            review_on=form.cleaned_data["review_on"],
            is_checked=form.cleaned_data["is_checked"],
        ),
        title=_("Suspend this admission"),
        button=_("Suspend"),
        done=_("The admission is suspended. The provider is told."),
        warning=_(
            "From this moment the establishment cannot be invited, offer or be awarded. "
            "People who live there stay, and placements go on. A colleague lifts the suspension, or bars the "
            "establishment: nobody does so alone."
        ),
        is_grave=True,
    )


@require_http_methods(GET_POST)
def lift(request: OrganisationRequest, admission: UUID) -> HttpResponse:
    """Lift the suspension."""
    request.actor.require("dpv.suspend")
    found = _able(admission, "reinstate")
    form = ReasonForm(_posted(request))
    return _act(
        request,
        found,
        form,
        lambda: attempt(form, lift_suspension, actor=request.actor, admission_id=found.pk, **form.cleaned_data),
        title=_("Lift the suspension"),
        button=_("Lift the suspension"),
        done=_("The suspension is lifted. The provider is told."),
        inset=_("Somebody else than whoever suspended it lifts it."),
    )


@require_http_methods(GET_POST)
def review(request: OrganisationRequest, admission: UUID) -> HttpResponse:
    """Record a review of a suspension that goes on."""
    request.actor.require("dpv.suspend")
    found = _able(admission, "reinstate")
    form = ReviewForm(_posted(request))
    return _act(
        request,
        found,
        form,
        lambda: attempt(form, move_review, actor=request.actor, admission_id=found.pk, **form.cleaned_data),
        title=_("Record a review"),
        button=_("Save the review"),
        done=_("The review is recorded."),
        inset=_("The suspension goes on. To end it, lift it instead."),
    )


@require_http_methods(GET_POST)
def bar(request: OrganisationRequest, admission: UUID) -> HttpResponse:
    """Bar the establishment from the lot."""
    request.actor.require("dpv.admit")
    found = admission_by_id(admission)
    require_barrable(found)
    form = ReasonForm(_posted(request))
    return _act(
        request,
        found,
        form,
        lambda: attempt(form, bar_admission, actor=request.actor, admission_id=found.pk, **form.cleaned_data),
        title=_("Bar this establishment from the lot"),
        button=_("Bar"),
        done=_("The establishment is barred from the lot. The provider is told."),
        warning=_(
            "A bar is for good. The establishment comes back only by a new application. Somebody else than whoever "
            "suspended it bars it."
        ),
        is_grave=True,
    )


@require_http_methods(GET_POST)
def end(request: OrganisationRequest, admission: UUID) -> HttpResponse:
    """End the admission."""
    request.actor.require("dpv.admit")
    found = _able(admission, "end")
    form = ReasonForm(_posted(request))
    return _act(
        request,
        found,
        form,
        lambda: attempt(form, end_admission, actor=request.actor, admission_id=found.pk, **form.cleaned_data),
        title=_("End this admission"),
        button=_("End the admission"),
        done=_("The admission has ended. The provider is told."),
        warning=_("No new placement can be made under it. Placements already agreed go on."),
        is_grave=True,
    )


@require_http_methods(GET_POST)
def menu_set(request: OrganisationRequest, admission: UUID) -> HttpResponse:
    """Set the unit price of an extra on the provider's menu."""
    request.actor.require("dpv.ceiling")
    found = _open(admission)
    form = MenuItemForm(_posted(request), initial={"valid_from": database_today()})
    return _act(
        request,
        found,
        form,
        lambda: attempt(form, set_menu_item, actor=request.actor, admission_id=found.pk, **form.cleaned_data),
        title=_("Set a price on the menu of extras"),
        button=_("Set the price"),
        done=_("The price is on the menu."),
        inset=_("The menu is the provider’s, for every establishment it has on this vehicle."),
    )


@require_http_methods(GET_POST)
def menu_end(request: OrganisationRequest, admission: UUID, item: UUID) -> HttpResponse:
    """Take a price off the menu after a day."""
    request.actor.require("dpv.ceiling")
    found = admission_by_id(admission)
    price = MenuItem.objects.filter(pk=item, provider_id=found.provider_id, vehicle_id=found.vehicle_id).first()
    if price is None:
        raise Http404("No such price.")
    form = LastDayForm(_posted(request))
    return _act(
        request,
        found,
        form,
        lambda: attempt(form, end_menu_item, actor=request.actor, item_id=price.pk, **form.cleaned_data),
        title=_("End a price on the menu: %(service)s") % {"service": price.get_service_display()},
        button=_("End the price"),
        done=_("The last day of the price is recorded."),
    )


def _posted(request: OrganisationRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _open(admission_id: UUID) -> Admission:
    found = admission_by_id(admission_id)
    if found.status not in ADMISSION_LIVE or found.status == "barred":
        raise NotNow("admission_over", _("This establishment is no longer on the lot."))
    return found


def _able(admission_id: UUID, move: str) -> Admission:
    found = admission_by_id(admission_id)
    ADMISSION.after(found.status, move)
    return found


def _act(
    request: OrganisationRequest,
    found: Admission,
    form: forms.Form,
    run: Callable[[], object | None],
    *,
    title: str,
    button: str,
    done: str,
    warning: str = "",
    inset: str = "",
    is_grave: bool = False,
) -> HttpResponse:
    """The page of one act: its form, and back to the admission once it is done."""
    back = address(request.actor, "dpv:admission", admission=found.pk)
    if request.method == "POST" and form.is_valid() and run() is not None:
        messages.success(request, done)
        return redirect(back)
    return render(
        request,
        "dpv/act.html",
        {
            "form": form,
            "title": title,
            "caption": f"{found.establishment.name}, {found.vehicle.code} {found.lot.code}",
            "button": button,
            "warning": warning,
            "inset": inset,
            "is_grave": is_grave,
            "back_url": back,
        },
    )
