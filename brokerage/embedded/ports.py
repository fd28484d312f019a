"""The port of the web process: on which addresses, whether it is free, whether it answers."""

from __future__ import annotations

import argparse
import socket
from http.client import HTTPConnection, HTTPException

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
