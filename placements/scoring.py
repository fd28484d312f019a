"""Ranking offers by a vehicle's or a call-off's method: advice with its working shown, never a decision.

By price, by quality and price weighted, or by price per unit of quality. Equal offers keep the order in which
they were submitted. What is compared (a weekly price, a total) is the caller's choice and must be said on
screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken
from brokerage.core.money import pounds
from dpv.rules import VehicleRules

Text = str | Promise
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class Candidate:
    """One offer to rank: `price` in pounds, `quality` from 0 to 100 or None where it was never scored."""

    key: str
    price: Decimal
    quality: Decimal | None
    submitted_at: datetime


@dataclass(frozen=True)
class Ranked:
    """A candidate's place from 1 (equal scores share a place), its score to 2 decimals, and the working in
    words.

    `score` is None where the method needs a quality score and there is none; such offers come last, by price.
    """

    candidate: Candidate
    place: int
    score: Decimal | None
    explanation: Text


def rank(
    candidates: Sequence[Candidate],
    *,
    method: str = "price",
    price_weight: Decimal = Decimal(80),
    quality_weight: Decimal = Decimal(20),
) -> tuple[Ranked, ...]:
    """The candidates in order, best first.

    `price`: the lowest. `quality_price`: lowest price / price x price weight, plus quality x quality weight /
    100; the most points. `price_per_quality`: price / quality; the least. Raises RuleBroken
    (`ranking_method_unknown`, `ranking_weights`, `quality_invalid`).
    """
    if method not in _METHODS:
        raise RuleBroken("ranking_method_unknown", _("Choose how offers are ranked"), "ranking_method")
    if min(price_weight, quality_weight) < 0 or price_weight + quality_weight != 100:
        raise RuleBroken("ranking_weights", _("The weights of price and quality must add up to 100"), "quality_weight")
    for candidate in candidates:
        if candidate.quality is not None and not 0 <= candidate.quality <= 100:
            raise RuleBroken("quality_invalid", _("A quality score is from 0 to 100"), "quality")
    scored = [
        (*_METHODS[method](candidate, candidates, price_weight, quality_weight), candidate) for candidate in candidates
    ]
    scored.sort(
        key=lambda entry: (
            entry[0] is None,
            entry[0] if entry[0] is not None else Fraction(entry[3].price),
            entry[3].submitted_at,
            entry[3].key,
        )
    )
    ranked: list[Ranked] = []
    merits: list[tuple[bool, Fraction]] = []
    for position, (merit, score, explanation, candidate) in enumerate(scored, start=1):
        comparable = (merit is None, Fraction(candidate.price) if merit is None else merit)
        is_equal = bool(merits) and merits[-1] == comparable
        merits.append(comparable)
        ranked.append(Ranked(candidate, ranked[-1].place if is_equal else position, score, explanation))
    return tuple(ranked)


def rank_by_rules(candidates: Sequence[Candidate], rules: VehicleRules) -> tuple[Ranked, ...]:
    """`rank` by the method and weights of the vehicle."""
    return rank(
        candidates,
        method=rules.ranking_method,
        price_weight=rules.price_weight,
        quality_weight=rules.quality_weight,
    )


# Merit (exact, least is best; None: cannot be scored), score as shown, working in words.
_Scored = tuple[Fraction | None, Decimal | None, Text]


def _rounded(exact: Fraction) -> Decimal:
    quotient = Decimal(exact.numerator) / Decimal(exact.denominator)
    return quotient.quantize(_HUNDREDTH, rounding=ROUND_HALF_UP)


def _by_price(candidate: Candidate, _all: Sequence[Candidate], _pw: Decimal, _qw: Decimal) -> _Scored:
    return Fraction(candidate.price), candidate.price, pounds(candidate.price)


def _by_weights(
    candidate: Candidate, everyone: Sequence[Candidate], price_weight: Decimal, quality_weight: Decimal
) -> _Scored:
    if candidate.quality is None:
        return None, None, _("No quality score")
    lowest = min(other.price for other in everyone)
    ratio = Fraction(lowest) / Fraction(candidate.price) if candidate.price else Fraction(1)
    price_points = ratio * Fraction(price_weight)
    quality_points = Fraction(candidate.quality) * Fraction(quality_weight) / 100
    points = price_points + quality_points
    return (
        -points,
        _rounded(points),
        _(
            "%(price_points)s points for price (%(lowest)s ÷ %(price)s × %(price_weight)s)"
            " + %(quality_points)s for quality (%(quality)s × %(quality_weight)s%%)"
        )
        % {
            "price_points": _rounded(price_points),
            "lowest": pounds(lowest),
            "price": pounds(candidate.price),
            "price_weight": _plain(price_weight),
            "quality_points": _rounded(quality_points),
            "quality": _plain(candidate.quality),
            "quality_weight": _plain(quality_weight),
        },
    )


def _by_unit(candidate: Candidate, _all: Sequence[Candidate], _pw: Decimal, _qw: Decimal) -> _Scored:
    if not candidate.quality:
        return None, None, _("No quality score")
    exact = Fraction(candidate.price) / Fraction(candidate.quality)
    return (
        exact,
        _rounded(exact),
        _("%(price)s ÷ %(quality)s quality points = %(unit)s a point")
        % {
            "price": pounds(candidate.price),
            "quality": _plain(candidate.quality),
            "unit": pounds(_rounded(exact)),
        },
    )


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


_METHODS = {"price": _by_price, "quality_price": _by_weights, "price_per_quality": _by_unit}
