"""Charts drawn on the server as SVG: bars, stacked bars, a line, a ring. Each comes with its data table.

Positions are in per cent and words in pixels, so that a chart reflows to 320 pixels with its words whole.
No inline style or script, which the content security policy forbids: classes and presentation attributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zlib import crc32

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from brokerage.core.pages.figures import Col, Figure, Table

LONGEST_LABEL = 36
#: The longest bar leaves this much of the width, in per cent, for the value written after it.
ROOM_FOR_VALUE = 34
ROW_HEIGHT = 54
SERIES_COLOURS = 5


@dataclass(frozen=True)
class Row:
    """One value: what it is of, how much, and how that is written ("£900.00")."""

    label: str
    value: Decimal | int
    text: str


@dataclass(frozen=True)
class StackedRow:
    """One bar made of parts, in the order of the chart's series, and how its total is written."""

    label: str
    values: Sequence[Decimal | int]
    text: str
    texts: Sequence[str] = ()


def one_decimal(value: Decimal) -> str:
    """A position to one decimal, which is finer than a pixel."""
    return str(value.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


def clip(label: Any, longest: int = LONGEST_LABEL) -> str:
    """A label that fits a narrow screen; the data table has it in full."""
    text = str(label)
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def share(value: Decimal | int, largest: Decimal | int, whole: int = 100 - ROOM_FOR_VALUE) -> Decimal:
    """The width of a bar in per cent; nothing for what is negative."""
    return max(Decimal(0), Decimal(value)) * whole / Decimal(largest) if largest > 0 else Decimal(0)


def drawing(title: Any, description: Any, height: int, content: SafeString) -> SafeString:
    """The SVG element around a chart: its accessible name and description first."""
    name = f"chart-{crc32(f'{title}|{description}'.encode()):08x}"
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" class="app-chart" role="img" width="100%" height="{}" '
        'aria-labelledby="{}-title {}-desc"><title id="{}-title">{}</title><desc id="{}-desc">{}</desc>'
        "{}</svg>",
        height,
        name,
        name,
        name,
        title,
        name,
        description,
        content,
    )


def in_words(rows: Sequence[Row]) -> str:
    """The description of a chart: its values in a sentence, as far as a listener can follow."""
    spoken = "; ".join(f"{row.label}: {row.text}" for row in rows[:8])
    return f"{spoken}." if len(rows) <= 8 else _("%(rows)s; and more in the table.") % {"rows": spoken}


def bars(*, title: Any, rows: Sequence[Row], columns: tuple[Any, Any] | None = None, description: Any = "") -> Figure:
    """Horizontal bars, the longest value filling the width. `columns` head the data table."""
    largest = max((row.value for row in rows), default=0)
    content = format_html_join(
        "",
        '<text x="0" y="{}">{}</text><rect class="app-chart__1" x="0" y="{}" width="{}%" height="22"/>'
        '<text class="app-chart__strong" x="{}%" dx="6" y="{}">{}</text>',
        (
            (
                place * ROW_HEIGHT + 16,
                clip(row.label),
                place * ROW_HEIGHT + 23,
                one_decimal(share(row.value, largest)),
                one_decimal(share(row.value, largest)),
                place * ROW_HEIGHT + 40,
                row.text,
            )
            for place, row in enumerate(rows)
        ),
    )
    heads = columns or (_("Name"), _("Value"))
    table = Table(
        caption=title,
        head=[Col(heads[0]), Col(heads[1], numeric=True)],
        rows=[[row.label, row.text] for row in rows],
        caption_hidden=True,
    )
    height = max(1, len(rows)) * ROW_HEIGHT
    return Figure(drawing(title, description or in_words(rows), height, content), title, table)


def key(labels: Sequence[Any], class_prefix: str = "app-chart__", first: int = 1) -> SafeString:
    """What each colour means, as a list in words."""
    items = format_html_join(
        "",
        '<li><svg width="18" height="18" aria-hidden="true" focusable="false"><rect class="{}{}" width="18" '
        'height="18" stroke="#0b0c0c" stroke-width="1"/></svg>{}</li>',
        ((class_prefix, first + place, label) for place, label in enumerate(labels)),
    )
    return format_html('<ul class="app-key">{}</ul>', items)


def stacked(
    *,
    title: Any,
    series: Sequence[Any],
    rows: Sequence[StackedRow],
    columns: tuple[Any, Any] | None = None,
    description: Any = "",
) -> Figure:
    """Horizontal bars of up to five parts. Raises ValueError for more series or a row of another length."""
    if len(series) > SERIES_COLOURS or any(len(row.values) != len(series) for row in rows):
        raise ValueError("every row needs one value per series, and five series at most")
    totals = [sum((Decimal(value) for value in row.values), Decimal(0)) for row in rows]
    largest = max(totals, default=Decimal(0))
    drawn: list[SafeString] = []
    for place, (row, total) in enumerate(zip(rows, totals, strict=True)):
        top, start = place * ROW_HEIGHT, Decimal(0)
        drawn.append(format_html('<text x="0" y="{}">{}</text>', top + 16, clip(row.label)))
        for number, value in enumerate(row.values, start=1):
            width = share(value, largest)
            drawn.append(
                format_html(
                    '<rect class="app-chart__{} app-chart__gap" x="{}%" y="{}" width="{}%" height="22"/>',
                    number,
                    one_decimal(start),
                    top + 23,
                    one_decimal(width),
                )
            )
            start += width
        drawn.append(
            format_html(
                '<text class="app-chart__strong" x="{}%" dx="6" y="{}">{}</text>',
                one_decimal(share(total, largest)),
                top + 40,
                row.text,
            )
        )
    heads = columns or (_("Name"), _("Total"))
    table = Table(
        caption=title,
        head=[Col(heads[0]), *(Col(str(name), numeric=True) for name in series), Col(heads[1], numeric=True)],
        rows=[[row.label, *(row.texts or [str(value) for value in row.values]), row.text] for row in rows],
        caption_hidden=True,
    )
    spoken = description or in_words([Row(row.label, 0, row.text) for row in rows])
    svg = drawing(title, spoken, max(1, len(rows)) * ROW_HEIGHT, SafeString("".join(drawn)))
    return Figure(svg, title, table, key=key(series))


def line(*, title: Any, points: Sequence[Row], columns: tuple[Any, Any] | None = None, description: Any = "") -> Figure:
    """A line through values in order (months, weeks), from nothing up; first, last and highest in words."""
    top, bottom = 40, 190
    largest = max((point.value for point in points), default=0)
    last = max(1, len(points) - 1)
    spots = [
        (
            Decimal(place) * 96 / last + 2,
            bottom - share(point.value, largest, whole=bottom - top),
            point,
        )
        for place, point in enumerate(points)
    ]
    path = " ".join(f"{one_decimal(x)},{one_decimal(y)}" for x, y, _point in spots)
    content = format_html(
        '<svg x="0" y="0" width="100%" height="220" viewBox="0 0 100 220" preserveAspectRatio="none" '
        'aria-hidden="true"><path class="app-chart__axis" d="M0 {}H100" vector-effect="non-scaling-stroke"/>'
        '<polyline class="app-chart__line" points="{}"/></svg>',
        bottom,
        path,
    )
    content += format_html_join(
        "",
        '<circle class="app-chart__dot" cx="{}%" cy="{}" r="4"/>',
        ((one_decimal(x), one_decimal(y)) for x, y, _point in spots),
    )
    highest = max(range(len(spots)), key=lambda place: spots[place][2].value, default=0)
    every = -(-len(spots) // 5) if spots else 1
    for place, (x, y, point) in enumerate(spots):
        anchor = "start" if place == 0 else "end" if place == len(spots) - 1 else "middle"
        is_end = place in (0, len(spots) - 1)
        if is_end or place == highest:
            content += format_html(
                '<text class="app-chart__strong" x="{}%" y="{}" text-anchor="{}">{}</text>',
                one_decimal(x),
                # On a phone the highest would stand on the words of the nearer end.
                one_decimal(y - (12 if is_end else 30)),
                anchor,
                point.text,
            )
        if place == len(spots) - 1 or (place % every == 0 and len(spots) - 1 - place >= every):
            content += format_html(
                '<text class="app-chart__muted{}" x="{}%" y="{}" text-anchor="{}">{}</text>',
                "" if is_end else " app-chart__between",
                one_decimal(x),
                bottom + 22,
                anchor,
                clip(point.label, 12),
            )
    heads = columns or (_("When"), _("Value"))
    table = Table(
        caption=title,
        head=[Col(heads[0]), Col(heads[1], numeric=True)],
        rows=[[point.label, point.text] for point in points],
        caption_hidden=True,
    )
    return Figure(drawing(title, description or in_words(points), 220, content), title, table)


def ring(
    *,
    title: Any,
    part: Decimal | int,
    whole: Decimal | int,
    text: str,
    labels: tuple[Any, Any] | None = None,
    description: Any = "",
) -> Figure:
    """A part of a whole as a ring with `text` ("70%") in its middle. `labels` name the part and the rest."""
    filled = min(Decimal(100), share(part, whole, whole=100))
    content = format_html(
        '<svg viewBox="0 0 120 120" width="100%" height="200" aria-hidden="true">'
        '<circle class="app-ring__whole" cx="60" cy="60" r="50"/>'
        '<circle class="app-ring__part" cx="60" cy="60" r="50" pathLength="100" stroke-dasharray="{} 100" '
        'transform="rotate(-90 60 60)"/>'
        '<text x="60" y="68" text-anchor="middle" class="app-chart__strong">{}</text></svg>',
        one_decimal(filled),
        text,
    )
    names = labels or (_("Counted"), _("The rest"))
    table = Table(
        caption=title,
        head=[_("What"), Col(_("How many"), numeric=True)],
        rows=[[names[0], part], [names[1], whole - part], [_("All"), whole]],
        caption_hidden=True,
    )
    spoken = description or _("%(part)s of %(whole)s (%(text)s).") % {
        "part": part,
        "whole": whole,
        "text": text,
    }
    svg = drawing(title, spoken, 200, content)
    return Figure(SafeString(f'<div class="app-ring">{svg}</div>'), title, table)
