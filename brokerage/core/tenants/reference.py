"""Loading the reference data that ships with the product: authorities, who adjoins whom, outward postcodes.

Runs as the loader, can be run again, and keeps what people changed (names, colours, contacts).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from django.utils.text import slugify

from brokerage.core.tenants.models import Adjacency, AuthorityProfile, Organisation, OutwardCode

DATA = Path(__file__).resolve().parent / "data"


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def load_authorities() -> int:
    """Every social services authority of England and Wales (175); returns how many were new."""
    known = set(AuthorityProfile.objects.values_list("gss_code", flat=True))
    organisations: list[Organisation] = []
    profiles: list[AuthorityProfile] = []
    for row in _rows("authorities.csv"):
        if row["gss_code"] in known:
            continue
        organisation = Organisation(
            kind=Organisation.Kind.AUTHORITY,
            name=row["name_en"],
            name_cy=row["name_cy"],
            slug=slugify(row["name_en"]),
        )
        organisations.append(organisation)
        profiles.append(
            AuthorityProfile(
                organisation=organisation,
                gss_code=row["gss_code"],
                nation=row["nation"],
                kind=row["kind"],
                ons_region=row["region"],
                centroid_easting=int(row["centroid_easting"]),
                centroid_northing=int(row["centroid_northing"]),
            )
        )
    Organisation.objects.bulk_create(organisations)
    AuthorityProfile.objects.bulk_create(profiles)
    return len(profiles)


def load_adjacency() -> int:
    """Who adjoins whom, unless a table (perhaps corrected by hand) is there; returns how many pairs were new."""
    if Adjacency.objects.exists():
        return 0
    rows = [Adjacency(a=row["a"], b=row["b"], basis=row["basis"]) for row in _rows("adjacency.csv")]
    Adjacency.objects.bulk_create(rows)
    return len(rows)


def load_outward_codes() -> int:
    """The middle of every outward postcode; returns how many were written."""
    rows = [
        OutwardCode(
            code=row["outward"],
            easting=int(row["easting"]),
            northing=int(row["northing"]),
            gss_code=row["gss_code"],
        )
        for row in _rows("outward_codes.csv")
    ]
    OutwardCode.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["easting", "northing", "gss_code"],
    )
    return len(rows)
