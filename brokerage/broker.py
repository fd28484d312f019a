"""The broker's trouble that passes: a worker waits for a full Redis as for one that is away.

Celery ends a worker on an answer it does not know, and to a full Redis that is every answer.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import TRANSPORT_ALIASES
from kombu.transport.redis import Transport
from redis.exceptions import ExecAbortError, OutOfMemoryError, ReadOnlyError

#: Full; a transaction refused for that; and a replica, while another takes over.
PASSING = (OutOfMemoryError, ExecAbortError, ReadOnlyError)


class SteadyTransport(Transport):
    """Redis, whose refusals end a connection and not the worker."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.connection_errors = (*self.connection_errors, *PASSING)


def wait_for_a_full_broker() -> None:
    """Every connection of this process to Redis is a `SteadyTransport`."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = "brokerage.broker:SteadyTransport"
