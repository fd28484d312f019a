"""White text is readable on every colour an organisation may choose."""

from __future__ import annotations

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from brokerage.core.pages import theme


@pytest.mark.parametrize(
    ("colour", "contrast"), [("000000", 21.0), ("ffffff", 1.0), ("1d70b8", 5.17), ("767676", 4.54)]
)
def test_contrast_is_what_wcag_says(colour: str, contrast: float) -> None:
    assert theme.contrast_with_white(colour) == pytest.approx(contrast, abs=0.01)


@given(st.integers(0, 0xFFFFFF))
def test_every_colour_becomes_readable(number: int) -> None:
    shade = theme.readable(f"{number:06x}")
    assert theme.is_colour(shade)
    assert theme.contrast_with_white(shade) >= 4.5


@given(st.integers(0, 0xFFFFFF))
def test_a_readable_colour_is_left_alone(number: int) -> None:
    colour = f"{number:06x}"
    if theme.contrast_with_white(colour) >= 4.5:
        assert theme.readable(colour) == colour


@pytest.mark.parametrize("colour", ["005a30", "FFDD00"])
def test_the_stylesheet_is_served_for_a_year(client: Client, colour: str) -> None:
    response = client.get(f"/theme/{colour}.css")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in response["Cache-Control"]
    assert f"--govuk-brand-colour:#{theme.readable(colour)}" in response.text


@pytest.mark.parametrize("colour", ["fff", "zzzzzz", "005a300", "red;}", "００５ａ３０"])
def test_anything_else_is_no_colour(client: Client, colour: str) -> None:
    assert client.get(f"/theme/{colour}.css").status_code == 404
