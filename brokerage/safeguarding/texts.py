"""What every free text of safeguarding is held to: there is one, and it is not too long. Names are `guard`'s."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken


def need_text(text: str, *, field: str, message: str | Promise) -> str:
    """The text without blanks around it; refused when there is none (`<field>_missing`)."""
    text = text.strip()
    if not text:
        raise RuleBroken(f"{field}_missing", message, field)
    return text


def require_text(text: str, *, field: str, message: str | Promise, most: int) -> str:
    """As `need_text`, and refused when it is longer than `most` characters (`text_too_long`)."""
    text = need_text(text, field=field, message=message)
    require_short(text, field=field, most=most)
    return text


def require_short(text: str, *, field: str, most: int) -> None:
    """Refuse a text of more than `most` characters (`text_too_long`)."""
    if len(text) > most:
        raise RuleBroken("text_too_long", _("Use at most %(most)s characters") % {"most": most}, field)
