"""What each recorded act is called on the audit page, registered by the apps that record it.

An act without words is shown by its code: old entries stay readable whatever is renamed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_labels: dict[str, Any] = {}


def register(labels: Mapping[str, Any]) -> None:
    """Name kinds of entries, lazily translated. Naming one twice is a mistake."""
    twice = labels.keys() & _labels.keys()
    if twice:
        raise ValueError(f"Acts with two labels: {', '.join(sorted(twice))}.")
    _labels.update(labels)


def label_of(kind: str) -> str:
    """The act in words, in the current language."""
    return str(_labels.get(kind, kind))


def kinds() -> frozenset[str]:
    """Every named kind."""
    return frozenset(_labels)
