"""The letters of text messages (GSM 03.38), and how many fit. Pure."""

from __future__ import annotations

#: The letters of GSM 03.38 that count once. One letter outside (â, ŵ, ŷ are) leaves room for 70 instead of 160.
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Letters that count twice.
GSM_TWICE = frozenset("^{}\\[~]|€")
ONE_TEXT = 160


def septets(text: str) -> int | None:
    """How much of `ONE_TEXT` the text takes; None where it has letters that are not in the alphabet."""
    if not set(text) <= GSM | GSM_TWICE:
        return None
    return len(text) + sum(letter in GSM_TWICE for letter in text)
