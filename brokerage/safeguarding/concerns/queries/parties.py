"""Whom one may complain of: providers, or for a provider authorities, found by name."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404

from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Organisation
from providers.models import Provider


def parties_called(actor: Actor, text: str) -> list[tuple[str, str]]:
    """(id, name) of providers, or for a provider of authorities, whose name has the text: at most ten."""
    words = " ".join(text.split())
    if len(words) < 2:
        return []
    if actor.is_authority:
        found = Provider.objects.filter(legal_name__icontains=words).order_by("legal_name", "pk")
        return [(str(each.pk), each.legal_name) for each in found[:10]]
    authorities = Organisation.objects.filter(kind=Organisation.Kind.AUTHORITY, is_active=True)
    named = authorities.filter(name__icontains=words).order_by("name", "pk")
    return [(str(each.pk), each.name) for each in named[:10]]


def party_of(actor: Actor, asked: str) -> tuple[UUID, str] | None:
    """(id, name) of what the address names as `against`; None when it names nothing. Raises Http404 for what there is
    not."""
    if not asked:
        return None
    try:
        wanted = UUID(asked)
    except ValueError:
        raise Http404 from None
    if actor.is_authority:
        name = Provider.objects.filter(pk=wanted).values_list("legal_name", flat=True).first()
    else:
        authorities = Organisation.objects.filter(pk=wanted, kind=Organisation.Kind.AUTHORITY)
        name = authorities.values_list("name", flat=True).first()
    if name is None:
        raise Http404
    return wanted, name
