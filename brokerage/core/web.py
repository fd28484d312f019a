"""What every view needs and no rule: the request that knows its actor, addresses inside an organisation, and
turning an action's refusal into a form error."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from django import forms
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import get_script_prefix, get_urlconf, reverse

from brokerage.core.errors import RuleBroken
from brokerage.core.forms import add_refusal
from brokerage.core.tenants.actors import Actor

T = TypeVar("T")


class OrganisationRequest(HttpRequest):
    """A request inside `/o/<organisation>/`: the middleware has set `actor`."""

    actor: Actor


def address(actor: Actor, name: str, **kwargs: Any) -> str:
    """The path of a page inside the actor's organisation."""
    if kwargs:
        return reverse(name, kwargs={"organisation": actor.slug, **kwargs})
    return _own_page(name, actor.slug, get_urlconf() or settings.ROOT_URLCONF, get_script_prefix())


@lru_cache(maxsize=16384)
def _own_page(name: str, slug: str, _urlconf: str, _prefix: str) -> str:
    """The navigation names twenty of these on every page, and they never change while a process runs."""
    return reverse(name, kwargs={"organisation": slug})


def attempt(form: forms.Form, action: Callable[..., T], **kwargs: Any) -> T | None:
    """Run an action; a broken rule becomes an error beside its field and nothing of the act is kept.

    Returns what the action returned, or None with `form.errors` set. Not-permitted and not-now pass through.
    """
    try:
        with transaction.atomic():
            return action(**kwargs)
    except RuleBroken as refusal:
        add_refusal(form, refusal)
        return None
