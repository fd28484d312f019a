"""What somebody without an account may do: say something, and with the receipt come back to it.

Runs as the database role `brokerage_public`, which may do nothing else. How often is limited without keeping an
address: the caller is a hash under a random word that lives in the cache for a day, so that tomorrow nobody can tell
who it was.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import ipaddress
import secrets
import time
from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.core.cache import cache
from django.db import connection

from brokerage.core.accounts.cache import FallbackCache
from brokerage.core.references import ALPHABET
from brokerage.core.tenants.context import public
from brokerage.safeguarding.voice import codes
from brokerage.safeguarding.voice.models import message_reference

#: Messages in an hour: from one caller (many may share an address), with one code, and altogether.
FROM_ONE, WITH_CODE, ALTOGETHER = 20, 60, 2000
#: Receipts tried in an hour by one caller.
RECEIPTS = 30
#: A limit lies anywhere between its number and this share more of it, in each hour and for each caller elsewhere:
#: whoever writes until it is too much does not learn from how often it went well whether somebody else wrote too.
SPREAD = 1
HOUR = 3600
DAY = 86_400


@dataclass(frozen=True)
class Words:
    """What somebody says. `code` is tidy and well formed, or empty."""

    who: str
    text: str
    code: str = ""
    where: str = ""
    contact: str = ""
    is_in_danger: bool = False
    language: str = "en"


@dataclass(frozen=True)
class Line:
    """One part of the conversation, as the writer reads it."""

    kind: str
    text: str
    at: dt.datetime
    is_closed: bool


def caller_of(address: str) -> str:
    """Who asks, for today only: nothing can be found out from it once the day's random word is gone. Of IPv6 the
    network of one connection (/64), which gives whoever has it any number of addresses."""
    return _hidden(_network_of(address))


def is_too_much(caller: str, *, code: str = "") -> bool:
    """Count a message; True when there were too many in this hour. The same for a code that nobody uses.

    Who has said too much is not counted any further: nobody can use up what is everybody's.
    """
    return (
        _is_over(f"from:{caller}", FROM_ONE)
        or bool(code)
        and _is_over(f"code:{hashlib.sha256(code.encode()).hexdigest()[:16]}", WITH_CODE)
        or _is_over("all", ALTOGETHER)
    )


def is_trying_receipts(caller: str) -> bool:
    """Count a receipt shown; True when there were too many in this hour."""
    return _is_over(f"receipt:{caller}", RECEIPTS)


def say(words: Words, *, once: str) -> str:
    """Keep what somebody said; returns the receipt. The same words with the same `once` (a form sent twice) are one
    message with one receipt."""
    receipt = _receipt(words, once)
    with public(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT voice_say(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                message_reference(),
                words.code,
                words.who,
                words.text,
                words.where,
                words.contact,
                words.is_in_danger,
                words.language,
                hashed(receipt),
            ],
        )
    return receipt


def read(receipt: str) -> list[Line]:
    """The conversation of this receipt, oldest first; empty when there is none."""
    with public(), connection.cursor() as cursor:
        cursor.execute("SELECT kind, text, at, is_closed FROM voice_read(%s)", [hashed(receipt)])
        return [Line(*row) for row in cursor.fetchall()]


def add(receipt: str, text: str) -> bool:
    """Say more; False when nobody has this receipt."""
    with public(), connection.cursor() as cursor:
        cursor.execute("SELECT voice_add(%s, %s)", [hashed(receipt), text])
        return bool(cursor.fetchone()[0])


def hashed(receipt: str) -> str:
    """How a receipt is kept: looked up by its hash, so that no comparison tells how near a guess was."""
    return hashlib.sha256(f"voice receipt {codes.tidy(receipt)}".encode()).hexdigest()


def _receipt(words: Words, once: str) -> str:
    key = hmac.new(settings.SECRET_KEY.encode(), b"voice receipt", hashlib.sha256).digest()
    parts = (once, words.code, words.who, words.where, words.contact, str(words.is_in_danger), words.text)
    number = int.from_bytes(hmac.new(key, repr(parts).encode(), hashlib.sha256).digest())
    letters = ""
    for _place in range(codes.RECEIPT - 2):
        number, index = divmod(number, len(ALPHABET))
        letters += ALPHABET[index]
    return codes.with_check(letters)


def _is_over(what: str, limit: int) -> bool:
    """Count one more of it in this hour; True when there were more than the limit, which nobody can know exactly."""
    name = f"speak:{what}:{int(time.time()) // HOUR}"
    spare = int(_hidden(name), 16) % (limit * SPREAD + 1)
    return _counted(name) > limit + spare


def _counted(name: str) -> int:
    """One more in this hour. Redis, or this process's memory while it is away."""
    return cast(FallbackCache, cache).count(name, HOUR)


def _hidden(text: str) -> str:
    """The text under the day's random word."""
    name = f"speak:word:{int(time.time()) // DAY}"
    word = cache.get(name)
    if word is None:
        cache.add(name, secrets.token_hex(16), timeout=DAY)
        word = cache.get(name) or secrets.token_hex(16)
    return hmac.new(str(word).encode(), text.encode(), hashlib.sha256).hexdigest()[:24]


def _network_of(address: str) -> str:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return address
    return str(known.ipv4_mapped or ipaddress.IPv6Network((known.packed, 64), strict=False))
