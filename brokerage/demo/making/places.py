"""Where the demo's establishments stand: towns by outward code, and real postcodes to put them at.

Streets are invented; only the postcode and its coordinates are real. The directory does not mark ended
postcodes, so those placed to the nearest 100 metres only (mostly ended ones) are not used.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from random import Random

from brokerage.core.tenants.postcode_directory import PostcodeRow, read_postcodes

_TABLE = tomllib.loads((Path(__file__).parent / "places.toml").read_text(encoding="utf-8"))
AREAS = tuple(_TABLE)


@dataclass(frozen=True)
class Place:
    """A real postcode with its town; metres on the National Grid."""

    postcode: str
    town: str
    easting: int
    northing: int
    gss_code: str

    @property
    def outward(self) -> str:
        return self.postcode.partition(" ")[0]


def towns_of(area: str) -> list[tuple[str, str, str]]:
    """(authority, outward code, town) of an area, in the order of `places.toml`."""
    found = []
    for gss_code, listed in _TABLE[area].items():
        for entry in listed:
            outward, _, town = entry.partition(" ")
            found.append((gss_code, outward, town))
    return found


class Postcodes:
    """Draws real postcodes, never the same one twice."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._towns = {area: towns_of(area) for area in AREAS}
        wanted = {(gss, outward) for towns in self._towns.values() for gss, outward, _ in towns}
        letters = {outward[0] for _, outward in wanted}
        self._rows: dict[tuple[str, str], list[PostcodeRow]] = defaultdict(list)
        for row in read_postcodes(letters):
            key = (row.authority_gss, row.postcode.partition(" ")[0])
            if key in wanted and row.easting % 100 and row.northing % 100:
                self._rows[key].append(row)
        missing = sorted(wanted - set(self._rows))
        if missing:
            raise LookupError(f"No postcode of these outward codes lies in the authority named: {missing}")

    def draw(self, area: str) -> Place:
        """A fresh place in an area: any of its outward codes alike, then any postcode there."""
        gss_code, outward, town = self._random.choice(self._towns[area])
        rows = self._rows[gss_code, outward]
        row = rows.pop(self._random.randrange(len(rows)))
        return Place(row.postcode, town, row.easting, row.northing, gss_code)
