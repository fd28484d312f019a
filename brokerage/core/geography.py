"""Postcodes, distances and placing bands as plain values.

Where a postcode lies and which authorities touch is reference data (`core.tenants`), handed in by the caller.
Distance is straight-line on the British National Grid: Northern Ireland has another grid and is never mixed
in.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Literal

from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken

PlacingBand = Literal["in_area", "out_of_area", "at_a_distance"]

METRES_PER_MILE = Decimal("1609.344")
_OUTWARD = r"[A-Z]{1,2}[0-9][0-9A-Z]?"
_INWARD = r"[0-9][ABD-HJLNP-UW-Z]{2}"
_FULL_POSTCODE = re.compile(f"({_OUTWARD})({_INWARD})", re.ASCII)
_OUTWARD_ONLY = re.compile(_OUTWARD, re.ASCII)
_EXACT = Context(prec=40, rounding=ROUND_HALF_UP)


def _squeeze(text: str) -> str:
    return re.sub(r"[\s.\-]+", "", text).upper()


def normalise_postcode(text: str, *, field: str | None = "postcode") -> str:
    """A full postcode as it is written: "ha12aa" becomes "HA1 2AA".

    Raises RuleBroken (`postcode_missing`, `postcode_invalid`) on `field`. Says nothing about existence.
    """
    squeezed = _squeeze(text)
    if not squeezed:
        raise RuleBroken("postcode_missing", _("Enter a postcode"), field)
    match = _FULL_POSTCODE.fullmatch(squeezed)
    if match is None:
        raise RuleBroken("postcode_invalid", _("Enter a full UK postcode, such as HA1 2AA"), field)
    return f"{match[1]} {match[2]}"


def is_postcode(text: str) -> bool:
    """Whether `text` is shaped like a full postcode."""
    return _FULL_POSTCODE.fullmatch(_squeeze(text)) is not None


def outward_code(text: str, *, field: str | None = "postcode") -> str:
    """The first half, the only part a stage-one view may show: "HA1 2AA" and "HA1" both give "HA1".

    Raises RuleBroken (`postcode_missing`, `outward_code_invalid`) on `field`.
    """
    squeezed = _squeeze(text)
    if not squeezed:
        raise RuleBroken("postcode_missing", _("Enter the first half of a postcode, such as HA1"), field)
    full = _FULL_POSTCODE.fullmatch(squeezed)
    if full is not None:
        return full[1]
    if _OUTWARD_ONLY.fullmatch(squeezed) is None:
        raise RuleBroken("outward_code_invalid", _("Enter the first half of a UK postcode, such as HA1 or SW1A"), field)
    return squeezed


def inward_code(postcode: str) -> str:
    """The second half: "HA1 2AA" gives "2AA". Raises RuleBroken as `normalise_postcode` does."""
    return normalise_postcode(postcode).split(" ")[1]


def directory_key(postcode: str) -> str:
    """The fixed seven characters under which the ONS directory files a postcode: "E1 6AN" gives "E1  6AN"."""
    outward, inward = normalise_postcode(postcode).split(" ")
    return f"{outward:<4}{inward}"


def miles_between(here: tuple[int, int], there: tuple[int, int]) -> Decimal:
    """Straight-line miles to 1 decimal place between two (easting, northing) pairs in metres."""
    east, north = (there[0] - here[0], there[1] - here[1])
    metres = _EXACT.sqrt(Decimal(east * east + north * north))
    return _EXACT.divide(metres, METRES_PER_MILE).quantize(Decimal("0.1"), context=_EXACT)


def metres_within(miles: Decimal) -> int:
    """Whole metres of `miles`, rounded up: the radius for a first, generous search by box."""
    return int(_EXACT.multiply(miles, METRES_PER_MILE).to_integral_value(rounding="ROUND_CEILING"))


def placing_band(responsible: str, host: str, adjoining: Collection[str]) -> PlacingBand:
    """Where a placement lies for the responsible authority; all three are GSS codes.

    `in_area` inside it; `out_of_area` in one that adjoins it (the nominated officer approves);
    `at_a_distance` anywhere else (the director approves). Care Planning, Placement and Case Review (England)
    Regulations 2010, regulations 11 and 12, as amended by SI 2013/3239.
    """
    if host == responsible:
        return "in_area"
    return "out_of_area" if host in adjoining else "at_a_distance"
