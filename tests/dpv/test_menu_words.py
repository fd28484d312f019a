"""A unit price in words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dpv.models import MenuItem


@pytest.mark.parametrize(("unit", "words"), [("hour", "£24.91 an hour"), ("night", "£24.91 a night")])
def test_a_unit_price_reads_as_people_say_it(unit: str, words: str) -> None:
    assert MenuItem(unit=unit, unit_price=Decimal("24.91")).price_text == words


def test_every_unit_has_its_words() -> None:
    assert set(MenuItem.PER_UNIT) == set(MenuItem.Unit)
