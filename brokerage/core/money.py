"""Money: pounds as Decimal, rounded half up to the penny, once, at a named place.

Reading what people type, writing what people and machines read, percentages, and shares whose pennies sum.
No prices are decided here (see `placements.pricing`), and nothing here ever meets a float.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken

PENNY = Decimal("0.01")
NOTHING = Decimal("0.00")
#: The largest amount a column of money holds: numeric(12, 2).
LARGEST = Decimal("9999999999.99")

# Wide enough that no step before the one rounding loses a digit.
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
_WRITTEN = re.compile(r"£? ?(?P<pounds>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.(?P<pence>[0-9]+))?", re.ASCII)


def _require_decimal(amount: Decimal) -> Decimal:
    if not isinstance(amount, Decimal):
        raise TypeError(f"money is Decimal, not {type(amount).__name__}")
    if not amount.is_finite():
        raise ValueError("money is a finite amount")
    return amount


def pence(amount: Decimal) -> Decimal:
    """`amount` in pounds, rounded half up to the penny (0.005 becomes 0.01, -0.005 becomes -0.01).

    Raises TypeError for anything but Decimal and ValueError for NaN and infinity: both are faults in code.
    """
    rounded = _require_decimal(amount).quantize(PENNY, context=_EXACT)
    return rounded if rounded else NOTHING


def percent_of(base: Decimal, percent: Decimal) -> Decimal:
    """`percent` per cent of `base` pounds, rounded half up to the penny once."""
    return pence(_EXACT.divide(_EXACT.multiply(base, percent), Decimal(100)))


def is_whole_pence(amount: Decimal) -> bool:
    """Whether `amount` is finite and has nothing smaller than a penny."""
    if not amount.is_finite():
        return False
    # Whole pounds first: 1E+400 has no pennies either, and is too long to be rounded to them.
    return amount == amount.to_integral_value() or amount == pence(amount)


def parse_money(text: str, *, field: str | None = None) -> Decimal:
    """Pounds from what a person, a form or JSON wrote: "900", "£900", "1,234.50", " £1,234.5 ".

    Raises RuleBroken (codes `money_missing`, `money_not_text`, `money_negative`, `money_too_precise`,
    `money_too_large`, `money_invalid`) on `field` for anything else: exponents, NaN, commas in odd places.
    """
    if not isinstance(text, str):
        raise RuleBroken("money_not_text", _("Send an amount of money as text, such as “900.00”"), field)
    written = text.replace("\u00a0", " ").strip()
    if not written:
        raise RuleBroken("money_missing", _("Enter an amount in pounds, such as 900.00"), field)
    if written[0] in "-−–" or written.startswith(("£-", "(")):
        raise RuleBroken("money_negative", _("The amount must be £0 or more"), field)
    match = _WRITTEN.fullmatch(written)
    if match is None:
        raise RuleBroken("money_invalid", _("Enter an amount in pounds and pence, such as 900.00 or 1,234.50"), field)
    decimals = match["pence"] or ""
    if len(decimals) > 2:
        raise RuleBroken(
            "money_too_precise",
            _("Enter pounds and pence with no more than 2 numbers after the point"),
            field,
        )
    digits = match["pounds"].replace(",", "").lstrip("0") or "0"
    if len(digits) > 10:
        raise RuleBroken("money_too_large", _("The amount is too large: check the number of digits"), field)
    return pence(Decimal(f"{digits}.{decimals or '0'}"))


def money_text(amount: Decimal) -> str:
    """For machines and form fields: "900.00", "-42.50", never grouped."""
    return f"{pence(amount):f}"


def pounds(amount: Decimal) -> str:
    """For people: "£1,234.50"; a deduction is written with a true minus sign, "−£42.50"."""
    rounded = pence(amount)
    sign = "−" if rounded < 0 else ""
    return f"{sign}£{abs(rounded):,.2f}"


def share_to_the_penny(total: Decimal, weights: Mapping[str, Decimal | Fraction | int]) -> dict[str, Decimal]:
    """Share `total` pounds by `weights` so that the shares sum to `total` exactly.

    Every share is rounded down; the odd pennies go to the largest fractions, ties in the order of the keys
    (for authorities: their GSS codes). Raises ValueError unless the weights are not negative and not all
    nothing.
    """
    exact = {key: Fraction(weight) for key, weight in weights.items()}
    whole = sum(exact.values(), Fraction(0))
    if whole <= 0 or any(weight < 0 for weight in exact.values()):
        raise ValueError("weights must be nothing or more, and not all nothing")
    pennies = Fraction(_require_decimal(total)) * 100
    if pennies.denominator != 1 or pennies < 0:
        raise ValueError("the total must be whole pennies, and not negative")
    portions = {key: pennies * weight / whole for key, weight in exact.items()}
    shares = {key: portion.numerator // portion.denominator for key, portion in portions.items()}
    odd_pennies = int(pennies) - sum(shares.values())
    for key in sorted(portions, key=lambda key: (shares[key] - portions[key], key))[:odd_pennies]:
        shares[key] += 1
    return {key: Decimal(share).scaleb(-2, context=_EXACT) for key, share in shares.items()}
