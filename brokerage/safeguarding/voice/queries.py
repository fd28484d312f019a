"""Reads of leads: the list of messages, one message, the codes of their homes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Case, F, QuerySet, Value, When
from django.http import Http404

from brokerage.core.references import normalise_reference
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import AuthorityProfile, Organisation
from brokerage.safeguarding.voice.models import Code, Message
from dpv.models import Admission
from providers.models import Establishment

#: Homes found at most.
AT_MOST = 20


def listed_messages(*, status: str = "", who: str = "", q: str = "") -> QuerySet[Message]:
    """The messages that the organisation reads: not read before read, danger first; the oldest that waits,
    then the newest of the others."""
    rows = Message.objects.select_related("establishment").defer("text", "outcome")
    if status:
        rows = rows.filter(status=status)
    if who:
        rows = rows.filter(who=who)
    if words := q.strip().replace("\x00", ""):
        rows = rows.filter(
            models.Q(reference=normalise_reference(words)) | models.Q(establishment__name__icontains=words)
        )
    order = Case(When(status="new", then=Value(0)), When(status="closed", then=Value(2)), default=Value(1))
    waiting = Case(When(status="new", then=F("waiting_since")))
    return rows.annotate(order=order, waiting=waiting).order_by(
        "order", "-is_in_danger", "waiting", "-waiting_since", "-id"
    )


def message_of(reference: str) -> Message:
    """One message, or Http404."""
    found = Message.objects.select_related("establishment").filter(reference=normalise_reference(reference)).first()
    if found is None:
        raise Http404("No such message.")
    return found


def codes_of(actor: Actor) -> QuerySet[Code]:
    """The organisation's codes in use, by the home's name."""
    rows = Code.objects.select_related("establishment").filter(organisation_id=actor.organisation_id)
    return rows.filter(replaced_at__isnull=True).order_by("establishment__name", "pk")


def code_of(actor: Actor, pk: UUID) -> Code:
    """One code of the organisation's own, in use or replaced, or Http404."""
    rows = Code.objects.select_related("establishment").filter(organisation_id=actor.organisation_id)
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404("No such code.")
    return found


def homes_of(actor: Actor) -> QuerySet[Establishment]:
    """The homes whose messages the organisation reads: a council's in its area, a central team's admitted ones."""
    homes = Establishment.objects.filter(closed_on__isnull=True).order_by("name", "pk")
    if actor.kind == "central":
        admitted = Admission.objects.filter(status__in=("admitted", "suspended"))
        return homes.filter(pk__in=admitted.values("establishment_id"))
    area = AuthorityProfile.objects.filter(organisation_id=actor.organisation_id).values("gss_code")
    return homes.filter(gss_code__in=area)


def found_homes(homes: QuerySet[Establishment], text: str) -> list[Establishment]:
    """Those whose name, number or town has the text, at most twenty; none for less than two letters."""
    words = " ".join(text.replace("\x00", "").split())
    if len(words) < 2:
        return []
    wanted = models.Q(name__icontains=words) | models.Q(urn__iexact=words) | models.Q(town__icontains=words)
    return list(homes.select_related("provider").filter(wanted)[:AT_MOST])


def councils(actor: Actor, message: Message) -> list[tuple[str, Any]]:
    """(id, name) of the councils to which a message may be passed on."""
    rows = Organisation.objects.filter(kind="authority", is_active=True).exclude(pk__in=message.reader_ids)
    return [(str(pk), name) for pk, name in rows.order_by("name").values_list("pk", "name")]
