"""Publishing a draft, inviting more, who was invited and what they answered, opening full papers."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from brokerage.core.accounts.proof import require_fresh
from brokerage.core.audit.models import Entry
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import OrganisationRequest, address, attempt
from dpv.queries.access import lots_open_to
from placements.actions.publishing import closing_terms, invite_more, publish_referral
from placements.actions.releases import open_full_papers, require_offer
from placements.completeness import missing
from placements.forms.publishing import InviteForm, PublishForm
from placements.models import Referral, Release
from placements.queries.disclosures import unresolved_disclosures
from placements.queries.matching import candidates, wanted_of
from placements.queries.progress import invited_homes, progress_of
from placements.queries.referrals import referral_of
from placements.views.matching import chosen_lots, reason_counts, restrictions_among, warnings_among
from providers.standing import warnings_of

#: A second press of the button within this time is the same press.
SAME_PRESS = dt.timedelta(minutes=1)


@require_http_methods(["GET", "HEAD", "POST"])
def referral_publish(request: OrganisationRequest, reference: str) -> HttpResponse:
    """The last look before a referral goes out. Opened without a choice, everyone eligible on every lot is chosen."""
    actor = request.actor
    actor.require("referral.publish")
    referral = referral_of(actor, reference)
    home = address(actor, "placements:referral", reference=reference)
    if referral.status != "draft":
        if request.method != "POST" or _is_same_press(actor, referral):
            return redirect(home)
        raise NotNow("referral_not_now", _("This referral has been published by somebody else"))
    today = database_today()
    open_lots = list(lots_open_to(referral.authority_id, referral.category, today))
    lots = chosen_lots(request, referral, open_lots)
    found = candidates([lot.pk for lot in lots], wanted_of(referral), today)
    eligible = [candidate for candidate in found if candidate.is_eligible]
    # From the matching page the ticked boxes are the choice, even when none is ticked.
    has_choice = request.method == "POST" and "step" in request.POST
    asked = set(request.POST.getlist("chosen")) if has_choice else {candidate.key for candidate in eligible}
    chosen = [candidate for candidate in found if candidate.key in asked]
    left_out = [candidate for candidate in eligible if candidate.key not in asked]
    terms = closing_terms(lots, referral.urgency, today) if lots and referral.urgency else None
    gate = {"missing": missing(referral), "disclosures": unresolved_disclosures(referral)}
    form = None
    if terms is not None:
        is_sent = request.method == "POST" and request.POST.get("step") == "publish"
        form = PublishForm(
            request.POST if is_sent else None,
            closes_at=_round_up(database_now() + dt.timedelta(hours=terms.hours)),
            must_be_sealed=terms.is_sealed,
            left_out=len(left_out),
            restricted=sum(candidate.is_restricted for candidate in chosen),
        )
        if is_sent and form.is_valid():
            answers = form.cleaned_data
            try:
                done = attempt(
                    form,
                    publish_referral,
                    actor=actor,
                    reference=reference,
                    lot_ids=[lot.pk for lot in lots],
                    chosen=sorted(asked),
                    left_out_reason=answers.get("left_out_reason") or "",
                    restricted_reason=answers.get("restricted_reason") or "",
                    closes_at=answers["closes_at"],
                    is_sealed=bool(answers.get("is_sealed")),
                )
            except NotNow:
                # The other click of a double one: the locks were waited for, and the referral is published.
                if _is_same_press(actor, referral):
                    return redirect(home)
                raise
            if done is not None:
                messages.success(request, _published_text(done, len(chosen)))
                return redirect(home)
    return render(
        request,
        "placements/match_publish.html",
        {
            "referral": referral,
            "form": form,
            "lots": lots,
            "chosen": chosen,
            "restrictions": restrictions_among(chosen),
            **warnings_among(actor, chosen),
            "providers": len({candidate.provider_id for candidate in chosen}),
            "left_out": left_out,
            "excluded_count": len(found) - len(eligible),
            "reasons": reason_counts([candidate for candidate in found if not candidate.is_eligible])[:5],
            "terms": terms,
            "has_open_lots": bool(open_lots),
            **gate,
        },
        status=422 if form is not None and form.errors else 200,
    )


def _is_same_press(actor: Actor, referral: Referral) -> bool:
    """Did this person publish it a moment ago?"""
    return Entry.objects.filter(
        organisation_id=actor.organisation_id,
        subject_id=str(referral.pk),
        kind="referral.published",
        actor_user_id=actor.user_id,
        at__gt=database_now() - SAME_PRESS,
    ).exists()


@require_POST
def referral_invite(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Invite further homes of a published referral, ticked on the matching page."""
    referral_of(request.actor, reference)
    form = InviteForm(request.POST)
    chosen = request.POST.getlist("chosen")
    done: Referral | None = None
    if form.is_valid():
        done = attempt(form, invite_more, actor=request.actor, reference=reference, chosen=chosen, **form.cleaned_data)
    if done is None:
        messages.warning(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect(address(request.actor, "placements:referral_match", reference=reference))
    messages.success(
        request,
        ngettext("%(count)s more home invited", "%(count)s more homes invited", len(chosen)) % {"count": len(chosen)},
    )
    return redirect(address(request.actor, "placements:referral_providers", reference=reference))


@require_safe
def referral_providers(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Everyone invited and what they answered; the list refreshes itself."""
    request.actor.require("referral.view")
    referral = referral_of(request.actor, reference)
    if referral.status == "draft":
        raise Http404
    now = database_now()
    homes = invited_homes(referral)
    context = {
        "referral": referral,
        "now": now,
        "progress": progress_of(referral, now),
        "homes": homes,
        "warned": set(warnings_of(request.actor, {home.establishment_id for home in homes})),
        "refresh_url": request.get_full_path(),
        "may_disclose": request.actor.may("referral.disclose")
        and referral.status in ("published", "awaiting_approval"),
    }
    is_fragment = bool(request.headers.get("HX-Request"))
    template = "placements/match_invited_list.html" if is_fragment else "placements/match_invited.html"
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
def referral_papers(request: OrganisationRequest, reference: str, release: UUID) -> HttpResponse:
    """Open full papers to one provider, after a fresh proof of who the officer is."""
    actor = request.actor
    actor.require("referral.disclose")
    referral = referral_of(actor, reference)
    found = Release.objects.select_related("provider__organisation").filter(pk=release, referral=referral).first()
    if found is None:
        raise Http404
    if found.stage == 2:
        return redirect(address(actor, "placements:referral_providers", reference=reference))
    require_offer(referral, found)
    require_fresh(request)
    if request.method == "POST":
        open_full_papers(actor, release_id=found.pk)
        messages.success(
            request, _("Full papers are open to %(provider)s") % {"provider": found.provider.organisation.name}
        )
        return redirect(address(actor, "placements:referral_providers", reference=reference))
    homes = found.invitations.values_list("establishment_id", flat=True)
    lines = [line for each in warnings_of(actor, set(homes)).values() for line in each]
    return render(
        request,
        "placements/match_papers.html",
        {"referral": referral, "release": found, "warnings": list(dict.fromkeys(lines))},
    )


def _round_up(moment: dt.datetime) -> dt.datetime:
    """The next full five minutes: a closing time people can say."""
    rest = dt.timedelta(minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond)
    return moment - rest + dt.timedelta(minutes=5) if rest else moment


def _published_text(referral: Referral, homes: int) -> str:
    return ngettext("Published. %(count)s home is invited.", "Published. %(count)s homes are invited.", homes) % {
        "count": homes
    }
