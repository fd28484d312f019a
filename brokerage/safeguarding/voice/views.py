"""Pages of leads: what people said, and the codes of the posters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from brokerage.core.notifications.reading import mark_read_about
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import OrganisationRequest, address, attempt
from brokerage.safeguarding.voice import actions, queries
from brokerage.safeguarding.voice.codes import spaced
from brokerage.safeguarding.voice.forms import (
    AnswerForm,
    CloseForm,
    HomeForm,
    MessageFilter,
    NoteForm,
    PassOnForm,
    ReplaceForm,
)
from brokerage.safeguarding.voice.models import Message
from brokerage.safeguarding.voice.poster import qr_path
from brokerage.safeguarding.voice.states import MESSAGE
from providers.models import Establishment

PER_PAGE = 25
SIZES = ("a4", "a5")


@never_cache
@require_safe
def message_list(request: OrganisationRequest) -> HttpResponse:
    """What people said, not read before read."""
    actor = request.actor
    actor.require("voice.view")
    form = MessageFilter(request.GET)
    chosen = dict(form.cleaned_data) if form.is_valid() else {}
    page = Paginator(queries.listed_messages(**chosen), PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "voice/message_list.html",
        {
            "filter": form,
            "page": page,
            "is_filtered": any(chosen.values()),
            "tabs": _tabs(actor, is_codes=False),
            "clear_url": address(actor, "voice:message_list"),
        },
    )


@never_cache
@require_safe
def message(request: OrganisationRequest, reference: str) -> HttpResponse:
    """One message with everything after it. Opening it is recorded."""
    actor = request.actor
    said = actions.read_message(actor, reference=reference)
    mark_read_about(actor, reference=said.reference)
    is_open = said.status != "closed"
    return render(
        request,
        "voice/message.html",
        {
            "said": said,
            "entries": list(said.entries.select_related("organisation").order_by("at", "pk")),
            "code": spaced(said.code),
            "may_answer": is_open and actor.may("voice.manage"),
            "may_place": said.establishment_id is None and actor.is_central and actor.may("voice.manage"),
            "alert_url": _about_home(actor, said, "safeguarding:alert_raise", "alert.raise"),
            "concern_url": _about_home(actor, said, "concerns:concern_new", "concern.write"),
        },
    )


@never_cache
@require_http_methods(["GET", "POST"])
def message_answer(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Words that the writer reads."""
    return _write(request, reference, "answer", AnswerForm, actions.answer_message, _("Your answer is there to read."))


@never_cache
@require_http_methods(["GET", "POST"])
def message_note(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Words that the writer does not read."""
    return _write(request, reference, "note", NoteForm, actions.note_message, _("Your note is kept."))


@never_cache
@require_http_methods(["GET", "POST"])
def message_close(request: OrganisationRequest, reference: str) -> HttpResponse:
    """It is dealt with."""
    return _write(request, reference, "close", CloseForm, actions.close_message, _("The message is closed."))


@never_cache
@require_http_methods(["GET", "POST"])
def message_pass_on(request: OrganisationRequest, reference: str) -> HttpResponse:
    """One council more reads it."""
    actor = request.actor
    actor.require("voice.manage")
    said = queries.message_of(reference)
    form = PassOnForm(request.POST if request.method == "POST" else None, councils=queries.councils(actor, said))
    if request.method == "POST" and form.is_valid():
        council, reason = UUID(form.cleaned_data["council"]), form.cleaned_data["reason"]
        if attempt(form, actions.pass_on, actor=actor, reference=reference, council_id=council, reason=reason):
            messages.success(request, _("They read it from now on, and were told."))
            return _to(actor, said)
    return render(request, "voice/message_write.html", {"form": form, "said": said, "what": "pass_on"})


@never_cache
@require_http_methods(["GET", "POST"])
def message_place(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Which home a message without a known code is about."""
    actor = request.actor
    actor.require("voice.manage")
    said = queries.message_of(reference)
    if said.establishment_id is not None or not actor.is_central:
        raise Http404("Its home is known.")
    form = HomeForm(request.GET or None)
    chosen = forms.Form(request.POST if request.method == "POST" else None)
    if request.method == "POST" and chosen.is_valid():
        home = _home_of(request.POST.get("home", ""))
        before = chosen.errors
        attempt(chosen, actions.place_message, actor=actor, reference=reference, home_id=home.pk)
        if not before and not chosen.errors:
            messages.success(request, _("Whoever reads the messages of this home reads it now."))
            return redirect(address(actor, "voice:message_list"))
    text = form.cleaned_data["q"] if form.is_bound and form.is_valid() else ""
    homes = queries.found_homes(Establishment.objects.order_by("name", "pk"), text) if text else None
    return render(
        request,
        "voice/home_find.html",
        {"form": form, "chosen": chosen, "homes": homes, "text": text, "said": said},
    )


@never_cache
@require_safe
def code_list(request: OrganisationRequest) -> HttpResponse:
    """The codes in use."""
    actor = request.actor
    actor.require("voice.manage")
    page = Paginator(queries.codes_of(actor), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "voice/code_list.html", {"page": page, "tabs": _tabs(actor, is_codes=True)})


@never_cache
@require_http_methods(["GET", "POST"])
def code_new(request: OrganisationRequest) -> HttpResponse:
    """Find a home of one's own area or region, and make its code."""
    actor = request.actor
    actor.require("voice.manage")
    if request.method == "POST":
        code = actions.make_code(actor, home_id=_home_of(request.POST.get("home", "")).pk)
        return redirect(address(actor, "voice:code", pk=code.pk))
    form = HomeForm(request.GET or None)
    text = form.cleaned_data["q"] if form.is_bound and form.is_valid() else ""
    homes = queries.found_homes(queries.homes_of(actor), text) if text else None
    known = dict(queries.codes_of(actor).filter(establishment__in=homes or []).values_list("establishment_id", "pk"))
    found = [{"home": home, "code": known.get(home.pk)} for home in homes] if homes is not None else None
    return render(request, "voice/code_new.html", {"form": form, "found": found, "text": text})


@never_cache
@require_safe
def code(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """The poster of a code, to print."""
    actor = request.actor
    actor.require("voice.manage")
    shown = queries.code_of(actor, pk)
    size = request.GET.get("size") if request.GET.get("size") in SIZES else SIZES[0]
    path = reverse("speak:say", kwargs={"code": shown.code})
    host = settings.BASE_URL.split("://", 1)[-1]
    side, drawn = qr_path(f"{settings.BASE_URL}{path}")
    return render(
        request,
        "voice/poster.html",
        {
            "code": shown,
            "size": size,
            "side": side,
            "drawn": drawn,
            "speak": f"{host}{reverse('speak:start')}",
            "siarad": f"{host}{reverse('speak:start_cy')}",
            "here": address(actor, "voice:code", pk=shown.pk),
        },
    )


@never_cache
@require_POST
def code_printed(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """Say that the poster was printed."""
    actions.print_code(request.actor, pk=pk)
    messages.success(request, _("Noted: the poster was printed today."))
    return redirect(address(request.actor, "voice:code", pk=pk))


@never_cache
@require_http_methods(["GET", "POST"])
def code_replace(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """A new code instead of one that is misused."""
    actor = request.actor
    actor.require("voice.manage")
    old = queries.code_of(actor, pk)
    form = ReplaceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        new = attempt(form, actions.replace_code, actor=actor, pk=pk, **form.cleaned_data)
        if new is not None:
            messages.success(request, _("There is a new code. Print its poster."))
            return redirect(address(actor, "voice:code", pk=new.pk))
    return render(request, "voice/code_replace.html", {"form": form, "code": old})


def _write(
    request: OrganisationRequest,
    reference: str,
    what: str,
    form_class: type[forms.Form],
    action: Callable[..., Any],
    done: str,
) -> HttpResponse:
    actor = request.actor
    actor.require("voice.manage")
    said = queries.message_of(reference)
    if what != "note":
        MESSAGE.after("read" if said.status == "new" else said.status, what)
    form = form_class(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        written = attempt(form, action, actor=actor, reference=said.reference, **form.cleaned_data)
        if written is not None:
            messages.success(request, done)
            return _to(actor, said)
    return render(request, "voice/message_write.html", {"form": form, "said": said, "what": what})


def _home_of(text: str) -> Establishment:
    try:
        found = Establishment.objects.filter(pk=UUID(text)).first()
    except ValueError:
        found = None
    if found is None:
        raise Http404("No such home.")
    return found


def _about_home(actor: Actor, said: Message, name: str, permission: str) -> str:
    """The page that raises something about the message's home, for whoever may."""
    if said.establishment_id is None or not actor.may(permission):
        return ""
    try:
        return f"{address(actor, name)}?establishment={said.establishment_id}"
    except NoReverseMatch:
        return ""


def _tabs(actor: Actor, *, is_codes: bool) -> list[dict[str, Any]]:
    if not actor.may("voice.manage"):
        return []
    return [
        {"label": _("Messages"), "url": address(actor, "voice:message_list"), "current": not is_codes},
        {"label": _("Codes and posters"), "url": address(actor, "voice:code_list"), "current": is_codes},
    ]


def _to(actor: Actor, said: Message) -> HttpResponse:
    return redirect(address(actor, "voice:message", reference=said.reference))
