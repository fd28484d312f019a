"""The steps of a closure in their order, as the reader may see them."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from brokerage.core.pages.templatetags.pages import day
from brokerage.safeguarding.closures.models import Closure, ClosureRecipient, ClosureResident
from brokerage.safeguarding.closures.queries import Progress
from brokerage.safeguarding.events import Event, event


def timeline_of(told: ClosureRecipient, residents: list[ClosureResident], lines: list[Progress]) -> list[Event]:
    """Everything that has happened, in no order yet (`events.latest_first`). An authority reads of its own people, a
    central team numbers."""
    closure = told.closure
    events = [
        *closure_events(closure),
        event("told", told.told_at, _("You were told")),
    ]
    if lines:
        text = ngettext(
            "%(number)s authority with people there was told.",
            "%(number)s authorities with people there were told.",
            len(lines),
        ) % {"number": len(lines)}
        first = min(line.told_at for line in lines)
        events.append(event("authorities_told", first, _("Authorities with people there told"), text=text))
    for resident in residents:
        events += _of_resident(resident)
    return events


def closure_events(closure: Closure) -> list[Event]:
    """What everybody told may know of a closure, on its own page and on that of an alert about the same home."""
    closes = _("%(about)s closes on %(day)s.") % {"about": closure.about, "day": day(closure.closes_on)}
    by = closure.announced_by_organisation
    events = [event("closure_announced", closure.announced_at, _("Closure announced"), by, closes)]
    if closure.changed_at:
        text = closure.change_note if closure.status != "withdrawn" else ""
        by = closure.changed_by_organisation
        events.append(event("closure_rescheduled", closure.changed_at, _("Day of the closure changed"), by, text))
    if closure.withdrawn_at:
        by = closure.withdrawn_by_organisation
        text = closure.change_note
        events.append(event("closure_withdrawn", closure.withdrawn_at, _("The home is not closing"), by, text))
    if closure.closed_at:
        text = _("Closed on %(day)s.") % {"day": day(closure.closed_on)}
        by = closure.closed_by_organisation
        events.append(event("closure_closed", closure.closed_at, _("The home closed"), by, text))
    if closure.completed_at:
        text = _("Nobody is left to move.")
        events.append(event("closure_completed", closure.completed_at, _("Closure complete"), text=text))
    return events


def _of_resident(resident: ClosureResident) -> list[Event]:
    reference = resident.placement_reference
    events = []
    if resident.looking_at:
        events.append(event("resident_looking", resident.looking_at, _("Looking for a home"), text=reference))
    if resident.found_at:
        text = f"{reference} → {resident.new_placement_reference}"
        events.append(event("resident_found", resident.found_at, _("Home found"), text=text))
    if resident.ended_at:
        text = _("%(reference)s, on %(day)s") % {"reference": reference, "day": day(resident.ended_on)}
        title, by = str(resident.get_status_display()), resident.changed_by_name
        events.append(event("resident_left", resident.ended_at, title, by, text))
    return events
