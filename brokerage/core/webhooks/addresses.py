"""Which addresses a webhook may have, and which machines may be called for it.

An address is somebody else's input: it must be https, its name is looked up once, every address found must be a
public one, and the connection is made to those very addresses (no second look-up in between).
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

#: IPv6 prefixes that carry an IPv4 address in their last 32 bits: translators and their well-known kin.
_TRANSLATED = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_LOCAL_NAMES = (".local", ".internal", ".localhost", ".home.arpa")


class AddressRefused(OSError):
    """The name leads to a machine that must not be called; nothing was sent."""


class NameUnknown(OSError):
    """The name has no address, or the look-up took too long."""


def checked_url(url: str) -> str:
    """The address, trimmed. Refused unless it is https at a public-looking name, without a user or a fragment.

    Raises `RuleBroken` (`url_invalid`). Where the name leads is asked at each delivery, not here.
    """
    refused = RuleBroken("url_invalid", _("Enter a public address that starts with https://"), "url")
    url = url.strip()
    if len(url) > 500 or any(character.isspace() or not character.isprintable() for character in url):
        raise refused
    try:
        parts = urlsplit(url)
        host, _port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise refused from error
    if not url.isascii() or "\\" in url or not host or parts.username is not None or parts.fragment or "#" in url:
        raise refused
    if _is_loopback_name(host):
        if settings.WEBHOOK_ALLOW_LOOPBACK and parts.scheme in ("http", "https"):
            return url
        raise refused
    if parts.scheme != "https":
        raise refused
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        if "." not in host or host.endswith(_LOCAL_NAMES) or not host.rsplit(".", 1)[-1].strip("0123456789"):
            raise refused from None
    else:
        if not is_public(literal):
            raise refused
    return url


def callable_addresses(host: str, port: int, *, seconds: float) -> list[str]:
    """The addresses of a name, all of them checked. Raises `NameUnknown` or `AddressRefused`."""
    found = _look_up(host, port, seconds)
    if not found:
        raise NameUnknown(host)
    for text in found:
        address = ipaddress.ip_address(text.split("%", 1)[0])
        allowed = is_public(address) or (settings.WEBHOOK_ALLOW_LOOPBACK and address.is_loopback)
        if not allowed or "%" in text:
            raise AddressRefused(host)
    return found


def is_public(address: IpAddress) -> bool:
    """A machine of the open internet: no private, local, shared, reserved or multicast address, however wrapped."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address.teredo is not None:
            return False
        if inner is None and any(address in network for network in _TRANSLATED):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _is_loopback_name(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _look_up(host: str, port: int, seconds: float) -> list[str]:
    """Every address of the name; the system's look-up knows no time-out, so it has a thread of its own."""
    found: list[str] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(max(seconds, 0))
    return list(found) if not asking.is_alive() else []
