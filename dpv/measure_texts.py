"""What every free text about homes and providers is held to (measures, appeals, admissions, scores, ceilings,
suspensions): it is not too long, and it names nobody; and whether the alert behind a measure is known. Only
safeguarding, a storey above, can tell: it registers how.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.actors import Actor
from brokerage.core.texts import LONGEST, require_short


class NameGuard(Protocol):
    """Refuses a text that tells who a person is (`names_a_person`)."""

    def __call__(self, text: str, *, field: str, provider_id: UUID, is_checked: bool) -> None: ...


#: Whether the organisation acted for has the safeguarding alert with that reference.
AlertFinder = Callable[[Actor, str], bool]
_guards: list[NameGuard] = []
_finders: list[AlertFinder] = []


def guards_names(guard: NameGuard) -> NameGuard:
    """Register what looks for people's names in a text."""
    _guards.append(guard)
    return guard


def finds_alerts(finder: AlertFinder) -> AlertFinder:
    """Register what knows an organisation's safeguarding alerts."""
    _finders.append(finder)
    return finder


def require_tellable(text: str, field: str, *, provider_id: UUID, is_checked: bool, most: int = LONGEST) -> None:
    """Refuse what not everybody told may read: more than `most` characters (`text_too_long`), or a text that tells who
    a person is (`names_a_person`)."""
    require_short(text, field=field, most=most)
    for guard in _guards:
        guard(text, field=field, provider_id=provider_id, is_checked=is_checked)


def has_alert(actor: Actor, reference: str) -> bool:
    """Whether the organisation acted for raised this safeguarding alert or was told of it. One query."""
    return bool(reference) and any(finder(actor, reference) for finder in _finders)


def require_alert(actor: Actor, reference: str) -> None:
    """Refuse the reference of an alert that the organisation acted for does not have (`alert_unknown`)."""
    if reference and not has_alert(actor, reference):
        raise RuleBroken("alert_unknown", _("Your organisation has no alert with this reference"), "alert_reference")
