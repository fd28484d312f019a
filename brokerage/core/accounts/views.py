"""Accepting an invitation, and proving afresh who one is before signing or releasing papers."""

from __future__ import annotations

import time

from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.core import mail
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from brokerage.core.accounts import identity_providers
from brokerage.core.accounts.codes import CODE_LIFE, CODE_TRIES, hash_of, is_code, new_code
from brokerage.core.accounts.forms import AcceptForm, CodeForm
from brokerage.core.accounts.language import keep_language
from brokerage.core.accounts.limits import is_too_often
from brokerage.core.accounts.models import MobileNumber, User
from brokerage.core.accounts.returning import way_back
from brokerage.core.tenants import actions
from brokerage.core.tenants.directory import doors_of

CODE_SESSION_KEY = "proof_code"


@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Join an organisation: with a new account, or with the one the e-mail address has already."""
    if is_too_often(request, "invitation", limit=30, seconds=60):
        return render(request, "429.html", status=429)
    offered = actions.open_invitation(token)
    if offered is None:
        return render(request, "accounts/invitation_over.html", status=410)
    email = offered["email"].lower()
    if request.user.is_authenticated:
        return _join(request, token, offered, email)
    known = User.objects.filter(email=email).first()
    if known is not None and known.is_active:
        query = urlencode({"next": request.path})
        return render(
            request,
            "accounts/invitation_sign_in.html",
            {"offered": offered, "login_url": f"{reverse('account_login')}?{query}"},
        )
    form = AcceptForm(request.POST or None, email=email, initial={"name": offered["name"]})
    if request.method == "POST" and form.is_valid():
        try:
            user = _opened(known, email, form.cleaned_data["name"], form.cleaned_data["password"])
        except IntegrityError:
            # A second click: the first one opened the account.
            return redirect(request.path)
        login(request, user)
        record_authentication(request, user, method="password", reauthenticated=True)
        actions.accept_invitation(token, user.pk)
        return keep_language(redirect("home"), user.language)
    return render(request, "accounts/invitation.html", {"offered": offered, "form": form})


@transaction.atomic
def _opened(known: User | None, email: str, name: str, password: str) -> User:
    """A new account, or one that was closed, opened again with a new password and no second factor yet."""
    if known is None:
        user = User.objects.create_user(email, password, name=name, language=translation.get_language() or "en")
    else:
        user = known
        user.name, user.is_active = name, True
        user.set_password(password)
        user.save(update_fields=["name", "is_active", "password"])
        Authenticator.objects.filter(user=user).delete()
        MobileNumber.objects.filter(user=user).delete()
    # The link came to this address, which proves it.
    EmailAddress.objects.update_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
    return user


def _join(request: HttpRequest, token: str, offered: dict[str, str], email: str) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    is_theirs = user.email == email
    if request.method == "POST" and is_theirs:
        slug = actions.accept_invitation(token, user.pk)
        if slug is None:
            return render(request, "accounts/invitation_over.html", status=410)
        return redirect("organisation_home", organisation=slug)
    return render(request, "accounts/invitation_join.html", {"offered": offered, "is_theirs": is_theirs})


@never_cache
@login_required
def prove(request: HttpRequest) -> HttpResponse:
    """The ways this person can prove afresh who they are; each comes back to `next`."""
    following = way_back(request)
    flows = {flow["id"] for flow in get_reauthentication_flows(request.user)}
    query = urlencode({"next": following})
    ways = [
        (_("Password"), f"{reverse('account_reauthenticate')}?{query}", "reauthenticate" in flows),
        (_("Authenticator app or passkey"), f"{reverse('mfa_reauthenticate')}?{query}", "mfa_reauthenticate" in flows),
    ]
    doors = doors_of(request.user)
    slugs = [door.slug for door in doors if door.delegation_id is None and "own" not in request.GET]
    providers = identity_providers.providers_of(slugs)
    context = {
        "ways": [(label, url) for label, url, is_open in ways if is_open],
        "providers": providers,
        "next": following,
    }
    return identity_providers.allow_forms_to(render(request, "accounts/prove.html", context), providers)


@require_POST
@login_required
def send_code(request: HttpRequest) -> HttpResponse:
    """Send a code to the person's own address."""
    following = way_back(request)
    if is_too_often(request, "proof-code", limit=5, seconds=600):
        return render(request, "429.html", status=429)
    code = new_code(8)
    request.session[CODE_SESSION_KEY] = {"hash": hash_of(code), "at": time.time(), "tries": 0}
    user = request.user
    assert isinstance(user, User)
    mail.EmailMessage(
        subject=_("Your code"),
        body=_("Your code is %(code)s. It can be used for 10 minutes. Tell it to nobody.") % {"code": code},
        to=[user.email],
        headers={"Auto-Submitted": "auto-generated"},
    ).send()
    return redirect(f"{reverse('prove_code')}?{urlencode({'next': following})}")


@never_cache
@login_required
def prove_code(request: HttpRequest) -> HttpResponse:
    """Enter the code; three wrong ones, or ten minutes, and it is gone."""
    following = way_back(request)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        sent = request.session.get(CODE_SESSION_KEY)
        if not sent or time.time() - sent["at"] > CODE_LIFE or sent["tries"] >= CODE_TRIES:
            request.session.pop(CODE_SESSION_KEY, None)
            form.add_error("code", _("This code is no longer good: go back and ask for a new one"))
        elif is_code(form.cleaned_data["code"], sent["hash"]):
            del request.session[CODE_SESSION_KEY]
            user = request.user
            assert isinstance(user, User)
            record_authentication(request, user, method="code", reauthenticated=True)
            return redirect(following)
        else:
            request.session[CODE_SESSION_KEY] = {**sent, "tries": sent["tries"] + 1}
            form.add_error("code", _("This is not the code that was sent"))
    return render(request, "accounts/prove_code.html", {"form": form, "next": following})
