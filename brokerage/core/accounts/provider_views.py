"""The page of an organisation's administrator on which its identity provider is set."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from brokerage.core.accounts import provider_actions
from brokerage.core.accounts.forms import IdentityProviderForm
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import OrganisationRequest, address, attempt


def identity_provider(request: OrganisationRequest) -> HttpResponse:
    """See, set, change and remove how the organisation's people sign in."""
    actor = request.actor
    current = provider_actions.current_provider(actor)
    if request.method == "POST" and "remove" in request.POST:
        provider_actions.remove_provider(actor)
        messages.success(request, _("The identity provider is removed."))
        return redirect(address(actor, "tenants:identity_provider"))
    initial: dict[str, Any] = {"name": actor.organisation_name}
    if current is not None:
        initial = {**vars(current), "domains": "\n".join(current.domains)}
    form = IdentityProviderForm(request.POST or None, initial=initial, has_secret=current is not None)
    if request.method == "POST" and form.is_valid() and attempt(form, _set, actor=actor, **form.cleaned_data):
        messages.success(request, _("The identity provider is set. Try it in another browser before you sign out."))
        return redirect(address(actor, "tenants:identity_provider"))
    callback = reverse("openid_connect_callback", kwargs={"provider_id": actor.slug})
    context = {"form": form, "current": current, "callback": request.build_absolute_uri(callback)}
    return render(request, "tenants/identity_provider.html", context)


def _set(*, actor: Actor, **fields: Any) -> bool:
    provider_actions.set_provider(actor, **fields)
    return True
