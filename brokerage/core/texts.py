"""What every free text is held to, whoever writes it: there is one, and it is not too long. Actions, pages and the API
read the same limits here. That a text names nobody is for the storeys above, which know who there is to be named."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken

#: The longest text of measures, alerts and what belongs to them, in characters.
LONGEST = 4000
#: The longest question, answer or reason on the way of a referral, an award and a lot.
LONGEST_REASON = 2000
#: The longest of what somebody tells in their own words, and of what is answered to them.
LONGEST_TOLD = 8000


def need_text(text: str, *, field: str, message: str | Promise) -> str:
    """The text without blanks around it; refused when there is none (`<field>_missing`)."""
    text = text.strip()
    if not text:
        raise RuleBroken(f"{field}_missing", message, field)
    return text


def require_short(text: str, *, field: str, most: int = LONGEST) -> None:
    """Refuse a text of more than `most` characters (`text_too_long`)."""
    if len(text) > most:
        raise RuleBroken("text_too_long", _("Use at most %(most)s characters") % {"most": most}, field)


def require_text(text: str, *, field: str, message: str | Promise, most: int = LONGEST) -> str:
    """As `need_text`, and refused when it is longer than `most` characters (`text_too_long`)."""
    text = need_text(text, field=field, message=message)
    require_short(text, field=field, most=most)
    return text
