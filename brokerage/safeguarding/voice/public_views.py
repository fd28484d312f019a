"""The pages where people speak without signing in, in English (`/speak/`) and Welsh (`/siarad/`).

The language is in the address, because there is no cookie to keep it in. A code that is known and one that is not
give the same pages: no page asks which there are.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from brokerage.safeguarding.voice import codes, helplines, speaking
from brokerage.safeguarding.voice.door import UntracedRequest
from brokerage.safeguarding.voice.public_forms import CodeForm, MoreForm, ReceiptForm, SayForm

#: Where somebody goes who must leave at once.
LEAVE = "https://www.bbc.co.uk/weather"
View = Callable[..., HttpResponse]


def _page(view: View) -> View:
    """In the language of the address; without a token against forgery (`door` says why)."""

    @csrf_exempt
    @require_http_methods(["GET", "POST"])
    @wraps(view)
    def answered(request: HttpRequest, language: str, **named: Any) -> HttpResponse:
        with translation.override(language):
            response = view(cast(UntracedRequest, request), language, **named)
        response["Content-Language"] = language
        return response

    return answered


def _show(request: HttpRequest, language: str, template: str, status: int = 200, **shown: Any) -> HttpResponse:
    match = request.resolver_match
    other = "en" if language == "cy" else "cy"
    name = "start" if match is None or match.url_name is None else match.url_name.removesuffix("_cy")
    named = {key: value for key, value in (match.kwargs if match else {}).items() if key != "language"}
    context = {
        "language": language,
        "other_url": _address(name, other, **named),
        "leave_url": LEAVE,
        "lines_now": helplines.NOW,
        "lines_more": helplines.MORE,
        "start_url": _address("start", language),
        "answer_url": _address("answer", language),
        "no_code_url": _address("no_code", language),
        **shown,
    }
    return render(request, f"speak/{template}.html", context, status=status)


def _address(name: str, language: str, **named: Any) -> str:
    return reverse(f"speak:{name}{'_cy' if language == 'cy' else ''}", kwargs=named)


@_page
def start(request: UntracedRequest, language: str) -> HttpResponse:
    """The code of the poster is asked for."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return redirect(_address("say", language, code=codes.spaced(form.cleaned_data["code"])))
    return _show(request, language, "start", form=form)


@_page
def say(request: UntracedRequest, language: str, code: str = "") -> HttpResponse:
    """What somebody wants to say, about the home of a code or (without one) about the home that they name."""
    tidied = codes.tidy(code)
    if code and not codes.is_well_formed(tidied):
        return _show(request, language, "start", form=CodeForm({"code": code[:40]}))
    form = SayForm(
        request.POST if request.method == "POST" else None,
        has_code=bool(code),
        initial={"once": secrets.token_urlsafe(16)},
    )
    if request.method == "POST" and form.is_valid():
        if speaking.is_too_much(request.caller, code=tidied):
            return _show(request, language, "say", 429, form=form, is_too_much=True)
        said = dict(form.cleaned_data)
        once = said.pop("once") or secrets.token_urlsafe(16)
        receipt = speaking.say(speaking.Words(code=tidied, language=language, **said), once=once)
        return _show(request, language, "thanks", receipt=codes.spaced(receipt), is_in_danger=said["is_in_danger"])
    return _show(request, language, "say", form=form)


@_page
def answer(request: UntracedRequest, language: str) -> HttpResponse:
    """With the receipt: what was answered, and a place to say more. Never by GET: an address would be kept."""
    form = ReceiptForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _show(request, language, "receipt", form=form)
    if speaking.is_trying_receipts(request.caller):
        return _show(request, language, "receipt", 429, form=form, is_too_much=True)
    receipt = form.cleaned_data["receipt"]
    more = MoreForm(request.POST if "more" in request.POST else None)
    is_added = is_too_much = False
    if more.is_bound and more.is_valid():
        is_too_much = speaking.is_too_much(request.caller)
        is_added = not is_too_much and speaking.add(receipt, more.cleaned_data["more"])
    said = speaking.read(receipt)
    if not said:
        return _show(request, language, "receipt", form=form, is_unknown=True)
    return _show(
        request,
        language,
        "conversation",
        429 if is_too_much else 200,
        form=MoreForm() if is_added else more,
        receipt=codes.spaced(receipt),
        said=said,
        is_added=is_added,
        is_too_much=is_too_much,
        is_closed=said[0].is_closed,
        is_answered=any(line.kind == "answer" for line in said),
    )
