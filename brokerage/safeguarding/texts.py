"""What every free text of safeguarding is held to: there is one, it is not too long, and (by `guard`) names nobody."""

from __future__ import annotations

from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken
from brokerage.safeguarding.guard import require_nobody_named

#: The longest text that everybody told reads.
LONGEST = 4000


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


def require_tellable(text: str, *, field: str, provider_id: UUID, is_checked: bool) -> None:
    """Refuse what not everybody told may read: more than `LONGEST` characters (`text_too_long`), or a text that tells
    who a person is (`names_a_person`)."""
    require_short(text, field=field, most=LONGEST)
    require_nobody_named(text, field=field, provider_id=provider_id, is_checked=is_checked)
