"""Reading one cell of a spreadsheet: dates, whole numbers, yes or no, money, choices.

Each parser takes stripped, non-empty text and returns a value or raises ValueError or RuleBroken with a
sentence for the person who made the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from django.utils.translation import gettext as _

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})(?: \d{1,2}:\d{2}(?::\d{2})?)?", re.ASCII)
_IN_WORDS = re.compile(r"(\d{1,2})[ \-]([A-Za-z]{3,9})[ \-](\d{4})", re.ASCII)
_EXCEL_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?", re.ASCII)
# Day 0 of Excel's calendar, two days early because Excel believes in 29 February 1900.
_EXCEL_DAY_0 = date(1899, 12, 30)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YES = frozenset({"yes", "y", "true", "1", "ie", "ydy", "oes"})
_NO = frozenset({"no", "n", "false", "0", "na", "nac oes"})


def parse_date(text: str) -> date:
    """A date as 31/12/2026, 2026-12-31, 31 Dec 2026 or Excel's number of days; the day comes before the
    month.
    """
    try:
        if match := _ISO.fullmatch(text):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _DAY_FIRST.fullmatch(text):
            return date(int(match[3]), int(match[2]), int(match[1]))
        if (match := _IN_WORDS.fullmatch(text)) and match[2][:3].lower() in _MONTHS:
            return date(int(match[3]), _MONTHS.index(match[2][:3].lower()) + 1, int(match[1]))
        if match := _EXCEL_SERIAL.fullmatch(text):
            return _EXCEL_DAY_0 + timedelta(days=int(match[1]))
    except ValueError:
        pass
    raise ValueError(_("“%(text)s” is not a date: write it as 31/12/2026") % {"text": shortened(text)})


def parse_whole(text: str) -> int:
    """A whole number, 0 or more; Excel's "12.0" and "1,200" are read too."""
    match = re.fullmatch(r"(\d{1,3}(?:,\d{3})+|\d{1,12})(?:\.0+)?", text, re.ASCII)
    if match is None:
        raise ValueError(_("“%(text)s” is not a whole number") % {"text": shortened(text)})
    return int(match[1].replace(",", ""))


def parse_flag(text: str) -> bool:
    """Yes or no."""
    answer = text.casefold()
    if answer in _YES:
        return True
    if answer in _NO:
        return False
    raise ValueError(_("“%(text)s” is not yes or no") % {"text": shortened(text)})


def one_of(values: Mapping[str, str]) -> Callable[[str], str]:
    """A parser for a choice: `values` maps what people write (any case) to what is stored."""
    known = {written.casefold(): stored for written, stored in values.items()}

    def parse(text: str) -> str:
        if text.casefold() not in known:
            raise ValueError(
                _("“%(text)s” is not one of: %(values)s") % {"text": shortened(text), "values": ", ".join(values)}
            )
        return known[text.casefold()]

    return parse


def text_up_to(length: int) -> Callable[[str], str]:
    """A parser for text of at most `length` characters."""

    def parse(text: str) -> str:
        if len(text) > length:
            raise ValueError(
                _("The text has %(found)s characters: %(length)s are allowed") % {"found": len(text), "length": length}
            )
        return text

    return parse


def shortened(text: str) -> str:
    """A cell's text as quoted in a message."""
    return text if len(text) <= 40 else f"{text[:39]}…"
