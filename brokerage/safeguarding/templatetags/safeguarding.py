"""The row of links between the parts of safeguarding."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from brokerage.safeguarding.sections import sections

register = template.Library()


@register.simple_tag(takes_context=True)
def safeguarding_sections(context: dict[str, Any]) -> SafeString | str:
    """The links; nothing where there is only one."""
    request = context["request"]
    items = sections(request.actor, request.path)
    if len(items) < 2:
        return ""
    return render_to_string("components/sub_navigation.html", {"items": items, "label": _("Parts of safeguarding")})
