"""Ranking by price, by quality and price, by price per unit of quality: advice with its working."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerage.core.errors import RuleBroken
from dpv.rule_defaults import adult_defaults, fostering_defaults
from placements.scoring import Candidate, rank, rank_by_rules
from tests.many import many

NINE = datetime(2026, 10, 2, 9, 0, tzinfo=UTC)


def offer(key: str, price: str, quality: str | None = None, minutes: int = 0) -> Candidate:
    return Candidate(
        key,
        Decimal(price),
        None if quality is None else Decimal(quality),
        NINE + timedelta(minutes=minutes),
    )


def test_price_per_unit_of_quality() -> None:
    """800/80 = 10.00 beats 760/72 = 10.56."""
    first, second = rank([offer("b", "760", "72"), offer("a", "800", "80")], method="price_per_quality")
    assert (first.candidate.key, first.place, first.score) == ("a", 1, Decimal("10.00"))
    assert (second.candidate.key, second.place, second.score) == ("b", 2, Decimal("10.56"))
    assert str(second.explanation) == "£760.00 ÷ 72 quality points = £10.56 a point"


def test_quality_and_price_weighted() -> None:
    """Price points = lowest price / price x weight."""
    ranked = rank(
        [offer("cheap", "800", "50"), offer("good", "850", "90")],
        method="quality_price",
        price_weight=Decimal(80),
        quality_weight=Decimal(20),
    )
    assert [(entry.candidate.key, str(entry.score)) for entry in ranked] == [
        ("good", "93.29"),
        ("cheap", "90.00"),
    ]
    assert str(ranked[0].explanation) == (
        "75.29 points for price (£800.00 ÷ £850.00 × 80) + 18.00 for quality (90 × 20%)"
    )


def test_lowest_price_first() -> None:
    ranked = rank([offer("a", "820"), offer("b", "800.50", "10"), offer("c", "801", "90")])
    assert [entry.candidate.key for entry in ranked] == ["b", "c", "a"]
    assert ranked[0].score == Decimal("800.50")
    assert str(ranked[0].explanation) == "£800.50"


@pytest.mark.parametrize("method", ["price", "quality_price", "price_per_quality"])
def test_equal_offers_share_a_place_in_the_order_they_came(method: str) -> None:
    late, early, dear = offer("a", "800", "80", 5), offer("b", "800", "80", 1), offer("c", "900", "80")
    ranked = rank([dear, late, early], method=method)
    assert [(entry.candidate.key, entry.place) for entry in ranked] == [("b", 1), ("a", 1), ("c", 3)]


@pytest.mark.parametrize("method", ["quality_price", "price_per_quality"])
def test_offers_without_a_quality_score_come_last_by_price(method: str) -> None:
    ranked = rank([offer("a", "500"), offer("b", "400"), offer("c", "900", "10")], method=method)
    assert [entry.candidate.key for entry in ranked] == ["c", "b", "a"]
    assert ranked[1].score is None
    assert str(ranked[1].explanation) == "No quality score"


def test_a_quality_of_nothing_cannot_be_divided_by() -> None:
    (only,) = rank([offer("a", "500", "0")], method="price_per_quality")
    assert only.score is None
    (weighted,) = rank([offer("a", "500", "0")], method="quality_price")
    assert weighted.score == 80


def test_a_price_of_nothing_gets_all_price_points() -> None:
    ranked = rank([offer("a", "0", "50"), offer("b", "10", "50")], method="quality_price")
    assert [(entry.candidate.key, entry.score) for entry in ranked] == [("a", Decimal(90)), ("b", Decimal(10))]


def test_nothing_to_rank() -> None:
    assert rank([], method="quality_price") == ()


def test_the_vehicle_chooses_the_method() -> None:
    offers = [offer("cheap", "760", "72"), offer("good", "800", "80")]
    assert rank_by_rules(offers, fostering_defaults())[0].candidate.key == "cheap"
    assert rank_by_rules(offers, adult_defaults())[0].candidate.key == "good"


@pytest.mark.parametrize(
    ("settings_", "code"),
    [
        ({"method": "coin"}, "ranking_method_unknown"),
        ({"price_weight": Decimal(70)}, "ranking_weights"),
        ({"price_weight": Decimal(120), "quality_weight": Decimal(-20)}, "ranking_weights"),
    ],
)
def test_a_method_that_makes_no_sense_is_refused(settings_: dict, code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        rank([offer("a", "1", "1")], **settings_)
    assert refused.value.code == code


@pytest.mark.parametrize("quality", ["-1", "100.01"])
def test_quality_is_from_0_to_100(quality: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        rank([offer("a", "1", quality)])
    assert refused.value.code == "quality_invalid"


offers = st.lists(
    st.builds(
        Candidate,
        key=st.uuids().map(str),
        price=st.decimals(min_value=1, max_value=9999, places=2),
        quality=st.decimals(min_value=1, max_value=100, places=1),
        submitted_at=st.integers(0, 100).map(lambda minutes: NINE + timedelta(minutes=minutes)),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda candidate: candidate.key,
)


@given(offers, st.integers(0, 100), st.randoms())
@settings(max_examples=many(150))
def test_the_order_is_that_of_exact_fractions_however_offers_arrive(
    candidates: list[Candidate], weight: int, random: object
) -> None:
    lowest = min(Fraction(candidate.price) for candidate in candidates)

    def points(candidate: Candidate) -> Fraction:
        return lowest / Fraction(candidate.price) * weight + Fraction(candidate.quality or 0) * (100 - weight) / 100

    expected = sorted(candidates, key=lambda c: (-points(c), c.submitted_at, c.key))
    shuffled = sorted(candidates, key=lambda _candidate: random.random())
    ranked = rank(
        shuffled,
        method="quality_price",
        price_weight=Decimal(weight),
        quality_weight=Decimal(100 - weight),
    )
    assert [entry.candidate for entry in ranked] == expected
    assert ranked[0].place == 1
    for before, after in zip(ranked, ranked[1:], strict=False):
        is_equal = points(before.candidate) == points(after.candidate)
        assert (before.place == after.place) is is_equal
