"""The steps of a closure in their order, as the reader may see them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from brokerage.core.pages.templatetags.pages import day
from brokerage.safeguarding.closures.models import Closure, ClosureRecipient, ClosureResident
from brokerage.safeguarding.closures.queries import Progress

Event = dict[str, Any]


def timeline_of(told: ClosureRecipient, residents: list[ClosureResident], lines: list[Progress]) -> list[Event]:
    """Everything that has happened, the latest first. An authority reads of its own people, a central team numbers."""
    closure = told.closure
    events = [
        *closure_events(closure),
        {"at": told.told_at, "title": _("You were told"), "by": "", "text": ""},
    ]
    if lines:
        text = ngettext(
            "%(number)s authority with people there was told.",
            "%(number)s authorities with people there were told.",
            len(lines),
        ) % {"number": len(lines)}
        events.append(
            {
                "at": min(line.told_at for line in lines),
                "title": _("Authorities with people there told"),
                "by": "",
                "text": text,
            }
        )
    for resident in residents:
        events += _of_resident(resident)
    return sorted(events, key=lambda event: event["at"], reverse=True)


def closure_events(closure: Closure) -> list[Event]:
    """What everybody told may know of a closure, on its own page and on that of an alert about the same home."""
    closes = _("%(about)s closes on %(day)s.") % {"about": closure.about, "day": day(closure.closes_on)}
    events = [_event(closure.announced_at, _("Closure announced"), closure.announced_by_organisation, closes)]
    if closure.changed_at:
        text = closure.change_note if closure.status != "withdrawn" else ""
        events.append(
            _event(closure.changed_at, _("Day of the closure changed"), closure.changed_by_organisation, text)
        )
    if closure.withdrawn_at:
        by = closure.withdrawn_by_organisation
        events.append(_event(closure.withdrawn_at, _("The home is not closing"), by, closure.change_note))
    if closure.closed_at:
        text = _("Closed on %(day)s.") % {"day": day(closure.closed_on)}
        events.append(_event(closure.closed_at, _("The home closed"), closure.closed_by_organisation, text))
    if closure.completed_at:
        events.append(_event(closure.completed_at, _("Closure complete"), "", _("Nobody is left to move.")))
    return events


def _of_resident(resident: ClosureResident) -> list[Event]:
    reference = resident.placement_reference
    events = []
    if resident.looking_at:
        events.append(_event(resident.looking_at, _("Looking for a home"), "", reference))
    if resident.found_at:
        text = f"{reference} → {resident.new_placement_reference}"
        events.append(_event(resident.found_at, _("Home found"), "", text))
    if resident.ended_at:
        text = _("%(reference)s, on %(day)s") % {"reference": reference, "day": day(resident.ended_on)}
        events.append(_event(resident.ended_at, str(resident.get_status_display()), resident.changed_by_name, text))
    return events


def _event(at: Any, title: str, by: str, text: str) -> Event:
    return {"at": at, "title": title, "by": by, "text": text}
