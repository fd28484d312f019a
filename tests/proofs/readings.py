"""A question to the application that may be asked again and again, with every clock standing still, and what was
answered: bytes, headers, cookies, how many statements. What the question leaves behind is undone.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from http.cookies import Morsel
from types import SimpleNamespace
from typing import Any
from unittest import mock

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from brokerage.core import clock

MASKS = (
    (re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"'), b"CSRF"),
    (re.compile(rb"nonce[-=]\"?[A-Za-z0-9+/=_-]+\"?"), b"NONCE"),
    (re.compile(rb'"X-CSRFToken": ?"[^"]*"'), b"CSRF"),
)
_ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Headers that are not compared: the server's clock, how many requests one has made oneself.
UNTOLD = {"date", "ratelimit"}
#: Cookies whose values are drawn: their names and attributes are compared.
DRAWN = {settings.CSRF_COOKIE_NAME, settings.SESSION_COOKIE_NAME}
#: Status of what only takes what is sent.
ONLY_SENT = 405
#: What was answered: status, masked bytes, every other header, and how many statements it took.
Seen = tuple[int, bytes, tuple[str, ...], int]
#: The question, which may be asked again.
Read = Callable[[], Seen]


class _Heard:
    """What the database is taken to have told, whenever it is asked."""

    counter = 0.0

    def __init__(self, moment: dt.datetime) -> None:
        vars(self)["moment"] = moment

    @property
    def connection(self) -> Any:
        return connection.connection

    def __setattr__(self, _name: str, _value: Any) -> None:
        pass


@contextmanager
def standing_still(moment: dt.datetime) -> Iterator[None]:
    """Every clock says this moment: the database's as the application counts it on, Django's, and the machine's."""

    class Still(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return moment.astimezone(tz) if tz else moment.astimezone().replace(tzinfo=None)

    with (
        mock.patch.object(clock, "_heard", _Heard(moment)),
        mock.patch.object(clock, "time", SimpleNamespace(monotonic=lambda: 0.0)),
        mock.patch.object(timezone, "datetime", Still),
        mock.patch.object(time, "time", moment.timestamp),
    ):
        yield


def reading(client: Client, ask: Callable[[], Any], moment: dt.datetime, known: set[str] | None = None) -> Read:
    """A question that may be asked again and again. Where the `known` ids are given, all others are masked: it draws
    some itself."""
    cookies = deepcopy(client.cookies)

    def read() -> Seen:
        statements = 0

        def count(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
            nonlocal statements
            statements += 1
            return execute(sql, params, many, context)

        # What reading leaves behind (a log of it, a message read) is undone, so that each reading is the first.
        client.cookies = deepcopy(cookies)
        with transaction.atomic(), standing_still(moment):
            with connection.execute_wrapper(count):
                response = ask()
                streamed = getattr(response, "streaming", False)
                body = b"".join(response.streaming_content) if streamed else response.content
            transaction.set_rollback(True)
        lines = [f"{name}: {value}" for name, value in sorted(response.headers.items()) if name.lower() not in UNTOLD]
        if known is not None:
            # Of a body whose ids were drawn.
            lines = [line for line in lines if not line.startswith("ETag")]
        lines += [_cookie(morsel) for _name, morsel in sorted(response.cookies.items())]
        lines += [f"led to {path} ({status})" for path, status in getattr(response, "redirect_chain", ())]
        told = tuple(masked(line.encode(), known).decode() for line in lines)
        return response.status_code, masked(bytes(body), known), told, statements

    return read


def _cookie(morsel: Morsel[str]) -> str:
    value = "DRAWN" if morsel.key in DRAWN else morsel.value
    return f"Set-Cookie: {morsel.key}={value} {sorted((name, each) for name, each in morsel.items() if each)}"


def masked(words: bytes, known: set[str] | None = None) -> bytes:
    """The words without what is another in every answer; with `known` ids, without all others too."""
    for pattern, mask in MASKS:
        words = pattern.sub(mask, words)
    return words if known is None else _ID.sub(lambda id: id[0] if id[0].decode() in known else b"ID", words)


def settled(readings: dict[str, Read]) -> dict[str, Seen]:
    """What is read with nothing done: whatever tells of the first reading itself is not seen in the second."""
    for read in readings.values():
        read()
    return {name: read() for name, read in readings.items()}


def is_open(seen: Seen) -> bool:
    """It answers, or leads on."""
    status, _body, headers, _statements = seen
    is_to_sign_in = any(line.startswith("Location: /accounts/") for line in headers)
    return status in (200, 201, 202, 204) or (status in (302, 303) and not is_to_sign_in)


def difference(before: Seen, after: Seen) -> str:
    """Where two answers part."""
    if before[1] == after[1]:
        other = sorted({*before[2]} ^ {*after[2]})
        return f"{before[0]} after {before[3]} statements became {after[0]} after {after[3]}; headers: {other}"
    place = next(
        (number for number, pair in enumerate(zip(before[1], after[1], strict=False)) if pair[0] != pair[1]),
        min(len(before[1]), len(after[1])),
    )
    begin = max(place - 80, 0)
    return f"…{before[1][begin : place + 80]!r} became …{after[1][begin : place + 80]!r}"
