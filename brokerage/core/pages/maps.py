"""Maps drawn on the server as SVG: places with distance rings, and authorities shaded by a value.

Outlines are `tenants/data/authority_boundaries_bng.json` (National Grid metres), for drawing only: which
authority a place lies in is its postcode's to say, and who adjoins whom is `adjacency.csv`'s.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from brokerage.core.pages.figures import OGL_LINES, Cell, Col, Figure, Table

OUTLINES = Path(__file__).resolve().parent.parent / "tenants" / "data" / "authority_boundaries_bng.json"
METRES_IN_A_MILE = 1609.344
WIDTH = 700
LEAST_EXTENT = 12_000
MOST_LABELS = 12
SHADES = 5

Ring = tuple[tuple[float, float], ...]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Place:
    """A place on the map. `kind`: "eligible", "excluded", "home" (the child's), "other". `url`: in the table."""

    label: str
    easting: int
    northing: int
    note: str = ""
    kind: str = "other"
    url: str = ""


@dataclass(frozen=True)
class Value:
    """What an authority is shaded by, and how that is written."""

    amount: Decimal | int
    text: str


@dataclass(frozen=True, eq=False)
class Area:
    """One authority's outline."""

    gss_code: str
    name_en: str
    name_cy: str
    rings: tuple[Ring, ...]
    box: Box

    @property
    def name(self) -> str:
        return self.name_cy if self.name_cy and (get_language() or "").startswith("cy") else self.name_en

    @property
    def middle(self) -> tuple[float, float]:
        """The centroid of the largest part."""
        largest = max(self.rings, key=lambda ring: abs(_twice_area(ring)))
        twice = _twice_area(largest) or 1.0
        x = y = 0.0
        for (x0, y0), (x1, y1) in zip(largest, largest[1:], strict=False):
            cross = x0 * y1 - x1 * y0
            x += (x0 + x1) * cross
            y += (y0 + y1) * cross
        return x / (3 * twice), y / (3 * twice)


def _twice_area(ring: Ring) -> float:
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, ring[1:], strict=False))


@lru_cache(maxsize=1)
def areas() -> tuple[Area, ...]:
    """Every authority's outline, read once per process."""
    found = []
    for feature in json.loads(OUTLINES.read_text(encoding="utf-8"))["features"]:
        geometry, facts = feature["geometry"], feature["properties"]
        polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        rings = tuple(tuple((x, y) for x, y in ring) for polygon in polygons for ring in polygon)
        xs = [x for ring in rings for x, _y in ring]
        ys = [y for ring in rings for _x, y in ring]
        box = (min(xs), min(ys), max(xs), max(ys))
        found.append(Area(facts["gss_code"], facts["name_en"], facts["name_cy"], rings, box))
    return tuple(found)


class View:
    """The part of the country shown, and the scale: metres to pixels of the drawing, north up."""

    def __init__(self, boxes: Iterable[Box], margin: float = 0.06) -> None:
        west, south, east, north = zip(*boxes, strict=True)
        x0, y0, x1, y1 = min(west), min(south), max(east), max(north)
        pad = max(x1 - x0, y1 - y0) * margin
        across, up = max(x1 - x0 + 2 * pad, LEAST_EXTENT), max(y1 - y0 + 2 * pad, LEAST_EXTENT)
        # Neither a ribbon nor a tower.
        across, up = max(across, up / 1.25), max(up, across * 0.6)
        middle_x, middle_y = (x0 + x1) / 2, (y0 + y1) / 2
        self.west, self.north = middle_x - across / 2, middle_y + up / 2
        self.box: Box = (self.west, middle_y - up / 2, middle_x + across / 2, self.north)
        self.scale = WIDTH / across
        self.height = round(up * self.scale)

    def point(self, easting: float, northing: float) -> tuple[int, int]:
        """Pixels from the top left corner."""
        return round((easting - self.west) * self.scale), round((self.north - northing) * self.scale)

    def shows(self, box: Box) -> bool:
        return not (box[0] > self.box[2] or box[2] < self.box[0] or box[1] > self.box[3] or box[3] < self.box[1])

    def outline(self, area: Area) -> str:
        """The path of an area."""
        return _outline(area, self.west, self.north, self.scale)


@lru_cache(maxsize=2048)
def _outline(area: Area, west: float, north: float, scale: float) -> str:
    """Points that fall on the same pixel are drawn once. Who looks at a map again looks at the same part."""
    parts = []
    for ring in area.rings:
        pixels: list[tuple[int, int]] = []
        for x, y in ring:
            pixel = round((x - west) * scale), round((north - y) * scale)
            if not pixels or pixel != pixels[-1]:
                pixels.append(pixel)
        if len(pixels) > 2:
            parts.append("M" + "L".join(f"{x} {y}" for x, y in pixels) + "Z")
    return "".join(parts)


def _drawing(title: Any, description: Any, view: View, content: SafeString) -> SafeString:
    name = f"map-{crc32(f'{title}|{description}'.encode()):08x}"
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" class="app-map" role="img" viewBox="0 0 {} {}" '
        'aria-labelledby="{}-title {}-desc"><title id="{}-title">{}</title><desc id="{}-desc">{}</desc>'
        "{}</svg>",
        WIDTH,
        view.height,
        name,
        name,
        name,
        title,
        name,
        description,
        content,
    )


def _areas(view: View, classes: Mapping[str, str], otherwise: str) -> SafeString:
    return format_html_join(
        "",
        '<path class="app-map__area {}" d="{}"><title>{}</title></path>',
        (
            (classes.get(area.gss_code, otherwise), view.outline(area), area.name)
            for area in areas()
            if view.shows(area.box)
        ),
    )


def _kinds() -> dict[str, str]:
    return {
        "home": _("Where the person lives now"),
        "eligible": _("Can be invited"),
        "excluded": _("Excluded"),
        "other": _("Other place"),
    }


def points(
    *,
    title: Any,
    places: Sequence[Place],
    home: Place | None = None,
    rings: Sequence[int] = (5, 10, 20),
    highlight: Collection[str] = (),
    kinds: Mapping[str, Any] | None = None,
    description: Any = "",
) -> Figure:
    """Numbered places around `home`, with rings of so many miles; `highlight` are GSS codes of one's own.

    `kinds` renames the kinds in the key and table. Raises ValueError when there is nothing to show.
    """
    if home is None and not places:
        raise ValueError("a map needs a place")
    boxes: list[Box] = [(p.easting, p.northing, p.easting, p.northing) for p in places]
    if home is not None:
        reach = max(rings, default=0) * METRES_IN_A_MILE
        boxes.append((home.easting - reach, home.northing - reach, home.easting + reach, home.northing + reach))
    view = View(boxes)
    content = _areas(view, dict.fromkeys(highlight, "app-map__area--own"), "")
    if home is not None:
        x, y = view.point(home.easting, home.northing)
        for miles in rings:
            radius = round(miles * METRES_IN_A_MILE * view.scale)
            words = ngettext("%(count)d mile", "%(count)d miles", miles) % {"count": miles}
            content += format_html(
                '<circle class="app-map__ring" cx="{}" cy="{}" r="{}"/>'
                '<text class="app-map__words app-map__words--ring" x="{}" y="{}" text-anchor="middle">{}'
                "</text>",
                x,
                y,
                radius,
                x,
                y - radius + 16,
                words,
            )
    with_words = len(places) <= MOST_LABELS
    for number, place in reversed(list(enumerate(places, start=1))):
        content += _pin(view, place, str(number), with_words)
    if home is not None:
        content += _pin(view, home, "★", False)
    named = {**_kinds(), **(kinds or {})}
    shown = ([("★", home)] if home else []) + [(str(n), place) for n, place in enumerate(places, start=1)]
    table = Table(
        caption=title,
        head=[_("Place"), Col(_("Number on the map"), numeric=True), _("Distance or note"), _("Kind")],
        rows=[
            [Cell(place.label, place.url), mark, place.note, named.get(place.kind, place.kind)] for mark, place in shown
        ],
        stacked=True,
        caption_hidden=True,
    )
    used = [kind for kind in named if any(place.kind == kind for _mark, place in shown)]
    key = format_html(
        '<ul class="app-key">{}</ul>',
        format_html_join(
            "",
            '<li><svg width="18" height="18" aria-hidden="true" focusable="false">'
            '<circle class="app-map__pin app-map__pin--{}" cx="9" cy="9" r="8"/></svg>{}</li>',
            ((kind, named[kind]) for kind in used),
        ),
    )
    spoken = description or "; ".join(
        f"{mark} {place.label}{', ' + str(place.note) if place.note else ''}" for mark, place in shown[:10]
    )
    return Figure(_drawing(title, spoken, view, content), title, table, key=key, sources=OGL_LINES)


def _pin(view: View, place: Place, mark: str, with_words: bool) -> SafeString:
    x, y = view.point(place.easting, place.northing)
    kind = place.kind if place.kind in ("home", "eligible", "excluded") else "other"
    pin = format_html(
        '<circle class="app-map__pin app-map__pin--{}" cx="{}" cy="{}" r="12"><title>{}</title></circle>'
        '<text class="app-map__number" x="{}" y="{}">{}</text>',
        kind,
        x,
        y,
        place.label,
        x,
        y,
        mark,
    )
    if not with_words:
        return pin
    left = x > WIDTH * 0.7
    return pin + format_html(
        '<text class="app-map__words" x="{}" y="{}" text-anchor="{}">{}</text>',
        x - 17 if left else x + 17,
        y + 5,
        "end" if left else "start",
        place.label,
    )


def choropleth(
    *,
    title: Any,
    values: Mapping[str, Value],
    unit: Any = "",
    names: tuple[Any, Any] | None = None,
    description: Any = "",
) -> Figure:
    """Authorities shaded in up to five steps of equal count; nothing stays white. Keys are GSS codes.

    Raises ValueError when no code is known. `names` head the table's columns.
    """
    shown = [area for area in areas() if area.gss_code in values]
    if not shown:
        raise ValueError("a map needs an authority")
    view = View([area.box for area in shown])
    some = sorted({value.amount for value in values.values() if value.amount > 0})
    steps = min(SHADES, len(some))
    limits = [some[(step + 1) * len(some) // steps - 1] for step in range(steps)] if some else []

    def shade(amount: Decimal | int) -> int:
        if amount <= 0:
            return 0
        step = next(place for place, limit in enumerate(limits) if amount <= limit)
        return SHADES - steps + step + 1

    classes = {code: f"app-map__c{shade(value.amount)}" for code, value in values.items()}
    content = _areas(view, classes, "app-map__c0")
    for area in shown:
        if (area.box[2] - area.box[0]) * view.scale > 60:
            x, y = view.point(*area.middle)
            content += format_html(
                '<text class="app-map__words" x="{}" y="{}" text-anchor="middle">{}</text>',
                x,
                y + 5,
                values[area.gss_code].text,
            )
    lows = [min(amount for amount in some if shade(amount) == shade(limit)) for limit in limits]
    # As the values are written: a suppressed count has its words in the key too.
    words = {value.amount: value.text for value in values.values()}
    ranges = [
        (
            SHADES - steps + place + 1,
            f"{words[low]}–{words[high]} {unit}" if low != high else f"{words[high]} {unit}",
        )
        for place, (low, high) in enumerate(zip(lows, limits, strict=True))
    ]
    key = format_html(
        '<ul class="app-key">{}</ul>',
        format_html_join(
            "",
            '<li><svg width="18" height="18" aria-hidden="true" focusable="false"><rect class="app-map__c{}" '
            'width="18" height="18" stroke="#0b0c0c"/></svg>{}</li>',
            [(0, _("None")), *ranges],
        ),
    )
    heads = names or (_("Authority"), _("Value"))
    rows = sorted(((area.name, values[area.gss_code]) for area in shown), key=lambda row: row[0])
    table = Table(
        caption=title,
        head=[heads[0], Col(heads[1], numeric=True)],
        rows=[[name, value.text] for name, value in rows],
        caption_hidden=True,
    )
    spoken = description or "; ".join(f"{name}: {value.text}" for name, value in rows[:10])
    return Figure(_drawing(title, spoken, view, content), title, table, key=key, sources=OGL_LINES)
