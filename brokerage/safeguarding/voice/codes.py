"""Codes that people copy by hand: the code of a poster, and the receipt of a message.

Both end in two check characters. One or two wrong characters, or two that changed places, are found here, by
arithmetic alone: nobody learns from it which codes are in use, and nobody is lost by a typing error.
"""

from __future__ import annotations

import secrets

from brokerage.core.references import ALPHABET

#: Characters of each, the two check characters included.
POSTER, RECEIPT = 8, 12
GROUP = 4


def _powers() -> list[int]:
    """The powers of 2 in the field of 32 elements (x^5 + x^2 + 1)."""
    found, value = [], 1
    for _step in range(31):
        found.append(value)
        value <<= 1
        if value & 32:
            value ^= 0b100101
    return found


_POWER = _powers()
_LOG = {value: exponent for exponent, value in enumerate(_POWER)}


def _times(a: int, b: int) -> int:
    return _POWER[(_LOG[a] + _LOG[b]) % 31] if a and b else 0


def _sums(numbers: list[int]) -> tuple[int, int]:
    plain = weighed = 0
    for place, number in enumerate(numbers):
        plain ^= number
        weighed ^= _times(number, _POWER[place])
    return plain, weighed


def with_check(letters: str) -> str:
    """The letters of `ALPHABET`, and two more that make both sums nothing (a Reed-Solomon code)."""
    numbers = [ALPHABET.index(letter) for letter in letters]
    plain, weighed = _sums(numbers)
    first, second = _POWER[len(numbers)], _POWER[len(numbers) + 1]
    # a + b = plain, first·a + second·b = weighed
    inverse = _POWER[-_LOG[first ^ second] % 31]
    a = _times(weighed ^ _times(second, plain), inverse)
    return letters + ALPHABET[a] + ALPHABET[a ^ plain]


def new_code(length: int = POSTER) -> str:
    """A random code, without hyphens."""
    return with_check("".join(secrets.choice(ALPHABET) for _place in range(length - 2)))


def tidy(text: str) -> str:
    """What somebody typed: upper case, without spaces and hyphens, look-alikes mended."""
    kept = "".join(letter for letter in text.upper() if letter.isalnum())
    return kept.translate(str.maketrans("OIL", "011"))


def is_well_formed(code: str, length: int = POSTER) -> bool:
    """Whether it can be a code at all. Says nothing about whether anybody uses it."""
    if len(code) != length or any(letter not in ALPHABET for letter in code):
        return False
    return _sums([ALPHABET.index(letter) for letter in code]) == (0, 0)


def spaced(code: str) -> str:
    """As people read it: 7K3M-9QX2."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))
