"""Ports that stay ours while the server on them is away: the kernel gives a port nobody holds to the next who asks."""

from __future__ import annotations

import socket


def held_port() -> tuple[socket.socket, int]:
    """A free port of this machine and what holds it: connections are refused, yet a server may listen there."""
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    place.bind(("127.0.0.1", 0))
    return place, int(place.getsockname()[1])


def is_refused(port: int) -> bool:
    """Does nobody listen there any more?"""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
