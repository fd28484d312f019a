"""Codes that people copy by hand: every slip is found without asking anybody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokerage.core.references import ALPHABET
from brokerage.safeguarding.voice import codes

LETTERS = st.text(ALPHABET, min_size=6, max_size=6)


@given(LETTERS)
def test_a_code_is_well_formed(letters: str) -> None:
    code = codes.with_check(letters)
    assert len(code) == codes.POSTER and codes.is_well_formed(code)


@given(LETTERS, st.data())
def test_one_or_two_wrong_characters_are_found(letters: str, data: st.DataObject) -> None:
    code = codes.with_check(letters)
    places = data.draw(st.sets(st.integers(0, 7), min_size=1, max_size=2))
    typed = list(code)
    for place in places:
        typed[place] = data.draw(st.sampled_from([letter for letter in ALPHABET if letter != code[place]]))
    assert not codes.is_well_formed("".join(typed))


@given(LETTERS, st.integers(0, 7), st.integers(0, 7))
def test_two_that_changed_places_are_found(letters: str, one: int, other: int) -> None:
    code = codes.with_check(letters)
    typed = list(code)
    typed[one], typed[other] = typed[other], typed[one]
    assert codes.is_well_formed("".join(typed)) == (code[one] == code[other])


@pytest.mark.parametrize("length", [codes.POSTER, codes.RECEIPT])
def test_new_codes_differ_and_are_read_as_people_type_them(length: int) -> None:
    made = {codes.new_code(length) for _time in range(200)}
    assert len(made) == 200
    for code in made:
        typed = codes.spaced(code).lower().replace("0", "o").replace("1", "l").replace("-", " - ")
        assert codes.tidy(typed) == code and codes.is_well_formed(code, length)


@pytest.mark.parametrize("text", ["", "A", "U" * 8, "0" * 9, "é" * 8, "١٢٣٤٥٦٧٨", "\x00" * 8, "x" * 100_000])
def test_nonsense_is_no_code(text: str) -> None:
    assert not codes.is_well_formed(codes.tidy(text))
