"""Questions from providers and their answers, for the officer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from brokerage.core.web import OrganisationRequest, address, attempt
from placements.actions.clarifications import answer_clarification
from placements.forms.publishing import AnswerForm
from placements.queries.progress import clarifications_of
from placements.queries.referrals import referral_of


@require_http_methods(["GET", "HEAD", "POST"])
def referral_questions(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Every question, those that wait first, each with its form."""
    actor = request.actor
    actor.require("referral.answer")
    referral = referral_of(actor, reference)
    if referral.status == "draft":
        raise Http404
    waiting, answered = clarifications_of(referral)
    sent = request.POST.get("clarification", "")
    forms = []
    for question in waiting:
        is_this = request.method == "POST" and sent == str(question.pk)
        form = AnswerForm(
            request.POST if is_this else None,
            initial={"published_question": question.question},
            prefix=f"q{question.pk.hex[:8]}",
        )
        forms.append((question, form))
        if is_this and form.is_valid():
            done = attempt(form, answer_clarification, actor=actor, clarification_id=UUID(sent), **form.cleaned_data)
            if done is not None:
                messages.success(request, _("Your answer is with everyone invited."))
                return redirect(address(actor, "placements:referral_questions", reference=reference))
    if request.method == "POST" and all(sent != str(question.pk) for question in waiting):
        # A second press, or a colleague was faster: the answer is in the list below.
        return redirect(address(actor, "placements:referral_questions", reference=reference))
    context = {
        "referral": referral,
        "waiting": forms,
        "answered": answered,
        "forms": [form for _question, form in forms],
        "is_running": referral.status == "published",
    }
    return render(request, "placements/match_questions.html", context, status=422 if request.method == "POST" else 200)
