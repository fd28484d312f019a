"""One step of a timeline as the API lists it."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers as s

from brokerage.core.api.inputs import Shape
from brokerage.safeguarding.events import INSIDE_CLOSURES, OF_ALERTS, OF_CLOSURES, OF_MEASURES


class EventRow(Shape):
    """A step of a timeline."""

    at = s.DateTimeField()
    title = s.CharField(help_text="What it is called.")
    by = s.CharField(allow_blank=True, help_text="The person or organisation; empty where that is not for you.")
    text = s.CharField(allow_blank=True)


class AlertEventRow(EventRow):
    """A step of an alert, or of a measure or closure about the same home."""

    kind = s.ChoiceField(choices=[*OF_ALERTS, *OF_MEASURES, *OF_CLOSURES])
    example: ClassVar[dict[str, Any]] = {
        "kind": "organisations_told",
        "at": "2026-11-22T09:30:00Z",
        "title": "Organisations told",
        "by": "",
        "text": "34 organisations",
    }


class ClosureEventRow(EventRow):
    """A step of a closure."""

    kind = s.ChoiceField(choices=[*OF_CLOSURES, *INSIDE_CLOSURES])
    example: ClassVar[dict[str, Any]] = {
        "kind": "closure_announced",
        "at": "2026-11-22T09:30:00Z",
        "title": "Closure announced",
        "by": "Birch Care Ltd",
        "text": "Birch House, Birch Care Ltd closes on 31 January 2027.",
    }
