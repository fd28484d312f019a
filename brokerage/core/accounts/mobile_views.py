"""Pages of a person's own mobile number, for texts about urgent matters. Giving or removing one asks for a fresh
proof."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from brokerage.core.accounts import mobile
from brokerage.core.accounts.forms import MobileCodeForm, MobileForm
from brokerage.core.accounts.models import User
from brokerage.core.accounts.proof import is_fresh
from brokerage.core.errors import RuleBroken
from brokerage.core.forms import add_refusal
from brokerage.core.sms.gateways import texts_are_set_up


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def mobile_number(request: HttpRequest) -> HttpResponse:
    """Give or change the number; a code is texted to it."""
    user = _person(request)
    if not texts_are_set_up():
        raise Http404
    if not is_fresh(request):
        return _prove("mobile_number")
    form = MobileForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            mobile.ask_for_code(user, number=form.cleaned_data["number"])
        except RuleBroken as refusal:
            add_refusal(form, refusal)
        else:
            return redirect("mobile_code")
    return render(request, "accounts/mobile.html", {"form": form, "mobile": mobile.mobile_of(user)})


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def mobile_code(request: HttpRequest) -> HttpResponse:
    """Enter the code that was texted."""
    user = _person(request)
    asked = mobile.mobile_of(user)
    if asked is None or not asked.asked_number:
        return redirect("account_security")
    form = MobileCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            mobile.confirm_mobile(user, code=form.cleaned_data["code"])
        except RuleBroken as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Your mobile number is confirmed. Urgent notices are texted to it."))
            return redirect("account_security")
    return render(request, "accounts/mobile_code.html", {"form": form, "mobile": asked})


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def mobile_remove(request: HttpRequest) -> HttpResponse:
    """Remove the number, after a page that asks."""
    user = _person(request)
    known = mobile.mobile_of(user)
    if known is None:
        return redirect("account_security")
    if not is_fresh(request):
        return _prove("mobile_remove")
    if request.method == "POST":
        mobile.remove_mobile(user)
        messages.success(request, _("Your mobile number is removed. Nothing is texted to you."))
        return redirect("account_security")
    return render(request, "accounts/mobile_remove.html", {"mobile": known})


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _prove(name: str) -> HttpResponse:
    return redirect(f"{reverse('prove')}?{urlencode({'next': reverse(name)})}")
