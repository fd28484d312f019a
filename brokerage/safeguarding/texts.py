"""What a text that everybody told reads is held to: not too long (`core.texts`), and (by `guard`) it names nobody."""

from __future__ import annotations

from uuid import UUID

from brokerage.core.texts import require_short
from brokerage.safeguarding.guard import require_nobody_named


def require_tellable(text: str, *, field: str, provider_id: UUID, is_checked: bool) -> None:
    """Refuse what not everybody told may read: more than `LONGEST` characters (`text_too_long`), or a text that tells
    who a person is (`names_a_person`)."""
    require_short(text, field=field)
    require_nobody_named(text, field=field, provider_id=provider_id, is_checked=is_checked)
