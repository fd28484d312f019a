"""Ports of the loopback addresses: which are free, who answers there."""

from __future__ import annotations

import argparse
import secrets
import socket
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from brokerage.embedded.places import EmbeddedError


def loopback_hosts() -> list[str]:
    """The loopback addresses of this machine: browsers may try the IPv6 one first for `localhost`."""
    hosts = ["127.0.0.1"]
    if socket.has_ipv6:
        try:
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind(("::1", 0))
            hosts.append("::1")
        except OSError:
            pass
    return hosts


def bracketed(host: str, port: int) -> str:
    """`host:port` as an address is written, IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def require_free_port(port: int) -> None:
    """Raises EmbeddedError when somebody listens on `port` already."""
    for host in loopback_hosts():
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                probe.listen(1)
            except PermissionError as error:
                raise EmbeddedError(f"Port {port} needs more rights: choose one above 1023.") from error
            except OSError as error:
                raise EmbeddedError(
                    f"Port {port} is in use by another program: choose another with "
                    f"script/server --port {port + 1 if port < 65535 else port - 1}"
                ) from error


#: From where on a server of ours looks for a port, and the kernel's own choices unless it says otherwise.
_LOWEST, _KERNELS = 10_000, (32_768, 60_999)


def free_port(wanted: str = "") -> int:
    """`wanted` if it is free on the loopback address, else one that stays free while its server is away.

    The kernel's own choice would not: every outgoing connection of any program may be given that one next. It is taken
    only where no other is free. Raises EmbeddedError when there is none at all.
    """
    first, last = kernels_ports()
    others = [port for port in range(_LOWEST, 65_536) if not first <= port <= last]
    lasting = secrets.SystemRandom().sample(others, min(20, len(others)))
    for port in (*([int(wanted)] if wanted else []), *lasting, 0):
        with socket.socket() as probe:
            # As the server does: connections of its predecessor that linger must not make it move to another port,
            # where nobody would find it.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise EmbeddedError("No port of the loopback address is free.")


def kernels_ports() -> tuple[int, int]:
    """The first and the last port that outgoing connections are given."""
    try:
        first, last = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
        return int(first), int(last)
    except (OSError, ValueError):
        return _KERNELS


def is_ready(port: int) -> bool:
    """Does `/health/ready` answer 200?"""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/ready", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def port_number(text: str) -> int:
    """A port from the command line. Raises ArgumentTypeError unless it is 1 to 65535."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")
    return int(text)
