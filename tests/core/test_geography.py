"""Postcodes, distances, and where a placement lies for the responsible authority."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerage.core.errors import RuleBroken
from brokerage.core.geography import (
    directory_key,
    inward_code,
    is_postcode,
    metres_within,
    miles_between,
    normalise_postcode,
    outward_code,
    placing_band,
)

metres = st.integers(0, 700_000)


@pytest.mark.parametrize(
    ("written", "postcode", "outward", "key"),
    [
        ("ha12aa", "HA1 2AA", "HA1", "HA1 2AA"),
        (" Ha1  2aA ", "HA1 2AA", "HA1", "HA1 2AA"),
        ("e16an", "E1 6AN", "E1", "E1  6AN"),
        ("SW1A1AA", "SW1A 1AA", "SW1A", "SW1A1AA"),
        ("w1a-0ax", "W1A 0AX", "W1A", "W1A 0AX"),
        ("CF10\u00a03AT", "CF10 3AT", "CF10", "CF103AT"),
        ("NG1.5DT", "NG1 5DT", "NG1", "NG1 5DT"),
    ],
)
def test_postcodes_are_written_one_way(written: str, postcode: str, outward: str, key: str) -> None:
    assert normalise_postcode(written) == postcode
    assert outward_code(written) == outward
    assert directory_key(written) == key
    assert inward_code(written) == postcode[-3:]
    assert is_postcode(written)


@pytest.mark.parametrize("written", ["HA1", "HA1 2A", "1HA 2AA", "HA1 2AC", "HA1 2AAA", "ＨＡ１ ２ＡＡ", "H@1 2AA"])
def test_other_texts_are_no_postcodes(written: str) -> None:
    assert not is_postcode(written)
    with pytest.raises(RuleBroken) as refused:
        normalise_postcode(written, field="family_postcode")
    assert (refused.value.code, refused.value.field) == ("postcode_invalid", "family_postcode")


def test_an_outward_code_alone_is_enough_for_a_stage_one_view() -> None:
    assert outward_code("ha1") == "HA1"
    for written, code in (("", "postcode_missing"), ("HARROW", "outward_code_invalid")):
        with pytest.raises(RuleBroken) as refused:
            outward_code(written)
        assert refused.value.code == code
    with pytest.raises(RuleBroken) as missing:
        normalise_postcode(" ")
    assert missing.value.code == "postcode_missing"


@pytest.mark.parametrize(
    ("there", "miles"),
    [
        ((515512, 188184), "0.0"),
        ((515512 + 1609, 188184), "1.0"),
        ((515512 + 32187, 188184), "20.0"),
        ((515512, 188184 - 80467), "50.0"),
        ((515512 + 80, 188184), "0.0"),
        ((515512 + 81, 188184), "0.1"),
    ],
)
def test_miles_are_straight_and_have_one_decimal(there: tuple[int, int], miles: str) -> None:
    assert str(miles_between((515512, 188184), there)) == miles


@given(metres, metres, metres, metres)
@settings(max_examples=200)
def test_distance_is_within_half_a_tenth_and_the_same_both_ways(e1: int, n1: int, e2: int, n2: int) -> None:
    miles = miles_between((e1, n1), (e2, n2))
    assert miles == miles_between((e2, n2), (e1, n1))
    squared = (e1 - e2) ** 2 + (n1 - n2) ** 2
    low, high = (max(Decimal(0), miles - Decimal("0.05")), miles + Decimal("0.05"))
    metres_a_mile = Decimal("1609.344")
    assert (low * metres_a_mile) ** 2 <= squared <= (high * metres_a_mile) ** 2


def test_a_search_radius_is_generous() -> None:
    assert metres_within(Decimal(20)) == 32187
    assert metres_within(Decimal("0")) == 0


def test_placing_bands_follow_the_care_planning_regulations() -> None:
    harrow, brent, cardiff = "E09000015", "E09000005", "W06000015"
    adjoining = {brent, "E09000003"}
    assert placing_band(harrow, harrow, adjoining) == "in_area"
    assert placing_band(harrow, brent, adjoining) == "out_of_area"
    assert placing_band(harrow, cardiff, adjoining) == "at_a_distance"
    assert placing_band(harrow, brent, ()) == "at_a_distance"
