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
    #: The reference says how many, and not which: a text message leaves it out.
    is_count: bool = False


_texts: dict[str, Text] = {}


def register(template: str, *, subject: Any, body: Any, is_count: bool = False) -> None:
    """Name a message's text. Registering the same name twice is a mistake."""
    if template in _texts:
        raise ValueError(f"The message {template} has two texts.")
    _texts[template] = Text(subject, body, is_count)


def text_of(template: str) -> Text:
    """The registered text; raises KeyError for an unknown name."""
    return _texts[template]


def is_count(template: str) -> bool:
    """Whether its messages have a count for a reference; False for an unknown name."""
    return template in _texts and _texts[template].is_count


def names() -> list[str]:
    """Every registered name."""
    return sorted(_texts)
