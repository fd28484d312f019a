"""The texts of messages, registered by the apps that send them.

A text may name the reference and nothing else of the matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Text:
    """`subject` and `body` are lazily translated and may use `%(reference)s` and `%(organisation)s`."""

    subject: Any
    body: Any


_texts: dict[str, Text] = {}


def register(template: str, *, subject: Any, body: Any) -> None:
    """Name a message's text. Registering the same name twice is a mistake."""
    if template in _texts:
        raise ValueError(f"The message {template} has two texts.")
    _texts[template] = Text(subject, body)


def text_of(template: str) -> Text:
    """The registered text; raises KeyError for an unknown name."""
    return _texts[template]


def names() -> list[str]:
    """Every registered name."""
    return sorted(_texts)
