"""Addresses and permissions in templates: `{% here 'placements:referral' reference=r %}`, `{% if actor|may:"x" %}`."""

from __future__ import annotations

from typing import Any

from django import template

from brokerage.core.audit.labels import label_of
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import address

register = template.Library()


@register.simple_tag(takes_context=True)
def here(context: Any, name: str, **kwargs: Any) -> str:
    """The path of a page inside the organisation acted for."""
    return address(context["request"].actor, name, **kwargs)


@register.filter
def may(actor: Actor, permission: str) -> bool:
    """Whether the actor holds the permission."""
    return actor.may(permission)


@register.filter
def act(kind: str) -> str:
    """A recorded act in words: "Import finished"."""
    return label_of(kind)
