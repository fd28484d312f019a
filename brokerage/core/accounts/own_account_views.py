"""A person's own account: name and language, and setting up the second step of signing in."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from brokerage.core.accounts.actions import change_own_details
from brokerage.core.accounts.forms import OwnDetailsForm
from brokerage.core.accounts.language import keep_language
from brokerage.core.accounts.mobile import mobile_of
from brokerage.core.accounts.models import User
from brokerage.core.accounts.returning import own_path, way_back
from brokerage.core.accounts.second_factor import NEXT_KEY, has_second_factor
from brokerage.core.sms.gateways import texts_are_set_up


@never_cache
@login_required
def account_security(request: HttpRequest) -> HttpResponse:
    """Name and language, and the ways to everything that keeps the account safe."""
    user = request.user
    assert isinstance(user, User)
    form = OwnDetailsForm(request.POST or None, initial={"name": user.name, "language": user.language})
    if request.method == "POST" and form.is_valid():
        change_own_details(user, name=form.cleaned_data["name"], language=form.cleaned_data["language"])
        with translation.override(user.language):
            messages.success(request, _("Your details are changed."))
        return keep_language(redirect("account_security"), user.language)
    context = {
        "form": form,
        "has_second_factor": has_second_factor(user),
        "has_password": user.has_usable_password(),
        "mobile": mobile_of(user),
        "has_texts": texts_are_set_up(),
    }
    return render(request, "accounts/security.html", context)


@never_cache
@login_required
def second_factor(request: HttpRequest) -> HttpResponse:
    """The ways to set up a second step; once there is one, back to where the person was going."""
    if "next" in request.GET:
        request.session[NEXT_KEY] = way_back(request)
    following = own_path(request, request.session.get(NEXT_KEY, ""))
    if has_second_factor(request.user):
        request.session.pop(NEXT_KEY, None)
        return redirect(following)
    return render(request, "accounts/second_factor.html")
