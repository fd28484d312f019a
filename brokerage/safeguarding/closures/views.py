"""Pages of closures: the list, announcing one, reading one, and where each of an authority's people goes next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from brokerage.core.clock import database_today
from brokerage.core.errors import NotNow
from brokerage.core.notifications.reading import mark_read_about
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import OrganisationRequest, address, attempt
from brokerage.safeguarding.closures import queries
from brokerage.safeguarding.closures.actions.announcing import (
    ClosureFacts,
    announce_closure,
    close_home,
    reschedule_closure,
    withdraw_closure,
)
from brokerage.safeguarding.closures.actions.residents import record_next_home
from brokerage.safeguarding.closures.forms import (
    AnnounceForm,
    CloseHomeForm,
    ClosureFilter,
    RescheduleForm,
    ResidentForm,
    WithdrawForm,
)
from brokerage.safeguarding.closures.models import Closure, ClosureResident
from brokerage.safeguarding.closures.states import CLOSURE, CLOSURE_RUNNING, RESIDENT_OPEN
from brokerage.safeguarding.closures.timeline import timeline_of
from brokerage.safeguarding.events import latest_first
from brokerage.safeguarding.forms import SubjectForm
from providers.queries.subjects import Subject, find_subjects, subject_of

PER_PAGE = 25


@never_cache
@require_safe
def closure_list(request: OrganisationRequest) -> HttpResponse:
    """The closures that the organisation was told of."""
    actor = request.actor
    actor.require("closure.view")
    form = ClosureFilter(request.GET)
    chosen: dict[str, Any] = dict(form.cleaned_data) if form.is_valid() else {}
    page = Paginator(queries.listed_closures(**chosen), PER_PAGE).get_page(request.GET.get("page"))
    left = queries.open_by_closure([told.closure_id for told in page]) if actor.is_authority else {}
    context = {
        "filter": form,
        "page": page,
        "lines": [(told.closure, left.get(told.closure_id, 0)) for told in page],
        "is_filtered": any(chosen.values()),
        "clear_url": address(actor, "closures:closure_list"),
        "may_announce": actor.may("closure.manage", "closure.report"),
    }
    return render(request, "closures/closure_list.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def closure_announce(request: OrganisationRequest) -> HttpResponse:
    """Find what closes, then say when and why."""
    actor = request.actor
    actor.require("closure.manage", "closure.report")
    subject = subject_of(request.GET)
    if subject is None:
        search = SubjectForm(request.GET or None)
        text = search.cleaned_data["q"].replace("\x00", "") if search.is_bound and search.is_valid() else ""
        found = _mine(actor, find_subjects(text)) if text else None
        return render(request, "closures/closure_find.html", {"form": search, "found": found, "text": text})
    if not _mine(actor, [subject]):
        raise Http404
    form = AnnounceForm(request.POST if request.method == "POST" else None, initial={"notice_on": database_today()})
    if request.method == "POST" and form.is_valid():
        facts = ClosureFacts(
            provider_id=subject.provider_id,
            establishment_id=subject.establishment_id,
            household_id=subject.household_id,
            **form.cleaned_data,
        )
        announced = attempt(form, announce_closure, actor=actor, facts=facts)
        if announced is not None:
            messages.success(request, _("The closure is announced. Everybody with people there is told."))
            return _to(actor, announced.reference)
    return render(request, "closures/closure_announce.html", {"form": form, "subject": subject})


@never_cache
@require_safe
def closure(request: OrganisationRequest, reference: str) -> HttpResponse:
    """One closure: an authority sees its own people, a central team how many are left at each authority."""
    actor = request.actor
    actor.require("closure.view")
    told = queries.told_closure(reference)
    row = told.closure
    mark_read_about(actor, reference=row.reference)
    residents = queries.residents_of(row) if actor.is_authority else []
    lines = queries.progress(row.reference) if actor.is_central else []
    may_change = queries.may_change(actor, told)
    context = {
        "told": told,
        "closure": row,
        "reasons": queries.reason_labels(told),
        "residents": residents,
        "left": sum(resident.status in RESIDENT_OPEN for resident in residents),
        "lines": lines,
        "people": sum(line.people for line in lines),
        "still_to_move": sum(line.still_to_move for line in lines),
        "events": latest_first(timeline_of(told, residents, lines)),
        "is_running": row.status in CLOSURE_RUNNING,
        "may_track": actor.is_authority and actor.may("closure.track") and row.status in CLOSURE_RUNNING,
        "may_change": may_change and CLOSURE.may(row.status, "reschedule"),
        "may_close": may_change
        and CLOSURE.may(row.status, "close")
        and actor.may("closure.manage")
        and actor.may("providers.verify"),
    }
    return render(request, "closures/closure.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def closure_resident(request: OrganisationRequest, reference: str, resident: UUID) -> HttpResponse:
    """Where one of our people there goes next."""
    actor = request.actor
    actor.require("closure.track")
    if not actor.is_authority:
        raise Http404("Nobody else has people there.")
    told = queries.told_closure(reference)
    row = ClosureResident.objects.select_related("closure").filter(pk=resident, closure=told.closure).first()
    if row is None:
        raise Http404
    if row.closure.status not in CLOSURE_RUNNING or row.status not in RESIDENT_OPEN:
        raise NotNow("closure_over", _("This person has left already, or the closure is over"))
    options = queries.options_for(row)
    form = ResidentForm(request.POST if request.method == "POST" else None, resident=row, options=options)
    if request.method == "POST" and form.is_valid():
        recorded = attempt(form, record_next_home, actor=actor, resident_id=row.pk, **form.cleaned_data)
        if recorded is not None:
            messages.success(request, _("Recorded for %(reference)s.") % {"reference": row.placement_reference})
            return _to(actor, told.reference)
    context = {"form": form, "closure": row.closure, "resident": row, **_ways_on(actor, options)}
    return render(request, "closures/closure_resident.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def closure_reschedule(request: OrganisationRequest, reference: str) -> HttpResponse:
    """It closes on another day."""
    return _decide(
        request, reference, "reschedule", RescheduleForm, reschedule_closure, _("Everybody is told of the new day.")
    )


@never_cache
@require_http_methods(["GET", "POST"])
def closure_withdraw(request: OrganisationRequest, reference: str) -> HttpResponse:
    """It does not close after all."""
    return _decide(
        request, reference, "withdraw", WithdrawForm, withdraw_closure, _("Everybody is told that it stays open.")
    )


@never_cache
@require_http_methods(["GET", "POST"])
def closure_close(request: OrganisationRequest, reference: str) -> HttpResponse:
    """It has closed."""
    request.actor.require("closure.manage")
    request.actor.require("providers.verify")
    return _decide(request, reference, "close", CloseHomeForm, close_home, _("The home is closed in the register."))


def _decide(
    request: OrganisationRequest,
    reference: str,
    move: str,
    form_class: type[forms.Form],
    action: Callable[..., Closure],
    done: str,
) -> HttpResponse:
    actor = request.actor
    actor.require("closure.manage", "closure.report")
    told = queries.told_closure(reference)
    if not queries.may_change(actor, told):
        raise Http404
    CLOSURE.after(told.closure.status, move)
    form = form_class(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        decided = attempt(form, action, actor=actor, reference=told.reference, **form.cleaned_data)
        if decided is not None:
            messages.success(request, done)
            return _to(actor, told.reference)
    return render(request, "closures/closure_decide.html", {"form": form, "closure": told.closure, "move": move})


def _ways_on(actor: Actor, options: queries.Options) -> dict[str, str]:
    """Addresses from here: the placement that ends, and a new referral for this person."""
    old = options.old
    referral = old.referral if old is not None else None
    urls = {"placement_url": "", "copy_url": "", "new_url": ""}
    if old is not None and actor.may("placement.view"):
        urls["placement_url"] = address(actor, "placements:placement", reference=old.reference)
    if actor.may("referral.draft"):
        if referral is not None:
            urls["copy_url"] = address(actor, "placements:referral_copy", reference=referral.reference)
        else:
            urls["new_url"] = address(actor, "placements:referral_new")
    return urls


def _mine(actor: Actor, found: list[Subject]) -> list[Subject]:
    """A provider announces for itself only."""
    if not actor.is_provider:
        return found
    return [subject for subject in found if subject.provider_id == actor.organisation_id]


def _to(actor: Actor, reference: str) -> HttpResponse:
    return redirect(address(actor, "closures:closure", reference=reference))
