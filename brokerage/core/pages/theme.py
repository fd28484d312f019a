"""An organisation's own colour, made safe to read white text on (WCAG 2.2, 1.4.3: contrast 4.5 or more)."""

from __future__ import annotations

import re
from fractions import Fraction

#: GOV.UK's own blue: used when an organisation has no colour.
DEFAULT = "1d70b8"
LEAST_CONTRAST = Fraction(9, 2)


def is_colour(text: str) -> bool:
    """Whether the text is six hexadecimal digits."""
    return re.fullmatch(r"[0-9a-fA-F]{6}", text) is not None


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue from 0 to 255."""
    return int(colour[0:2], 16), int(colour[2:4], 16), int(colour[4:6], 16)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it, from 0 (black) to 1 (white)."""

    def linear(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(value) for value in channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast_with_white(colour: str) -> float:
    """From 1 (white) to 21 (black)."""
    return 1.05 / (luminance(colour) + 0.05)


def readable(colour: str) -> str:
    """The colour itself, or its nearest darker shade on which white text can be read."""
    colour = colour.lower()
    red, green, blue = channels(colour)
    for percent in range(100, -1, -1):
        shade = "".join(f"{value * percent // 100:02x}" for value in (red, green, blue))
        if contrast_with_white(shade) >= LEAST_CONTRAST:
            return shade
    return "000000"


def tint(colour: str, percent: int) -> str:
    """The colour mixed with white: `percent` of the colour, the rest white."""
    return "".join(f"{255 - (255 - value) * percent // 100:02x}" for value in channels(colour))


def stylesheet(colour: str) -> str:
    """The custom properties that turn GOV.UK's pages into an organisation's own."""
    brand = readable(colour)
    return (
        ":root{"
        f"--govuk-brand-colour:#{brand};"
        f"--govuk-surface-border-colour:#{tint(brand, 55)};"
        f"--app-brand-tint:#{tint(brand, 8)};"
        f"--app-brand-middle:#{tint(brand, 55)}"
        "}\n"
    )
