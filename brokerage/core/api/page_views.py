"""Pages of whoever administers an organisation's API clients.

A secret stands on one page only: the answer to the request that made it. It is in no address, message, session or log,
and that answer is kept by nobody on its way. What needs a fresh proof asks for it before anything is filled in; when it
has gone stale meanwhile, what was typed waits in the session until the person has proved who they are.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from brokerage.core.accounts.models import unseen
from brokerage.core.accounts.proof import is_fresh, require_fresh
from brokerage.core.api import clients
from brokerage.core.api.forms import ClientForm
from brokerage.core.api.models import ApiClient
from brokerage.core.api.scopes import SCOPES
from brokerage.core.errors import NotNow
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Membership
from brokerage.core.web import OrganisationRequest, address, attempt

_DRAFT = "api_client_draft"


def client_list(request: OrganisationRequest) -> HttpResponse:
    """Every client, the working ones first."""
    request.actor.require("organisation.manage")
    owners = _owners(request.actor)
    rows: list[dict[str, Any]] = [
        {"client": client, "scopes": len(client.scopes), "state": _state(client, owners)}
        for client in ApiClient.objects.select_related("oauth", "owner")
        .defer(*unseen("owner"))
        .order_by("name", "created_at")
    ]
    rows.sort(key=lambda row: row["client"].revoked_at is not None)
    return render(request, "api/client_list.html", {"rows": rows})


def client_new(request: OrganisationRequest) -> HttpResponse:
    """Make a client; its secret is in the answer."""
    request.actor.require("organisation.manage")
    form = _form(request, {})
    if request.method == "POST" and form.is_valid():
        made = attempt(form, clients.create_client, actor=request.actor, **_said(form))
        if made is not None:
            return _secret_page(request, *made, is_new=True)
    return render(request, "api/client_form.html", {"form": form})


def client_detail(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """One client: what it may do, and what can be done with it."""
    client = _client(request, pk)
    labels = [{"code": code, "label": SCOPES[code].label if code in SCOPES else code} for code in client.scopes]
    return render(
        request,
        "api/client.html",
        {
            "client": client,
            "state": _state(client, _owners(request.actor)),
            "scopes": labels,
            "token_address": _token_address(),
        },
    )


def client_change(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """Change name, owner, scopes and limit. Tokens end, so that the client asks for another; with another owner the
    secret ends too."""
    client = _standing(request, pk)
    initial = {
        "name": client.name,
        "owner": str(client.owner_id),
        "scopes": client.scopes,
        "weekly_limit": client.weekly_limit,
    }
    form = _form(request, initial)
    if request.method == "POST" and form.is_valid():
        changed = attempt(form, clients.change_client, actor=request.actor, client_id=pk, **_said(form))
        if changed is not None:
            if changed.has_secret:
                messages.success(request, _("The client is changed. It needs a new token."))
            else:
                messages.success(request, _("The client is changed. It needs a new secret before it works again."))
            return redirect(address(request.actor, "api_clients:client", pk=pk))
    return render(request, "api/client_form.html", {"form": form, "client": client})


def client_rotate(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """Replace the secret; the new one is in the answer. Sent twice, the second is refused."""
    client = _standing(request, pk)
    require_fresh(request)
    edition = client.rotated_at.isoformat() if client.rotated_at else ""
    if request.method == "POST":
        if request.POST.get("edition", "") != edition:
            raise NotNow("secret_replaced", _("The secret has been replaced since you opened this page"))
        return _secret_page(request, *clients.rotate_secret(request.actor, client_id=pk), is_new=False)
    return render(request, "api/client_rotate.html", {"client": client, "edition": edition})


def client_revoke(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """End a client for good, after asking once more."""
    client = _standing(request, pk)
    if request.method == "POST":
        clients.revoke_client(request.actor, client_id=pk)
        messages.success(request, _("The client is revoked. Its secret and its tokens are worth nothing now."))
        return redirect(address(request.actor, "api_clients:client", pk=pk))
    return render(request, "api/client_revoke.html", {"client": client})


def _clients() -> QuerySet[ApiClient]:
    return ApiClient.objects.select_related("oauth", "owner").defer(*unseen("owner"))


def _client(request: OrganisationRequest, pk: UUID) -> ApiClient:
    request.actor.require("organisation.manage")
    client = _clients().filter(pk=pk).first()
    if client is None:
        raise Http404
    return client


def _standing(request: OrganisationRequest, pk: UUID) -> ApiClient:
    client = _client(request, pk)
    if client.revoked_at:
        raise NotNow("client_revoked", _("This client has been revoked"))
    return client


def _form(request: OrganisationRequest, initial: dict[str, Any]) -> ClientForm:
    """The form, behind a fresh proof. What was typed before a proof went stale is there again after it."""
    if request.method == "POST":
        if not is_fresh(request):
            typed = {name: request.POST.getlist(name) for name in ("name", "owner", "scopes", "weekly_limit")}
            request.session[_DRAFT] = {"path": request.path, "typed": typed}
        require_fresh(request)
        return ClientForm(request.POST, actor=request.actor)
    require_fresh(request)
    draft = request.session.pop(_DRAFT, None)
    if draft and draft["path"] == request.path:
        typed = draft["typed"]
        initial = {name: values[0] if values else "" for name, values in typed.items()} | {"scopes": typed["scopes"]}
    return ClientForm(initial=initial, actor=request.actor)


def _said(form: ClientForm) -> dict[str, Any]:
    data = form.cleaned_data
    return {
        "name": data["name"],
        "owner_id": UUID(data["owner"]),
        "scopes": data["scopes"],
        "weekly_limit": data.get("weekly_limit"),
    }


def _secret_page(request: OrganisationRequest, client: ApiClient, secret: str, *, is_new: bool) -> HttpResponse:
    context = {"client": client, "secret": secret, "is_new": is_new, "token_address": _token_address()}
    response = render(request, "api/client_secret.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


def _token_address() -> str:
    return f"{settings.BASE_URL}/api/oauth/token"


def _owners(actor: Actor) -> set[UUID]:
    """The people whose clients work: active members with an active account."""
    members = Membership.objects.filter(organisation_id=actor.organisation_id, is_active=True, user__is_active=True)
    return set(members.values_list("user_id", flat=True))


def _state(client: ApiClient, owners: set[UUID]) -> dict[str, Any]:
    if client.revoked_at:
        return {"state": "ended", "label": _("Revoked")}
    if client.owner_id not in owners:
        return {"state": "suspended", "label": _("Stopped: its owner has left")}
    if not client.has_secret:
        return {"state": "suspended", "label": _("Stopped: it needs a new secret")}
    return {"state": "active", "label": _("Active")}
