"""A date typed as day, month and year, and a moment with a time of day: widget, reader and field of each.

What was typed is kept as typed until it is right. Month names and ISO dates are understood too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.forms import widgets
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy as _

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTHS_CY = ("ion", "chw", "maw", "ebr", "mai", "meh", "gor", "aws", "med", "hyd", "tac", "rha")


class DateParts(NamedTuple):
    """What was typed in a date's boxes, kept as typed."""

    day: str
    month: str
    year: str
    time: str = ""

    @property
    def is_empty(self) -> bool:
        return not any(part.strip() for part in self)


class DateBoxes(widgets.Widget):
    """Day, month and year boxes (`<name>_day` ...); a single `<name>` in ISO form is understood as well."""

    use_fieldset = True
    parts: tuple[str, ...] = ("day", "month", "year")
    template_name = "django/forms/widgets/date_boxes.html"
    labels = {"day": _("Day"), "month": _("Month"), "year": _("Year"), "time": _("Time")}
    widths = {"day": 2, "month": 2, "year": 4, "time": 5}

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        typed = [data.get(f"{name}_{part}") for part in self.parts]
        if all(part is None for part in typed) and name in data:
            return data.get(name)
        return DateParts(*(str(part or "") for part in typed))

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return name not in data and all(f"{name}_{part}" not in data for part in self.parts)

    def id_for_label(self, id_: str | None) -> str:
        return f"{id_}_day" if id_ else ""

    def boxes(self, value: Any) -> DateParts:
        """The text of each box for a date, a moment, ISO text or what was typed."""
        if isinstance(value, DateParts):
            return value
        if isinstance(value, str):
            value = parse_datetime(value) or parse_date(value) or value if _looks_iso(value) else value
        if isinstance(value, datetime):
            local = timezone.localtime(value) if timezone.is_aware(value) else value
            return DateParts(str(local.day), str(local.month), str(local.year), f"{local:%H:%M}")
        if isinstance(value, date):
            return DateParts(str(value.day), str(value.month), str(value.year))
        return DateParts(str(value or ""), "", "")

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        attrs = context["widget"]["attrs"]
        typed = self.boxes(value)
        wrong = attrs.pop("data-wrong-parts", "").split()
        shared = {key: attrs[key] for key in ("disabled", "aria-describedby") if key in attrs}
        context["widget"]["boxes"] = [
            {
                "name": f"{name}_{part}",
                "id": f"{attrs.get('id', 'id_' + name)}_{part}",
                "label": self.labels[part],
                "value": getattr(typed, part),
                "width": self.widths[part],
                "numeric": part != "time",
                "is_wrong": part in wrong,
                "autocomplete": f"bday-{part}" if attrs.get("autocomplete") == "bday" else "",
                **shared,
            }
            for part in self.parts
        ]
        return context


class DateTimeBoxes(DateBoxes):
    """The date's boxes and one for the time of day."""

    parts = ("day", "month", "year", "time")


def _looks_iso(text: str) -> bool:
    return re.match(r"\d{4}-\d{2}-\d{2}", text.strip(), re.ASCII) is not None


def _month_number(text: str) -> int | None:
    word = text.strip().lower()
    if word.isascii() and word.isdigit():
        return int(word) if len(word) <= 2 else None
    for names in (MONTHS, MONTHS_CY):
        if word[:3] in names:
            return names.index(word[:3]) + 1
    return None


def read_date(typed: DateParts) -> date:
    """The day that was typed, or ValidationError naming the wrong boxes (`params["parts"]`)."""
    missing = [part for part in ("day", "month", "year") if not getattr(typed, part).strip()]
    messages = {
        "day": _("The date must include a day"),
        "month": _("The date must include a month"),
        "year": _("The date must include a year"),
    }
    if missing:
        message = messages[missing[0]] if len(missing) == 1 else _("Enter the day, the month and the year")
        raise ValidationError(message, code="incomplete", params={"parts": tuple(missing)})
    day, year = typed.day.strip(), typed.year.strip()
    if not re.fullmatch(r"\d{4}", year, re.ASCII):
        raise ValidationError(_("The year must have 4 numbers"), code="invalid_year", params={"parts": ("year",)})
    month = _month_number(typed.month)
    try:
        if month is None or not re.fullmatch(r"\d{1,2}", day, re.ASCII):
            raise ValueError(typed)
        return date(int(year), month, int(day))
    except ValueError:
        raise ValidationError(
            _("Enter a real date, such as 27 3 2026"),
            code="invalid",
            params={"parts": ("day", "month", "year")},
        ) from None


def read_time(text: str) -> time:
    """A time of day from "17:00", "5pm", "5.30 pm" or "midday", or ValidationError."""
    word = text.strip().lower().replace(" ", "")
    if word in ("midday", "noon"):
        return time(12)
    match = re.fullmatch(r"(\d{1,2})(?:[:.]?(\d{2}))?(am|pm|yb|yh)?", word, re.ASCII)
    if match and (match[2] or match[3]):
        hour, minute = int(match[1]), int(match[2] or 0)
        if match[3] and 1 <= hour <= 12:
            hour = hour % 12 + (12 if match[3] in ("pm", "yh") else 0)
        elif match[3]:
            hour = 24
        if hour < 24 and minute < 60:
            return time(hour, minute)
    raise ValidationError(_("Enter a time, such as 17:00 or 5pm"), code="invalid", params={"parts": ("time",)})


class GovukDateField(forms.DateField):
    """A date typed as three numbers; month names and ISO dates are understood."""

    widget = DateBoxes

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, DateParts):
            return None if value.is_empty else read_date(value)
        return super().to_python(value)


class GovukDateTimeField(forms.DateTimeField):
    """A moment typed as a date and a time of day, in the service's time zone."""

    widget = DateTimeBoxes

    def to_python(self, value: Any) -> datetime | None:
        if not isinstance(value, DateParts):
            return super().to_python(value)
        if value.is_empty:
            return None
        day = read_date(value)
        if not value.time.strip():
            raise ValidationError(_("Enter a time"), code="incomplete", params={"parts": ("time",)})
        moment = datetime.combine(day, read_time(value.time))
        try:
            return forms.utils.from_current_timezone(moment)
        except ValidationError:
            raise ValidationError(
                _("The clocks change at that time: choose another hour"),
                code="clocks",
                params={"parts": ("time",)},
            ) from None
