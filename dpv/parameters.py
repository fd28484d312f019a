"""Kinds of rule parameter: how a value is read from JSON, checked, and written back.

Each kind reads one JSON value or raises ValueError with a sentence for the contract manager. Which parameters
a vehicle has, and what they mean, is `dpv.rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken
from brokerage.core.money import money_text, parse_money

AUTHORITY = "authority"
PROVIDER = "provider"
Text = str | Promise


@dataclass(frozen=True)
class NoticeStep:
    """From `from_day` days after the start on, the side `given_by` must give `days` days of notice."""

    given_by: str
    from_day: int
    days: int


@dataclass(frozen=True)
class Kind:
    """One kind of value. `read` takes JSON, `write` gives JSON; `choices` is empty unless it is a choice."""

    name: str
    read: Callable[[Any], Any]
    write: Callable[[Any], Any]
    choices: tuple[tuple[str, Text], ...] = ()


class _Unreadable(ValueError):
    """Carries a translatable sentence."""

    def __init__(self, message: Text) -> None:
        super().__init__(str(message))
        self.message = message


def message_of(error: ValueError) -> Text:
    """The sentence a kind refused with."""
    return error.message if isinstance(error, _Unreadable) else str(error)


def _refuse_unless(holds: bool, message: Text) -> None:
    if not holds:
        raise _Unreadable(message)


def _read_money(value: Any) -> Decimal:
    try:
        return parse_money(value)
    except RuleBroken as broken:
        raise _Unreadable(broken.message) from broken


def _read_percent(value: Any) -> Decimal:
    percent = _read_money(value)
    _refuse_unless(percent <= 100, _("The percentage must be from 0 to 100"))
    return percent


def _write_decimal(value: Any) -> str:
    if not isinstance(value, Decimal):
        raise TypeError(f"a rule's amount is Decimal, not {type(value).__name__}")
    return money_text(value)


def _read_flag(value: Any) -> bool:
    _refuse_unless(isinstance(value, bool), _("Choose yes or no"))
    return bool(value)


def whole(least: int, most: int) -> Kind:
    """A whole number from `least` to `most`."""

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise _Unreadable(_("Enter a whole number from %(least)s to %(most)s") % {"least": least, "most": most})
        return value

    return Kind("whole", read, lambda value: value)


def optional(kind: Kind) -> Kind:
    """The same kind, where JSON null and None mean that the vehicle has no such limit."""
    return Kind(
        f"optional_{kind.name}",
        lambda value: None if value is None else kind.read(value),
        lambda value: None if value is None else kind.write(value),
        kind.choices,
    )


def choice(*choices: tuple[str, Text]) -> Kind:
    """One of the named values."""
    values = tuple(value for value, _label in choices)

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in values:
            raise _Unreadable(_("Choose one of: %(values)s") % {"values": ", ".join(values)})
        return value

    return Kind("choice", read, lambda value: value, choices)


def _read_codes(value: Any) -> tuple[str, ...]:
    _refuse_unless(
        isinstance(value, list | tuple) and all(isinstance(code, str) and code for code in value),
        _("Enter a list of codes"),
    )
    return tuple(value)


def _read_notice(value: Any) -> tuple[NoticeStep, ...]:
    _refuse_unless(isinstance(value, list | tuple), _("Enter the notice table as a list of steps"))
    steps = tuple(_read_notice_step(step) for step in value)
    for side in (AUTHORITY, PROVIDER):
        days = [step.from_day for step in steps if step.given_by == side]
        _refuse_unless(
            bool(days) and min(days) == 0,
            _("The notice table must say what each side gives from the first day"),
        )
        _refuse_unless(len(days) == len(set(days)), _("The notice table has two steps for the same day"))
    return tuple(sorted(steps, key=lambda step: (step.given_by, step.from_day)))


def _read_notice_step(value: Any) -> NoticeStep:
    if not isinstance(value, Mapping) or set(value) != {"given_by", "from_day", "days"}:
        raise _Unreadable(_("Each step of the notice table has given_by, from_day and days"))
    _refuse_unless(value["given_by"] in (AUTHORITY, PROVIDER), _("Notice is given by authority or provider"))
    days = whole(0, 3650)
    return NoticeStep(value["given_by"], days.read(value["from_day"]), days.read(value["days"]))


def _write_notice(value: tuple[NoticeStep, ...]) -> list[dict[str, Any]]:
    return [{"given_by": step.given_by, "from_day": step.from_day, "days": step.days} for step in value]


MONEY = Kind("money", _read_money, _write_decimal)
PERCENT = Kind("percent", _read_percent, _write_decimal)
QUANTITY = Kind("quantity", _read_money, _write_decimal)
FLAG = Kind("flag", _read_flag, lambda value: value)
CODES = Kind("codes", _read_codes, list)
NOTICE = Kind("notice", _read_notice, _write_notice)
