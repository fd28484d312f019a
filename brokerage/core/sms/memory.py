"""Text messages kept in this process's memory: for tests."""

from __future__ import annotations

from typing import NamedTuple

from brokerage.core.sms.gateways import Gateway


class Sent(NamedTuple):
    """One text that was sent."""

    number: str
    text: str
    reference: str


#: Everything sent, oldest first.
outbox: list[Sent] = []


class MemoryGateway(Gateway):
    """Appends to `outbox`."""

    def send(self, *, number: str, text: str, reference: str) -> None:
        """Keep it."""
        outbox.append(Sent(number, text, reference))
