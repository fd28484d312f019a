"""Charts and maps are well-formed, escape what they are given, obey the security policy and say it all in a table."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.template import engines
from django.utils import translation

from brokerage.core.pages import charts, maps
from brokerage.core.pages.figures import Figure
from tests.pages.markup import Markup

HOSTILE = '<script>alert("x")</script> & ]]>'
HARROW = "E09000015"


def rows(*values: str) -> list[charts.Row]:
    return [charts.Row(f"{HOSTILE} {place}", Decimal(value), f"£{value} &") for place, value in enumerate(values)]


def place(kind: str = "eligible", east: int = 0) -> maps.Place:
    return maps.Place(HOSTILE, 520000 + east, 190000, note=HOSTILE, kind=kind)


HOME = maps.Place("Home", 515300, 188500, kind="home")
FIGURES: dict[str, Callable[[], Figure]] = {
    "bars": lambda: charts.bars(title=HOSTILE, rows=rows("12300.50", "0", "-4")),
    "bars of nothing": lambda: charts.bars(title="x", rows=[]),
    "stacked": lambda: charts.stacked(
        title=HOSTILE,
        series=[HOSTILE, "b"],
        rows=[charts.StackedRow(HOSTILE, [Decimal(1), Decimal(2)], "£3 &"), charts.StackedRow("z", [0, 0], "£0")],
    ),
    "line": lambda: charts.line(title=HOSTILE, points=rows("1", "5", "3", "4", "9", "2", "7")),
    "line of one": lambda: charts.line(title="x", points=rows("1")),
    "line of nothing": lambda: charts.line(title="x", points=[]),
    "ring": lambda: charts.ring(title=HOSTILE, part=7, whole=10, text="70% &", labels=(HOSTILE, "b")),
    "ring of nothing": lambda: charts.ring(title="x", part=0, whole=0, text="0%"),
    "points": lambda: maps.points(
        title=HOSTILE, places=[place(), place("excluded", 9000)], home=HOME, highlight={HARROW}
    ),
    "points without home": lambda: maps.points(title="x", places=[place(HOSTILE)]),
    "choropleth": lambda: maps.choropleth(
        title=HOSTILE, values={HARROW: maps.Value(3, HOSTILE), "E09000005": maps.Value(0, "0")}, unit=HOSTILE
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figure_is_well_formed_and_escaped(name: str) -> None:
    figure = FIGURES[name]()
    tree = ElementTree.fromstring(f"<figure>{figure.svg}{figure.key}</figure>")
    assert not [element for element in tree.iter() if element.tag.endswith("script")]
    for element in tree.iter():
        assert "style" not in element.attrib
        assert not [attribute for attribute in element.attrib if attribute.startswith("on")]


@pytest.mark.parametrize("name", FIGURES)
def test_figure_has_a_name_and_a_description(name: str) -> None:
    tree = ElementTree.fromstring(f"<figure>{FIGURES[name]().svg}</figure>")
    svg = next(element for element in tree.iter() if element.get("role") == "img")
    ids = {element.get("id"): (element.text or "").strip() for element in tree.iter() if element.get("id")}
    title, _description = svg.attrib["aria-labelledby"].split()
    assert set(svg.attrib["aria-labelledby"].split()) <= ids.keys()
    assert ids[title]


@pytest.mark.parametrize("name", FIGURES)
def test_figure_is_drawn_with_its_table(name: str) -> None:
    figure = FIGURES[name]()
    html = engines["django"].from_string("{% load pages %}{% figure figure '/x.csv' %}").render({"figure": figure})
    markup = Markup(html)
    assert not markup.open_tags
    assert "details" in [element.tag for element in markup.elements]
    if figure.table.rows:
        assert html.count('scope="row"') == len(figure.table.rows)
    assert "<script" not in html


def test_bars_are_in_proportion_and_leave_room() -> None:
    svg = charts.bars(title="x", rows=rows("100", "50", "-4")).svg
    assert re.findall(r'<rect [^>]*width="([\d.]+)%"', svg) == ["66.0", "33.0", "0.0"]


def test_parts_of_a_stack_follow_one_another() -> None:
    svg = charts.stacked(title="x", series=["a", "b"], rows=[charts.StackedRow("r", [1, 1], "2")]).svg
    assert re.findall(r'x="([\d.]+)%" y="\d+" width="([\d.]+)%"', svg) == [("0.0", "33.0"), ("33.0", "33.0")]


def test_a_stack_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="one value per series"):
        charts.stacked(title="x", series=["a"], rows=[charts.StackedRow("r", [1, 2], "3")])


def test_long_labels_are_cut_on_the_chart_and_whole_in_the_table() -> None:
    label = "Residential therapeutic with a very long name"
    figure = charts.bars(title="x", rows=[charts.Row(label, 1, "1")])
    assert "…</text>" in figure.svg
    assert figure.table.rows[0][0] == label


def test_the_same_figures_give_the_same_drawing() -> None:
    assert FIGURES["points"]() == FIGURES["points"]()


def test_every_authority_has_an_outline() -> None:
    assert len({area.gss_code for area in maps.areas()}) == 175
    harrow = next(area for area in maps.areas() if area.gss_code == HARROW)
    east, north = harrow.middle
    assert 510000 < east < 520000
    assert 184000 < north < 194000


def test_rings_are_to_scale() -> None:
    svg = maps.points(title="x", places=[], home=HOME).svg
    five, ten, twenty = (int(radius) for radius in re.findall(r'app-map__ring" cx="\d+" cy="\d+" r="(\d+)"', svg))
    assert ten == pytest.approx(2 * five, abs=1)
    assert twenty == pytest.approx(4 * five, abs=2)
    assert "5 miles" in svg


def test_the_map_is_cropped_to_its_places() -> None:
    near = maps.points(title="x", places=[place(), place(east=3000)]).svg
    assert near.count("app-map__area") < 15


def test_shades_are_steps_of_equal_count() -> None:
    codes = [area.gss_code for area in maps.areas()][:6]
    figure = maps.choropleth(
        title="x", values={code: maps.Value(n, str(n)) for n, code in enumerate(codes)}, unit="beds"
    )
    assert "1 beds" in figure.key
    assert {f"app-map__c{step}" for step in range(6)} <= set(re.findall(r"app-map__c\d", figure.svg))


def test_a_map_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="place"):
        maps.points(title="x", places=[])
    with pytest.raises(ValueError, match="authority"):
        maps.choropleth(title="x", values={"S12000005": maps.Value(1, "1")})


def test_maps_say_where_their_lines_come_from() -> None:
    assert "Open Government Licence" in maps.points(title="x", places=[place()]).sources[0]


def test_welsh_authorities_have_their_welsh_names() -> None:
    with translation.override("cy"):
        names = {area.name for area in maps.areas()}
    assert "Caerdydd" in names
