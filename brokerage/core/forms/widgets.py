"""Controls Django has not: text with a prefix, options with hints and reveals, a type-ahead select, files.

How they are drawn is `rendering`; the boxes of a date are `dates`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.forms import widgets
from django.utils.functional import Promise

WIDTHS = {2, 3, 4, 5, 10, 20, 30}


def width_class(width: int | str | None) -> str:
    """The class for an input of `width` characters (2 to 30) or a fraction such as "one-half"."""
    if not width:
        return ""
    return f"govuk-input--width-{width}" if width in WIDTHS else f"govuk-!-width-{width}"


class Text(widgets.TextInput):
    """One line of text, optionally with a prefix or suffix ("£", "miles") and a width."""

    def __init__(
        self,
        attrs: dict[str, Any] | None = None,
        *,
        prefix: str | Promise = "",
        suffix: str | Promise = "",
        width: int | str = "",
    ) -> None:
        super().__init__(attrs)
        self.prefix, self.suffix, self.width = prefix, suffix, width


class Radios(widgets.RadioSelect):
    """Radio buttons with hints per option and fields revealed under an option.

    `hints` maps an option's value to its hint; `reveals` maps an option's value to the NAME of another field
    of the same form, which is then drawn under the option and nowhere else.
    """

    def __init__(
        self,
        attrs: dict[str, Any] | None = None,
        choices: Iterable[Any] = (),
        *,
        inline: bool = False,
        small: bool = False,
        hints: Mapping[str, Any] | None = None,
        reveals: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(attrs, choices)
        self.inline, self.small = inline, small
        self.hints, self.reveals = dict(hints or {}), dict(reveals or {})


class Checkboxes(widgets.CheckboxSelectMultiple):
    """Checkboxes with hints and reveals as `Radios`; `exclusive` is the value that unticks all others."""

    def __init__(
        self,
        attrs: dict[str, Any] | None = None,
        choices: Iterable[Any] = (),
        *,
        small: bool = False,
        exclusive: str = "",
        hints: Mapping[str, Any] | None = None,
        reveals: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(attrs, choices)
        self.small, self.exclusive = small, exclusive
        self.hints, self.reveals = dict(hints or {}), dict(reveals or {})


class AutocompleteSelect(widgets.Select):
    """A select that becomes a type-ahead box where there is JavaScript."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["autocomplete"] = True
        return context


class MultipleFileInput(widgets.FileInput):
    """A file control that takes several files at once."""

    allow_multiple_selected = True
