"""How the agreement writes its values: money, quantities, days, hashes. Text out, never markup."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from django import template
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from brokerage.core.money import pounds as pounds_of
from contracts.terms import ENGLISH_ONLY, Clauses, CostLine
from dpv.rules import LABELS

register = template.Library()


@register.filter
def pounds(amount: Decimal | None) -> str:
    """£1,234.50, or nothing for no amount."""
    return "" if amount is None else pounds_of(amount)


@register.filter
def english_only(clause: str) -> bool:
    """Whether a clause of an agreement in another language is in English."""
    return clause.startswith(ENGLISH_ONLY)


@register.filter
def some_english(clauses: Clauses) -> bool:
    """Whether any clause of an agreement in another language is in English."""
    return any(english_only(clause) for section in vars(clauses).values() for clause in section)


@register.filter
def plain(number: Decimal) -> str:
    """A number as people write it: 12.50 is 12.5, 20.00 is 20, never an exponent."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.filter
def day(value: dt.date | None) -> str:
    """3 December 2026, in the active language."""
    return "" if value is None else str(formats.date_format(value, "j F Y"))


@register.filter
def moment(value: dt.datetime) -> str:
    """3 December 2026 at 14:05 (United Kingdom time)."""
    local = timezone.localtime(value)
    return _("%(day)s at %(time)s") % {"day": day(local.date()), "time": f"{local:%H:%M}"}


@register.filter
def w3c(value: dt.datetime) -> str:
    """2026-12-03T14:05:00Z, for the document's metadata."""
    return f"{value.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


@register.filter
def short_hash(value: str) -> str:
    """The first 16 hex digits in groups of four, for people who compare two papers."""
    return grouped(value[:16])


@register.filter
def grouped(value: str) -> str:
    """A long hexadecimal text in groups that can be read aloud."""
    return " ".join(value[place : place + 4] for place in range(0, len(value), 4))


@register.filter
def one_line(lines: Iterable[str]) -> str:
    return ", ".join(line for line in lines if line)


@register.filter
def worked_out(line: CostLine) -> str:
    """How a line's amount came about: "5% of £850.00", "3 hour × £24.50", or nothing for a fixed amount."""
    if line.rate is not None and line.base is not None:
        values = {"rate": plain(line.rate), "base": pounds_of(line.base)}
        return pgettext("price line", "%(rate)s%% of %(base)s") % values
    if line.quantity is not None and line.base is not None:
        unit = f" {line.unit}" if line.unit else ""
        return f"{plain(line.quantity)}{unit} × {pounds_of(line.base)}"
    return ""


@register.filter
def rule_in_words(line: CostLine) -> str:
    """The rule of a line: a parameter of the vehicle by its name for people, unless its source already says it."""
    if line.rule in LABELS:
        return "" if line.source_clause else str(LABELS[line.rule])
    return line.rule


@register.filter
def span(row: object) -> str:
    """Days or nights of a table's row: "1 to 7", "8 onwards"."""
    first = getattr(row, "from_night", None) or getattr(row, "from_day", None) or 0
    last = getattr(row, "to_night", None) or getattr(row, "to_day", None)
    if last is None:
        return _("%(first)s onwards") % {"first": first}
    return str(first) if last == first else _("%(first)s to %(last)s") % {"first": first, "last": last}
