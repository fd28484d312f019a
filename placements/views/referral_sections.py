"""Writing a draft: the task list, one section at a time (saved as it is typed), and the disclosure check."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.web import OrganisationRequest, address, attempt
from placements.actions.disclosures import confirm_disclosures
from placements.actions.drafts import asked_section
from placements.actions.referrals import ChangedMeanwhile, save_section
from placements.completeness import missing
from placements.disclosure_fields import FIELD_LABELS, needs_answered
from placements.forms.referral_sections import SectionForm
from placements.forms.referrals import CheckForm
from placements.models import Referral
from placements.queries.disclosures import disclosures, unresolved_disclosures
from placements.queries.referrals import referral_of
from placements.queries.summaries import tasks
from placements.questions import Section, question, sections_for, shown_text


@never_cache
@require_safe
def referral_tasks(request: OrganisationRequest, reference: str) -> HttpResponse:
    """The draft's task list: what is done, what is missing."""
    actor = request.actor
    actor.require("referral.draft")
    referral = referral_of(actor, reference)
    if referral.status != "draft":
        return redirect(address(actor, "placements:referral", reference=referral.reference))
    lacking = missing(referral)
    return render(
        request,
        "placements/referral_tasks.html",
        {
            "referral": referral,
            "tasks": tasks(actor, referral),
            "lacks": lacking,
            "lacks_person": [item for item in lacking if not item.section],
        },
    )


@never_cache
@require_http_methods(["GET", "POST"])
def referral_section(request: OrganisationRequest, reference: str, section: str) -> HttpResponse:
    """One section. Every POST keeps what was typed; "continue" also asks for what is missing. From htmx it answers
    with the small line "Saved 15:04"."""
    actor = request.actor
    actor.require("referral.draft")
    referral = referral_of(actor, reference)
    page = asked_section(referral, section)
    if request.method == "GET":
        if referral.status != "draft":
            return redirect(address(actor, "placements:referral", reference=referral.reference))
        return _page(request, referral, page, _form(referral, page, window=secrets.token_hex(8)))
    form = _form(referral, page, data=request.POST)
    form.is_valid()
    is_continue = "continue" in request.POST
    asked = _form(referral, page, data=request.POST, complete=True) if is_continue else form
    try:
        saved = save_section(
            actor,
            reference=referral.reference,
            section=page.code,
            values=form.values,
            unread=form.unread,
            base_revision=form.cleaned_data.get("revision") or 0,
            finished=is_continue and asked.is_valid(),
            window=form.cleaned_data.get("window") or "",
        )
    except ChangedMeanwhile as conflict:
        return _conflict(request, referral, page, form, conflict)
    except NotNow as refused:
        # Published or withdrawn while this was typed: nothing is saved, but what was typed stays to be copied.
        if getattr(request, "htmx", False):
            return render(request, "placements/referral_saved.html", {"conflict": refused.message})
        form.add_error(None, str(refused.message))
        return _page(request, referral, page, form, status=409)
    except RuleBroken as refused:
        asked.add_error(refused.field if refused.field in asked.fields else None, str(refused.message))
        return _page(request, referral, page, asked)
    if getattr(request, "htmx", False):
        return render(
            request,
            "placements/referral_saved.html",
            {"referral": saved, "at": database_now(), "unread": [form[name] for name in form.unread]},
        )
    if not is_continue:
        messages.success(request, _("Your answers are saved. Come back to them whenever you like."))
        return redirect(address(actor, "placements:referral_tasks", reference=saved.reference))
    if not asked.is_valid():
        return _page(request, saved, page, _with_revision(asked, saved.revision))
    return redirect(_after(request, saved, page))


@never_cache
@require_http_methods(["GET", "POST"])
def referral_check(request: OrganisationRequest, reference: str) -> HttpResponse:
    """The disclosure check: each find in its words, to be corrected in its section or confirmed as harmless."""
    actor = request.actor
    actor.require("referral.draft", "referral.amend")
    referral = referral_of(actor, reference)
    form = CheckForm(unresolved_disclosures(referral), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        chosen = form.reasons()
        done = attempt(form, confirm_disclosures, actor=actor, reference=referral.reference, reasons=chosen)
        if done is not None:
            if chosen:
                messages.success(request, _("Your confirmations are saved."))
            return redirect(address(actor, "placements:referral_check", reference=referral.reference))
    return render(
        request,
        "placements/referral_check.html",
        {
            "referral": referral,
            "form": form,
            "rows": form.rows(),
            "confirmed": [find for find in disclosures(referral) if find.is_confirmed],
        },
    )


def _form(
    referral: Referral, section: Section, *, data: Any = None, window: str = "", complete: bool = False
) -> SectionForm:
    return SectionForm(
        section,
        referral.category,
        data,
        answers=referral.answers,
        today=database_today(),
        revision=referral.revision,
        window=window,
        complete=complete,
    )


def _with_revision(form: SectionForm, revision: int) -> SectionForm:
    """The same form with the revision its next save starts from."""
    posted: Any = form.data
    changed = posted.copy()
    changed["revision"] = str(revision)
    form.data = changed
    return form


def _conflict(
    request: OrganisationRequest, referral: Referral, page: Section, form: SectionForm, conflict: ChangedMeanwhile
) -> HttpResponse:
    if getattr(request, "htmx", False):
        return render(request, "placements/referral_saved.html", {"conflict": conflict})
    labels = FIELD_LABELS[page.code]
    given = referral.answers.get(page.code) or {}
    theirs = [
        {"key": labels[name], "value": shown_text(question(page.code, name), given.get(name))}
        for name in conflict.fields
        if name in labels
    ]
    return _page(
        request, referral, page, _with_revision(form, conflict.revision), conflict=conflict, theirs=theirs, status=409
    )


def _page(
    request: OrganisationRequest, referral: Referral, page: Section, form: SectionForm, status: int = 200, **more: Any
) -> HttpResponse:
    sections = sections_for(referral.category, needs_answered(referral.answers))
    position = [section.code for section in sections].index(page.code)
    return render(
        request,
        "placements/referral_section.html",
        {
            "referral": referral,
            "section": page,
            "form": form,
            "groups": form.groups(),
            "number": position + 1,
            "count": len(sections),
            **more,
        },
        status=status,
    )


def _after(request: OrganisationRequest, referral: Referral, page: Section) -> str:
    """The next section that is not finished, or the task list."""
    sections = sections_for(referral.category, needs_answered(referral.answers))
    codes = [section.code for section in sections]
    for code in codes[codes.index(page.code) + 1 :]:
        if code not in referral.sections_done:
            return address(request.actor, "placements:referral_section", reference=referral.reference, section=code)
    return address(request.actor, "placements:referral_tasks", reference=referral.reference)
