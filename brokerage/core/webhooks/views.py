"""The pages of an organisation's administrator about webhooks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from brokerage.core.accounts.sealed_text import CannotUnseal, unseal
from brokerage.core.clock import database_now
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import OrganisationRequest, address, attempt
from brokerage.core.webhooks import actions, events
from brokerage.core.webhooks.forms import NewWebhookForm, ReplayForm, WebhookForm, clients_of
from brokerage.core.webhooks.models import Delivery, Webhook
from brokerage.core.webhooks.words import error_label

PAGE = 25


def webhook_list(request: OrganisationRequest) -> HttpResponse:
    """Every webhook of the organisation's clients."""
    webhooks = actions.manageable(request.actor).order_by("client__name", "created_at")
    return render(request, "webhooks/webhook_list.html", {"webhooks": webhooks, "clients": clients_of(request.actor)})


def webhook_new(request: OrganisationRequest) -> HttpResponse:
    """Add a webhook."""
    actor = request.actor
    actions.manageable(actor)
    form = NewWebhookForm(request.POST or None, actor=actor)
    if request.method == "POST" and form.is_valid():
        answers = dict(form.cleaned_data)
        client_id = UUID(answers.pop("client"))
        webhook = attempt(form, actions.create_webhook, actor=actor, client_id=client_id, **answers)
        if webhook is not None:
            messages.success(request, _("The webhook is added. Enter its secret at the receiver, then test it."))
            return _to(actor, webhook.pk)
    return render(request, "webhooks/webhook_form.html", {"form": form, "has_clients": bool(clients_of(actor))})


def webhook_edit(request: OrganisationRequest, webhook: UUID) -> HttpResponse:
    """Change where a webhook leads and what it is told."""
    actor = request.actor
    found = actions.webhook_of(actor, webhook)
    initial = {"url": found.url, "description": found.description, "kinds": found.kinds}
    form = WebhookForm(request.POST or None, actor=actor, initial=initial)
    if request.method == "POST" and form.is_valid():
        changed = attempt(form, actions.change_webhook, actor=actor, webhook_id=webhook, **form.cleaned_data)
        if changed is not None:
            messages.success(request, _("The webhook is changed."))
            return _to(actor, webhook)
    return render(request, "webhooks/webhook_form.html", {"form": form, "webhook": found, "has_clients": True})


def webhook(request: OrganisationRequest, webhook: UUID) -> HttpResponse:
    """One webhook, its secret and its deliveries; sending again since a moment."""
    actor = request.actor
    found = actions.webhook_of(actor, webhook)
    form = ReplayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        count = attempt(form, actions.replay_since, actor=actor, webhook_id=webhook, since=form.cleaned_data["since"])
        if count is not None:
            told = ngettext("%(count)d event is sent again.", "%(count)d events are sent again.", count)
            messages.success(request, told % {"count": count})
            return _to(actor, webhook)
    rows = Delivery.objects.filter(webhook=found).select_related("change").order_by("-created_at", "-id")
    return render(
        request,
        "webhooks/webhook.html",
        {
            "webhook": found,
            "kinds": [events.label_of(kind) for kind in found.kinds],
            "secret": _secret(found),
            "form": form,
            "page": _labelled(Paginator(rows, PAGE).get_page(request.GET.get("page"))),
            "old_secret_signs": bool(found.old_secret_until and found.old_secret_until > database_now()),
        },
    )


@require_POST
def webhook_act(request: OrganisationRequest, webhook: UUID, act: str) -> HttpResponse:
    """Test, switch on or off, or replace the secret."""
    actor = request.actor
    if act == "test":
        actions.test_webhook(actor, webhook_id=webhook)
        told = _("A test event is on its way. Load this page again in a moment to see what became of it.")
    elif act == "rotate":
        actions.rotate_secret(actor, webhook_id=webhook)
        told = _("The secret is replaced. For 24 hours messages are signed with the former one too.")
    else:
        actions.change_webhook(actor, webhook_id=webhook, active=act == "on")
        told = _("The webhook is switched on.") if act == "on" else _("The webhook is switched off.")
    messages.success(request, told)
    return _to(actor, webhook)


@require_POST
def delivery_replay(request: OrganisationRequest, webhook: UUID, delivery: UUID) -> HttpResponse:
    """Send one delivery again."""
    actions.replay_delivery(request.actor, webhook_id=webhook, delivery_id=delivery)
    messages.success(request, _("The event is sent again."))
    return _to(request.actor, webhook)


def webhook_delete(request: OrganisationRequest, webhook: UUID) -> HttpResponse:
    """Delete a webhook, after asking."""
    found = actions.webhook_of(request.actor, webhook)
    if request.method == "POST":
        actions.delete_webhook(request.actor, webhook_id=webhook)
        messages.success(request, _("The webhook is deleted."))
        return redirect(address(request.actor, "webhooks:webhook_list"))
    return render(request, "webhooks/webhook_delete.html", {"webhook": found})


def _to(actor: Actor, webhook_id: UUID) -> HttpResponse:
    return redirect(address(actor, "webhooks:webhook", webhook=webhook_id))


def _labelled(page: Any) -> Any:
    for delivery in page:
        delivery.error_label = error_label(delivery.last_error)
        delivery.label = _("Test") if delivery.kind == events.TEST else events.label_of(delivery.kind)
    return page


def _secret(webhook: Webhook) -> str:
    """The secret as the receiver needs it, or nothing when its key is gone."""
    try:
        return unseal(webhook.sealed_secret)
    except CannotUnseal:
        return ""
