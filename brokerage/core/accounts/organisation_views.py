"""Signing in, and proving oneself afresh, through the organisation's own identity provider."""

from __future__ import annotations

import requests
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthProcess
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from brokerage.core.accounts import identity_providers
from brokerage.core.accounts.forms import OrganisationEmailForm
from brokerage.core.accounts.limits import is_too_often
from brokerage.core.accounts.returning import way_back


@never_cache
def organisation_sign_in(request: HttpRequest) -> HttpResponse:
    """Which organisation's provider the e-mail address belongs to; says nothing about the person."""
    form = OrganisationEmailForm(request.POST or None)
    provider, email, asked = None, "", False
    if request.method == "POST" and form.is_valid():
        if is_too_often(request, "organisation-sign-in", limit=30, seconds=60):
            return render(request, "429.html", status=429)
        email = form.cleaned_data["email"].lower()
        provider, asked = identity_providers.provider_for_email(email), True
    context = {"form": form, "provider": provider, "email": email, "asked": asked, "next": way_back(request)}
    response = render(request, "accounts/organisation_sign_in.html", context)
    return identity_providers.allow_forms_to(response, [provider] if provider else [])


@never_cache
def start(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send the person to the provider: to sign in, or (with `prove`) to be asked once more who they are."""
    if request.method != "POST":
        return redirect("organisation_sign_in")
    if is_too_often(request, "identity-provider", limit=30, seconds=60):
        return render(request, "429.html", status=429)
    try:
        provider = get_adapter(request).get_provider(request, provider_id)
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    proves = "prove" in request.POST and request.user.is_authenticated
    parameters: dict[str, str] = provider.get_auth_params()
    if proves:
        parameters |= {"prompt": "login", "max_age": "0"}
    if email := request.POST.get("email", "")[:254]:
        parameters["login_hint"] = email
    process = AuthProcess.REDIRECT if proves else AuthProcess.LOGIN
    try:
        answer: HttpResponse = provider.redirect(request, process, next_url=way_back(request), auth_params=parameters)
    except requests.RequestException:
        return render(request, "accounts/organisation_silent.html", {"name": provider.name}, status=503)
    return answer
