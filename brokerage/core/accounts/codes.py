"""Codes sent to somebody to type in: how long they are good, how often they may be guessed, how they are kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from django.conf import settings

#: Seconds a code may be used, and how often it may be guessed.
CODE_LIFE = 600
CODE_TRIES = 3


def new_code(figures: int) -> str:
    """A random code of so many figures."""
    return f"{secrets.randbelow(10**figures):0{figures}d}"


def hash_of(code: str) -> str:
    """What is kept of a code; spaces that somebody typed do not count."""
    plain = "".join(code.split())
    return hmac.new(settings.SECRET_KEY.encode(), plain.encode(), hashlib.sha256).hexdigest()


def is_code(code: str, kept: str) -> bool:
    """Whether this is the code of which `kept` is the hash."""
    return hmac.compare_digest(kept, hash_of(code))
