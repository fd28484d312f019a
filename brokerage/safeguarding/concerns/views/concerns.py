"""Pages of concerns: the list, noting one, reading one, deciding on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

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
from brokerage.core.pages.templatetags.pages import day, moment
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import OrganisationRequest, address, attempt
from brokerage.safeguarding.concerns.actions.concerns import DECISIONS, ConcernFacts, decide_concern, write_concern
from brokerage.safeguarding.concerns.forms import ConcernFilter, ConcernForm, DecisionForm
from brokerage.safeguarding.concerns.models import Concern
from brokerage.safeguarding.concerns.queries.lists import concern_of, concerns_of
from brokerage.safeguarding.concerns.states import CONCERN
from brokerage.safeguarding.forms import SubjectForm
from providers.queries.subjects import find_subjects, subject_of

PER_PAGE = 25


@never_cache
@require_safe
def concern_list(request: OrganisationRequest) -> HttpResponse:
    """The concerns that the organisation may read; `?provider=` or `?establishment=` narrows to one."""
    actor = request.actor
    require_watcher(actor, "concern.view")
    form = ConcernFilter(request.GET)
    chosen: dict[str, Any] = dict(form.cleaned_data) if form.is_valid() else {}
    chosen |= {f"{name}_id": _id(request.GET[name]) for name in ("provider", "establishment") if request.GET.get(name)}
    page = Paginator(concerns_of(chosen), PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "concerns/concern_list.html",
        {
            "filter": form,
            "page": page,
            "is_filtered": any(chosen.values()),
            "clear_url": address(actor, "concerns:concern_list"),
            "tabs": tabs(actor, "concerns:concern_list"),
            "may_write": actor.may("concern.write"),
        },
    )


@never_cache
@require_http_methods(["GET", "POST"])
def concern_new(request: OrganisationRequest) -> HttpResponse:
    """Find what it is about, then note it."""
    actor = request.actor
    require_watcher(actor, "concern.write")
    subject = subject_of(request.GET)
    if subject is None:
        search = SubjectForm(request.GET or None)
        text = search.cleaned_data["q"].replace("\x00", "") if search.is_bound and search.is_valid() else ""
        found = find_subjects(text) if text else None
        return render(request, "concerns/concern_find.html", {"form": search, "found": found})
    initial = {"seen_on": database_today(), "is_shared": True}
    form = ConcernForm(request.POST if request.method == "POST" else None, actor=actor, initial=initial)
    if request.method == "POST" and form.is_valid():
        facts = ConcernFacts(
            provider_id=subject.provider_id,
            establishment_id=subject.establishment_id,
            household_id=subject.household_id,
            **form.cleaned_data,
        )
        written = attempt(form, write_concern, actor=actor, facts=facts)
        if written is not None:
            messages.success(request, _("The concern is noted."))
            return redirect(address(actor, "concerns:concern", reference=written.reference))
    return render(request, "concerns/concern_new.html", {"form": form, "subject": subject})


@never_cache
@require_safe
def concern(request: OrganisationRequest, reference: str) -> HttpResponse:
    """One concern, and what was decided."""
    actor = request.actor
    require_watcher(actor, "concern.view")
    row = concern_of(reference)
    mark_read_about(actor, reference=row.reference)
    return render(
        request,
        "concerns/concern.html",
        {
            "concern": row,
            "facts": _facts(row),
            "may_decide": actor.may("concern.decide") and bool(CONCERN.allowed(row.status)),
            "alert_url": alert_url(actor, row) if actor.may("alert.raise") else "",
        },
    )


@never_cache
@require_http_methods(["GET", "POST"])
def concern_decide(request: OrganisationRequest, reference: str) -> HttpResponse:
    """A lead says what is done; an alert is then raised on its own page."""
    actor = request.actor
    require_watcher(actor, "concern.decide")
    row = concern_of(reference)
    labels = {
        "look": _("Looked at: we keep watching"),
        "alert": _("It becomes an alert: go on to raise it"),
        "close": _("No further action"),
    }
    moves = [move for move in DECISIONS if CONCERN.may(row.status, move)]
    if not moves:
        raise NotNow("concern_not_now", _("This concern is decided already"))
    choices = [(move, labels[move]) for move in moves if move != "alert" or actor.may("alert.raise")]
    form = DecisionForm(request.POST if request.method == "POST" else None, choices=choices)
    if request.method == "POST" and form.is_valid():
        decided = attempt(form, decide_concern, actor=actor, reference=row.reference, **form.cleaned_data)
        if decided is not None:
            messages.success(request, _("Your decision is recorded."))
            if decided.status == "alerted":
                return redirect(alert_url(actor, decided))
            return redirect(address(actor, "concerns:concern", reference=row.reference))
    context = {"form": form, "reference": row.reference, "about": row.about, "back_name": "concerns:concern"}
    return render(request, "concerns/decide.html", {**context, "said": row.what})


def require_watcher(actor: Actor, permission: str) -> None:
    """Authorities and central teams alone; a provider has no concerns to read."""
    if not (actor.is_authority or actor.is_central):
        raise Http404("Authorities and central teams only.")
    actor.require(permission)


def alert_url(actor: Actor, row: Any) -> str:
    """Where an alert about the same home, household or provider is raised."""
    for name in ("household", "establishment", "provider"):
        if key := getattr(row, f"{name}_id", None):
            return f"{address(actor, 'safeguarding:alert_raise')}?{name}={key}"
    return address(actor, "safeguarding:alert_raise")


def tabs(actor: Actor, current: str) -> list[dict[str, Any]]:
    """The two lists, for whoever decides."""
    if not actor.may("concern.decide"):
        return []
    lists = (("concerns:concern_list", _("Concerns")), ("concerns:suggestion_list", _("Patterns to decide on")))
    return [{"label": label, "url": address(actor, name), "current": name == current} for name, label in lists]


def _facts(row: Concern) -> list[dict[str, Any]]:
    read_by = _("%(organisation)s and the region’s central team") if row.region_id else _("%(organisation)s alone")
    facts = [
        {"key": _("Kind"), "value": row.get_kind_display()},
        {"key": _("What worries"), "value": row.what},
        {"key": _("Seen on"), "value": day(row.seen_on)},
        {"key": _("Noted by"), "value": f"{row.written_by_name}, {row.organisation.name}\n{moment(row.written_at)}"},
        {"key": _("Read by"), "value": read_by % {"organisation": row.organisation.name}},
    ]
    if row.decided_at:
        decided = f"{row.decided_by_name}, {row.decided_by_organisation}\n{moment(row.decided_at)}"
        facts += [
            {"key": _("Decided by"), "value": decided},
            {"key": _("Why"), "value": row.decision_reason},
        ]
    return facts


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
