"""Reading one cell of an import file. Stricter than `core.csv_values`: what could be misread is refused.

Each parser takes stripped, non-empty text and returns a value, or raises ValueError or RuleBroken with a sentence.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils.translation import gettext as _

from brokerage.core.csv_values import parse_date, parse_whole, shortened
from brokerage.core.money import parse_money

T = TypeVar("T")

_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)
_COMPANY_NUMBER = re.compile(r"(?:[A-Z]{2}\d{6}|\d{8})", re.ASCII)


def day(text: str) -> dt.date:
    """A date as 2026-11-21 or 21/11/2026. Excel's number of days is refused: it hides which calendar was meant."""
    if _SERIAL.fullmatch(text):
        raise ValueError(
            _(
                "“%(text)s” is Excel’s number for a date. In Excel show the column as dates like 2026-11-21, then save"
                " the file as “CSV UTF-8” again"
            )
            % {"text": text}
        )
    return parse_date(text)


def whole(low: int, high: int) -> Callable[[str], int]:
    """A parser for a whole number from `low` to `high`."""

    def parse(text: str) -> int:
        number = parse_whole(text)
        if not low <= number <= high:
            raise ValueError(
                _("%(number)s is not between %(low)s and %(high)s") % {"number": number, "low": low, "high": high}
            )
        return number

    return parse


def choice(choices: type[models.TextChoices], words: Mapping[str, str] | None = None) -> Callable[[str], str]:
    """A parser for a code in any case, with spaces or hyphens for underlines; `words` are other ways to write one."""
    known = {_plain(value): value for value in choices.values}
    known |= {_plain(word): code for word, code in (words or {}).items()}

    def parse(text: str) -> str:
        found = known.get(_plain(text))
        if found is None:
            raise ValueError(
                _("“%(text)s” is not one of: %(values)s")
                % {"text": shortened(text), "values": ", ".join(choices.values)}
            )
        return str(found)

    return parse


def several(parse: Callable[[str], T]) -> Callable[[str], list[T]]:
    """A parser for a list whose items are separated by semicolons; each once, in the order written."""

    def parse_list(text: str) -> list[T]:
        items = (item.strip() for item in text.split(";"))
        return list(dict.fromkeys(parse(item) for item in items if item))

    return parse_list


def numbers(low: int, high: int) -> Callable[[str], list[int]]:
    """A parser for whole numbers separated by semicolons, sorted; the same number may come twice (twins)."""
    one = whole(low, high)
    return lambda text: sorted(one(item.strip()) for item in text.split(";") if item.strip())


def word_of(*words: str) -> Callable[[str], str]:
    """A parser for one of a few fixed words, in any case."""

    def parse(text: str) -> str:
        if _plain(text) not in words:
            raise ValueError(
                _("“%(text)s” is not one of: %(values)s") % {"text": shortened(text), "values": ", ".join(words)}
            )
        return _plain(text)

    return parse


def company_number(text: str) -> str:
    """A company number: 8 digits, or 2 letters and 6 digits. Excel's lost leading zeros are put back."""
    number = text.upper().replace(" ", "")
    if number.isascii() and number.isdigit() and len(number) in (6, 7):
        number = number.zfill(8)
    if not _COMPANY_NUMBER.fullmatch(number):
        raise ValueError(
            _("“%(text)s” is not a company number: 8 digits, or 2 letters and 6 digits") % {"text": shortened(text)}
        )
    return number


def email(text: str) -> str:
    """An e-mail address."""
    try:
        validate_email(text)
    except ValidationError:
        raise ValueError(_("“%(text)s” is not an e-mail address") % {"text": shortened(text)}) from None
    return text


def money(text: str) -> Decimal:
    """Pounds and pence, 0 or more, as 1234.50."""
    return parse_money(text)


def price(text: str) -> Decimal:
    """Pounds and pence above 0 and below ten million."""
    amount = parse_money(text)
    if amount <= 0:
        raise ValueError(_("The price must be more than 0"))
    if amount >= 10_000_000:
        raise ValueError(_("The price is too high to be right"))
    return amount


def score(text: str) -> Decimal:
    """A quality score from 0 to 100 with at most 2 decimals."""
    if not re.fullmatch(r"\d{1,3}(?:\.\d{1,2})?", text, re.ASCII) or Decimal(text) > 100:
        raise ValueError(_("“%(text)s” is not a score from 0 to 100") % {"text": shortened(text)})
    return Decimal(text).quantize(Decimal("0.01"))


def age_band(text: str) -> tuple[int, int]:
    """Two ages as "5-10", both included."""
    match = re.fullmatch(r"(\d{1,3})\s*[-–]\s*(\d{1,3})", text, re.ASCII)
    if match is None:
        raise ValueError(_("“%(text)s” is not an age band: write it as 5-10") % {"text": shortened(text)})
    low, high = int(match[1]), int(match[2])
    if low > high or high > 120:
        raise ValueError(_("“%(text)s” is not an age band: write it as 5-10") % {"text": shortened(text)})
    return low, high


def upper(length: int) -> Callable[[str], str]:
    """A parser for a code of at most `length` characters, in capitals."""

    def parse(text: str) -> str:
        if len(text) > length:
            raise ValueError(
                _("“%(text)s” has more than %(length)s characters") % {"text": shortened(text), "length": length}
            )
        return text.upper()

    return parse


def joined(*values: Any) -> str:
    """Values as one key for people and the audit trail."""
    return " ".join(str(value) for value in values)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.casefold().replace("’", "").replace("'", "")).strip("_")
