"""Pages of safeguarding alerts: the lists, raising one, reading one, answering it, deciding and closing it.

What an organisation reads comes from its own `AlertRecipient`; the alert itself is read by whoever raised it alone.
Who was told is in `exports`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn
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
from brokerage.core.references import normalise_reference
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import OrganisationRequest, address, attempt
from brokerage.safeguarding.actions.alerts import AlertFacts, close_alert, confirm_alert, dismiss_alert
from brokerage.safeguarding.actions.answers import acknowledge_alert, read_alert, record_check
from brokerage.safeguarding.actions.files import OPEN, files_of, raise_alert_with_files
from brokerage.safeguarding.actions.meetings import may_write_meeting
from brokerage.safeguarding.events import latest_first
from brokerage.safeguarding.forms import (
    AlertFilter,
    AnswerForm,
    CheckForm,
    CloseForm,
    ConfirmForm,
    DismissForm,
    PlansForm,
    RaiseForm,
    SubjectForm,
    where_and_since,
)
from brokerage.safeguarding.models import Alert, AlertRecipient, WelfareCheck
from brokerage.safeguarding.queries import lists, reach
from brokerage.safeguarding.queries.alerts import people_there, raised_alert, received_alert, unfinished
from brokerage.safeguarding.queries.timeline import around_alert, timeline_of
from brokerage.safeguarding.states import ALERT
from placements.models import Placement
from providers.queries.subjects import find_subjects, subject_of

PER_PAGE = 25


@never_cache
@require_safe
def alert_list(request: OrganisationRequest) -> HttpResponse:
    """The alerts that the organisation was told of, or (`?show=raised`) those that it raised."""
    actor = request.actor
    actor.require("alert.view")
    is_raised = request.GET.get("show") == "raised" and not actor.is_provider
    form = AlertFilter(request.GET, is_raised=is_raised, has_people=actor.is_authority)
    chosen: dict[str, Any] = dict(form.cleaned_data) if form.is_valid() else {}
    chosen.pop("show", None)
    page: Any
    if is_raised:
        page = Paginator(lists.listed_raised(actor.organisation_id, **chosen), PER_PAGE)
    else:
        page = Paginator(lists.listed_received(has_people=actor.is_authority, **chosen), PER_PAGE)
    page = page.get_page(request.GET.get("page"))
    here = address(actor, "safeguarding:alert_list")
    tabs = [
        {"label": _("Received"), "url": here, "current": not is_raised},
        {"label": _("Raised by us"), "url": f"{here}?show=raised", "current": is_raised},
    ]
    return render(
        request,
        "safeguarding/alert_list.html",
        {
            "filter": form,
            "page": page,
            "lines": [_raised_line(row) if is_raised else _received_line(row) for row in page],
            "is_raised": is_raised,
            "is_filtered": any(chosen.values()),
            "clear_url": f"{here}?show=raised" if is_raised else here,
            "tabs": [] if actor.is_provider else tabs,
            "may_raise": actor.may("alert.raise"),
            "told": reach.told_by_text(actor),
        },
    )


@never_cache
@require_http_methods(["GET", "POST"])
def alert_raise(request: OrganisationRequest) -> HttpResponse:
    """Find what it is about, then say everything on one page."""
    actor = request.actor
    actor.require("alert.raise")
    subject = subject_of(request.GET)
    if subject is None:
        search = SubjectForm(request.GET or None)
        text = search.cleaned_data["q"].replace("\x00", "") if search.is_bound and search.is_valid() else ""
        found = find_subjects(text) if text else None
        return render(request, "safeguarding/alert_find.html", {"form": search, "found": found, "text": text})
    is_sent = request.method == "POST"
    form = RaiseForm(request.POST, request.FILES) if is_sent else RaiseForm()
    if is_sent and form.is_valid():
        said = dict(form.cleaned_data)
        files = said.pop("attachments")
        facts = AlertFacts(
            provider_id=subject.provider_id,
            establishment_id=subject.establishment_id,
            household_id=subject.household_id,
            **said,
        )
        raised = attempt(form, raise_alert_with_files, actor=actor, facts=facts, files=files)
        if raised is not None:
            is_live = raised.status == "live"
            done = _("The alert is sent.") if is_live else _("The alert is kept. A second person must send it.")
            messages.success(request, done)
            return _to(actor, raised.reference)
    form.ask_for_files_again()
    is_alone = not reach.has_second_person(actor.organisation_id, *actor.hands)
    context = {"form": form, "subject": subject, "is_alone": is_alone}
    return render(request, "safeguarding/alert_raise.html", context)


@never_cache
@require_safe
def alert(request: OrganisationRequest, reference: str) -> HttpResponse:
    """One alert as this organisation may read it. Opening it is recorded, and reads the person's messages of it."""
    actor = request.actor
    actor.require("alert.view")
    reference = normalise_reference(reference)
    raised = None if actor.is_provider else raised_alert(actor.organisation_id, reference)
    told = None
    try:
        told = read_alert(actor, reference=reference)
    except Http404:
        # Whoever raised it reads their own, though nobody was told yet.
        if raised is None:
            raise
    mark_read_about(actor, reference=reference)
    return render(request, "safeguarding/alert.html", _shown(actor, reference, told, raised))


@never_cache
@require_http_methods(["GET", "POST"])
def alert_answer(request: OrganisationRequest, reference: str) -> HttpResponse:
    """The organisation's one answer, with a plan for each of its people there."""
    actor = request.actor
    actor.require("alert.acknowledge")
    told = received_alert(normalise_reference(reference))
    if told.acknowledged_at or told.closed_at:
        raise NotNow("alert_answered", _("This alert was answered already, or is closed"))
    people = people_there(told) if actor.is_authority else []
    form = AnswerForm(request.POST if request.method == "POST" else None, people=people)
    if request.method == "POST" and form.is_valid():
        answered = attempt(
            form,
            acknowledge_alert,
            actor=actor,
            reference=told.reference,
            response=form.cleaned_data["response"],
            plans=form.plans,
            is_checked=form.cleaned_data["is_checked"],
        )
        if answered is not None:
            messages.success(request, _("Your answer is recorded."))
            return _to(actor, told.reference)
    return render(request, "safeguarding/alert_answer.html", {"form": form, "told": told})


@never_cache
@require_http_methods(["GET", "POST"])
def welfare_check(request: OrganisationRequest, reference: str, check: UUID) -> HttpResponse:
    """What was found when somebody looked after one of our people there."""
    actor = request.actor
    actor.require("alert.acknowledge")
    if not actor.is_authority:
        raise Http404("Nobody else has people there.")
    told = received_alert(normalise_reference(reference))
    planned = WelfareCheck.objects.filter(pk=check, recipient=told).first()
    if planned is None:
        raise Http404
    if planned.done_on:
        raise NotNow("check_done", _("This check is recorded already"))
    form = CheckForm(request.POST if request.method == "POST" else None, initial={"done_on": database_today()})
    if request.method == "POST" and form.is_valid():
        done = attempt(form, record_check, actor=actor, check_id=planned.pk, **form.cleaned_data)
        if done is not None:
            messages.success(request, _("The check is recorded."))
            return _to(actor, told.reference)
    return render(request, "safeguarding/welfare_check.html", {"form": form, "told": told, "check": planned})


@never_cache
@require_http_methods(["GET", "POST"])
def alert_confirm(request: OrganisationRequest, reference: str) -> HttpResponse:
    """The second person sends it."""
    return _decide(request, reference, "confirm", ConfirmForm, confirm_alert, _("The alert is sent."))


@never_cache
@require_http_methods(["GET", "POST"])
def alert_dismiss(request: OrganisationRequest, reference: str) -> HttpResponse:
    """The second person does not send it."""
    return _decide(request, reference, "dismiss", DismissForm, dismiss_alert, _("The alert is not sent."))


@never_cache
@require_http_methods(["GET", "POST"])
def alert_close(request: OrganisationRequest, reference: str) -> HttpResponse:
    """It is over; everybody who was told reads the outcome."""
    return _decide(request, reference, "close", CloseForm, close_alert, _("The alert is closed."))


def _decide(
    request: OrganisationRequest,
    reference: str,
    move: str,
    form_class: type[forms.Form],
    action: Callable[..., Alert],
    done: str,
) -> HttpResponse:
    actor = request.actor
    actor.require("alert.confirm")
    raised = None if actor.is_provider else raised_alert(actor.organisation_id, normalise_reference(reference))
    if raised is None:
        raise Http404
    ALERT.after(raised.status, move)
    form = form_class(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        decided = attempt(form, action, actor=actor, reference=raised.reference, **form.cleaned_data)
        if decided is not None:
            messages.success(request, done)
            return _to(actor, raised.reference)
    context = {"form": form, "alert": raised, "move": move}
    if move == "close":
        context["unfinished"] = unfinished(raised.reference)
    return render(request, "safeguarding/alert_decide.html", context)


def _shown(actor: Actor, reference: str, told: AlertRecipient | None, raised: Alert | None) -> dict[str, Any]:
    """What the page of one alert shows this person."""
    if told is not None:
        content, severity_label, severity = told.content, told.get_severity_display(), told.severity
        state, state_label = lists.state_of(told), lists.STATES[lists.state_of(told)][1]
    elif raised is not None:
        content, severity_label, severity = lists.content_of(raised), raised.get_severity_display(), raised.severity
        state, state_label = raised.status, raised.get_status_display()
    else:
        _nothing()
    is_deciding = raised is not None and actor.may("alert.confirm")
    around = around_alert(actor, told)
    people = people_there(told) if told is not None and actor.is_authority else []
    planned = {check.placement_id for check in around.own_checks}
    later = [placement for placement in people if placement.pk not in planned] if state == "answered" else []
    if later:
        state, state_label = lists.PLANS_MISSING, lists.STATES[lists.PLANS_MISSING][1]
    return {
        "reference": reference,
        "told": told,
        "raised": raised,
        "about": content.get("about", ""),
        "is_immediate_danger": content.get("is_immediate_danger"),
        "is_trimmed": told is not None and not ({"what_happened", "text"} & set(content)),
        "raised_by": content.get("raised_by", ""),
        "severity": severity,
        "severity_label": severity_label,
        "state": state,
        "state_label": state_label,
        "facts": lists.facts_of(content),
        "reasons": lists.reason_labels(told) if told is not None else [],
        "people": _people(actor, people),
        "plans_form": PlansForm(people=later) if later and actor.may("alert.acknowledge") else None,
        "checks": _acted_on(actor, around.own_checks),
        "files": files_of(actor, reference),
        "may_add_file": raised is not None and raised.status in OPEN and actor.may("alert.raise"),
        "meetings": around.meetings,
        "may_meet": told is not None and may_write_meeting(actor, told),
        "raise_url": address(actor, "safeguarding:alert_raise") if actor.may("alert.raise") else "",
        "events": latest_first(timeline_of(actor, told=told, raised=raised, around=around)),
        "may_answer": state == "unanswered" and actor.may("alert.acknowledge"),
        "may_check": actor.may("alert.acknowledge"),
        "home_url": _home_url(actor, told, raised),
        "may_decide": is_deciding
        and raised is not None
        and raised.status == ALERT.initial
        and not actor.is_one_of(raised.raised_by_user_id, raised.raised_secret_by_id),
        "is_alone": raised is not None and raised.status == ALERT.initial and not reach.may_be_sent(raised),
        "may_close": is_deciding and raised is not None and ALERT.may(raised.status, "close"),
        "answered": sum(line.acknowledged_at is not None for line in around.lines),
        "told_count": len(around.lines),
        "without_plan": sum(line.people_without_plan for line in around.lines),
    }


def _people(actor: Actor, there: list[Placement]) -> list[dict[str, Any]]:
    """The authority's own people there: references and links. Who they are is behind the page that records it."""
    sees_placements, knows = actor.may("placement.view"), actor.may("referral.identity")
    people = []
    for placement in there:
        referral = placement.referral
        people.append(
            {
                "reference": placement.reference,
                "url": address(actor, "placements:placement", reference=placement.reference) if sees_placements else "",
                "where": where_and_since(placement),
                "identity_url": address(actor, "placements:referral_identity", reference=referral.reference)
                if knows and referral is not None
                else "",
            }
        )
    return people


def _acted_on(actor: Actor, checks: list[WelfareCheck]) -> list[WelfareCheck]:
    """Each check of somebody who is not safe with the way to a new referral (`act_url`)."""
    unsafe = [check.placement_id for check in checks if check.done_on and not check.is_safe]
    if unsafe and actor.may("referral.draft"):
        rows = Placement.objects.filter(pk__in=unsafe, referral__isnull=False)
        earlier = dict(rows.values_list("pk", "referral__reference"))
        for check in checks:
            if reference := earlier.get(check.placement_id):
                vars(check)["act_url"] = address(actor, "placements:referral_copy", reference=reference)
            elif check.placement_id in unsafe:
                vars(check)["act_url"] = address(actor, "placements:referral_new")
    return checks


def _home_url(actor: Actor, told: AlertRecipient | None, raised: Alert | None) -> str:
    """The page of the home or provider, for whoever may open it."""
    row = told or raised
    if row is None or not (actor.is_authority or actor.is_central):
        return ""
    if not actor.may("providers.verify", "dpv.view", "referral.match"):
        return ""
    if row.establishment_id:
        return address(actor, "providers:establishment", pk=row.establishment_id)
    return address(actor, "providers:provider", pk=row.provider_id)


def _received_line(row: AlertRecipient) -> dict[str, Any]:
    state = lists.state_of(row)
    return {
        "reference": row.reference,
        "about": row.content.get("about", ""),
        "kind": lists.kind_label(row.content.get("kind", "")),
        "by": row.content.get("raised_by", ""),
        "severity": row.severity,
        "severity_label": row.get_severity_display(),
        "at": row.told_at,
        "state": state,
        "state_label": lists.STATES[state][1],
    }


def _raised_line(row: Alert) -> dict[str, Any]:
    return {
        "reference": row.reference,
        "about": row.about,
        "kind": row.get_kind_display(),
        "by": row.raised_by_name,
        "severity": row.severity,
        "severity_label": row.get_severity_display(),
        "at": row.raised_at,
        "state": row.status,
        "state_label": row.get_status_display(),
    }


def _to(actor: Actor, reference: str) -> HttpResponse:
    return redirect(address(actor, "safeguarding:alert", reference=reference))


def _nothing() -> NoReturn:
    raise Http404
