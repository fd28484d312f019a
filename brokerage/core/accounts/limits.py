"""Limits on how often somebody may ask: by address for pages that need no sign-in, by whatever else is named. Allauth
limits its own."""

from __future__ import annotations

import hashlib
import time

from allauth.core.internal.httpkit import get_client_ip
from django.core.cache import cache
from django.http import HttpRequest


def is_too_often(request: HttpRequest, what: str, *, limit: int, seconds: int) -> bool:
    """Count this request; True when the same address asked more than `limit` times in the current window."""
    return is_one_too_many(what, get_client_ip(request) or "", limit=limit, seconds=seconds)


def is_one_too_many(what: str, whose: str, *, limit: int, seconds: int) -> bool:
    """Count one more of `what` for this address, person or number (kept as a hash); True when there were more than
    `limit` in the current window."""
    window = int(time.time()) // seconds
    who = hashlib.sha256(whose.encode()).hexdigest()[:16]
    key = f"limit:{what}:{who}:{window}"
    cache.add(key, 0, timeout=seconds * 2)
    try:
        return int(cache.incr(key)) > limit
    except ValueError:
        return False
