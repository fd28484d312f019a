"""Where postcodes lie, for a whole batch at once: from the postcode directory, else the middle of the outward code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from brokerage.core.tenants.models import OutwardCode, Postcode


@dataclass(frozen=True)
class Spot:
    """Metres on the British National Grid, and the authority there."""

    easting: int
    northing: int
    gss_code: str


def spots_of(postcodes: Iterable[str], outwards: Iterable[str] = ()) -> dict[str, Spot]:
    """The place of each full postcode and each outward code that is known, by the text asked for."""
    full = set(postcodes)
    short = {code.split(" ")[0] for code in full} | set(outwards)
    columns = ("code", "easting", "northing", "gss_code")
    middles = {code: Spot(*spot) for code, *spot in OutwardCode.objects.filter(code__in=short).values_list(*columns)}
    exact = {code: Spot(*spot) for code, *spot in Postcode.objects.filter(code__in=full).values_list(*columns)}
    near = {code: middles[code.split(" ")[0]] for code in full if code.split(" ")[0] in middles}
    return {**middles, **near, **exact}
