"""One POST to a receiver: to checked addresses only, ten seconds in all, no redirect, no proxy, the answer unread.

A receiver that drips its answer byte by byte gains nothing: the deadline holds for the whole exchange.
"""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpcore

from brokerage.core.webhooks.addresses import AddressRefused, NameUnknown, callable_addresses

logger = logging.getLogger(__name__)

#: Seconds for everything: looking up the name, connecting, sending, the answer's first lines.
TIMEOUT = 10.0
USER_AGENT = "placement-brokerage-webhooks/1"


@dataclass(frozen=True)
class Answer:
    """What became of one attempt: the receiver's status, or one word about why there is none."""

    status: int | None
    error: str = ""

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        return self.status == 410


def post(url: str, body: bytes, headers: dict[str, str]) -> Answer:
    """Send the body and report; never raises for anything a receiver or the network may do."""
    backend = _Backend(time.monotonic() + TIMEOUT)
    sent = {"content-type": "application/json", "user-agent": USER_AGENT, "host": urlsplit(url).netloc, **headers}
    times = dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT)
    try:
        with (
            httpcore.ConnectionPool(network_backend=backend, max_connections=1, retries=0) as pool,
            pool.stream(
                "POST", url, headers=list(sent.items()), content=body, extensions={"timeout": times}
            ) as response,
        ):
            return _answer(response.status)
    except (httpcore.TimeoutException, _TooLate):
        return Answer(None, "timeout")
    except AddressRefused:
        return Answer(None, "address_refused")
    except NameUnknown:
        return Answer(None, "name_unknown")
    except (httpcore.ConnectError, ssl.SSLError) as error:
        return Answer(None, "certificate" if _is_certificate(error) else "no_connection")
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
        return Answer(None, "broken_off")
    except Exception as error:
        # Whatever a receiver makes of us, its delivery waits its turn; it never stops the others'.
        logger.warning("A webhook could not be called: %s", type(error).__name__)
        return Answer(None, "url_invalid")


def _answer(status: int) -> Answer:
    if 200 <= status < 300:
        return Answer(status)
    return Answer(status, "redirect" if 300 <= status < 400 else "refused")


def _is_certificate(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


class _TooLate(Exception):
    """The deadline of the whole exchange has passed."""


class _Backend(httpcore.NetworkBackend):
    """Connects to addresses that were checked, and holds every step to one deadline."""

    def __init__(self, deadline: float) -> None:
        self._inner = httpcore.SyncBackend()
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = callable_addresses(host, port, seconds=_left(self._deadline))
        failed: Exception | None = None
        for address in addresses[:4]:
            try:
                stream = self._inner.connect_tcp(address, port, timeout=_left(self._deadline))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
                continue
            return _Stream(stream, self._deadline)
        raise failed or httpcore.ConnectError(host)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(min(seconds, _left(self._deadline)))


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, timeout=_left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout=_left(self._deadline))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._inner.start_tls(ssl_context, server_hostname, timeout=_left(self._deadline))
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise _TooLate
    return seconds
