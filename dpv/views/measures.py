"""Pages of measures: the list, one with its steps and appeals, and each act on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
from brokerage.core.references import normalise_reference
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import OrganisationRequest, address, attempt
from dpv.actions import measures as acts
from dpv.actions.measure_appeals import answer_appeal, appeal_measure
from dpv.actions.measures import MeasureFacts, propose_measure
from dpv.forms.measures import (
    AppealAnswerForm,
    AppealForm,
    DecideForm,
    LiftForm,
    MeasureFilter,
    MeasureReviewForm,
    MeasureSubjectForm,
    NoteForm,
    ProposeForm,
)
from dpv.measure_texts import has_alert
from dpv.models import Measure, MeasureAppeal
from dpv.queries import measures as queries
from dpv.states import MEASURE
from providers.queries.subjects import find_subjects, subject_of

PER_PAGE = 25
GET_POST = ["GET", "POST"]


@never_cache
@require_safe
def measure_list(request: OrganisationRequest) -> HttpResponse:
    """The measures that the organisation may read: those that hold or wait first."""
    actor = _reader(request)
    form = MeasureFilter(request.GET)
    chosen = dict(form.cleaned_data) if form.is_valid() else {}
    page = Paginator(queries.measures_listed(**chosen), PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "dpv/measure_list.html",
        {
            "filter": form,
            "page": page,
            "today": database_today(),
            "is_filtered": any(chosen.values()),
            "clear_url": address(actor, "dpv:measure_list"),
            "may_propose": actor.may("measure.propose"),
            "is_provider": actor.is_provider,
        },
    )


@never_cache
@require_http_methods(GET_POST)
def measure_propose(request: OrganisationRequest) -> HttpResponse:
    """Find the provider or home, then say what should happen and why."""
    actor = request.actor
    actor.require("measure.propose")
    region = queries.region_run_by(actor)
    subject = subject_of({name: request.GET.get(name, "") for name in ("provider", "establishment")})
    alert = normalise_reference(request.GET.get("alert", ""))[:20]
    if subject is None:
        search = MeasureSubjectForm(request.GET or None)
        text = search.cleaned_data["q"] if search.is_bound and search.is_valid() else ""
        found = find_subjects(text, with_households=False) if text else None
        return render(request, "dpv/measure_find.html", {"form": search, "found": found, "alert": alert})
    data = request.POST if request.method == "POST" else None
    lots = queries.lots_of(subject, region.pk)
    form = ProposeForm(data, subject=subject, lots=lots, initial={"alert_reference": alert})
    if data is not None and form.is_valid():
        made = attempt(form, propose_measure, actor=actor, facts=MeasureFacts(**form.facts()))
        if made is not None:
            is_waiting = made.status == "proposed"
            said = _("The measure waits for a second person.") if is_waiting else _("The suspension holds from now on.")
            messages.success(request, said)
            return _to(actor, made)
    return render(request, "dpv/measure_propose.html", {"form": form, "subject": subject})


@never_cache
@require_safe
def measure_detail(request: OrganisationRequest, reference: str) -> HttpResponse:
    """One measure: what it covers and why, its steps, the provider's view and the answer."""
    actor = _reader(request)
    measure = queries.measure_by_reference(reference)
    mark_read_about(actor, reference=measure.reference)
    appeals = queries.appeals_of(measure)
    has_open_appeal = any(appeal.answered_at is None for appeal in appeals)
    is_proposer = not actor.is_provider and measure.is_proposed_by(actor)
    may_propose, may_confirm = actor.may("measure.propose"), actor.may("measure.confirm")
    is_deciding = may_confirm and MEASURE.may(measure.status, "confirm")
    is_lifting = may_confirm and MEASURE.may(measure.status, "lift")
    is_lifter = is_lifting and measure.is_lift_proposed_by(actor)
    return render(
        request,
        "dpv/measure.html",
        {
            "measure": measure,
            "steps": [] if actor.is_provider else queries.steps_of(measure),
            "appeals": appeals,
            "today": database_today(),
            "is_provider": actor.is_provider,
            "reach": queries.reach_of(measure) if may_propose and measure.status in _LIVE else None,
            "may_decide": is_deciding and not is_proposer,
            "waits_for_other": (is_deciding and is_proposer) or is_lifter,
            "may_withdraw": may_propose and is_proposer and MEASURE.may(measure.status, "withdraw"),
            "may_review": may_propose and measure.is_standing,
            "may_lift": may_propose and MEASURE.may(measure.status, "propose_lift"),
            "may_decide_lift": is_lifting and not is_lifter,
            "may_appeal": actor.is_provider
            and actor.may("measure.appeal")
            and measure.is_standing
            and not has_open_appeal,
            "may_answer": may_confirm and has_open_appeal and not is_proposer,
            "home_url": _home_url(actor, measure),
            "may_open_alert": not actor.is_provider
            and actor.may("alert.view")
            and has_alert(actor, measure.alert_reference),
        },
    )


@never_cache
@require_http_methods(GET_POST)
def measure_decide(request: OrganisationRequest, reference: str) -> HttpResponse:
    """The second person puts it in force, or does not; what it would stop is shown before."""
    request.actor.require("measure.confirm")
    measure = _able(reference, "confirm")
    stands = measure.is_standing
    form = DecideForm(
        _posted(request),
        yes=_("Confirm it: it holds on") if stands else _("Put it in force now"),
        no=_("End it now") if stands else _("Refuse it"),
    )
    return _decided(
        request,
        measure,
        form,
        yes=acts.confirm_measure,
        no=acts.refuse_measure,
        title=_("Decide on the measure"),
        reach=queries.reach_of(measure),
    )


@never_cache
@require_http_methods(GET_POST)
def measure_lift_decide(request: OrganisationRequest, reference: str) -> HttpResponse:
    """The second person lifts it, or keeps it."""
    request.actor.require("measure.confirm")
    measure = _able(reference, "lift")
    form = DecideForm(_posted(request), yes=_("Lift it now"), no=_("Keep it in force"))
    return _decided(
        request,
        measure,
        form,
        yes=acts.lift_measure,
        no=acts.keep_measure,
        title=_("Decide on lifting the measure"),
    )


@never_cache
@require_http_methods(GET_POST)
def measure_withdraw(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Take a proposal back."""
    request.actor.require("measure.propose")
    measure = _able(reference, "withdraw")
    form = NoteForm(_posted(request))
    title = _("Take the proposal back")
    return _act(request, measure, form, acts.withdraw_measure, title=title, done=_("The proposal is taken back."))


@never_cache
@require_http_methods(GET_POST)
def measure_lift(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Propose to lift it."""
    request.actor.require("measure.propose")
    measure = _able(reference, "propose_lift")
    return _act(
        request,
        measure,
        LiftForm(_posted(request)),
        acts.propose_lift,
        title=_("Propose to lift the measure"),
        done=_("A second person must lift it. Until then it holds."),
    )


@never_cache
@require_http_methods(GET_POST)
def measure_review(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Record a review of a measure that goes on."""
    request.actor.require("measure.propose")
    measure = _standing(reference)
    form = MeasureReviewForm(_posted(request), initial={"conditions": measure.conditions})
    return _act(
        request,
        measure,
        form,
        acts.review_measure,
        title=_("Record a review"),
        done=_("The review is recorded."),
        inset=_("The measure goes on. To end it, propose to lift it instead."),
    )


@never_cache
@require_http_methods(GET_POST)
def measure_appeal(request: OrganisationRequest, reference: str) -> HttpResponse:
    """The provider gives its view."""
    request.actor.require("measure.appeal")
    measure = _standing(reference)
    if not request.actor.is_provider:
        raise Http404("Not the provider.")
    if measure.appeals.filter(answered_at__isnull=True).exists():
        raise NotNow("appeal_open", _("Your appeal waits for its answer"))
    return _act(
        request,
        measure,
        AppealForm(_posted(request)),
        appeal_measure,
        title=_("Appeal against the measure"),
        done=_("Your appeal is with the central team."),
        inset=_("Your view stays on record beside the measure. The measure holds until it is lifted."),
    )


@never_cache
@require_http_methods(GET_POST)
def measure_appeal_answer(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Somebody else than the proposer answers the appeal."""
    request.actor.require("measure.confirm")
    measure = queries.measure_by_reference(reference)
    appeal = MeasureAppeal.objects.filter(measure=measure, answered_at__isnull=True).first()
    if appeal is None:
        raise NotNow("no_appeal", _("No appeal waits for an answer"))
    return _act(
        request,
        measure,
        AppealAnswerForm(_posted(request)),
        answer_appeal,
        title=_("Answer the appeal"),
        done=_("The answer is recorded and the provider is told."),
        inset=appeal.text,
    )


#: In these what a measure stops, or would stop, is of interest.
_LIVE = ("proposed", "unconfirmed", "in_force", "lift_proposed")


def _reader(request: OrganisationRequest) -> Actor:
    request.actor.require("measure.view")
    if request.actor.kind == "associate":
        raise Http404("Not for associate members.")
    return request.actor


def _posted(request: OrganisationRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _able(reference: str, move: str) -> Measure:
    measure = queries.measure_by_reference(reference)
    MEASURE.after(measure.status, move)
    return measure


def _standing(reference: str) -> Measure:
    measure = queries.measure_by_reference(reference)
    if not measure.is_standing:
        raise NotNow("measure_not_now", _("This measure does not hold"))
    return measure


def _to(actor: Actor, measure: Measure) -> HttpResponse:
    return redirect(address(actor, "dpv:measure", reference=measure.reference))


def _decided(
    request: OrganisationRequest,
    measure: Measure,
    form: DecideForm,
    *,
    yes: Callable[..., Measure],
    no: Callable[..., Measure],
    title: str,
    reach: queries.Reach | None = None,
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        action = yes if form.cleaned_data["decision"] == "yes" else no
        given = {name: value for name, value in form.cleaned_data.items() if name != "decision"}
        if attempt(form, action, actor=request.actor, reference=measure.reference, **given) is not None:
            messages.success(request, _("Your decision is recorded."))
            return _to(request.actor, measure)
    return render(
        request,
        "dpv/measure_decide.html",
        {"form": form, "measure": measure, "title": title, "reach": reach, "steps": queries.steps_of(measure)},
    )


def _act(
    request: OrganisationRequest,
    measure: Measure,
    form: forms.Form,
    action: Callable[..., object],
    *,
    title: str,
    done: str,
    inset: str = "",
) -> HttpResponse:
    """The page of one act: its form, and back to the measure once it is done."""
    back = address(request.actor, "dpv:measure", reference=measure.reference)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if attempt(form, action, actor=request.actor, reference=measure.reference, **given) is not None:
            messages.success(request, done)
            return redirect(back)
    caption = f"{measure.reference}, {measure.about}"
    shown = {"form": form, "title": title, "caption": caption, "button": title, "inset": inset, "back_url": back}
    return render(request, "dpv/act.html", shown)


def _home_url(actor: Actor, measure: Measure) -> str:
    """The page of the home or provider in the register, for whoever may open it."""
    if actor.is_provider or not actor.may("providers.verify", "dpv.view", "referral.match"):
        return ""
    if measure.establishment_id:
        return address(actor, "providers:establishment", pk=measure.establishment_id)
    return address(actor, "providers:provider", pk=measure.provider_id)
