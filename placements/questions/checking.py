"""Whether a given value is an answer to its question, and how that answer is stored. Pure.

Pages, the API and copies all pass here, so that `Referral.answers` only ever holds answers that can be read again.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from brokerage.core.errors import RuleBroken
from brokerage.core.geography import outward_code
from brokerage.core.money import money_text, parse_money
from placements.questions.shapes import Kind, Question

PLACES_AT_MOST = 30


def checked(asked: Question, value: Any) -> Any:
    """The stored form of `value`: text, code, list of codes, bool, ISO date, int, or decimal text; None when empty.

    Raises RuleBroken on the question's name: `answer_too_long`, `answer_not_offered`, `answer_invalid`,
    `answer_out_of_range`, or what geography and money say.
    """
    if isinstance(value, str):
        value = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if value is None or value == "" or value == []:
        return None
    return _CHECKS[asked.kind](asked, value)


def _text(asked: Question, value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise RuleBroken("answer_invalid", _("Enter text"), asked.name)
    if asked.kind is Kind.LINE:
        value = " ".join(value.split())
    if len(value) > asked.max_length:
        raise RuleBroken(
            "answer_too_long",
            _("“%(label)s” must be %(limit)s characters or fewer; it has %(count)s")
            % {"label": asked.full_label, "limit": asked.max_length, "count": len(value)},
            asked.name,
        )
    return value


def _one(asked: Question, value: Any) -> str:
    if value not in dict(asked.options):
        raise RuleBroken("answer_not_offered", _("Select one of the answers offered"), asked.name)
    return str(value)


def _several(asked: Question, value: Any) -> list[str]:
    codes = list(value) if isinstance(value, (list, tuple)) else [value]
    offered = [code for code, _label in asked.options]
    if any(code not in offered for code in codes):
        raise RuleBroken("answer_not_offered", _("Select from the answers offered"), asked.name)
    if asked.exclusive and asked.exclusive in codes and len(codes) > 1:
        raise RuleBroken(
            "answer_contradicts",
            _("Select answers, or “%(none)s”, but not both") % {"none": dict(asked.options)[asked.exclusive]},
            asked.name,
        )
    return [code for code in offered if code in codes]


def _yes_no(asked: Question, value: Any) -> bool:
    answers = {True: True, False: False, "yes": True, "no": False}
    if not isinstance(value, (bool, str)) or value not in answers:
        raise RuleBroken("answer_not_offered", _("Select yes or no"), asked.name)
    return answers[value]


def _date(asked: Question, value: Any) -> str:
    try:
        day = value if isinstance(value, dt.date) else dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise RuleBroken("answer_invalid", _("Enter a real date, such as 27 3 2026"), asked.name) from None
    if not 1900 <= day.year <= 2200:
        raise RuleBroken("answer_out_of_range", _("Check the year"), asked.name)
    return dt.date(day.year, day.month, day.day).isoformat()


def _whole(asked: Question, value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,6}", str(value).strip(), re.ASCII):
        raise RuleBroken(
            "answer_invalid",
            _("“%(label)s” must be a whole number, such as 12") % {"label": asked.full_label},
            asked.name,
        )
    return int(_in_range(asked, Decimal(str(value).strip())))


def _decimal(asked: Question, value: Any) -> str:
    try:
        if not re.fullmatch(r"\d{1,6}(\.\d{1,2})?", str(value).strip(), re.ASCII):
            raise InvalidOperation
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise RuleBroken(
            "answer_invalid", _("“%(label)s” must be a number, such as 12.5") % {"label": asked.full_label}, asked.name
        ) from None
    return str(_in_range(asked, number))


def _in_range(asked: Question, number: Decimal) -> Decimal:
    if not asked.minimum <= number <= asked.maximum:
        raise RuleBroken(
            "answer_out_of_range",
            _("“%(label)s” must be between %(low)s and %(high)s")
            % {"label": asked.full_label, "low": asked.minimum, "high": asked.maximum},
            asked.name,
        )
    return number


def _money(asked: Question, value: Any) -> str:
    amount = value if isinstance(value, Decimal) else parse_money(str(value), field=asked.name)
    return money_text(amount)


def _outward(asked: Question, value: Any) -> str:
    return outward_code(str(value), field=asked.name)


def _outwards(asked: Question, value: Any) -> list[str]:
    written = value if isinstance(value, (list, tuple)) else re.split(r"[,;\n]+", str(value))
    codes = [outward_code(str(text), field=asked.name) for text in written if str(text).strip()]
    if len(codes) > PLACES_AT_MOST:
        raise RuleBroken(
            "answer_out_of_range", _("Enter at most %(count)s places") % {"count": PLACES_AT_MOST}, asked.name
        )
    return list(dict.fromkeys(codes))


_CHECKS = {
    Kind.LINE: _text,
    Kind.LONG: _text,
    Kind.CHOICE: _one,
    Kind.SELECT: _one,
    Kind.CHOICES: _several,
    Kind.YES_NO: _yes_no,
    Kind.DATE: _date,
    Kind.WHOLE: _whole,
    Kind.DECIMAL: _decimal,
    Kind.MONEY: _money,
    Kind.OUTWARD: _outward,
    Kind.OUTWARDS: _outwards,
}
