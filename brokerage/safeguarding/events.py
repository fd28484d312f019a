"""One step of a timeline, as the pages show it and the API lists it: a code for machines and words for people."""

from __future__ import annotations

import datetime as dt
from typing import Any

from dpv.models import MeasureStep

Event = dict[str, Any]

#: The codes of an alert's own steps.
OF_ALERTS = (
    *("raised", "sending_decided", "not_sent", "sent", "told", "answered", "closed", "organisations_told", "seen"),
    *("answers", "check_planned", "checks", "meeting"),
)
#: Those of the closure of a home, which the timeline of an alert about that home has too.
OF_CLOSURES = (
    *("closure_announced", "closure_rescheduled", "closure_withdrawn", "closure_closed", "closure_completed"),
)
#: Those that the timeline of the closure alone has.
INSIDE_CLOSURES = ("told", "authorities_told", "resident_looking", "resident_found", "resident_left")
OF_MEASURES = tuple(f"measure_{kind}" for kind in (*MeasureStep.Kind.values, "appealed", "answered"))


def event(kind: str, at: dt.datetime | None, title: str, by: str = "", text: str = "") -> Event:
    """A step: its code, when it was, what it is called, who did it and what they said."""
    return {"kind": kind, "at": at, "title": title, "by": by, "text": text}


def latest_first(events: list[Event]) -> list[Event]:
    """In the order of a page. Of what happened in one moment the last named came last."""
    return oldest_first(events)[::-1]


def oldest_first(events: list[Event]) -> list[Event]:
    """In the order of a list of the API, which only grows at its end."""
    return sorted(events, key=_moment)


def _moment(one: Event) -> Any:
    return one["at"]
