"""The postcode loader feeds COPY in pieces of any size, losing nothing between them."""

from __future__ import annotations

from brokerage.core.tenants.management.commands.load_postcodes import LinesFile


def test_lines_are_read_whole_whatever_the_size_asked_for() -> None:
    lines = [f"HA1 {number}AA\t1\t2\tE09000015\n" for number in range(50)]
    for size in (1, 7, 25, 8192):
        file = LinesFile(iter(lines))
        pieces = []
        while piece := file.read(size):
            assert len(piece) <= size
            pieces.append(piece)
        assert "".join(pieces) == "".join(lines)


def test_everything_at_once() -> None:
    assert LinesFile(iter(["a\n", "b\n"])).read() == "a\nb\n"
