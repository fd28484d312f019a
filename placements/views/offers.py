"""Pages of a provider's offer: write it, see its price, check, submit, revise, confirm again, withdraw."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.pages.long_lists import LongPaginator
from brokerage.core.web import OrganisationRequest, address
from placements.actions.offers import (
    OfferRefused,
    reconfirm_offer,
    revise_offer,
    save_offer_draft,
    start_offer,
    submit_offer,
    withdraw_offer,
)
from placements.forms.offers import OfferForm, price_errors, refusal_texts, row_positions
from placements.models import Offer
from placements.queries.offer_terms import answers_of, edition_of
from placements.queries.offers import (
    Standing,
    answer_rows,
    extra_lines_of,
    is_over,
    own_offer,
    own_offers,
    price_table,
    standing_as_typed,
    standing_of,
    stored_price_table,
)

PAGE_SIZE = 25
EDITABLE = ("draft", "submitted", "needs_reconfirming")
_OF_PRICE = ("weekly_core", "children_together", "solo_uplift", "solo_reason", "extras")


@require_GET
def offer_list(request: OrganisationRequest) -> HttpResponse:
    """The provider's own offers, the latest first."""
    request.actor.require("inbox.view", "offer.write")
    page = LongPaginator(own_offers(), PAGE_SIZE, by_keys=True).get_page(request.GET.get("page"))
    return render(request, "placements/offer_list.html", {"page": page})


@require_POST
def offer_start(request: OrganisationRequest, reference: str, invitation: UUID) -> HttpResponse:
    """Begin an offer of one establishment, or go on with the one under way."""
    try:
        offer = start_offer(request.actor, invitation_id=invitation)
    except RuleBroken as refusal:
        messages.error(request, _("You cannot offer this home today. %(reason)s.") % {"reason": refusal.message})
        return redirect(address(request.actor, "placements:opportunity", reference=reference))
    page = "placements:offer_edit" if offer.status == "draft" else "placements:offer"
    return redirect(address(request.actor, page, offer=offer.pk))


@require_GET
def offer(request: OrganisationRequest, offer: UUID) -> HttpResponse:
    """One of the provider's offers as it stands."""
    request.actor.require("inbox.view", "offer.write")
    own = _offer(offer)
    now = database_now()
    context = {
        "offer": own,
        "release": own.release,
        "rows": {**answer_rows(own), **({"needs": []} if is_over(own.release) else {})},
        "extras": extra_lines_of(own),
        "price": stored_price_table(own),
        "is_over": is_over(own.release),
        "is_open": own.release.is_open_for_offers(now),
        "now": now,
    }
    return render(request, "placements/offer.html", context)


@require_http_methods(["GET", "POST"])
def offer_edit(request: OrganisationRequest, offer: UUID) -> HttpResponse:
    """Write a draft, or change an offer that was submitted. Everything typed stays on the page when it is refused."""
    request.actor.require("offer.write")
    own = _editable(offer)
    try:
        standing = standing_of(own, database_now())
    except RuleBroken as refusal:
        raise NotNow(refusal.code, refusal.message) from refusal
    asked, households = standing.terms.asked, standing.terms.households
    if request.method == "GET":
        form = OfferForm(asked=asked, households=households, answers=answers_of(own))
        return _show_form(request, own, standing, form, edition=edition_of(own))
    wish = request.POST.get("do", "")
    if wish in ("add_extra", "recalculate") or wish.startswith("remove_extra_"):
        positions = row_positions(request.POST)
        if wish.startswith("remove_extra_"):
            positions = [each for each in positions if str(each) != wish.removeprefix("remove_extra_")]
        form = OfferForm(request.POST, asked=asked, households=households, is_redrawn=True, row_positions=positions)
        if wish == "add_extra":
            form.add_row()
        return _show_form(request, own, standing, form, edition=request.POST.get("edition", ""))
    form = OfferForm(request.POST, asked=asked, households=households)
    if not form.is_valid():
        return _show_form(request, own, standing, form, edition=request.POST.get("edition", ""), status=422)
    return _save(request, own, standing, form, wish)


def _save(request: OrganisationRequest, own: Offer, standing: Standing, form: OfferForm, wish: str) -> HttpResponse:
    edition = request.POST.get("edition", "")
    is_draft = own.status == "draft"
    save = save_offer_draft if is_draft else revise_offer
    try:
        own = save(request.actor, offer_id=own.pk, answers=form.given(), edition=edition)
    except OfferRefused as refusal:
        form.add_refusals(refusal.broken)
        return _show_form(request, own, standing, form, edition=edition, status=422)
    except RuleBroken as refusal:
        form.add_refusals([refusal])
        return _show_form(request, own, standing, form, edition=edition, status=422)
    except NotNow as refusal:
        form.add_refusals([refusal])
        return _show_form(request, own, standing, form, edition=edition, status=409)
    if not is_draft:
        messages.success(request, _("Your offer is changed."))
        return redirect(_at(request, "placements:offer", own))
    if wish != "continue":
        messages.success(request, _("Your draft is saved. The council does not see it before you submit it."))
        return redirect(_at(request, "placements:offer_edit", own))
    own = own_offer(own.pk)
    standing = standing_of(own, database_now())
    if standing.broken:
        form.add_refusals(standing.broken)
        return _show_form(request, own, standing, form, edition=edition_of(own), status=422, is_saved=True)
    return redirect(_at(request, "placements:offer_check", own))


def _show_form(
    request: OrganisationRequest,
    own: Offer,
    standing: Standing,
    form: OfferForm,
    *,
    edition: str,
    status: int = 200,
    is_saved: bool = False,
) -> HttpResponse:
    context = {
        "offer": own,
        "release": own.release,
        "standing": standing,
        "form": form,
        "edition": edition,
        "is_saved": is_saved,
        "now": standing.now,
        **_price_context(own, standing, _typed(request, form)),
    }
    return render(request, "placements/offer_edit.html", context, status=status)


def _typed(request: OrganisationRequest, shown: OfferForm) -> OfferForm:
    """The same form, read: one that is only redrawn has read nothing."""
    if not shown.is_bound or not shown.is_redrawn:
        return shown
    positions = [row.position for row in shown.rows if row.is_bound]
    read = OfferForm(request.POST, asked=shown.asked, households=shown.households, row_positions=positions)
    read.is_valid()
    return read


def _price_context(own: Offer, standing: Standing, form: OfferForm) -> dict[str, Any]:
    """The price of what is in the form, computed here with the rules that submitting uses."""
    terms = standing.terms
    unread: list[str] = []
    answers, current = answers_of(own), standing
    if form.is_bound:
        unread = price_errors(form)
        answers = form.given()
        current = standing_as_typed(standing, own.release, answers)
    told = [
        refusal
        for refusal in current.broken
        if (refusal.field or "").split(".")[0] in _OF_PRICE and not refusal.code.endswith("_missing")
    ]
    pricing = None if unread else current.pricing
    return {
        "price": price_table(pricing, answers.starts_on) if pricing else None,
        "price_faults": list(dict.fromkeys([*unread, *refusal_texts(told)])),
        "ceiling": terms.asked.ceiling,
        "is_each_child": terms.asked.siblings > 1,
        "ceiling_before": current.ceiling_before,
    }


@require_POST
def offer_price(request: OrganisationRequest, offer: UUID) -> HttpResponse:
    """The price of what is typed, as a fragment for the page; nothing is stored."""
    request.actor.require("offer.write")
    own = _editable(offer)
    try:
        standing = standing_of(own, database_now())
    except RuleBroken as refusal:
        return render(request, "placements/offer_price.html", {"price_faults": [str(refusal.message)]})
    form = OfferForm(request.POST, asked=standing.terms.asked, households=standing.terms.households)
    form.is_valid()
    return render(request, "placements/offer_price.html", _price_context(own, standing, form))


@require_http_methods(["GET", "POST"])
def offer_check(request: OrganisationRequest, offer: UUID) -> HttpResponse:
    """Check your answers, then submit. A second click finds the offer submitted and says so."""
    request.actor.require("offer.write")
    own = _offer(offer)
    if own.status != "draft":
        return redirect(_at(request, "placements:offer", own))
    refused: list[RuleBroken | NotNow] = []
    status = 200
    if request.method == "POST":
        try:
            submit_offer(request.actor, offer_id=own.pk, edition=request.POST.get("edition"))
        except OfferRefused as refusal:
            refused, status = list(refusal.broken), 422
        except RuleBroken as refusal:
            refused, status = [refusal], 422
        except NotNow as refusal:
            # The other click of a double one: the lock was waited for, and the offer is submitted.
            if own_offer(own.pk).status != "draft":
                return redirect(_at(request, "placements:offer", own))
            refused, status = [refusal], 409
        else:
            messages.success(request, _("Your offer is submitted."))
            return redirect(_at(request, "placements:offer", own))
    return _show_check(request, own, refused, status)


def _show_check(
    request: OrganisationRequest, own: Offer, refused: list[RuleBroken | NotNow], status: int
) -> HttpResponse:
    now = database_now()
    standing, faults = None, list(refused)
    try:
        standing = standing_of(own, now)
        known = {(fault.code, fault.field) for fault in faults}
        faults += [broken for broken in standing.broken if (broken.code, broken.field) not in known]
    except RuleBroken as refusal:
        faults.append(refusal)
    edit = _at(request, "placements:offer_edit", own)
    context = {
        "offer": own,
        "release": own.release,
        "rows": {name: [_with_change(row, edit) for row in rows] for name, rows in answer_rows(own).items()},
        "extras": extra_lines_of(own),
        "standing": standing,
        "price": price_table(standing.pricing, own.starts_on) if standing and standing.pricing else None,
        "faults": [{"text": str(fault.message), "url": _field_url(edit, fault.field)} for fault in faults],
        "may_submit": standing is not None and standing.is_open and not standing.broken and not standing.problem,
        "edition": edition_of(own),
        "now": now,
    }
    return render(request, "placements/offer_check.html", context, status=status)


@require_http_methods(["GET", "POST"])
def offer_withdraw(request: OrganisationRequest, offer: UUID) -> HttpResponse:
    """Take an offer back, or throw a draft away, after asking once."""
    request.actor.require("offer.write")
    own = _offer(offer)
    if request.method == "POST":
        was_draft = own.status == "draft"
        if own.status != "withdrawn":
            withdraw_offer(request.actor, offer_id=own.pk)
            messages.success(request, _("Your draft is deleted.") if was_draft else _("Your offer is withdrawn."))
        return redirect(address(request.actor, "placements:opportunity", reference=own.release.reference))
    return render(request, "placements/offer_withdraw.html", {"offer": own, "release": own.release})


@require_http_methods(["GET", "POST"])
def offer_reconfirm(request: OrganisationRequest, offer: UUID) -> HttpResponse:
    """The referral has changed: show what changed and the price as it is now, and confirm."""
    request.actor.require("offer.write")
    own = _offer(offer)
    if own.status != "needs_reconfirming":
        return redirect(_at(request, "placements:offer", own))
    faults: list[str] = []
    status = 200
    if request.method == "POST":
        try:
            with transaction.atomic():
                reconfirm_offer(request.actor, offer_id=own.pk)
        except RuleBroken as refusal:
            faults, status = refusal_texts(getattr(refusal, "broken", [refusal])), 422
        else:
            messages.success(request, _("Your offer is confirmed."))
            return redirect(_at(request, "placements:offer", own))
    try:
        standing = standing_of(own, database_now())
    except RuleBroken as refusal:
        raise NotNow(refusal.code, refusal.message) from refusal
    context = {
        "offer": own,
        "release": own.release,
        "standing": standing,
        "faults": [{"text": text, "url": ""} for text in faults or refusal_texts(standing.broken)],
        "price": price_table(standing.pricing, own.starts_on) if standing.pricing else None,
        "may_confirm": not standing.broken and not standing.problem,
    }
    return render(request, "placements/offer_reconfirm.html", context, status=status)


def _offer(offer_id: UUID) -> Offer:
    try:
        return own_offer(offer_id)
    except Offer.DoesNotExist as error:
        raise Http404 from error


def _editable(offer_id: UUID) -> Offer:
    own = _offer(offer_id)
    if own.status not in EDITABLE:
        raise NotNow("offer_not_now", _("This offer can no longer be changed."))
    if is_over(own.release):
        raise NotNow("release_closed", _("This referral has closed."))
    return own


def _at(request: OrganisationRequest, name: str, own: Offer) -> str:
    return address(request.actor, name, offer=own.pk)


def _field_url(edit: str, field: str | None) -> str:
    if not field:
        return ""
    head, _dot, rest = field.partition(".")
    if head == "extras":
        return f"{edit}#extras"
    return f"{edit}#id_{field}_day" if field in ("starts_on", "held_until") else f"{edit}#id_{field}"


def _with_change(row: dict[str, Any], edit: str) -> dict[str, Any]:
    return {**row, "url": _field_url(edit, row["field"])}
